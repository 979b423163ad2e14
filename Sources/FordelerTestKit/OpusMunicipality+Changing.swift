extension OpusMunicipality {
    /// Moves the municipality on by one day and alters about the given fraction of its records, as an ordinary day does.
    ///
    /// One unit is newly founded, with a manager; the other changes to units are in turn: renamed, moved to another
    /// parent (never beneath itself). The changes to employments are taken in turn, from a place the seed decides, out of:
    /// hired, another title, moved to another unit, given a leave date, a new surname (in all employments of that
    /// person), absent from the file, hired, turned into a stub with the action "leave". So eight changes to
    /// employments show every kind.
    /// - Parameters:
    ///   - seed: decides everything that is left to chance on this day.
    ///   - fraction: 0 to 1, of the units and of the employments that are no stubs. At 0 nothing but the day changes;
    ///     above 0 at least three units and one employment do.
    public mutating func advance(seed: UInt64, fraction: Double) {
        precondition((0...1).contains(fraction), "a fraction lies between 0 and 1")
        today = today.advanced(by: 1)
        guard fraction > 0 else { return }
        var random = SplitMix64(seed: seed)
        changeUnits(count: max(3, Int(Double(units.count) * fraction)), using: &random)
        let present = employments.count { $0.action == nil }
        changeEmployments(count: max(1, Int(Double(present) * fraction)), using: &random)
    }

    /// A reorganisation: that part of the units, rounded down, gets another parent; the employments stay in their units.
    /// - Parameters:
    ///   - seed: decides which units and parents.
    ///   - fraction: 0 to 1. Units that cannot lie anywhere else, such as the topmost, stay, so it may be fewer.
    public mutating func reorganise(seed: UInt64, fraction: Double) {
        precondition((0...1).contains(fraction), "a fraction lies between 0 and 1")
        var random = SplitMix64(seed: seed)
        var hierarchy = Hierarchy(units)
        var moved = 0
        for index in ring(from: random.below(units.count), of: units.count) {
            guard moved < Int(Double(units.count) * fraction) else { return }
            guard let parent = otherParent(of: units[index], in: hierarchy, using: &random) else { continue }
            units[index].parentOrgUnit = parent
            units[index].lastChanged = today.text
            hierarchy.parents[units[index].id] = parent
            moved += 1
        }
    }

    mutating func changeUnits(count: Int, using random: inout SplitMix64) {
        var hierarchy = Hierarchy(units)
        foundUnit(in: &hierarchy, using: &random)
        for turn in 1..<count {
            if turn.isMultiple(of: 2) {
                moveUnit(in: &hierarchy, using: &random)
            } else {
                renameUnit(in: hierarchy, using: &random)
            }
        }
    }

    mutating func renameUnit(in hierarchy: Hierarchy, using random: inout SplitMix64) {
        let start = random.below(units.count)
        let beneath = ring(from: start, of: units.count).first { !units[$0].parentOrgUnit.isEmpty }
        guard let index = beneath else { return }
        let level = max(1, hierarchy.level(of: units[index].id) ?? 1)
        var name = units[index].longName
        while name == units[index].longName {
            name = unitName(level: level, using: &random)
        }
        units[index].longName = name
        units[index].lastChanged = today.text
    }

    mutating func moveUnit(in hierarchy: inout Hierarchy, using random: inout SplitMix64) {
        let start = random.below(units.count)
        for index in ring(from: start, of: units.count) {
            guard let parent = otherParent(of: units[index], in: hierarchy, using: &random) else { continue }
            units[index].parentOrgUnit = parent
            units[index].lastChanged = today.text
            hierarchy.parents[units[index].id] = parent
            return
        }
    }

    /// A parent that a unit could have instead of its own without making a cycle, and mostly without lying deeper.
    func otherParent(of unit: Unit, in hierarchy: Hierarchy, using random: inout SplitMix64) -> String? {
        guard !unit.parentOrgUnit.isEmpty else { return nil }
        let deepest = max(1, hierarchy.level(of: unit.parentOrgUnit) ?? 0)
        let start = random.below(units.count)
        for index in ring(from: start, of: units.count) where units[index].id != unit.parentOrgUnit {
            let candidate = units[index].id
            guard let level = hierarchy.level(of: candidate, avoiding: unit.id), level <= deepest else { continue }
            return candidate
        }
        return nil
    }

    mutating func foundUnit(in hierarchy: inout Hierarchy, using random: inout SplitMix64) {
        let start = random.below(units.count)
        for index in ring(from: start, of: units.count) {
            let parent = units[index].id
            guard let level = hierarchy.level(of: parent), level < unitKinds.count - 1 else { continue }
            let place = random.below(units.count + 1)
            let id = addUnit(level: level + 1, parent: parent, at: place, using: &random)
            units[place].startDate = today.text
            units[place].lastChanged = today.text
            hierarchy.parents[id] = parent
            let manager = newPerson(using: &random)
            employ(manager, in: units[place], leadingLevel: level + 1, from: today, using: &random)
            return
        }
    }

    mutating func changeEmployments(count: Int, using random: inout SplitMix64) {
        var absent: Set<String> = []
        var surnamesByCpr: [String: String] = [:]
        let first = random.below(8)
        for turn in first..<(first + count) {
            if turn % 4 == 0 {
                hire(using: &random)
                continue
            }
            guard let index = presentEmployment(without: absent, using: &random) else { continue }
            employments[index].lastChanged = today.text
            switch turn % 8 {
            case 1: changeTitle(at: index, using: &random)
            case 2: moveEmployment(at: index, using: &random)
            case 3:
                let leave = today.advanced(by: random.below(90) - 10).text
                employments[index].leaveDate = max(leave, employments[index].entryDate)
            case 5:
                let last = employments[index].lastName
                let start = random.below(surnames.count)
                surnamesByCpr[employments[index].cpr] = last == surnames[start] ? last + "-Ny" : surnames[start]
            case 6: absent.insert(employments[index].id)
            default: employments[index].action = "leave"
            }
        }
        employments.removeAll { absent.contains($0.id) }
        for index in employments.indices {
            guard let surname = surnamesByCpr[employments[index].cpr] else { continue }
            employments[index].lastName = surname
            employments[index].lastChanged = today.text
        }
    }

    mutating func hire(using random: inout SplitMix64) {
        let unit = random.pick(units)
        let start = today.advanced(by: random.below(45) - 5)
        let person = newPerson(using: &random)
        employ(person, in: unit, leadingLevel: nil, from: start, using: &random)
    }

    mutating func changeTitle(at index: Int, using random: inout SplitMix64) {
        let choice = employments[index].isManager ? managerTitles : titles
        let start = random.below(choice.count)
        let before = employments[index].positionId
        let title = choice[start].positionId == before ? choice[(start + 1) % choice.count] : choice[start]
        employments[index].positionId = title.positionId
        employments[index].position = title.position
        employments[index].positionShort = title.short
        employments[index].jobId = title.jobId
        employments[index].job = title.job
        employments[index].payGradeText = title.payGrade
    }

    mutating func moveEmployment(at index: Int, using random: inout SplitMix64) {
        let start = random.below(units.count)
        let before = employments[index].orgUnit
        let unit = units[start].id == before ? units[(start + 1) % units.count] : units[start]
        employments[index].orgUnit = unit.id
        employments[index].productionNumber = unit.pNr
        employments[index].isManager = false
        employments[index].superiorLevel = "0"
        employments[index].subordinateLevel = "00"
    }

    /// Any employment that is not a stub and not among those given, or nil when there is none.
    func presentEmployment(without ids: Set<String>, using random: inout SplitMix64) -> Int? {
        guard !employments.isEmpty else { return nil }
        let start = random.below(employments.count)
        return ring(from: start, of: employments.count).first {
            employments[$0].action == nil && !ids.contains(employments[$0].id)
        }
    }

    /// Plants what the file of a broken day looks like; the municipality is otherwise as it was.
    ///
    /// In this order, always in different records:
    /// - one unit stands a second time at the end of the units, under another parent that makes no cycle;
    /// - three units become each other's parents;
    /// - one unit gets a parent that is not in the file;
    /// - one employment belongs to a unit that is not in the file;
    /// - one employment has the entry date 2026-02-30, which no calendar knows, and no leave date;
    /// - one employment is entered 2020-03-01 and left 2019-12-31.
    ///
    /// People are hired first when there are fewer than three employments; units there must be at least eight, as in
    /// every generated municipality. Which records are struck follows from the contents alone.
    /// - Returns: the ids of the records that were struck.
    @discardableResult
    public mutating func breakHierarchy() -> Breakage {
        precondition(units.count >= 8, "a municipality to be broken needs eight units")
        var random = SplitMix64(seed: UInt64(units.count))
        let hierarchy = Hierarchy(units)
        while employments.lazy.filter({ $0.action == nil }).prefix(3).count < 3 { hire(using: &random) }
        let duplicate = duplicateUnit(in: hierarchy, using: &random)
        let struckUnits = twistUnits(sparing: duplicate, using: &random)
        let struckEmployments = twistEmployments(using: &random)
        return Breakage(
            cycle: Array(struckUnits.prefix(3)), orphan: struckUnits[3], duplicate: duplicate,
            inUnknownUnit: struckEmployments[0], withImpossibleDate: struckEmployments[1],
            withReversedDates: struckEmployments[2])
    }

    /// Makes three units each other's parents and a fourth one an orphan, and answers with their ids in this order.
    mutating func twistUnits(sparing spared: String, using random: inout SplitMix64) -> [String] {
        var struck: [Int] = []
        for index in ring(from: random.below(units.count), of: units.count) where struck.count < 4 {
            guard !units[index].parentOrgUnit.isEmpty, units[index].id != spared else { continue }
            struck.append(index)
        }
        let ids = struck.map { units[$0].id }
        for place in 0..<3 {
            units[struck[place]].parentOrgUnit = ids[(place + 1) % 3]
        }
        units[struck[3]].parentOrgUnit = freeUnitId(using: &random)
        return ids
    }

    /// Puts one employment in an unknown unit, gives one an impossible date and one reversed dates, and answers with
    /// their ids in this order.
    mutating func twistEmployments(using random: inout SplitMix64) -> [String] {
        var struck: [Int] = []
        for index in ring(from: random.below(employments.count), of: employments.count) {
            guard employments[index].action == nil else { continue }
            struck.append(index)
            if struck.count == 3 { break }
        }
        employments[struck[0]].orgUnit = freeUnitId(using: &random)
        employments[struck[1]].entryDate = "2026-02-30"
        employments[struck[1]].leaveDate = ""
        employments[struck[2]].entryDate = "2020-03-01"
        employments[struck[2]].leaveDate = "2019-12-31"
        return struck.map { employments[$0].id }
    }

    /// Writes a unit a second time at the end, under another parent, and answers with its id.
    mutating func duplicateUnit(in hierarchy: Hierarchy, using random: inout SplitMix64) -> String {
        let start = random.below(units.count)
        for index in ring(from: start, of: units.count) {
            guard let parent = otherParent(of: units[index], in: hierarchy, using: &random) else { continue }
            var copy = units[index]
            copy.parentOrgUnit = parent
            units.append(copy)
            return copy.id
        }
        preconditionFailure("no unit could have another parent")
    }
}
