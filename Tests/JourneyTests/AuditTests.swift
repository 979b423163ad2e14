import Foundation
import Testing

/// Who did what is listed, and what was taken away from it is found.
struct AuditTests {
    /// Two imports, a hold with a nasty reason and its end.
    private func busy() throws -> World {
        let world = try World()
        try world.importing(Export.small)
        try world.importing(Export.named("Nordby"), today: World.secondDay)
        try world.run("hold", "hr", "--reason", "ask \u{1B}[2J her\nnow", "--actor", "anna")
        try world.run("release", "hr", "--actor", "bo")
        return world
    }

    @Test func `entries are listed newest first, each with who, what and why`() throws {
        let world = try busy()
        let entries = try world.run("audit", "--json").lines
        let count = try #require(entries.first?["number"].number)
        #expect(entries.map { $0["number"].number } == (1...count).reversed())
        let held = try #require(entries.first { $0["action"].text == "source.held" })
        #expect(held["actor"].text == "anna" && held["subject"].text == "source:hr")
        #expect(held["detail"].text == "ask \u{1B}[2J her\nnow")
        #expect(held.keys == ["number", "time", "actor", "action", "subject", "detail"])
        let text = try world.run("audit").output
        #expect(text.split(separator: "\n").count == count && !text.steersTerminals)
        #expect(text.contains("anna source.held source:hr: ask ?[2J her?now"))
    }

    @Test func `what is asked for narrows the list`() throws {
        let world = try busy()
        func actions(_ options: String...) throws -> [String] {
            let outcome = try world.run(["audit", "--json"] + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome.lines.compactMap { $0["action"].text }
        }
        #expect(try actions("--action", "version.published").count == 2)
        #expect(try actions("--subject", "version:2") == ["version.published"])
        #expect(try actions("--by", "anna") == ["source.held"])
        #expect(try actions("--last", "1") == ["source.released"])
        #expect(try actions("--last", "0") == [])
        #expect(try actions("--since", "2020-01-01", "--by", "bo", "--subject", "source:hr") == ["source.released"])
        #expect(try actions("--since", "2999-01-01T00:00:00Z") == [])
        #expect(try actions("--by", "' OR 1 --") == [])
        #expect(try world.run("audit", "--by", "nobody").output == "no entries\n")
    }

    @Test func `a day begins at midnight of the time zone`() throws {
        let world = try World.forDaemon()
        try world.setClock("2026-03-02T22:59:59Z")
        let daemon = try RunningDaemon(world)
        try daemon.run("hold", "hr", "--reason", "late")
        try world.setClock("2026-03-02T23:00:00Z")
        try daemon.run("release", "hr")
        func actions(_ since: String) throws -> [String] {
            try daemon.run("audit", "--json", "--since", since).lines.compactMap { $0["action"].text }
        }
        #expect(try actions("2026-03-02") == ["source.released", "source.held"])
        #expect(try actions("2026-03-03") == ["source.released"])
        #expect(try actions("2026-03-02T22:59:59Z") == ["source.released", "source.held"])
        #expect(try actions("2026-03-03T00:00:00+01:00") == ["source.released"])
    }

    @Test(arguments: [["--last", "-1"], ["--since", "yesterday"], ["--since", "2026-02-30"], ["everything"]])
    func `what cannot be asked is refused in words`(words: [String]) throws {
        let world = try World()
        try world.importing(Export.small)
        let outcome = try world.run(["audit"] + words)
        #expect(outcome.status == 1 && outcome.output.isEmpty && !outcome.errors.isEmpty)
    }
}
