import OrganisationModel

/// A small municipality as payroll knows it.
struct Town: Hashable {
    struct Unit: Hashable {
        var name: String
        var parent: String?
    }

    struct Person: Hashable {
        var givenName: String
        var surname: String
        var isProtected = false
    }

    struct Employment: Hashable {
        var cpr: String
        var unit: String
        var title: String
        var entry: Day
        /// The first day without it; nil when no end is known.
        var end: Day?
        var hasAccount = false
        var isManager = false
        var phone: String?

        init(_ cpr: String, in unit: String, _ title: String = "Clerk", entry: Day, end: Day? = nil) {
            (self.cpr, self.unit, self.title, self.entry, self.end) = (cpr, unit, title, entry, end)
        }
    }

    /// By number; number 1 is the root.
    var units: [String: Unit] = [:]
    /// By CPR number; only those who are employed stand in the export.
    var people: [String: Person] = [:]
    /// By employee number.
    var employments: [String: Employment] = [:]

    /// The name of a person's account at payroll, the same for all of their employments.
    static func account(_ cpr: String) -> String {
        "PAY" + cpr.suffix(2)
    }

    static func email(_ cpr: String) -> String {
        "pay\(cpr.suffix(2))@town.example"
    }

    /// The export as OPUS writes it.
    var export: String {
        var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<kmd>\n"
        for (id, unit) in units.sorted(by: { $0.key < $1.key }) {
            text += """
                 <orgUnit id="\(id)"><startDate>1900-01-01</startDate><endDate>9999-12-31</endDate>\
                <parentOrgUnit>\(unit.parent ?? "")</parentOrgUnit><longName>\(unit.name)</longName></orgUnit>

                """
        }
        for (id, employment) in employments.sorted(by: { $0.key < $1.key }) {
            let person = people[employment.cpr]
            let leave = employment.end.map { $0.advanced(by: -1).description } ?? "9999-12-31"
            let account = employment.hasAccount ? Self.account(employment.cpr) : ""
            let email = employment.hasAccount ? Self.email(employment.cpr) : ""
            text += """
                 <employee id="\(id)"><entryDate>\(employment.entry)</entryDate><leaveDate>\(leave)</leaveDate>\
                <cpr>\(employment.cpr)</cpr><firstName>\(person?.givenName ?? "")</firstName>\
                <lastName>\(person?.surname ?? "")</lastName><workPhone>\(employment.phone ?? "")</workPhone>\
                <address protected="\(person?.isProtected ?? false)">Street 1</address>\
                <position>\(employment.title)</position><userId>\(account)</userId><email>\(email)</email>\
                <isManager>\(employment.isManager)</isManager><orgUnit>\(employment.unit)</orgUnit></employee>

                """
        }
        return text + "</kmd>\n"
    }
}

/// The accounts of the same municipality as its directory knows them.
struct Directory: Hashable {
    struct Account: Hashable {
        var name: String
        var employeeNumber: String?
        var email: String?
        var phone: String?
        var isEnabled = true

        init(_ name: String, of employeeNumber: String? = nil, email: String? = nil) {
            (self.name, self.employeeNumber, self.email) = (name, employeeNumber, email)
        }
    }

    /// By ``uuid(_:)``.
    var accounts: [String: Account] = [:]

    static func uuid(_ number: Int) -> String {
        "0a0b0c0d-1111-4222-8333-0000000000" + String(number + 10)
    }

    /// The export as `Export-Csv` writes it.
    var export: String {
        var text =
            "\"EmailAddress\",\"EmployeeID\",\"Enabled\",\"ObjectGUID\",\"OfficePhone\",\"SamAccountName\",\"Name\",\"Title\"\r\n"
        for (uuid, account) in accounts.sorted(by: { $0.key < $1.key }) {
            let fields = [
                account.email ?? "", account.employeeNumber ?? "", account.isEnabled ? "True" : "False", uuid,
                account.phone ?? "", account.name, "", "",
            ]
            text += fields.map { "\"\($0)\"" }.joined(separator: ",") + "\r\n"
        }
        return text
    }
}

/// What exports say: of one round, or all that was accepted last.
struct Exports: Hashable {
    var hr: Town?
    var ad: Directory?

    var sources: Set<String> {
        Set((ad == nil ? [] : ["ad"]) + (hr == nil ? [] : ["hr"]))
    }

    var isEmpty: Bool { sources.isEmpty }

    func without(_ sources: Set<String>) -> Exports {
        Exports(hr: sources.contains("hr") ? nil : hr, ad: sources.contains("ad") ? nil : ad)
    }

    func only(_ sources: Set<String>) -> Exports {
        without(Set(["hr", "ad"]).subtracting(sources))
    }

    /// These with those of a newer round over them.
    func replaced(by newer: Exports) -> Exports {
        Exports(hr: newer.hr ?? hr, ad: newer.ad ?? ad)
    }

    /// The text of the export of a source.
    func text(_ source: String) -> String? {
        source == "hr" ? hr?.export : ad?.export
    }
}
