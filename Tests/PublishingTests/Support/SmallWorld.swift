import RegisterFixtures

/// A municipality of a few units, employments and accounts, with few different values, so that they meet often.
struct SmallWorld {
    struct Unit: Equatable {
        var id: String
        var parent: String
        var name: String
        var phone = ""
        var start = "1900-01-01"
        var end = "9999-12-31"
    }

    struct Employment: Equatable {
        var id: String
        var cpr: String
        var unit: String
        /// Not the key; several employments may have one.
        var number = ""
        var firstName = "Anna"
        var lastName = "Lund"
        var title = "Pædagog"
        var userId = ""
        var email = ""
        var phone = ""
        var entry = "2020-01-01"
        var leave = ""
        var isManager = false
        var isProtected = false
        /// Written as `action="leave"` and nothing else.
        var isStub = false
    }

    struct Account: Equatable {
        var guid: String
        var name: String
        var employee = ""
        var email = ""
        var phone = ""
        var enabled = "True"
    }

    var units: [Unit] = []
    var employments: [Employment] = []
    var accounts: [Account] = []

    // MARK: Files

    var hr: String {
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<kmd>\n" + units.map(Self.text).joined()
            + employments.map(Self.text).joined() + "</kmd>\n"
    }

    private static func text(_ unit: Unit) -> String {
        """
        <orgUnit id="\(unit.id)"><startDate>\(unit.start)</startDate><endDate>\(unit.end)</endDate>\
        <parentOrgUnit>\(unit.parent)</parentOrgUnit><longName>\(unit.name)</longName>\
        <phoneNumber>\(unit.phone)</phoneNumber></orgUnit>

        """
    }

    private static func text(_ employment: Employment) -> String {
        if employment.isStub { return "<employee id=\"\(employment.id)\" action=\"leave\"/>\n" }
        return """
            <employee id="\(employment.id)"><entryDate>\(employment.entry)</entryDate>\
            <leaveDate>\(employment.leave)</leaveDate><cpr>\(employment.cpr)</cpr>\
            <firstName>\(employment.firstName)</firstName><lastName>\(employment.lastName)</lastName>\
            <address protected="\(employment.isProtected)">Vej 1</address><workPhone>\(employment.phone)</workPhone>\
            <positionId>\(employment.number)</positionId>\
            <position>\(employment.title)</position><userId>\(employment.userId)</userId>\
            <email>\(employment.email)</email><isManager>\(employment.isManager)</isManager>\
            <superiorLevel>2</superiorLevel><orgUnit>\(employment.unit)</orgUnit></employee>

            """
    }

    var ad: String {
        "ObjectGUID,SamAccountName,Name,Title,EmployeeID,EmailAddress,OfficePhone,Enabled\r\n"
            + accounts.map {
                "\($0.guid),\($0.name),Konto \($0.name),\($0.phone.isEmpty ? "Lærer" : ""),\($0.employee),\($0.email),\($0.phone),\($0.enabled)\r\n"
            }.joined()
    }
}

/// The values that a small world is made of.
enum SmallValues {
    static let units = (10...21).map { "\($0)" }
    static let unitNames = ["Skole", "Børnehave", "Hjemmepleje", "Drift"]
    static let employments = (500...519).map { "\($0)" }
    /// To these more happens than to the others.
    static let busyEmployments = ["500", "501", "502"]
    /// No living person has a CPR number whose day is above sixty.
    static let people = (10...23).map { "61018000\($0)" }
    static let userIds = (10...23).map { "AA\($0)" }
    /// Some differ from the user ids in nothing, or in their case only.
    static let accountNames = ["AA10", "aa11", "AA12", "aa13", "AA14", "svc-print", "anlu", "bohe", "cato", "dohj"]
    static let emails = ["", "", "a@k.example", "b@k.example", "c@k.example"]
    static let phones = ["", "", "11111111", "22222222", "00000000"]
    static let firstNames = ["Anna", "Bo", "Carl"]
    static let titles = ["Pædagog", "Lærer", ""]
    static let guids = (10...23).map { "7b1f0c2e-0000-4000-8000-0000000000\($0)" }
}

extension SmallWorld {
    /// A world that no rule finds much wrong with.
    init(_ random: inout SeededRandom) {
        for (number, id) in SmallValues.units.prefix(random.number(4...9)).enumerated() {
            let parent = number == 0 ? "" : units[random.number(0...number - 1)].id
            units.append(Unit(id: id, parent: parent, name: random.pick(SmallValues.unitNames)))
        }
        for id in SmallValues.employments.prefix(random.number(6...14)) {
            employments.append(employment(id, &random))
        }
        for guid in SmallValues.guids.prefix(random.number(3...10)) { accounts.append(account(guid, &random)) }
    }

    func employment(_ id: String, _ random: inout SeededRandom) -> Employment {
        var employment = Employment(id: id, cpr: random.pick(SmallValues.people), unit: random.pick(units).id)
        // Records of one person mostly agree about the name.
        employment.firstName = SmallValues.firstNames[(Int(employment.cpr.suffix(2)) ?? 0) % 3]
        employment.title = random.pick(SmallValues.titles)
        // An account belongs to one person, so its name mostly follows the person.
        if !random.once(in: 3) {
            employment.userId = SmallValues.userIds[(Int(employment.cpr.suffix(2)) ?? 0) % SmallValues.userIds.count]
        }
        employment.email = random.pick(SmallValues.emails)
        employment.phone = random.pick(SmallValues.phones)
        employment.isManager = random.once(in: 5)
        employment.number = random.once(in: 3) ? random.pick(SmallValues.busyEmployments) : id
        return employment
    }

    func account(_ guid: String, _ random: inout SeededRandom) -> Account {
        Account(
            guid: guid, name: random.pick(SmallValues.accountNames), employee: employeeID(&random),
            email: random.pick(SmallValues.emails), phone: random.pick(SmallValues.phones),
            enabled: random.once(in: 6) ? "False" : "True")
    }

    /// Of an employment, of one that is not there yet, or of none.
    func employeeID(_ random: inout SeededRandom) -> String {
        switch random.number(0...7) {
        case 0: ""
        case 1: "9999"
        case 2...4: random.pick(SmallValues.busyEmployments)
        default: random.pick(SmallValues.employments)
        }
    }
}
