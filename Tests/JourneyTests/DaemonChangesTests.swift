import Foundation
import Testing

/// Payroll whose answers hold, between two full exports, only what changed.
struct DaemonChangesTests {
    private static let change = "GetEmploymentChanged20111201"

    /// A daemon that has read a full export of the second of March.
    private func begun(exports: String = "delta") throws -> (World, RunningDaemon) {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(World.withoutBrakes)
            sources:
              sd: {mapping: sd-loen, files: "drop/sd-*", publish: automatic, exports: \(exports)}
            """)
        try world.makeDropFolder()
        world.guardSecrets(PayrollAnswers.cprs)
        try world.setClock("2026-03-02T09:00:00Z")
        let daemon = try RunningDaemon(world)
        try drop(PayrollAnswers.full(), 2, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published"], "\(daemon.log)")
        try world.setClock("2026-03-08T09:00:00Z")
        return (world, daemon)
    }

    private func drop(_ documents: [String: String], _ day: Int, in world: World) throws {
        let part = world.path("part-\(day)")
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
        for (name, text) in documents {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(part)/\(name)"))
            try world.setModified("\(part)/\(name)", world.clock - 60)
        }
        try world.setModified(part, world.clock - 60)
        #expect(rename(part, world.dropped("sd-2026030\(day)")) == 0)
    }

    private func employment(_ person: Int, _ world: World) throws -> [String] {
        try world.run(["show", "engagement", "AB.0000\(person)", "--json"], today: nil).json["periods"].list.map {
            "\($0["from"].text ?? "") \($0["to"].text ?? "") \($0["attributes"]["title"].text ?? "")"
        }
    }

    @Test func `what an answer does not name stays, day by day and person by person`() throws {
        let (world, daemon) = try begun()
        let parts = PayrollAnswers.profession("Leder", from: "2026-03-03", to: "2026-03-31")
        try drop(
            [
                "changed.xml": PayrollAnswers.employments(Self.change, [(0, parts)]),
                "people.xml": PayrollAnswers.people(
                    "GetPersonChangedAtDate20111201", [(1, "<PersonSurnameName>Toft</PersonSurnameName>")]),
                "departments.xml": PayrollAnswers.departments([2: "Park og vej"]),
            ], 3, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "published"], "\(daemon.log)")
        let periods = try employment(0, world)
        #expect(
            periods == [
                "2020-01-01 2026-03-03 Lærer", "2026-03-03 2026-04-01 Leder", "2026-04-01  Lærer",
            ])
        #expect(try employment(1, world) == ["2020-01-01  Lærer"])
        let person = try daemon.run("show", "person", "-", "--json", "--reveal", input: PayrollAnswers.cprs[1]).output
        #expect(person.contains("Toft") && person.contains("Åse"))
        #expect(try daemon.run("show", "unit", "D1").output.contains("Skole"))
        #expect(try daemon.run("show", "unit", "D2").output.contains("Park og vej"))

        try drop(
            ["c.xml": PayrollAnswers.employments(Self.change, [(1, PayrollAnswers.status("8", from: "2026-04-01"))])],
            4, in: world)
        try daemon.settle()
        #expect(try employment(1, world) == ["2020-01-01 2026-04-01 Lærer"])
        #expect(try daemon.run("verify").status == 0)
    }

    @Test func `a name follows the person, whichever employment the answer names, and no number of theirs is shown`()
        throws
    {
        let (world, daemon) = try begun()
        func people(_ parts: [(person: Int, employment: String, surname: String)]) -> String {
            let people = parts.map { part in
                "<Person><PersonCivilRegistrationIdentifier>\(PayrollAnswers.cprs[part.person])"
                    + "</PersonCivilRegistrationIdentifier><PersonSurnameName>\(part.surname)</PersonSurnameName>"
                    + part.employment + "</Person>\n"
            }.joined()
            return PayrollAnswers.people("GetPersonChangedAtDate20111201", []).replacing(
                "</Get", with: people + "</Get")
        }
        let other = "<Employment><EmploymentIdentifier>99999</EmploymentIdentifier></Employment>"
        try drop(["p.xml": people([(0, other, "Toft"), (1, "", "S?ndergård")])], 3, in: world)
        try daemon.settle()
        try drop(["p.xml": people([(0, "", "Krog")])], 4, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "published", "published"], "\(daemon.log)")
        for (person, name) in [(0, "Krog"), (1, "S?ndergård")] {
            let shown = try daemon.run(
                "show", "person", "-", "--json", "--reveal", input: PayrollAnswers.cprs[person]
            ).output
            #expect(shown.contains(name) && shown.contains("Åse"))
        }
        let findings = try daemon.run("findings", "3").output
        #expect(findings.contains("record.text-damaged") && !findings.contains("person.name-empty"))
        #expect(!findings.contains(PayrollAnswers.cprs[1]))
    }

    @Test func `a full export in the folder takes the place of what waits behind a refused one`() throws {
        let (world, daemon) = try begun()
        try drop(["c.xml": "<\(Self.change)>"], 3, in: world)
        try daemon.settle()
        let parts = PayrollAnswers.profession("Leder", from: "2026-03-04")
        try drop(["c.xml": PayrollAnswers.employments(Self.change, [(0, parts)])], 4, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "rejected", "waiting"])
        try drop(PayrollAnswers.full(title: "Pædagog"), 5, in: world)
        #expect(try daemon.settle()["sources"]["sd"]["waitsBehind"].number == nil)
        #expect(try daemon.verdicts() == ["published", "rejected", "superseded", "published"])
        #expect(try employment(0, world) == ["2020-01-01  Pædagog"])
        // Without employments and people it is no full export.
        try drop(["o.xml": PayrollAnswers.organisation, "d.xml": PayrollAnswers.departments()], 6, in: world)
        try daemon.settle()
        #expect(try employment(1, world) == ["2020-01-01  Pædagog"])
    }

    @Test func `an erased person leaves nothing behind, also not what was kept for changes to come`() throws {
        let (world, daemon) = try begun()
        let erased = try daemon.run(
            "erase", "-", "--suppress", "--reason", "asked for", input: PayrollAnswers.cprs[1])
        #expect(erased.status == 0, "\(erased.errors)")
        try drop(
            ["c.xml": PayrollAnswers.employments(Self.change, [(1, PayrollAnswers.status("1", from: "2026-03-03"))])],
            3, in: world)
        try daemon.settle()
        #expect(try employment(1, world).isEmpty)
        let bytes = try Data(contentsOf: world.database)
        #expect(bytes.range(of: Data(PayrollAnswers.cprs[1].utf8)) == nil)
        #expect(bytes.range(of: Data(PayrollAnswers.cprs[0].utf8)) != nil)
    }

    @Test func `changes that somebody calls a full export are refused, and told how to come`() throws {
        let (world, daemon) = try begun()
        let parts = PayrollAnswers.profession("Leder", from: "2026-03-04")
        try Data(PayrollAnswers.employments(Self.change, [(0, parts)]).utf8).write(
            to: URL(fileURLWithPath: world.path("c.xml")))
        let refused = try daemon.run("import", "--full", "sd=" + world.path("c.xml"))
        #expect(refused.status == 3 && refused.output.contains("without --full"), "\(refused.output)")
        #expect(!refused.output.contains("exports: delta"))
        #expect(try daemon.run("import", "sd=" + world.path("c.xml")).status == 0)
        #expect(try employment(0, world).count == 2)
    }

    @Test func `a source of full exports refuses what holds only changes`() throws {
        let (world, daemon) = try begun(exports: "full")
        var documents = PayrollAnswers.full()
        documents["employments.xml"] = PayrollAnswers.employments(Self.change, [])
        try drop(documents, 3, in: world)
        try daemon.settle()
        #expect(try daemon.verdicts() == ["published", "rejected"])
        #expect(try daemon.run("run", "show", "2").output.contains("export.changes-only"))
    }
}
