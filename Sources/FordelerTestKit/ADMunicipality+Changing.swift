extension ADMunicipality {
    /// Moves the directory on to the day of the municipality, as one ordinary day does.
    ///
    /// Whoever is employed now and has no account gets one at the end; the account of whoever has no employment any more
    /// is disabled, and enabled again when one begins. New names, titles and units reach the accounts that show them.
    /// The directory's own changes are in turn: another telephone number, another mail address, an addition to the
    /// title. As many accounts again get a new `whenChanged` and nothing else.
    ///
    /// What else was written into an account that belongs to a person is lost.
    /// - Parameters:
    ///   - seed: decides everything that is left to chance on this day.
    ///   - hr: the municipality on the new day.
    ///   - fraction: 0 to 1, of the accounts, for the directory's own changes. At 0 there are none; above 0 there is
    ///     one at least, and one account with a new `whenChanged` only.
    public mutating func advance(seed: UInt64, hr: OpusMunicipality, fraction: Double = 0.005) {
        precondition((0...1).contains(fraction), "a fraction lies between 0 and 1")
        var random = SplitMix64(seed: seed ^ 0x4144_2D64_6179)
        day = hr.day
        let workforce = Workforce(hr)
        let count = fraction > 0 ? max(1, Int(Double(accounts.count) * fraction)) : 0
        let first = random.below(3)
        for turn in first..<(first + count) {
            changeSomething(turn: turn, using: &random)
        }
        addAccounts(of: workforce, isFirstDay: false)
        let changed = Set(settle(in: workforce))
        let stamp = Self.dayFirst(day) + " " + Self.time(using: &random)
        for index in changed {
            accounts[index].whenChanged = stamp
        }
        for _ in 0..<count {
            guard let index = randomAccount(using: &random, where: { !changed.contains($0) }) else { return }
            accounts[index].whenChanged = Self.dayFirst(day) + " " + Self.time(using: &random)
        }
    }

    /// Alters the habits of one account; `settle` lets the account show them.
    mutating func changeSomething(turn: Int, using random: inout SplitMix64) {
        let chosen = randomAccount(using: &random) { accounts[$0].person != nil && accounts[$0].isEnabled }
        guard let index = chosen else { return }
        switch turn % 3 {
        case 0: accounts[index].habits.phone = random.officePhone()
        case 1: accounts[index].habits.mail = accounts[index].habits.mail == .account ? .name : .account
        default:
            accounts[index].habits.hasTitle = true
            let before = accounts[index].habits.titleAddition
            accounts[index].habits.titleAddition = before.isEmpty ? random.pick(titleAdditions) : ""
        }
    }

    func randomAccount(using random: inout SplitMix64, where isMeant: (Int) -> Bool) -> Int? {
        guard !accounts.isEmpty else { return nil }
        return ring(from: random.below(accounts.count), of: accounts.count).first(where: isMeant)
    }

    /// Adds an account for everybody who has none and is employed, or, on the first day, for some who no longer are.
    mutating func addAccounts(of workforce: Workforce, isFirstDay: Bool) {
        var known = Set(accounts.compactMap(\.person))
        known.reserveCapacity(workforce.hr.employments.count)
        for (index, employment) in workforce.hr.employments.enumerated() where !known.contains(employment.cpr) {
            var random = SplitMix64(seed: seed ^ Self.mixed(employment.cpr))
            let luck = random.below(1000)
            let isEmployed = workforce.active[employment.cpr] != nil
            guard isEmployed || (isFirstDay && luck < 200 && workforce.hasEnded(index)) else { continue }
            known.insert(employment.cpr)
            add(employment, hasLeft: !isEmployed, isEnabled: isEmployed && luck >= 6, using: &random)
        }
    }

    mutating func add(
        _ employment: OpusMunicipality.Employment, hasLeft: Bool, isEnabled: Bool, using random: inout SplitMix64
    ) {
        let initials = initial(of: employment.firstName) + initial(of: employment.lastName)
        lastRelativeID += 1 + random.below(3)
        var changed = random.date(from: 2019, to: 2024).text
        changed = Self.dayFirst(changed) + " " + Self.time(using: &random)
        accounts.append(
            Account(
                guid: random.uuid(), samAccountName: employment.userId ?? initials + "E" + employment.id,
                distinguishedName: "", givenName: employment.firstName, surname: employment.lastName,
                displayName: "", email: "", title: "", department: "", managerDN: "",
                employeeID: hasLeft ? employment.id : "", officePhone: "", streetAddress: "", whenChanged: changed,
                isEnabled: isEnabled,
                relativeID: lastRelativeID, person: employment.cpr, hasLeft: hasLeft, habits: Habits(using: &random)))
    }

    mutating func addServices(count: Int, using random: inout SplitMix64) {
        for number in 0..<count {
            let place = 1 + number / servicePurposes.count
            let name =
                "svc-" + servicePurposes[number % servicePurposes.count] + "-"
                + digits(place, width: max(2, String(place).count))
            lastRelativeID += 1 + random.below(3)
            let changed = Self.dayFirst(random.date(from: 2015, to: 2024).text) + " " + Self.time(using: &random)
            accounts.append(
                Account(
                    guid: random.uuid(), samAccountName: name,
                    distinguishedName: Self.distinguishedName(name, in: "Tjenester"), givenName: "", surname: "",
                    displayName: name, email: "", title: "", department: "", managerDN: "", employeeID: "",
                    officePhone: "", streetAddress: "", whenChanged: changed, isEnabled: !random.chance(3),
                    relativeID: lastRelativeID, person: nil, hasLeft: false, habits: Habits(using: &random)))
        }
    }

    /// Lets every account show its person's employment and its own habits.
    /// - Returns: the places of the accounts that look different now.
    @discardableResult
    mutating func settle(in workforce: Workforce) -> [Int] {
        var changed: [Int] = []
        var nameOfPerson: [String: String] = [:]
        for index in accounts.indices {
            guard let person = accounts[index].person else { continue }
            let before = accounts[index]
            if let employment = workforce.employment(of: person, for: before) {
                if before.hasLeft {
                    accounts[index].hasLeft = false
                    accounts[index].isEnabled = true
                }
                show(employment, of: workforce.unitsByID[employment.orgUnit], at: index)
            } else if before.displayName.isEmpty, let last = workforce.lastEmployment(number: before.employeeID) {
                show(last, of: workforce.unitsByID[last.orgUnit], at: index)
            } else {
                accounts[index].hasLeft = true
                accounts[index].isEnabled = false
            }
            nameOfPerson[person] = accounts[index].distinguishedName
            if accounts[index].differs(from: before) { changed.append(index) }
        }
        // A link to an account that was renamed follows it without touching whenChanged.
        for index in accounts.indices where accounts[index].habits.hasManager && accounts[index].isEnabled {
            guard let person = accounts[index].person,
                let employment = workforce.employment(of: person, for: accounts[index])
            else { continue }
            accounts[index].managerDN =
                workforce.manager(of: employment.orgUnit, above: person).flatMap { nameOfPerson[$0] } ?? ""
        }
        return changed
    }

    /// Writes what an employment in a unit says into the account.
    mutating func show(
        _ employment: OpusMunicipality.Employment, of unit: OpusMunicipality.Unit?, at index: Int
    ) {
        let habits = accounts[index].habits
        let first = employment.firstName
        accounts[index].employeeID = employment.id
        accounts[index].givenName = habits.keepsSecondName ? first : String(first.prefix { $0 != " " })
        accounts[index].surname = employment.lastName
        accounts[index].title = habits.hasTitle ? employment.position + habits.titleAddition : ""
        accounts[index].department = habits.hasDepartment ? Self.department(unit) : ""
        accounts[index].officePhone = habits.phone
        let street = habits.hasStreet ? unit?.street : nil
        accounts[index].streetAddress = street.map { $0 + habits.floor } ?? ""
        accounts[index].email = Self.email(accounts[index], hr: employment.email)
        rename(index, in: unit?.shortName ?? "Brugere")
    }

    /// Gives an account the name and place it should have, with the account name added when somebody has that name there.
    mutating func rename(_ index: Int, in folder: String) {
        let account = accounts[index]
        let plain =
            account.habits.beginsWithSurname
            ? account.surname + ", " + account.givenName : account.givenName + " " + account.surname
        let full = plain + " (" + account.samAccountName + ")"
        let choices = [plain, full].map { ($0, Self.distinguishedName($0, in: folder)) }
        guard !choices.contains(where: { $0.1 == account.distinguishedName }) else { return }
        usedNames.remove(account.distinguishedName)
        let isFree = usedNames.insert(choices[0].1).inserted
        if !isFree { usedNames.insert(choices[1].1) }
        (accounts[index].displayName, accounts[index].distinguishedName) = choices[isFree ? 0 : 1]
    }

    static func distinguishedName(_ name: String, in folder: String) -> String {
        let escaped = name.contains(",") ? name.split(separator: ",").joined(separator: "\\,") : name
        return "CN=" + escaped + ",OU=" + folder + ",DC=by,DC=example"
    }

    /// The name of a unit; every other house has its own name in quotation marks.
    static func department(_ unit: OpusMunicipality.Unit?) -> String {
        guard let unit else { return "" }
        let name = unit.longName
        guard unit.id.utf8.last.map({ $0 % 2 == 1 }) == true, let blank = name.lastIndex(of: " "),
            houseKinds.contains(String(name[..<blank]))
        else { return name }
        return name[...blank] + "\"" + name[name.index(after: blank)...] + "\""
    }

    static func email(_ account: Account, hr: String?) -> String {
        switch account.habits.mail {
        case .none: return ""
        case .account: return hr ?? account.samAccountName.lowercased() + "@" + townDomain
        case .name:
            let number = account.samAccountName.dropFirst(2).lowercased().drop { $0 == "0" }
            let surname = account.surname.split(separator: " ").last ?? ""
            return "\(plainLetters(account.givenName)).\(plainLetters(surname))\(number)@\(townDomain)"
        }
    }

    /// A name in letters that mail addresses may have.
    static func plainLetters(_ name: some StringProtocol) -> String {
        name.lowercased().reduce(into: "") { result, letter in
            switch letter {
            case "æ": result += "ae"
            case "ø": result += "oe"
            case "å": result += "aa"
            case "a"..."z": result.append(letter)
            default: break
            }
        }
    }

    /// A number that a text stands for, the same on every machine.
    static func mixed(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension ADMunicipality.Account {
    /// Whether the file would say something else of the account; who leads its unit does not count.
    func differs(from other: Self) -> Bool {
        isEnabled != other.isEnabled || employeeID != other.employeeID
            || distinguishedName != other.distinguishedName || givenName != other.givenName
            || surname != other.surname || email != other.email || title != other.title
            || department != other.department || officePhone != other.officePhone
            || streetAddress != other.streetAddress
    }
}

/// Who is employed on the day of a municipality.
struct Workforce {
    let hr: OpusMunicipality
    /// The places of the employments of the day, by CPR number.
    private(set) var active: [String: [Int]] = [:]
    private(set) var unitsByID: [String: OpusMunicipality.Unit] = [:]
    private var placeByNumber: [String: Int] = [:]
    private var managers: [String: String] = [:]

    init(_ hr: OpusMunicipality) {
        self.hr = hr
        active.reserveCapacity(hr.employments.count)
        placeByNumber.reserveCapacity(hr.employments.count)
        for unit in hr.units where unitsByID[unit.id] == nil {
            unitsByID[unit.id] = unit
        }
        for (index, employment) in hr.employments.enumerated() {
            placeByNumber[employment.id] = index
            guard isActive(employment) else { continue }
            active[employment.cpr, default: []].append(index)
            if employment.isManager { managers[employment.orgUnit] = employment.cpr }
        }
    }

    func isActive(_ employment: OpusMunicipality.Employment) -> Bool {
        employment.action == nil && !employment.entryDate.isEmpty && employment.entryDate <= hr.day
            && (employment.leaveDate.isEmpty || employment.leaveDate >= hr.day)
    }

    /// Whether the employment at a place was left before the day.
    func hasEnded(_ index: Int) -> Bool {
        let employment = hr.employments[index]
        return employment.action == nil && !employment.leaveDate.isEmpty && employment.leaveDate < hr.day
    }

    /// The employment that an account names: the one it named as long as that lasts.
    func employment(
        of person: String, for account: ADMunicipality.Account
    ) -> OpusMunicipality.Employment? {
        guard let places = active[person] else { return nil }
        let named = places.first { hr.employments[$0].id == account.employeeID }
        let other = account.habits.takesLastEmployment ? places[places.count - 1] : places[0]
        return hr.employments[named ?? other]
    }

    func lastEmployment(number: String) -> OpusMunicipality.Employment? {
        placeByNumber[number].map { hr.employments[$0] }
    }

    /// CPR number of who leads a unit, or of who leads the one above for the leader's own account.
    func manager(of unit: String, above person: String) -> String? {
        guard managers[unit] == person else { return managers[unit] }
        return unitsByID[unit].flatMap { managers[$0.parentOrgUnit] }
    }
}
