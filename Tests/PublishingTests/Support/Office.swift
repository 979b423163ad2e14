@testable import fordeler
import Foundation
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Versioning

/// Where exports arrive and somebody decides: a state, a configuration and a calendar, without processes.
final class Office {
    /// Why anything is decided here.
    static let reason = "looked at"
    let folder: TemporaryFolder
    let state: State
    var settings: Settings
    var today = Day(number: 20_500)
    private var fileNumber = 0

    /// - Parameter secret: the register secret; where it is the same, objects have the same UUIDs. Nil for a random one.
    init(_ settings: Settings = Settings(), secret: [UInt8]? = nil) throws {
        folder = try TemporaryFolder(isInMemory: true)
        if let secret { try Data(secret).write(to: URL(filePath: folder.secret)) }
        state = try State(folder: folder.path, access: .writing)
        self.settings = settings
    }

    func workplace() throws -> Workplace {
        Workplace(
            configuration: try settings.configuration(state: folder.path), today: today, time: "2026-01-01T00:00:00Z",
            actor: Actor("test"))
    }

    // MARK: What is done here

    /// Writes files and imports them as one round.
    @discardableResult
    func importRound(hr: String? = nil, ad: String? = nil, schools: String? = nil) throws -> Outcome {
        let texts = ["hr": hr, "ad": ad, "schools": schools].compactMapValues { $0 }
        return try importFiles(Dictionary(uniqueKeysWithValues: texts.map { ($0, try write($1, $0)) }))
    }

    /// Imports files that were written before, by their sources.
    @discardableResult
    func importFiles(_ files: [String: String], isFull: Bool = false) throws -> Outcome {
        let (run, deliveries) = try importRun(files, isFull: isFull)
        return try run.run(deliveries)
    }

    /// - Parameter isFull: of sources that deliver deltas, too.
    func importRun(_ files: [String: String], isFull: Bool = false) throws -> (ImportRun, [ImportRun.Delivery]) {
        let workplace = try workplace()
        let deliveries = workplace.configuration.sources.compactMap { source in
            files[source.name].map { ImportRun.Delivery(source: source, paths: [path($0)], isFull: isFull) }
        }
        return (ImportRun(workplace: workplace, state: state), deliveries)
    }

    /// Puts an export into the drop folder.
    /// - Returns: its name.
    func write(_ text: String, _ source: String) throws -> String {
        try write(Array(text.utf8), source)
    }

    /// ... as bytes.
    func write(_ bytes: [UInt8], _ source: String) throws -> String {
        fileNumber += 1
        let name = "\(source)-\(fileNumber).txt"
        try Data(bytes).write(to: URL(filePath: path(name)))
        return name
    }

    /// An export that was put there.
    func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    private func path(_ name: String) -> String {
        "\(folder.path)/\(name)"
    }

    @discardableResult
    func approve(_ id: CandidateID) throws -> Outcome {
        try Approval(workplace: workplace(), state: state).publish(id, reason: Self.reason)
    }

    @discardableResult
    func rollback(to version: Int, isPreview: Bool = false, includesAccounts: Bool = false) throws -> Outcome {
        try Rollback(workplace: workplace(), state: state).run(
            Rollback.Goal(target: version, includesAccounts: includesAccounts), reason: Self.reason,
            isPreview: isPreview
        ).outcome
    }

    @discardableResult
    func release(_ source: String, exceptPinned: Bool = false) throws -> [Outcome] {
        try Release(workplace: workplace(), state: state).release(source, exceptPinned: exceptPinned)
    }

    func correcting() throws -> Correcting {
        Correcting(workplace: try workplace(), state: state)
    }

    // MARK: What can be seen

    var version: Int {
        get throws { try state.read { try $0.position().version } }
    }

    func objects() throws -> [RegisteredObject] {
        var objects: [RegisteredObject] = []
        func append(_ object: RegisteredObject) { objects.append(object) }
        try state.read { try $0.forEachObject(append) }
        return objects
    }

    /// The last period of the one object of a kind that has this value.
    func object(_ kind: Kind, _ attribute: String, _ value: String) throws -> (id: ObjectID, period: StatePeriod)? {
        let schema = Schema.standard[kind]
        let found = try objects().filter { $0.kind == kind }.compactMap { object in
            object.state.periods(schema).last.map { (id: object.id, period: $0) }
        }.filter { $0.period[attribute] == .text(value) }
        try demand(found.count < 2, "several of \(kind.name) with \(attribute) \(value)")
        return found.first
    }

    /// What the one object of a kind that has this value says about another attribute.
    func value(_ name: String, of kind: Kind, _ attribute: String, _ value: String) throws -> Value? {
        try object(kind, attribute, value)?.period[name]
    }

    func rules(_ outcome: Outcome) throws -> [String] {
        try state.read { try $0.findings(outcome.candidate.findingsFrom) }.map(\.rule.code)
    }

    func acceptedFiles(of source: String) throws -> [String] {
        try state.read { try $0.acceptedExport(of: source)?.files.map(\.name) ?? [] }
    }

    func verdict(_ id: CandidateID) throws -> Verdict? {
        try state.read { try $0.candidate(id)?.verdict }
    }
}
