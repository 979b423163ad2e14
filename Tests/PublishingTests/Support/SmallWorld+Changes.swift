import RegisterFixtures

// What happens between two exports of payroll.
extension SmallWorld {
    private typealias Change = (inout SmallWorld, inout SeededRandom) -> Void

    /// A few things happen that happen in any municipality.
    mutating func changePayroll(today: String, soon: String, _ random: inout SeededRandom) {
        for _ in 0..<random.pick([1, 1, 1, 2, 4]) {
            if units.count < 3 || employments.count < 3 {
                self = SmallWorld(accounts: accounts, &random)
            } else if random.once(in: 3) {
                changeUnits(soon, &random)
            } else {
                changeEmployments(today, soon, &random)
            }
        }
        // A stub stands in one file, seldom in two.
        if !random.once(in: 4) { employments.removeAll { $0.isStub && random.once(in: 2) } }
    }

    private init(accounts: [Account], _ random: inout SeededRandom) {
        self.init(&random)
        self.accounts = accounts
    }

    /// A unit stands beneath one that stands before it, so there is no cycle.
    private mutating func changeUnits(_ soon: String, _ random: inout SeededRandom) {
        let place = random.number(1...units.count - 1)
        switch random.number(0...6) {
        case 0...1: units[place].parent = units[random.number(0...place - 1)].id
        case 2: units[place].name = random.pick(SmallValues.unitNames)
        case 3: units[place].end = random.pick(["9999-12-31", soon])
        case 4:
            let gone = units.remove(at: place)
            for other in units.indices where units[other].parent == gone.id { units[other].parent = units[0].id }
            // Some employments follow, some name a unit that is gone.
            for other in employments.indices where employments[other].unit == gone.id && !random.once(in: 3) {
                employments[other].unit = units[0].id
            }
        case 5:
            let free = SmallValues.units.filter { id in !units.contains { $0.id == id } }
            guard !free.isEmpty else { return }
            units.append(
                Unit(id: random.pick(free), parent: random.pick(units).id, name: random.pick(SmallValues.unitNames)))
        default: units[place].phone = random.pick(SmallValues.phones)
        }
    }

    /// The place of an employment; half of the time of one of a few, or of one with a mistake, so that changes meet.
    private func someEmployment(_ random: inout SeededRandom) -> Int {
        let mistaken = employments.indices.filter { ["", "2026-02-31"].contains(employments[$0].entry) }
        if !mistaken.isEmpty, random.once(in: 3) { return random.pick(mistaken) }
        let few = employments.indices.filter { SmallValues.busyEmployments.contains(employments[$0].id) }
        return few.isEmpty || random.once(in: 2) ? random.number(0...employments.count - 1) : random.pick(few)
    }

    private mutating func changeEmployments(_ today: String, _ soon: String, _ random: inout SeededRandom) {
        let place = someEmployment(&random)
        let other = someEmployment(&random)
        switch random.number(0...18) {
        case 0...1:
            let free = SmallValues.employments.filter { id in !employments.contains { $0.id == id } }
            guard !free.isEmpty else { return }
            employments.append(employment(random.pick(free), &random))
        case 2: employments[place].leave = random.pick(["", today, soon])
        case 3: employments[place].isStub = true
        case 4: employments.remove(at: place)
        case 5: employments[place].unit = random.pick(units).id
        case 6: employments[place].cpr = random.pick(SmallValues.people)
        case 7:
            // Two people change numbers.
            (employments[place].id, employments[other].id) = (employments[other].id, employments[place].id)
        case 8: employments[place] = employment(employments[place].id, &random)
        case 9:
            employments[place].userId = employments[other].userId
            employments[other].userId = random.pick(["", random.pick(SmallValues.userIds)])
        case 10: employments[place].userId = random.pick(SmallValues.userIds + [""])
        case 11: employments[place].isManager.toggle()
        case 12: employments[place].email = random.pick(SmallValues.emails)
        case 13: employments[place].phone = random.pick(SmallValues.phones)
        case 14: employments[place].firstName = random.pick(SmallValues.firstNames + [""])
        case 15: employments[place].entry = random.pick(["2020-01-01", today, soon])
        case 16: employments[place].isProtected.toggle()
        case 17: employments[place].number = random.pick(SmallValues.busyEmployments + [employments[place].id])
        default:
            employments.shuffle(using: &random)
            if random.once(in: 3) { units = [units[0]] + units.dropFirst().reversed() }
        }
    }

    // MARK: Mistakes of payroll

