/// A fictitious Danish municipality as an OPUS payroll system exports it, for tests and measurements.
///
/// Everything in it is invented and follows from the seed alone: the same seed and the same number of employees give
/// the same records, and so byte for byte the same file, on every machine. CPR numbers carry sixty more than the day
/// of the month in their first two digits, so that no living person can have one; mail addresses end in `.example`.
public struct OpusMunicipality: Sendable {
    /// One `<orgUnit>` record. In every optional field nil leaves the element out and an empty text writes it empty.
    public struct Unit: Sendable {
        /// LOS id, five to eight digits, unique in a municipality that is not broken.
        public var id: String
        /// Date (yyyy-MM-dd) of the last change of the record.
        public var lastChanged: String
        /// First date (yyyy-MM-dd) of the unit; 1900-01-01 stands for open.
        public var startDate: String
        /// Last date (yyyy-MM-dd) of the unit, inclusive; 9999-12-31 stands for open.
        public var endDate: String
        /// LOS id of the unit above; empty in the root.
        public var parentOrgUnit: String
        /// Short name, at most twelve characters.
        public var shortName: String
        /// Full name.
        public var longName: String
        /// Street and house number.
        public var street: String?
        /// Postal code, four digits.
        public var zipCode: String?
        /// Postal town.
        public var city: String?
        /// Telephone number.
        public var phoneNumber: String?
        /// CVR number of the municipality, eight digits.
        public var cvrNr: String?
        /// EAN location number, thirteen digits; 9999999999999 stands for none.
        public var eanNr: String?
        /// SE number, eight digits.
        public var seNr: String?
        /// Production unit number, ten digits; 0000000000 stands for none.
        public var pNr: String?
        /// Cost centre, ten digits.
        public var costCenter: String?
        /// Unit type as five digits, 00000 for the root and one more for each level beneath.
        public var orgType: String
        /// Unit type in words.
        public var orgTypeTxt: String
    }

    /// One `<employee>` record: an employment, not a person. In every optional field nil leaves the element out and
    /// an empty text writes it empty.
    public struct Employment: Sendable {
        /// Employment number, the key of the record; rises through the file as generated.
        public var id: String
        /// Date (yyyy-MM-dd) of the last change of the record.
        public var lastChanged: String
        /// Nil in an ordinary record; "leave" writes a stub with attributes only, which says that it has ended.
        public var action: String?
        /// First date (yyyy-MM-dd) of the employment; empty when unknown.
        public var entryDate: String
        /// Last date (yyyy-MM-dd) of the employment; empty or 9999-12-31 when open.
        public var leaveDate: String
        /// Attribute `suppId` of the CPR number.
        public var suppId: String
        /// CPR number, ten digits, with sixty added to the day of birth.
        public var cpr: String
        /// Given names.
        public var firstName: String
        /// Middle names and surname.
        public var lastName: String
        /// Whether the address carries the attribute `protected="true"`.
        public var isAddressProtected: Bool
        /// Street and house number of the home.
        public var address: String
        /// Postal code of the home, four digits.
        public var postalCode: String
        /// Postal town of the home.
        public var city: String
        /// Country code of the home.
        public var country: String
        /// Telephone at work: eight digits with or without blanks, an extension of five, or empty.
        public var workPhone: String
        /// Code of the kind of contract, two digits.
        public var workContract: String
        /// Kind of contract in words.
        public var workContractText: String
        /// Key of the position.
        public var positionId: String
        /// Title of the position.
        public var position: String
        /// Abbreviated title of the position.
        public var positionShort: String
        /// Key of the profession.
        public var jobId: String?
        /// Profession.
        public var job: String?
        /// Abbreviated profession; nil as generated.
        public var jobShort: String?
        /// Whether the person uses computers, "true" or "false"; nil as generated.
        public var itUser: String?
        /// OPUS account of the person; nil for about one in ten.
        public var userId: String?
        /// Mail address at work.
        public var email: String?
        /// Recipient of invoices; nil as generated.
        public var invoiceRecipient: String?
        /// First level of invoice approval; nil as generated.
        public var invoiceLevel1: String?
        /// First level of invoice approval in words; nil as generated.
        public var invoiceLevel1Text: String?
        /// Second level of invoice approval; nil as generated.
        public var invoiceLevel2: String?
        /// Second level of invoice approval in words; nil as generated.
        public var invoiceLevel2Text: String?
        /// Production unit number of the place of work, ten digits.
        public var productionNumber: String?
        /// Whether the employment leads its unit.
        public var isManager: Bool
        /// Level of leadership, 1 at the top of the municipality; "0" for everybody who leads nothing.
        public var superiorLevel: String
        /// Level within the level of leadership, two digits; "00" for everybody who leads nothing.
        public var subordinateLevel: String
        /// LOS id of the unit the employment belongs to.
        public var orgUnit: String
        /// Pay grade in words.
        public var payGradeText: String
        /// Numerator of the part of full time, with a trailing blank as in real files.
        public var numerator: String
        /// Denominator of the part of full time, with a trailing blank as in real files.
        public var denominator: String
        /// Date (yyyy-MM-dd) of the first employment in the municipality, not after `entryDate`.
        public var initialEntry: String?
        /// Anniversary date (yyyy-MM-dd), not after `entryDate`.
        public var entryIntoGroup: String?
    }

