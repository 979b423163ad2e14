import Foundation
import Intake
import Mapping
import OrganisationModel
import SourceExports
import Validation

/// An export as an import into an empty register would read and judge it. Nothing is written, and nothing is remembered.
struct MappingTrial {
    /// How the claims of the trial are named where a source is meant.
    static let source = "trial"

    let overlay: Overlay
    let organisation: Organisation
    let findings: [Finding]
    private let buffer: ClaimBuffer
    private let lineage: Lineage

    /// - Parameters:
    ///   - paths: the files of one export, in the order in which they are read; a folder stands for those in it where the mapping
    ///     has several documents, as in an import.
    ///   - today: the day on which it is judged.
    /// - Throws: ``Unreadable`` when a file cannot be read to its end.
    init(_ document: MappingDocument, paths: [String], today: Day) throws {
        let (program, identity) = Self.program(document)
        buffer = ClaimBuffer()
        overlay = try Self.read(paths, program, identity, buffer, today)
        lineage = Lineage(program)
        let resolution = try Resolution(
            authority: Self.authority, store: NoClaims(), register: NoRegister(), overlays: [overlay], buffer: buffer,
            identity: identity, precedence: Precedence([(Self.source, document)]), isWhole: true)
        organisation = try resolution.organisation()
        findings = try Judgement(organisation, register: NoRegister(), today: today).findings
    }

    private static let authority = Authority(name: "Trial", cvr: "00000000")

    private static func program(_ document: MappingDocument) -> (MappingProgram, Identity) {
        // Keys become UUIDs by a secret that is forgotten: the UUIDs mean nothing, and nobody can guess a key by one.
        var chance = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
        return (
            MappingProgram(document, source: source, secret: secret, authority: authority),
            Identity(secret: secret, authority: authority.cvr)
        )
    }

    /// Whether a mapping reads these files to their end.
    static func reads(_ paths: [String], _ document: MappingDocument, today: Day) -> Bool {
        let (program, identity) = program(document)
        return (try? read(paths, program, identity, ClaimBuffer(), today)) != nil
    }

    /// What kept a file from being read to its end.
    struct Unreadable: Error {
        let finding: Finding
    }

    private static func read(
        _ paths: [String], _ program: MappingProgram, _ identity: Identity, _ buffer: ClaimBuffer, _ today: Day
    ) throws -> Overlay {
        let reading = try ExportReading(
            program: program, identity: identity, store: NoClaims(), buffer: buffer, today: today)
        var name = ""
        do {
            let files = try DeliveredFiles.at(paths, for: program.document)
            for path in files {
                name = (path as NSString).lastPathComponent
                let handle = try ExportFileHandle(path: path)
                name = handle.name
                try reading.read(named: handle.name) {
                    try handle.fill($0)
                } describe: {
                    ExportFile(name: handle.name, digest: [], byteCount: handle.byteCount)
                }
            }
            return try reading.finish()
        } catch let problem as ExportProblem {
            throw Unreadable(
                finding: Finding(
                    rule: problem.rule, kind: nil, key: "",
                    location: SourceLocation(source: source, file: name, line: problem.line), message: problem.message))
        }
    }

    /// Whether an import would publish any of it.
    var isRejected: Bool {
        findings.contains { $0.rule.fate == .block }
    }

    var hasErrors: Bool {
        findings.contains { $0.rule.severity == .error }
    }

    /// The objects that the export makes, in the order of kinds and of the export.
    func objects() -> [Organisation.Entry] {
        var found: [(entry: Organisation.Entry, location: SourceLocation?)] = []
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            guard organisation.source(of: entry) != Authority.source, organisation.isPresent(entry) else { continue }
            found.append((entry, organisation.locations(of: entry).first))
        }
        let ranks = Dictionary(
            overlay.files.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        func order(_ one: (entry: Organisation.Entry, location: SourceLocation?)) -> (UInt8, Int, Int, String) {
            (
                one.entry.kind.rawValue, one.location.flatMap { ranks[$0.file] } ?? 0, one.location?.line ?? 0,
                organisation.key(of: one.entry)
            )
        }
        return found.sorted { order($0) < order($1) }.map(\.entry)
    }

    /// What a value came from.
    struct ValueOrigin {
        let location: SourceLocation
        let mapping: Lineage.Origin
    }

    /// One object with what its records say of it.
    struct Explained {
        let entry: Organisation.Entry
        let parts: [(location: SourceLocation, part: Lineage.Part)]

        /// The UUID comes from the source.
        var hasOwnID: Bool {
            parts.contains { $0.part.hasOwnID }
        }

        /// The key by which a record names the target of a relation.
        func targetKey(_ field: StatePeriod.Field) -> String? {
            value(field)?.key
        }

        fileprivate func value(_ field: StatePeriod.Field) -> (place: Int, key: String)? {
            for (place, part) in parts.enumerated() {
                let found = part.part.values.first {
                    $0.number == field.attribute.number && $0.bytes == field.value.bytes
                }
                if let found { return (place, found.key) }
            }
            return nil
        }
    }

    /// These objects with all records that name them.
    func explained(_ entries: [Organisation.Entry]) -> [Explained] {
        let wanted = Set(entries.map(\.id))
        var parts: [ObjectID: [(location: SourceLocation, part: Lineage.Part)]] = [:]
        for claim in overlay.altered {
            guard Claim.names(wanted, in: buffer[claim.reference]) else { continue }
            let location = SourceLocation(
                source: Self.source, file: overlay.files[claim.file].name, line: claim.line)
            for part in lineage.parts(claim, buffer) where wanted.contains(part.id) {
                parts[part.id, default: []].append((location, part))
            }
        }
        return entries.map { Explained(entry: $0, parts: parts[$0.id] ?? []) }
    }

    /// Where a value of an object came from; nil when no single record says it.
    func origin(of field: StatePeriod.Field, in object: Explained) -> ValueOrigin? {
        guard let found = object.value(field) else { return nil }
        let (location, part) = object.parts[found.place]
        return lineage.origin(of: field.attribute, in: part).map { ValueOrigin(location: location, mapping: $0) }
    }
}

/// No object.
private struct NoRegister: Register {
    func object(_ id: ObjectID) -> RegisteredObject? { nil }
    func forEachObject(_ body: (RegisteredObject) throws -> Void) {}
}
