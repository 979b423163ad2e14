extension OpusMunicipality {
    /// Adds `count` units level by level and then mixes their order somewhat.
    mutating func foundUnits(count: Int, using random: inout SplitMix64) {
        var levels: [[String]] = [[addUnit(level: 0, parent: "", at: 0, using: &random)]]
        for (level, size) in levelSizes(units: count).enumerated() {
            var ids: [String] = []
            for _ in 0..<size {
                let parent = random.pick(levels[level])
                ids.append(addUnit(level: level + 1, parent: parent, at: units.count, using: &random))
            }
            levels.append(ids)
        }
        let deepest = units.count - 1
        let above = units[deepest].parentOrgUnit
        for _ in 0..<(count / 8) {
            units.swapAt(1 + random.below(deepest - 1), 1 + random.below(deepest - 1))
        }
        if let parent = units.firstIndex(where: { $0.id == above }) {
            units.swapAt(parent, deepest)
        }
    }

    /// How many units each level beneath the root gets; the sum is one less than `units`.
    func levelSizes(units: Int) -> [Int] {
        let directorates = min(8, max(1, units / 20))
        let centres = min(directorates * 9, max(2, units / 6))
        let rest = units - 1 - directorates - centres
        let sections = (rest * 3 + 7) / 8
        let subsections = (rest - sections) * 2 / 3
        return [directorates, centres, sections, subsections, rest - sections - subsections].filter { $0 > 0 }
    }

    /// Adds one unit at a place in the file order, and answers with its LOS id.
    mutating func addUnit(
        level: Int, parent: String, at index: Int, using random: inout SplitMix64
    ) -> String {
        let id = freeUnitId(using: &random)
        let kind = unitKinds[min(level, unitKinds.count - 1)]
        let town = random.below(townNames.count)
        let hasAddress = level == 0 || !random.chance(1)
        let founded = random.chance(75) ? "1900-01-01" : random.date(from: 2000, to: 2020).text
        units.insert(
            Unit(
                id: id,
                lastChanged: random.date(from: 2015, to: 2024).text,
                startDate: level == 0 ? "1900-01-01" : founded,
                endDate: "9999-12-31",
                parentOrgUnit: parent,
                shortName: kind.short + " " + String(id.suffix(5)),
                longName: level == 0 ? name + " Kommune" : unitName(level: level, using: &random),
                street: hasAddress ? random.street() : nil,
                zipCode: hasAddress ? townCodes[town] : nil,
                city: hasAddress ? townNames[town] : nil,
                phoneNumber: "99" + digits(random.below(1_000_000), width: 6),
                cvrNr: cvr,
                eanNr: random.chance(5) ? "9999999999999" : random.ean(),
                seNr: cvr,
                pNr: random.chance(5) ? "0000000000" : "9" + digits(random.below(1_000_000_000), width: 9),
                costCenter: level == 0 ? nil : "45" + digits(random.below(100_000_000), width: 8),
                orgType: digits(min(level, unitKinds.count - 1), width: 5),
                orgTypeTxt: kind.text),
            at: index)
        return id
    }

    /// A name such as units of the given level beneath the root have.
    func unitName(level: Int, using random: inout SplitMix64) -> String {
        switch level {
        case 1: return "Forvaltningen for " + random.pick(areas)
        case 2: return "Center for " + random.pick(fields)
        case 3: return random.pick(houseKinds) + " " + random.pick(houseNames)
        case 4: return random.pick(fields) + ", " + random.pick(houseNames)
        default: return "Team " + random.pick(houseNames)
        }
    }

    /// A LOS id of five to eight digits that the municipality has never used.
    mutating func freeUnitId(using random: inout SplitMix64) -> String {
        while true {
            let lowest = random.pick([10_000, 100_000, 100_000, 1_000_000, 1_000_000, 10_000_000])
            let id = lowest + random.below(lowest * 9)
            if usedUnitIds.insert(id).inserted { return String(id) }
        }
    }

    /// Adds `count` employments: a manager in nearly every unit, then people anywhere, in mixed order.
    mutating func fillSeats(count: Int, using random: inout SplitMix64) {
        let hierarchy = Hierarchy(units)
        var seats: [(unit: Int, isManager: Bool)] = []
        seats.reserveCapacity(count)
        for unit in units.indices where seats.count < count && random.chance(97) {
            seats.append((unit, true))
        }
        while seats.count < count {
            seats.append((random.below(units.count), false))
        }
        random.shuffle(&seats)
        var earlier: Person?
        for seat in seats {
            let level = seat.isManager ? hierarchy.level(of: units[seat.unit].id) : nil
            let person = earlier ?? newPerson(using: &random)
            employ(person, in: units[seat.unit], leadingLevel: level, from: nil, using: &random)
            earlier = earlier == nil && random.chance(3) ? person : nil
        }
    }

    /// An invented person with a CPR number of its own.
    mutating func newPerson(using random: inout SplitMix64) -> Person {
        let isWoman = random.chance(70)
        let given = isWoman ? womenNames : menNames
        let first = random.pick(given)
        let last = random.pick(surnames)
        people += 1
        let birth = random.date(from: 1950, to: 2005)
        let userId = initial(of: first) + initial(of: last) + digits(people, width: 6)
        let town = random.below(townNames.count)
        return Person(
            birthYear: birth.year,
            cpr: freeCpr(birth: birth, isWoman: isWoman, using: &random),
            firstName: random.chance(15) ? first + " " + random.pick(given) : first,
            lastName: random.chance(20) ? random.pick(surnames) + " " + last : last,
            isAddressProtected: random.chance(1),
            address: random.street(),
            postalCode: townCodes[town],
            city: townNames[town],
            userId: random.chance(90) ? userId : nil)
    }

    /// A CPR number that no real person can have and nobody else here has; its last digit is even for a woman.
    mutating func freeCpr(birth: CivilDay, isWoman: Bool, using random: inout SplitMix64) -> String {
        let (year, month, day) = birth.parts
        let date = (day + 60) * 10_000 + month * 100 + year % 100
        while true {
            let century = year < 2000 ? random.below(4) : 4
            let serial = century * 1000 + random.below(500) * 2 + (isWoman ? 0 : 1)
            let number = date * 10_000 + serial
            if usedCprs.insert(number).inserted { return digits(number, width: 10) }
        }
    }

    /// Adds an employment of a person at the end of the file.
    /// - Parameters:
    ///   - leadingLevel: the level of the unit when the person leads it, else nil.
    ///   - start: the entry date, or nil for any date the person is old enough for.
    mutating func employ(
        _ person: Person, in unit: Unit, leadingLevel: Int?, from start: CivilDay?, using random: inout SplitMix64
    ) {
        lastEmploymentId += 1 + random.below(4)
        let entry = start ?? random.date(from: max(1985, person.birthYear + 18), to: 2025)
        let contract = contracts[random.chance(75) ? 0 : random.below(contracts.count)]
        let title = random.pick(leadingLevel == nil ? titles : managerTitles)
        let hours = random.chance(60) ? (part: "1 ", whole: "1 ") : random.pick(partTimes)
        employments.append(
            Employment(
                id: String(lastEmploymentId),
                lastChanged: start == nil ? random.date(from: 2015, to: 2024).text : today.text,
                action: nil,
                entryDate: entry.text,
                leaveDate: start == nil ? leaveDate(after: entry, using: &random) : "",
                suppId: "0",
                cpr: person.cpr,
                firstName: person.firstName,
                lastName: person.lastName,
                isAddressProtected: person.isAddressProtected,
                address: person.address,
                postalCode: person.postalCode,
                city: person.city,
                country: "DK",
                workPhone: random.workPhone(),
                workContract: contract.code,
                workContractText: contract.text,
                positionId: title.positionId,
                position: title.position,
                positionShort: title.short,
                jobId: title.jobId,
                job: title.job,
                userId: person.userId,
                email: person.userId.map { $0.lowercased() + "@" + townDomain },
                productionNumber: random.chance(40) ? unit.pNr : nil,
                isManager: leadingLevel != nil,
                superiorLevel: leadingLevel.map { String($0 + 1) } ?? "0",
                subordinateLevel: leadingLevel == nil ? "00" : "01",
                orgUnit: unit.id,
                payGradeText: title.payGrade,
                numerator: hours.part,
                denominator: hours.whole,
                initialEntry: random.chance(40) ? entry.advanced(by: -random.below(900)).text : nil,
                entryIntoGroup: random.chance(20) ? entry.advanced(by: -random.below(400)).text : nil))
    }

    /// Past or future in about one of twenty cases, otherwise one of the two ways to leave it open.
    func leaveDate(after entry: CivilDay, using random: inout SplitMix64) -> String {
        guard random.chance(5) else { return random.chance(60) ? "" : "9999-12-31" }
        let served = today.serial - entry.serial
        if served > 1 && random.chance(50) {
            return entry.advanced(by: 1 + random.below(served - 1)).text
        }
        return CivilDay(serial: max(today.serial, entry.serial) + 1 + random.below(500)).text
    }
}