    /// What `breakHierarchy()` planted, by the ids of the records, so that a test can ask for exactly these.
    public struct Breakage: Sendable {
        /// Ids of the three units that are each other's parents: each lies beneath the next, the last beneath the first.
        public var cycle: [String]
        /// Id of the unit whose parent is not in the file.
        public var orphan: String
        /// Id of the unit that stands twice in the file, under two parents.
        public var duplicate: String
        /// Id of the employment in a unit that is not in the file.
        public var inUnknownUnit: String
        /// Id of the employment with the entry date 2026-02-30.
        public var withImpossibleDate: String
        /// Id of the employment whose leave date lies before its entry date.
        public var withReversedDates: String
    }

    /// The largest number of employments a municipality can be generated with.
    public static let maximumEmployees = 1_000_000

    /// Name of the municipality without the word Kommune.
    public let name: String
    /// KMD client number, the attribute `client` of every record.
    public let client: String
    /// The units in file order. A child may stand before its parent, and the root need not come first.
    public var units: [Unit]
    /// The employments in file order, as generated by rising employment number.
    public var employments: [Employment]
    /// The date (yyyy-MM-dd) the export stands for: 2025-09-30 as generated, one later after each `advance`.
    public var day: String { today.text }

    private let cvr: String
    private var today = CivilDay(year: 2025, month: 9, day: 30)
    private var usedUnitIds: Set<Int> = []
    private var usedCprs: Set<Int> = []
    private var lastEmploymentId: Int
    private var people = 0

    /// A municipality with the given number of employments, and one unit for about every 25 of them but at least eight.
    ///
    /// As generated the units form one tree of at most six levels, every employment is in a known unit, and about
    /// three people in a hundred have two employments.
    /// - Parameters:
    ///   - seed: decides everything that is left to chance.
    ///   - employees: the number of `<employee>` records, 0 to `maximumEmployees`.
    public init(seed: UInt64, employees: Int) {
        precondition((0...Self.maximumEmployees).contains(employees), "so many employees cannot be generated")
        var random = SplitMix64(seed: seed)
        name = random.pick(placeBeginnings) + random.pick(placeEndings)
        client = String(900 + random.below(100))
        cvr = "99" + digits(random.below(1_000_000), width: 6)
        lastEmploymentId = 10_000 + random.below(10_000)
        units = []
        employments = []
        usedCprs.reserveCapacity(employees)
        employments.reserveCapacity(employees)
        foundUnits(count: max(8, employees / 25), using: &random)
        fillSeats(count: employees, using: &random)
    }
}

// MARK: - Generating

