import Foundation
import Testing

/// One directory as the versions of PowerShell write it: in five encodings, of which one loses letters.
struct DirectoryFormTests {
    private static let mapping = """
        mapping: accounts
        format: csv
        records:
          account:
            kind: user
            key: ObjectGUID
            objects:
              - kind: person
                key: EmployeeID
                attributes: {givenName: GivenName, surname: Surname}
              - kind: engagement
                key: EmployeeID
                attributes: {title: Title, employeeNumber: EmployeeID, person: EmployeeID}
              - kind: user
                key: SamAccountName
                uuid: ObjectGUID
                attributes: {accountName: SamAccountName, disabled: {not: Enabled}, person: EmployeeID}
        """

    private static func text(_ delimiter: String) -> String {
        [
            ["Enabled", "GivenName", "Surname", "ObjectGUID", "SamAccountName", "EmployeeID", "Title", "Info"],
            [
                "True", "Bjørn", "Ærø Åkjær", "0c1f2a30-1111-4222-8333-000000000001", "bjar", "77001",
                "Lærer; \"fung.\"", "Hvad?",
            ],
            [
                "False", "René", "Ödman", "0c1f2a30-1111-4222-8333-000000000002", "reod", "77002", "Pædagog,\r\naften",
                "",
            ],
            ["True", "Lis", "Bo", "0c1f2a30-1111-4222-8333-000000000003", "libo", "", "Chef", "Hvem?"],
        ].map {
            $0.map { $0.isEmpty ? "" : "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: delimiter) + "\r\n"
        }
        .joined()
    }

    struct Form: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
    }

    private static let type = "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n"

    static let forms = [
        Form(testDescription: "UTF-8, \",\", 8 columns", bytes: Array(text(",").utf8)),
        Form(
            testDescription: "UTF-8 with byte order mark, \";\", 8 columns", bytes: Array("\u{FEFF}\(text(";"))".utf8)),
        Form(
            testDescription: "UTF-16 with byte order mark, tab, 8 columns, header on line 2",
            bytes: "\u{FEFF}\(type)\(text("\t"))".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }),
        Form(
            testDescription: "Windows-1252, \";\", 8 columns",
            bytes: text(";").unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }),
    ]
    /// Every letter that ASCII does not have is a question mark.
    private static let ascii = (type + text(",")).unicodeScalars.map { $0.isASCII ? UInt8($0.value) : 0x3F }

    /// A world whose register has a secret that all of them share.
    private func world() throws -> World {
        let world = try World()
        try world.write(Self.mapping, "accounts.yaml")
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            sources:
              ad: {mapping: accounts.yaml, publish: automatic}
            """)
        try FileManager.default.createDirectory(
            at: world.state, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try world.write([UInt8](repeating: 7, count: 32), "state/secret")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: world.path("state/secret"))
        return world
    }

    private func content(_ world: World) throws -> [String] {
        let added = try world.run(
            "subscription", "add", "all", "--kinds", "person,engagement,user", "--attributes",
            "givenName,surname,title,employeeNumber,accountName,disabled,person")
        #expect(added.status == 0, "\(added.errors)")
        return try world.snapshot("all").map { $0.replacing(#/"time":"[^"]*"/#, with: "") }
    }

    @Test func `every encoding makes the same register, and none is taken for damaged`() throws {
        var contents: [[String]] = []
        for form in Self.forms {
            let world = try world()
            try world.write(form.bytes, "accounts.csv")
            let outcome = try world.importing("ad=accounts.csv")
            #expect(outcome.json["verdict"].text == "published" && outcome.json["findings"].list.isEmpty)
            let files = outcome.json["sources"]["ad"]["files"].list
            #expect(files.map { $0["file"].text } == ["accounts.csv"])
            #expect(files.map { $0["form"].text } == [form.testDescription])
            contents.append(try content(world))
            try world.expectVerified()
        }
        #expect(contents[0].count == 7 && contents[0].joined().contains("Ærø Åkjær"))
        for other in contents { #expect(other == contents[0]) }
    }

    @Test func `the same directory in another encoding says nothing new`() throws {
        let world = try world()
        for (number, form) in Self.forms.enumerated() {
            try world.write(form.bytes, "accounts.csv")
            let gzip = try world.gzipped("accounts.csv")
            try world.write(gzip, "packed.csv")
            let verdicts = try ["accounts.csv", "packed.csv"].map {
                try world.importing("ad=\($0)").json["verdict"].text
            }
            #expect(verdicts == [number == 0 ? "published" : "unchanged", "unchanged"], "\(form)")
        }
        #expect(try world.version() == 1)
        let told = try world.run("import", "ad=\(world.path("packed.csv"))").output
        #expect(told.contains("unchanged"))
    }

    @Test func `letters that were lost are told, value by value, and never shown`() throws {
        let world = try world()
        try world.write(Self.ascii, "accounts.csv")
        let outcome = try world.importing("ad=accounts.csv")
        #expect(outcome.status == 0 && outcome.json["verdict"].text == "published")
        let findings = try world.findings("candidate:1")
        #expect(findings.allSatisfy { $0["rule"].text == "record.text-damaged" && $0["severity"].text == "warning" })
        let told = findings.map { "\($0["line"].number ?? 0) \($0["message"].text?.split(separator: " ").first ?? "")" }
        // A letter at the end of a word may as well be the end of a question.
        #expect(
            told.sorted() == [
                "3 engagement.title", "3 person.givenName", "3 person.surname", "4 engagement.title",
                "4 person.surname",
            ])
        for finding in findings {
            let message = finding["message"].text ?? ""
            #expect(message.contains("UTF8") && !message.contains("?"))
        }
        #expect(try world.periods("engagement", "77001")?.first?["attributes"]["title"].text == "L?rer; \"fung.\"")
        // Nothing altered, nothing looked at anew: the findings stand.
        let again = try world.importing("ad=accounts.csv")
        #expect(again.json["verdict"].text == "unchanged" && again.json["findings"].list.count == 1)
    }
}
