import OrganisationModel
import RegisterFixtures

/// Random exports without mistakes: every change that payroll and the directory may bring, from none to a lot.
struct Whim {
    var random: SeededRandom
    /// What was exported before, so that the same can come again.
    private var towns: [Town] = []
    private var directories: [Directory] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    private static let cprs = (1...9).map { "610180000\($0)" }

    // MARK: Payroll

    mutating func town(today: Day) -> Town {
        guard var town = towns.last else { return remember(firstTown(today)) }
        if random.once(in: 7) { return town }
        if random.once(in: 6) { return remember(random.pick(towns)) }
        for _ in 0..<random.number(1...4) { alter(&town, today) }
        if random.once(in: 5) { cut(&town) }
        return remember(town)
    }

    private mutating func remember(_ town: Town) -> Town {
        var town = town
        // An export names nobody who is not employed.
        let employed = Set(town.employments.values.map(\.cpr))
        town.people = town.people.filter { employed.contains($0.key) }
        towns.append(town)
        return town
    }

    private mutating func firstTown(_ today: Day) -> Town {
        var town = Town()
        town.units["1"] = Town.Unit(name: "Town", parent: nil)
        for _ in 0..<random.number(2...5) { addUnit(&town) }
        for _ in 0..<random.number(3...7) { addEmployment(&town, today) }
        return town
    }

    private mutating func addUnit(_ town: inout Town) {
        let id = String(random.number(2...9))
        guard town.units[id] == nil else { return }
        town.units[id] = Town.Unit(name: "Unit \(random.number(1...3))", parent: random.pick(town.units.keys.sorted()))
    }

    private mutating func addEmployment(_ town: inout Town, _ today: Day) {
        let id = String(random.number(101...112))
        guard town.employments[id] == nil else { return }
        let cpr = random.pick(Self.cprs)
        var employment = Town.Employment(
            cpr, in: random.pick(town.units.keys.sorted()), "Title \(random.number(1...3))",
            entry: today.advanced(by: Int32(random.once(in: 3) ? random.number(-3...9) : -300)))
        if random.once(in: 4) {
            employment.end = max(today, employment.entry).advanced(by: Int32(random.number(1...12)))
        }
        employment.hasAccount = random.once(in: 2)
        employment.isManager = random.once(in: 4)
        if random.once(in: 3) { employment.phone = "991100\(id.suffix(2))" }
        town.employments[id] = employment
        if town.people[cpr] == nil {
            town.people[cpr] = Town.Person(givenName: "Given", surname: "Name \(cpr.suffix(1))")
        }
    }

    private mutating func alter(_ town: inout Town, _ today: Day) {
        let unit = random.pick(town.units.keys.sorted())
        guard let id = town.employments.keys.sorted().randomElement(using: &random) else {
            return addEmployment(&town, today)
        }
        switch random.number(0...14) {
        case 0: town.units[unit]?.name = "Unit \(random.number(1...9))"
        case 1: move(unit, in: &town)
        case 2: addUnit(&town)
        case 3: remove(unit, from: &town)
        case 4, 5: addEmployment(&town, today)
        case 6: town.employments[id] = nil
        case 7: town.employments[id]?.title = "Title \(random.number(1...5))"
        case 8: town.employments[id]?.unit = unit
        case 9:
            guard let entry = town.employments[id]?.entry else { return }
            town.employments[id]?.end =
                random.once(in: 4) ? nil : max(entry.next, today.advanced(by: Int32(random.number(-4...10))))
        case 10: town.employments[id]?.hasAccount.toggle()
        case 11: town.employments[id]?.isManager.toggle()
        case 12: town.employments[id]?.phone = random.once(in: 2) ? nil : "9911\(random.number(1000...1003))"
        case 13: if let cpr = town.employments[id]?.cpr { town.people[cpr]?.isProtected.toggle() }
        default:
            if let cpr = town.employments[id]?.cpr { town.people[cpr]?.surname = "Name \(random.number(1...99))" }
        }
    }

    private mutating func move(_ unit: String, in town: inout Town) {
        let parent = random.pick(town.units.keys.sorted())
        var above: String? = parent
        while let next = above {
            if next == unit { return }
            above = town.units[next]?.parent
        }
        if unit != "1" { town.units[unit]?.parent = parent }
    }

    /// A unit goes; what stood in it goes with it, or moves to the unit above it.
    private mutating func remove(_ unit: String, from town: inout Town) {
        guard let above = town.units[unit]?.parent else { return }
        town.units[unit] = nil
        let isWhole = random.once(in: 2)
        for (id, employment) in town.employments.sorted(by: { $0.key < $1.key }) where employment.unit == unit {
            if isWhole { town.employments[id] = nil } else { town.employments[id]?.unit = above }
        }
        for (id, other) in town.units.sorted(by: { $0.key < $1.key }) where other.parent == unit {
            town.units[id]?.parent = above
        }
    }

    /// An export of which a part is missing.
    private mutating func cut(_ town: inout Town) {
        for id in town.employments.keys.sorted() where random.once(in: 2) { town.employments[id] = nil }
        if random.once(in: 3) {
            for id in town.units.keys.sorted() where id != "1" && random.once(in: 2) {
                town.employments = town.employments.filter { $0.value.unit != id }
                let above = town.units[id]?.parent
                town.units[id] = nil
                for (child, unit) in town.units where unit.parent == id { town.units[child]?.parent = above }
            }
        }
    }

    // MARK: The directory

    mutating func directory() -> Directory {
        guard var directory = directories.last else {
            var first = Directory()
            first.accounts[Directory.uuid(0)] = Directory.Account("machine")
            for _ in 0..<random.number(2...6) { addAccount(&first) }
            directories.append(first)
            return first
        }
        if random.once(in: 7) { return directory }
        if random.once(in: 6) {
            directory = random.pick(directories)
        } else {
            for _ in 0..<random.number(1...4) { alter(&directory) }
            if random.once(in: 6) {
                for id in directory.accounts.keys.sorted() where random.once(in: 2) {
                    directory.accounts[id]?.isEnabled = false
                }
            }
        }
        directories.append(directory)
        return directory
    }

    private mutating func addAccount(_ directory: inout Directory) {
        let number = random.number(1...9)
        guard directory.accounts[Directory.uuid(number)] == nil else { return }
        var account = Directory.Account(random.once(in: 2) ? "pay0\(number)" : "adm\(number)")
        account.employeeNumber = freeNumber(directory)
        account.email = random.once(in: 3) ? nil : "ad\(number)@town.example"
        account.isEnabled = !random.once(in: 6)
        directory.accounts[Directory.uuid(number)] = account
    }

    /// No two accounts answer to one employment: then nobody could know which mail address is meant.
    private mutating func freeNumber(_ directory: Directory) -> String? {
        let number = String(random.number(101...112))
        let isTaken = directory.accounts.values.contains { $0.employeeNumber == number }
        return isTaken || random.once(in: 4) ? nil : number
    }

    private mutating func alter(_ directory: inout Directory) {
        let id = random.pick(directory.accounts.keys.sorted())
        switch random.number(0...6) {
        case 0, 1: directory.accounts[id]?.isEnabled.toggle()
        case 2: directory.accounts[id]?.email = random.once(in: 3) ? nil : "ad\(random.number(1...30))@town.example"
        case 3: directory.accounts[id]?.phone = random.once(in: 3) ? nil : "9922\(random.number(1000...1003))"
        case 4: addAccount(&directory)
        case 5: if id != Directory.uuid(0) { directory.accounts[id] = nil }
        default:
            let number = freeNumber(directory)
            directory.accounts[id]?.employeeNumber = number
        }
    }
}