    /// The world with something wrong in it, as a file tells it once or for a while.
    func withMistakeOfPayroll(_ random: inout SeededRandom) -> SmallWorld {
        guard units.count > 2, !employments.isEmpty else { return self }
        var world = self
        let unit = random.number(1...units.count - 1)
        let place = someEmployment(&random)
        switch random.number(0...15) {
        case 0: world.units[unit].parent = "99"
        case 1:
            let other = random.number(1...units.count - 1)
            (world.units[unit].parent, world.units[other].parent) = (world.units[other].id, world.units[unit].id)
        case 2: world.units[unit].parent = ""
        case 3...4: world.units[unit].name = ""
        case 5:
            world.units.append(units[unit])
            if random.once(in: 2) { world.units[unit].name = random.pick(SmallValues.unitNames) }
        case 6: world.units[unit].end = "1899-01-01"
        case 7: world.units.remove(at: unit)
        case 8: world.employments[place].entry = random.pick(["", "2026-02-31"])
        case 9...10:
            world.employments.append(employments[place])
            if !random.once(in: 3) { world.employments[place].title = random.pick(SmallValues.titles) }
            if random.once(in: 3) { world.employments[place].unit = random.pick(units).id }
        case 11: world.employments[place].unit = "98"
        case 12: world.employments[place].id = ""
        case 13: world.employments[place].leave = "2010-01-01"
        case 14: world.employments[place].cpr = ""
        default: world.employments[place].unit = ""
        }
        return world
    }

    /// A mistake that stops everything is put right in the next file.
    static func stopsEverything(_ world: SmallWorld) -> Bool {
        let ids = Set(world.units.map(\.id))
        let names = Dictionary(world.units.map { ($0.id, $0.parent) }, uniquingKeysWith: { first, _ in first })
        return world.units.contains { unit in
            var (steps, next) = (0, unit.parent)
            while let parent = names[next], steps <= ids.count { (steps, next) = (steps + 1, parent) }
            return steps > ids.count || !(next.isEmpty || ids.contains(next))
                || (unit.parent.isEmpty && unit != world.units[0])
        }
    }
}

// What happens between two exports of the directory.
extension SmallWorld {
    /// - Parameter uuids: of objects in the register, which a directory may give to an account.
    mutating func changeDirectory(uuids: [String], _ random: inout SeededRandom) {
        for _ in 0..<random.pick([1, 1, 1, 2, 4]) {
            if accounts.count < 2 { accounts.append(account(random.pick(SmallValues.guids), &random)) }
            let place = random.number(0...accounts.count - 1)
            let other = random.number(0...accounts.count - 1)
            switch random.number(0...13) {
            case 0...1:
                let free = SmallValues.guids.filter { guid in !accounts.contains { $0.guid == guid } }
                if !free.isEmpty { accounts.append(account(random.pick(free), &random)) }
            case 2: accounts.remove(at: place)
            case 3: accounts[place].name = random.pick(SmallValues.accountNames)
            case 4:
                accounts[place].employee = accounts[other].employee
                if place != other { accounts[other].employee = "" }
            case 5:
                (accounts[place].employee, accounts[other].employee) = (
                    accounts[other].employee, accounts[place].employee
                )
            case 6: accounts[place].employee = employeeID(&random)
            case 7: accounts[place].employee = accounts[other].employee
            case 8: accounts[place].enabled = accounts[place].enabled == "True" ? "False" : "True"
            case 9: accounts[place].email = random.pick(SmallValues.emails)
            case 10: accounts[place].phone = random.pick(SmallValues.phones)
            case 11: accounts.shuffle(using: &random)
            case 12 where !uuids.isEmpty: accounts[place].guid = random.pick(uuids)
            default: accounts[place] = account(accounts[place].guid, &random)
            }
        }
    }

    func withMistakeOfTheDirectory(_ random: inout SeededRandom) -> SmallWorld {
        guard !accounts.isEmpty else { return self }
        var world = self
        let place = random.number(0...accounts.count - 1)
        switch random.number(0...5) {
        case 0...1:
            world.accounts.append(accounts[place])
            if !random.once(in: 3) { world.accounts[place].email = random.pick(SmallValues.emails) }
            if random.once(in: 2) { world.accounts[place].employee = random.pick(SmallValues.employments) }
        case 2: world.accounts[place].guid = random.pick(["", "none"])
        case 3: world.accounts[place].enabled = random.pick(["", "perhaps"])
        case 4: world.accounts[place].name = ""
        default: world.accounts.removeLast(accounts.count / 2)
        }
        return world
    }
}
