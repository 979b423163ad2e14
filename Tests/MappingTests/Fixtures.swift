import Mapping
import OrganisationModel
import SourceExports
import Testing

/// Accepted claims in memory.
struct EmptyRegister: Register {
    func object(_ id: ObjectID) -> RegisteredObject? { nil }
    func forEachObject(_ body: (RegisteredObject) throws -> Void) {}
}

final class MemoryClaims: ClaimStore {
    struct Row {
        let key: Fingerprint
        let fingerprint: Fingerprint
        let claim: [UInt8]
    }

    var rows: [Int64: Row] = [:]
    private var places: [ClaimPlace] = []
    private var names: [String] = []
    private var export: AcceptedExport?
    var suppressed: Set<ObjectID> = []
    private let source: String

    init(source: String = "hr") {
        self.source = source
    }

    func sourcesWithClaims() -> [String] { rows.isEmpty ? [] : [source] }
    func acceptedExport(of source: String) -> AcceptedExport? { export }
    func claimPlaces(of source: String) -> [ClaimPlace] { places }
    func fileName(_ number: Int) -> String { names[number] }

    func forEachClaimHead(of source: String, _ body: (ClaimHead) throws -> Void) throws {
        for (row, value) in rows.sorted(by: { $0.key < $1.key }) {
            try body(ClaimHead(row: row, key: value.key, fingerprint: value.fingerprint))
        }
    }

    func forEachClaim(of source: String, _ body: (Int64, UnsafeRawBufferPointer) throws -> Void) throws {
        for (row, value) in rows.sorted(by: { $0.key < $1.key }) {
            try value.claim.withUnsafeBytes { try body(row, $0) }
        }
    }

    func claim(row: Int64) -> [UInt8] { rows[row]?.claim ?? [] }

    // These tests resolve everything.
    func forEachClaim(rows: [Int64], _ body: (Int64, String, UnsafeRawBufferPointer) throws -> Void) {}
    func claimRows(boundTo keys: Set<ClaimKey>) -> Set<Int64> { [] }
    func claimRows(referringTo keys: Set<ClaimKey>) -> Set<Int64> { [] }
    func resolvedPrecedence() -> [UInt8]? { nil }
    func suppressedIDs() -> Set<ObjectID> { suppressed }

    /// What publishing does with an overlay.
    func accept(_ overlay: Overlay, _ buffer: ClaimBuffer) {
        for row in overlay.absent { rows[row] = nil }
        let first = names.count
        names += overlay.files.map(\.name)
        places = overlay.unchanged.map { place in
            guard case .own(let file) = place.file else { return place }
            return ClaimPlace(row: place.row, file: .accepted(first + file), line: place.line, absences: place.absences)
        }
        for claim in overlay.altered {
            let row = claim.replaces ?? (rows.keys.max() ?? 0) + 1
            rows[row] = Row(key: claim.key, fingerprint: claim.fingerprint, claim: Array(buffer[claim.reference]))
            places.append(ClaimPlace(row: row, file: .accepted(first + claim.file), line: claim.line))
        }
        places.sort { $0.row < $1.row }
        export = AcceptedExport(files: overlay.files, seed: overlay.seed, records: overlay.records)
    }
}

/// A source with one mapping, read again and again.
struct Source {
    let store = MemoryClaims()
    let identity = Identity(secret: [UInt8](0..<32), authority: "29189846")
    let program: MappingProgram
    let authority = Authority(name: "Kommune", cvr: "29189846")

    init(_ yaml: String, rules: RuleSettings = RuleSettings()) throws {
        let document = try MappingDocument(yaml: yaml, file: "m.yaml")
        program = MappingProgram(document, source: "hr", secret: [UInt8](0..<32), authority: authority, rules: rules)
    }

    /// A mapping of `<u>` to units with these attributes and effective period.
    init(
        attributes: String, kind: String = "unit", effective: String = "{from: f, to: t}", more: String = "",
        rules: RuleSettings = RuleSettings()
    ) throws {
        try self.init(
            """
            mapping: test
            format: xml
            root: r
            placeholders: {p: ["0", "-"]}
            records:
              u:
                kind: \(kind)
                key: "@id"
                \(more)
                objects:
                  - {kind: \(kind), key: "@id", effective: \(effective), attributes: {\(attributes)}}
            """, rules: rules)
    }

    func overlay(_ records: String..., today: String = "2026-06-01") throws -> (Overlay, ClaimBuffer) {
        try overlay(documents: records.map { "<r>\n\($0)</r>" }, today: today)
    }

    func overlay(documents: [String], today: String = "2026-06-01") throws -> (Overlay, ClaimBuffer) {
        try overlay(files: documents.enumerated().map { ("\($0.offset).xml", $0.element) }, today: today)
    }

    /// - Parameter buffer: where the claims lie to which a delta is added.
    func overlay(
        files: [(name: String, text: String)], today: String = "2026-06-01", extent: Extent = .full,
        buffer: ClaimBuffer = ClaimBuffer()
    ) throws -> (Overlay, ClaimBuffer) {
        let reading = try ExportReading(
            program: program, identity: identity, store: store, buffer: buffer,
            today: Day(parsing: today) ?? .distantPast, extent: extent)
        for (name, text) in files {
            let bytes = Array(text.utf8)
            var isRead = false
            let fill = { (buffer: UnsafeMutableRawBufferPointer) -> Int in
                if isRead { return 0 }
                isRead = true
                buffer.copyBytes(from: bytes)
                return bytes.count
            }
            try reading.read(named: name, fill) { ExportFile(name: name, digest: [], byteCount: bytes.count) }
        }
        return (try reading.finish(), buffer)
    }

    func accept(_ records: String, today: String = "2026-06-01") throws {
        let (overlay, buffer) = try overlay(records, today: today)
        store.accept(overlay, buffer)
    }

    /// The organisation that the export of these records makes.
    func organisation(_ records: String, today: String = "2026-06-01") throws -> Organisation {
        let (overlay, buffer) = try overlay(records, today: today)
        return try organisation([overlay], buffer)
    }

    /// The organisation that the accepted claims make with these overlays.
    func organisation(_ overlays: [Overlay] = [], _ buffer: ClaimBuffer = ClaimBuffer()) throws -> Organisation {
        try Resolution(
            authority: authority, store: store, register: EmptyRegister(), overlays: overlays, buffer: buffer,
            identity: identity, precedence: Precedence(), isWhole: true
        ).organisation()
    }

    func id(_ key: String, _ kind: Kind = .unit) -> ObjectID {
        identity.id(kind: kind, source: "hr", key: key)
    }

    /// The only period of the object `1`.
    func period(_ inside: String, kind: Kind = .unit) throws -> StatePeriod? {
        let organisation = try organisation("<u id='1'>\(inside)</u>")
        let entry = try #require(organisation.entry(id("1", kind)))
        return organisation.state(of: entry)?.periods(Schema.standard[kind]).first
    }

    func findings(_ inside: String) throws -> [String] {
        try organisation("<u id='1'>\(inside)</u>").recordFindings().map(\.rule.code)
    }
}

extension Organisation {
    /// Whether an object is there; these organisations ask no register, so nothing can fail.
    func has(_ id: ObjectID) -> Bool {
        (try? contains(id)) == true
    }
}
