import FordelerTestKit
import Foundation
import Testing

/// A temporary folder with a configuration, exports and a state, in which the real program is run.
final class World {
    /// The day on which commands run unless a test says otherwise.
    static let firstDay = "2026-03-02"
    static let secondDay = "2026-03-03"

    /// The package's root.
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The program under test.
    static var program: String {
        ProcessInfo.processInfo.environment["FORDELER_PROGRAM"]
            ?? package.appendingPathComponent(".build/debug/fordeler").path
    }

    let folder: URL
    /// CPR numbers that no command may print unasked.
    private(set) var secrets: Set<String> = []

    /// A share of three objects is none; tests of small exports do without.
    static let withoutBrakes =
        "brakes: {removed: off, removed7Days: off, moved: off, unprotected: off, unprotected7Days: off, damaged: off, reassigned: off, changed: off}"

    /// - Parameter sources: each source and how it publishes.
    init(_ sources: KeyValuePairs<String, String> = ["hr": "automatic"]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("fordeler-journey-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let lines = sources.map { "  \($0): {mapping: kmd-opus, publish: \($1)}\n" }.joined()
        try configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(Self.withoutBrakes)
            sources:
            \(lines)
            """)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    var state: URL { folder.appendingPathComponent("state") }
    var database: URL { state.appendingPathComponent("fordeler.sqlite") }

    /// The path of a file or folder in this one.
    func path(_ name: String) -> String {
        folder.appendingPathComponent(name).path
    }

    // MARK: Writing

    /// Writes the configuration.
    func configure(_ text: String) throws {
        try write(text, "fordeler.yaml")
    }

    /// Writes a file into the folder.
    func write(_ text: String, _ name: String) throws {
        try write(Array(text.utf8), name)
    }

    /// Writes a file into the folder.
    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    /// Writes an export; from now on no command may print one of its CPR numbers.
    func write(_ export: Export, _ name: String) throws {
        secrets.formUnion(export.cprs)
        try write(export.text, name)
    }

    /// Writes the export of a generated municipality, and answers with its text.
    @discardableResult
    func write(_ municipality: OpusMunicipality, _ name: String) throws -> String {
        secrets.formUnion(municipality.employments.map(\.cpr))
        var bytes: [UInt8] = []
        municipality.write { bytes += $0 }
        try write(bytes, name)
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Running

    /// Runs a command with the configuration of this folder, and looks for secrets in whatever it prints.
    @discardableResult
    func run(_ arguments: String..., today: String = World.firstDay, input: String = "") throws -> Outcome {
        try run(arguments, today: today, input: input)
    }

    /// Runs a command as `run(_:today:input:)` does, with words before it, such as a tracer.
    /// - Parameter today: nil for a command of a daemon, whose clock decides.
    func run(
        _ arguments: [String], today: String? = World.firstDay, input: String = "", under tracer: [String] = []
    ) throws -> Outcome {
        let configuration = folder.appendingPathComponent("fordeler.yaml").path
        let day = today.map { ["--today", $0] } ?? []
        let words = tracer + [World.program] + arguments + ["--config", configuration] + day
        let outcome = try Spawn.run(words[0], Array(words.dropFirst()), input: input, folder: folder)
        if !arguments.contains("--reveal") { expectNoSecret(in: outcome) }
        return outcome
    }

    private func expectNoSecret(in outcome: Outcome) {
        expectNoSecret(in: outcome.output + outcome.errors, of: "\(outcome.arguments)")
    }

    /// From now on no command may print one of these.
    func guardSecrets(_ cprs: some Sequence<String>) {
        secrets.formUnion(cprs)
    }

    /// Expects that a text holds none of the CPR numbers.
    func expectNoSecret(in text: String, of place: String) {
        let digits = text.split { !$0.isASCII || !$0.isNumber }.map(String.init)
        for word in digits where secrets.contains(word) { Issue.record("a CPR number was printed by \(place)") }
    }

    /// Imports files of this folder, such as `hr=day1.xml`.
    @discardableResult
    func importing(_ files: String..., today: String = World.firstDay) throws -> Outcome {
        let named = files.map { file in
            let parts = file.split(separator: "=", maxSplits: 1).map(String.init)
            return parts[0] + "=" + folder.appendingPathComponent(parts[1]).path
        }
        return try run(["import"] + named + ["--json"], today: today)
    }

    /// Writes an export and imports it from source `hr`.
    @discardableResult
    func importing(_ export: Export, today: String = World.firstDay, name: String = "export.xml") throws -> Outcome {
        try write(export, name)
        return try importing("hr=\(name)", today: today)
    }

    // MARK: Looking

    /// The number of the current version; 0 for the empty register.
    func version() throws -> Int {
        try run("versions", "--json").lines.last?["version"].number ?? 0
    }

    /// What differs between two versions, or between a version and a candidate.
    func diff(_ from: String, _ to: String) throws -> [JSON] {
        let outcome = try run("diff", from, to, "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines
    }

    /// The findings of a version or a candidate.
    func findings(_ of: String) throws -> [JSON] {
        let outcome = try run("findings", of, "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines
    }

    /// The events of a mailbox that are not settled.
    func events(_ mailbox: String, after: Int = 0, today: String = World.firstDay) throws -> [JSON] {
        let outcome = try run("events", mailbox, "--after", String(after), "--json", today: today)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines
    }

    /// The periods of an object; nil when the version has no such object.
    func periods(_ kind: String, _ key: String, version: Int? = nil) throws -> [JSON]? {
        let outcome = try run(["show", kind, key, "--json"] + (version.map { ["--version", String($0)] } ?? []))
        guard outcome.status == 0 else {
            #expect(outcome.errors.contains("object.unknown"))
            return nil
        }
        return outcome.json["periods"].list
    }

    /// Whether the current version has an object.
    func knows(_ kind: String, _ key: String) throws -> Bool {
        try periods(kind, key) != nil
    }

    /// Expects that every checksum and chain of the state is right.
    func expectVerified() throws {
        let outcome = try run("verify")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