extension OpusMunicipality {
    /// Adds `count` units level by level and then mixes their order somewhat.
    private mutating func foundUnits(count: Int, using random: inout SplitMix64) {
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
    private func levelSizes(units: Int) -> [Int] {
        let directorates = min(8, max(1, units / 20))
        let centres = min(directorates * 9, max(2, units / 6))
        let rest = units - 1 - directorates - centres
        let sections = (rest * 3 + 7) / 8
        let subsections = (rest - sections) * 2 / 3
        return [directorates, centres, sections, subsections, rest - sections - subsections].filter { $0 > 0 }
    }

    /// Adds one unit at a place in the file order, and answers with its LOS id.
    private mutating func addUnit(
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
    private func unitName(level: Int, using random: inout SplitMix64) -> String {
        switch level {
        case 1: return "Forvaltningen for " + random.pick(areas)
        case 2: return "Center for " + random.pick(fields)
        case 3: return random.pick(houseKinds) + " " + random.pick(houseNames)
        case 4: return random.pick(fields) + ", " + random.pick(houseNames)
        default: return "Team " + random.pick(houseNames)
        }
    }

    /// A LOS id of five to eight digits that the municipality has never used.
    private mutating func freeUnitId(using random: inout SplitMix64) -> String {
        while true {
            let lowest = random.pick([10_000, 100_000, 100_000, 1_000_000, 1_000_000, 10_000_000])
            let id = lowest + random.below(lowest * 9)
            if usedUnitIds.insert(id).inserted { return String(id) }
        }
    }

    /// Adds `count` employments: a manager in nearly every unit, then people anywhere, in mixed order.
    private mutating func fillSeats(count: Int, using random: inout SplitMix64) {
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
    private mutating func newPerson(using random: inout SplitMix64) -> Person {
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
    private mutating func freeCpr(birth: CivilDay, isWoman: Bool, using random: inout SplitMix64) -> String {
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
    private mutating func employ(
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
    private func leaveDate(after entry: CivilDay, using random: inout SplitMix64) -> String {
        guard random.chance(5) else { return random.chance(60) ? "" : "9999-12-31" }
        let served = today.serial - entry.serial
        if served > 1 && random.chance(50) {
            return entry.advanced(by: 1 + random.below(served - 1)).text
        }
        return CivilDay(serial: max(today.serial, entry.serial) + 1 + random.below(500)).text
    }
}

// MARK: - Changing

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

    private mutating func changeUnits(count: Int, using random: inout SplitMix64) {
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

    private mutating func renameUnit(in hierarchy: Hierarchy, using random: inout SplitMix64) {
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

    private mutating func moveUnit(in hierarchy: inout Hierarchy, using random: inout SplitMix64) {
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
    private func otherParent(of unit: Unit, in hierarchy: Hierarchy, using random: inout SplitMix64) -> String? {
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

    private mutating func foundUnit(in hierarchy: inout Hierarchy, using random: inout SplitMix64) {
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

    private mutating func changeEmployments(count: Int, using random: inout SplitMix64) {
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

    private mutating func hire(using random: inout SplitMix64) {
        let unit = random.pick(units)
        let start = today.advanced(by: random.below(45) - 5)
        let person = newPerson(using: &random)
        employ(person, in: unit, leadingLevel: nil, from: start, using: &random)
    }

    private mutating func changeTitle(at index: Int, using random: inout SplitMix64) {
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

    private mutating func moveEmployment(at index: Int, using random: inout SplitMix64) {
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
    private func presentEmployment(without ids: Set<String>, using random: inout SplitMix64) -> Int? {
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
    private mutating func twistUnits(sparing spared: String, using random: inout SplitMix64) -> [String] {
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
    private mutating func twistEmployments(using random: inout SplitMix64) -> [String] {
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
    private mutating func duplicateUnit(in hierarchy: Hierarchy, using random: inout SplitMix64) -> String {
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

// MARK: - Writing

extension OpusMunicipality {
    /// Writes one OPUS document: the declaration of UTF-8, `<kmd>`, the units, then the employments, in array order.
    ///
    /// Each element stands on a line of its own, indented by one blank for each level.
    /// - Parameter sink: receives the bytes in order, in pieces of about 64 KB (65,536 bytes and at most one record
    ///   more, the last one shorter). A piece is only lent; the document is never held as a whole.
    /// - Throws: whatever `sink` throws; nothing further is written then.
    public func write(to sink: (ArraySlice<UInt8>) throws -> Void) rethrows {
        var xml = XMLBytes()
        xml.markup("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<kmd>\n")
        for unit in units {
            append(unit, to: &xml)
            try xml.flush(to: sink, whenLongerThan: XMLBytes.pieceSize)
        }
        for employment in employments {
            append(employment, to: &xml)
            try xml.flush(to: sink, whenLongerThan: XMLBytes.pieceSize)
        }
        xml.markup("</kmd>\n")
        try xml.flush(to: sink, whenLongerThan: 0)
    }

    private func append(_ unit: Unit, to xml: inout XMLBytes) {
        xml.markup(" <orgUnit")
        xml.attribute("id", unit.id)
        xml.attribute("client", client)
        xml.attribute("lastChanged", unit.lastChanged)
        xml.markup(">\n")
        xml.element("startDate", unit.startDate)
        xml.element("endDate", unit.endDate)
        xml.element("parentOrgUnit", unit.parentOrgUnit)
        xml.element("shortName", unit.shortName)
        xml.element("longName", unit.longName)
        xml.element("street", unit.street)
        xml.element("zipCode", unit.zipCode)
        xml.element("city", unit.city)
        xml.element("phoneNumber", unit.phoneNumber)
        xml.element("cvrNr", unit.cvrNr)
        xml.element("eanNr", unit.eanNr)
        xml.element("seNr", unit.seNr)
        xml.element("pNr", unit.pNr)
        xml.element("costCenter", unit.costCenter)
        xml.element("orgType", unit.orgType)
        xml.element("orgTypeTxt", unit.orgTypeTxt)
        xml.markup(" </orgUnit>\n")
    }

    private func append(_ employment: Employment, to xml: inout XMLBytes) {
        xml.markup(" <employee")
        xml.attribute("id", employment.id)
        xml.attribute("client", client)
        if let action = employment.action {
            xml.attribute("action", action)
            xml.markup("/>\n")
            return
        }
        xml.attribute("lastChanged", employment.lastChanged)
        xml.markup(">\n")
        appendPerson(employment, to: &xml)
        appendWork(employment, to: &xml)
        xml.markup(" </employee>\n")
    }

    private func appendPerson(_ employment: Employment, to xml: inout XMLBytes) {
        xml.element("entryDate", employment.entryDate)
        xml.element("leaveDate", employment.leaveDate)
        xml.markup("  <cpr")
        xml.attribute("suppId", employment.suppId)
        xml.markup(">")
        xml.text(employment.cpr)
        xml.markup("</cpr>\n")
        xml.element("firstName", employment.firstName)
        xml.element("lastName", employment.lastName)
        if employment.isAddressProtected {
            xml.markup("  <address protected=\"true\">")
            xml.text(employment.address)
            xml.markup("</address>\n")
        } else {
            xml.element("address", employment.address)
        }
        xml.element("postalCode", employment.postalCode)
        xml.element("city", employment.city)
        xml.element("country", employment.country)
    }

    private func appendWork(_ employment: Employment, to xml: inout XMLBytes) {
        xml.element("workPhone", employment.workPhone)
        xml.element("workContract", employment.workContract)
        xml.element("workContractText", employment.workContractText)
        xml.element("positionId", employment.positionId)
        xml.element("position", employment.position)
        xml.element("positionShort", employment.positionShort)
        xml.element("jobId", employment.jobId)
        xml.element("job", employment.job)
        xml.element("jobShort", employment.jobShort)
        xml.element("itUser", employment.itUser)
        xml.element("userId", employment.userId)
        xml.element("email", employment.email)
        xml.element("invoiceRecipient", employment.invoiceRecipient)
        xml.element("invoiceLevel1", employment.invoiceLevel1)
        xml.element("invoiceLevel1Text", employment.invoiceLevel1Text)
        xml.element("invoiceLevel2", employment.invoiceLevel2)
        xml.element("invoiceLevel2Text", employment.invoiceLevel2Text)
        xml.element("productionNumber", employment.productionNumber)
        xml.element("isManager", employment.isManager ? "true" : "false")
        xml.element("superiorLevel", employment.superiorLevel)
        xml.element("subordinateLevel", employment.subordinateLevel)
        xml.element("orgUnit", employment.orgUnit)
        xml.element("payGradeText", employment.payGradeText)
        xml.element("numerator", employment.numerator)
        xml.element("denominator", employment.denominator)
        xml.element("initialEntry", employment.initialEntry)
        xml.element("entryIntoGroup", employment.entryIntoGroup)
    }
}

/// XML text on its way to a sink.
private struct XMLBytes {
    static let pieceSize = 65_536
    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(Self.pieceSize + 4096)
    }

    mutating func flush(to sink: (ArraySlice<UInt8>) throws -> Void, whenLongerThan limit: Int) rethrows {
        guard bytes.count > limit else { return }
        try sink(bytes[...])
        bytes.removeAll(keepingCapacity: true)
    }

    /// Appends text that is markup already.
    mutating func markup(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func attribute(_ name: StaticString, _ value: String) {
        bytes.append(UInt8(ascii: " "))
        markup(name)
        markup("=\"")
        text(value)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a line with one element; nil appends nothing.
    mutating func element(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        markup("  <")
        markup(name)
        if value.isEmpty {
            markup("/>\n")
            return
        }
        bytes.append(UInt8(ascii: ">"))
        text(value)
        markup("</")
        markup(name)
        markup(">\n")
    }

    /// Appends character data, with the characters that mean something to XML replaced.
    mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            guard utf8.contains(where: Self.isSpecial) else {
                bytes.append(contentsOf: utf8)
                return
            }
            for byte in utf8 {
                switch byte {
                case UInt8(ascii: "&"): markup("&amp;")
                case UInt8(ascii: "<"): markup("&lt;")
                case UInt8(ascii: ">"): markup("&gt;")
                case UInt8(ascii: "\""): markup("&quot;")
                case UInt8(ascii: "\r"): markup("&#13;")
                default: bytes.append(byte)
                }
            }
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "&") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
            || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\r")
    }
}

// MARK: - Helpers

/// What all employments of one person share.
private struct Person {
    let birthYear: Int
    let cpr: String
    let firstName: String
    let lastName: String
    let isAddressProtected: Bool
    let address: String
    let postalCode: String
    let city: String
    let userId: String?
}

/// The parent of every unit, by LOS id.
private struct Hierarchy {
    var parents: [String: String]

    init(_ units: [OpusMunicipality.Unit]) {
        parents = Dictionary(units.map { ($0.id, $0.parentOrgUnit) }, uniquingKeysWith: { _, last in last })
    }

    /// How many units lie above the given one; nil when the way up ends in the unknown, in a cycle, or leads through
    /// the unit to be avoided.
    func level(of id: String, avoiding avoided: String? = nil) -> Int? {
        var current = id
        for level in 0...parents.count {
            guard current != avoided, let parent = parents[current] else { return nil }
            if parent.isEmpty { return level }
            current = parent
        }
        return nil
    }
}

/// The SplitMix64 generator, so that a seed means the same with every version of the standard library.
private struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, not including, `bound`, which is at least 1.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool {
        below(100) < percent
    }

    mutating func pick<Element>(_ choice: [Element]) -> Element {
        choice[below(choice.count)]
    }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for last in (1..<elements.count).reversed() {
            elements.swapAt(last, below(last + 1))
        }
    }

    /// A date from 1 January of one year to 31 December of another.
    mutating func date(from first: Int, to last: Int) -> CivilDay {
        let start = CivilDay(year: first, month: 1, day: 1).serial
        let end = CivilDay(year: last + 1, month: 1, day: 1).serial
        return CivilDay(serial: start + below(end - start))
    }

    mutating func street() -> String {
        pick(streetNames) + " " + String(1 + below(180))
    }

    /// An EAN location number with a correct check digit.
    mutating func ean() -> String {
        let number = 579_900_000_000 + below(100_000_000)
        var rest = number
        var sum = 0
        for place in 0..<12 {
            sum += rest % 10 * (place.isMultiple(of: 2) ? 3 : 1)
            rest /= 10
        }
        return String(number * 10 + (10 - sum % 10) % 10)
    }

    /// Eight digits, the same in pairs, an extension, or nothing.
    mutating func workPhone() -> String {
        let number = digits(99_000_000 + below(1_000_000), width: 8)
        switch below(10) {
        case 0: return stride(from: 0, to: 8, by: 2).map { number.dropFirst($0).prefix(2) }.joined(separator: " ")
        case 1: return String(number.suffix(5))
        case 2, 3, 4: return ""
        default: return number
        }
    }
}

/// A day of the Gregorian calendar, counted from 1970-01-01.
private struct CivilDay {
    let serial: Int

    init(serial: Int) {
        self.serial = serial
    }

    init(year: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        serial = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    var parts: (year: Int, month: Int, day: Int) {
        let shifted = serial + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    var year: Int { parts.year }

    /// The day as yyyy-MM-dd.
    var text: String {
        let (year, month, day) = parts
        return digits(year, width: 4) + "-" + digits(month, width: 2) + "-" + digits(day, width: 2)
    }

    func advanced(by days: Int) -> CivilDay {
        CivilDay(serial: serial + days)
    }
}

/// All indices below `count`, beginning with `start` and going round.
private func ring(from start: Int, of count: Int) -> LazyMapSequence<Range<Int>, Int> {
    (0..<count).lazy.map { (start + $0) % count }
}

/// A number that is not negative, with zeros in front of it; higher digits than fit are cut off.
private func digits(_ number: Int, width: Int) -> String {
    String(unsafeUninitializedCapacity: width) { buffer in
        var rest = number
        for place in (0..<width).reversed() {
            buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        return width
    }
}

/// The first letter of a name, as an account name may hold it.
private func initial(of name: String) -> String {
    switch name.first {
    case "Æ": "A"
    case "Ø": "O"
    case "Å": "A"
    case .some(let letter): String(letter)
    case nil: "X"
    }
}

// MARK: - Vocabulary

private struct Title {
    let positionId: String
    let position: String
    let short: String
    let payGrade: String
    var jobId: String?
    var job: String?
}

private let titles = [
    Title(positionId: "4101", position: "Pædagog", short: "PÆD", payGrade: "BUPL trin 31"),
    Title(positionId: "4102", position: "Pædagogmedhjælper", short: "PÆDMHJ", payGrade: "FOA trin 17"),
    Title(
        positionId: "4210", position: "Lærer", short: "LÆRER", payGrade: "DLF trin 35",
        jobId: "21040", job: "Folkeskolelærer"),
    Title(positionId: "4215", position: "Børnehaveklasseleder", short: "BHKL", payGrade: "DLF trin 31"),
    Title(
        positionId: "5110", position: "Social- og sundhedsassistent", short: "SSA", payGrade: "FOA trin 24",
        jobId: "33020", job: "Omsorgspersonale"),
    Title(positionId: "5111", position: "Social- og sundhedshjælper", short: "SSH", payGrade: "FOA trin 20"),
    Title(
        positionId: "5120", position: "Sygeplejerske", short: "SYPL", payGrade: "DSR trin 6",
        jobId: "33010", job: "Sygeplejepersonale"),
    Title(positionId: "5130", position: "Fysioterapeut", short: "FYS", payGrade: "DF trin 5"),
    Title(positionId: "5131", position: "Ergoterapeut", short: "ERGO", payGrade: "ETF trin 5"),
    Title(positionId: "5140", position: "Sundhedsplejerske", short: "SUNDPL", payGrade: "DSR trin 7"),
    Title(
        positionId: "6010", position: "Administrativ medarbejder", short: "ADM", payGrade: "HK trin 28",
        jobId: "41010", job: "Kontorpersonale"),
    Title(positionId: "6020", position: "Sagsbehandler", short: "SAGSB", payGrade: "HK trin 30"),
    Title(
        positionId: "6030", position: "Specialkonsulent", short: "SPKONS", payGrade: "AC trin 8",
        jobId: "42010", job: "Akademisk medarbejder"),
    Title(positionId: "6040", position: "Økonomikonsulent", short: "ØKKONS", payGrade: "AC trin 7"),
    Title(positionId: "6050", position: "It-medarbejder", short: "IT", payGrade: "PROSA trin 33"),
    Title(positionId: "6110", position: "Socialrådgiver", short: "SOCRÅD", payGrade: "DS trin 34"),
    Title(positionId: "6120", position: "Jobkonsulent", short: "JOBK", payGrade: "HK trin 31"),
    Title(positionId: "7010", position: "Rengøringsassistent", short: "RENG", payGrade: "3F trin 13"),
    Title(positionId: "7020", position: "Teknisk servicemedarbejder", short: "TEKSERV", payGrade: "3F trin 21"),
    Title(positionId: "7030", position: "Gartner", short: "GARTN", payGrade: "3F trin 19"),
    Title(positionId: "7040", position: "Køkkenassistent", short: "KØKASS", payGrade: "FOA trin 15"),
    Title(positionId: "7050", position: "Ingeniør", short: "ING", payGrade: "IDA trin 8"),
    Title(positionId: "8010", position: "Bibliotekar", short: "BIBL", payGrade: "BF trin 6"),
    Title(positionId: "8020", position: "Musikskolelærer", short: "MUSIK", payGrade: "DMF trin 4"),
]

private let managerTitles = [
    Title(positionId: "1010", position: "Direktør", short: "DIR", payGrade: "Chefløn 55"),
    Title(positionId: "1020", position: "Centerchef", short: "CCHEF", payGrade: "Chefløn 51"),
    Title(positionId: "1030", position: "Afdelingsleder", short: "AFDL", payGrade: "Lederløn 46"),
    Title(positionId: "1040", position: "Institutionsleder", short: "INSTL", payGrade: "Lederløn 43"),
    Title(positionId: "1050", position: "Skoleleder", short: "SKOLEL", payGrade: "Lederløn 48"),
    Title(positionId: "1060", position: "Teamleder", short: "TEAML", payGrade: "Lederløn 40"),
]

private let contracts = [
    (code: "01", text: "Månedsløn bagud"),
    (code: "00", text: "Månedsløn forud"),
    (code: "03", text: "Måneds-/timeløn"),
    (code: "99", text: "Ikke defineret"),
]

private let partTimes = [
    (part: "32 ", whole: "37 "), (part: "30 ", whole: "37 "), (part: "28 ", whole: "37 "),
    (part: "18.5 ", whole: "37 "), (part: "80 ", whole: "100 "), (part: "15 ", whole: "37 "),
]

private let unitKinds = [
    (short: "KOM", text: "Kommune"), (short: "FORV", text: "Forvaltning"), (short: "CTR", text: "Center"),
    (short: "AFD", text: "Afdeling"), (short: "AFS", text: "Afsnit"), (short: "TEAM", text: "Team"),
]

private let areas = [
    "Børn & Unge", "Teknik & Miljø", "Social & Sundhed", "Kultur & Fritid", "Økonomi & Digitalisering",
    "Beskæftigelse & Borgerservice", "Ældre & Omsorg", "By & Landskab", "Læring & Trivsel", "Erhverv & Vækst",
]

private let fields = [
    "Dagtilbud", "Skoler", "Sundhedsfremme", "Hjemmepleje", "Sygepleje", "Genoptræning", "Voksne med handicap",
    "Familier", "Borgerservice", "Ydelser", "Job og uddannelse", "Løn og personale", "Økonomi", "Indkøb",
    "It og data", "Byggesager", "Veje og trafik", "Natur og vandløb", "Affald og genbrug", "Ejendomme",
    "Biblioteker", "Idræt", "Musik og kunst", "Politisk sekretariat", "Tandpleje", "Psykologisk rådgivning",
    "Køkken og måltider", "Rengøring",
]

private let houseKinds = [
    "Børnehuset", "Vuggestuen", "Skolen ved", "Plejecenter", "Bofællesskabet", "Værestedet", "Dagcenter",
    "Fritidshjemmet", "Værkstedet", "Hjælpemiddeldepotet",
]

private let houseNames = [
    "Solsikken", "Bøgelunden", "Åkanden", "Mælkevejen", "Kløvermarken", "Egetræet", "Lærken", "Hyldebusken",
    "Rønnebærret", "Søstjernen", "Møllehjulet", "Tårnfalken", "Brombærkrattet", "Grævlingen", "Skovbrynet",
    "Fyrtårnet", "Ørnereden", "Æblehaven", "Kastanjen", "Mosegården", "Sneglehuset", "Vandmøllen", "Blåklokken",
    "Pilekvisten", "Humlebien", "Regnbuen", "Stenbroen", "Klitrosen", "Gærdesmutten", "Åbrinken",
]

private let womenNames = [
    "Anne", "Mette", "Kirsten", "Hanne", "Anna", "Susanne", "Lene", "Maria", "Marianne", "Inge", "Karen", "Lone",
    "Camilla", "Pia", "Louise", "Charlotte", "Bente", "Tina", "Gitte", "Åse", "Jytte", "Sofie", "Ida", "Emma",
    "Freja", "Maja", "Signe", "Sørine", "Bodil", "Birgit", "Dorthe", "Rikke", "Trine", "Line", "Julie", "Katrine",
    "Astrid", "Fatima", "Zeynep", "Amina",
]

private let menNames = [
    "Peter", "Michael", "Lars", "Jens", "Thomas", "Henrik", "Søren", "Christian", "Martin", "Jan", "Morten",
    "Jesper", "Anders", "Niels", "Mads", "Rasmus", "Per", "Hans", "Jørgen", "Kåre", "Bjørn", "Åge", "Øjvind",
    "Torben", "Kjeld", "Frederik", "Mikkel", "Emil", "Oscar", "Magnus", "Jeppe", "Esben", "Asger", "Troels", "Ali",
    "Mehmet", "Ebbe", "Aksel",
]

private let surnames = [
    "Nielsen", "Jensen", "Hansen", "Pedersen", "Andersen", "Christensen", "Larsen", "Sørensen", "Rasmussen",
    "Jørgensen", "Madsen", "Kristensen", "Olsen", "Thomsen", "Poulsen", "Knudsen", "Mortensen", "Møller",
    "Østergaard", "Kjær", "Lund", "Holm", "Schmidt", "Bæk", "Dahl", "Skov", "Nørgaard", "Søgaard", "Ågård", "Æbelø",
    "Krogh", "Bech", "Friis", "Lauridsen", "Toft", "Winther", "Overgaard", "Højgaard", "Brøndum", "Kragh", "Ibsen",
    "Yilmaz", "Ahmed", "Petersen", "Vestergaard",
]

private let streetNames = [
    "Kirkevej", "Skolegade", "Møllevej", "Bøgevej", "Egevej", "Søndergade", "Nørregade", "Østergade", "Vestergade",
    "Åvej", "Rådhuspladsen", "Stationsvej", "Engdraget", "Hasselvænget", "Lærkevej", "Mosevej", "Strandvejen",
    "Ternevej", "Ærtevej", "Hybenvej", "Grønningen", "Havnegade", "Fælledvej", "Gl. Landevej",
]

private let placeBeginnings = [
    "Lyngmose", "Birkeå", "Østerkær", "Åbæks", "Havlunds", "Bøgesø", "Ellekær", "Rugmarks", "Hvidsø", "Tranemose",
    "Krogå", "Stenløkke",
]

private let placeEndings = ["ørred", "lunde", "hede", "strup", "næs", "dal", "købing", "rød", "holt", "vang"]

private let townNames = ["Lyngmosehede", "Nørre Ellekær", "Søby Løkke", "Åbækstrup", "Hvidsø Bro", "Øster Kroghede"]

private let townCodes = ["5991", "5992", "5993", "5994", "5996", "5997"]

private let townDomain = "kommune.example"
