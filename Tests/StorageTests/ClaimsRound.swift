import Foundation
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Versioning

/// Random sequences of exports of two sources, accepted, refused or left waiting.
struct ClaimsRound {
    static let authority = Authority(name: "Testkommune", cvr: "12345678")
    static let sources = ["hr", "north"]
    static let today = Day(number: 20_500)
    let fixture: StateFixture
    let state: State
    let mapping: MappingDocument
    var exports: [String: RandomExports]
    var accepted: [String: HandmadeExport] = [:]
    var random: SeededRandom

    init(seed: UInt64, hasRepeatedKeys: Bool) throws {
        fixture = try StateFixture()
        state = try fixture.open(.writing)
        mapping = try HandmadeExport.mapping()
        random = SeededRandom(seed: seed)
        var exports: [String: RandomExports] = [:]
        for source in Self.sources {
            exports[source] = RandomExports(seed: random.next(), hasRepeatedKeys: hasRepeatedKeys)
        }
        self.exports = exports
    }

    mutating func run() throws {
        for step in 0..<7 {
            let source = random.pick(Self.sources)
            guard let export = exports[source]?.next() else { return }
            // The first is accepted, so that there is something to differ from.
            switch step == 0 ? 9 : random.number(0...9) {
            case 0...1: try refuse(source, export)
            case 2...4: try wait(source, export)
            default:
                try accept([(source, export)], in: state)
                accepted[source] = export
                try compareWithFreshState("step \(step), \(source)")
            }
        }
        try demand(try state.read { try $0.verify() }.problems, equals: [], "verify")
    }

    // MARK: One round of import

    private func overlay(
        _ source: String, _ export: HandmadeExport, _ buffer: ClaimBuffer, _ transaction: StateTransaction,
        secret: [UInt8], chunk: Int
    ) throws -> Overlay {
        let program = MappingProgram(mapping, source: source, secret: secret, authority: Self.authority)
        let reading = try ExportReading(
            program: program, identity: Identity(secret: secret, authority: Self.authority.cvr), store: transaction,
            buffer: buffer, today: Self.today)
        let bytes = Array(export.xml.utf8)
        var position = 0
        try reading.read(named: "\(source).xml") { target in
            let count = min(chunk, target.count, bytes.count - position)
            target.copyBytes(from: bytes[position..<position + count])
            position += count
            return count
        } describe: {
            ExportFile(
                name: "\(source).xml", digest: [UInt8](repeating: UInt8(bytes.count & 255), count: 32),
                byteCount: bytes.count)
        }
        return try reading.finish()
    }

    private func changes(
        _ overlays: [Overlay], _ buffer: ClaimBuffer, _ transaction: StateTransaction, secret: [UInt8]
    ) throws -> ResolvedChanges {
        let organisation = try Resolution(
            authority: Self.authority, store: transaction, register: transaction, overlays: overlays, buffer: buffer,
            identity: Identity(secret: secret, authority: Self.authority.cvr), precedence: Precedence(), isWhole: true
        ).organisation()
        return try ResolvedChanges(organisation: organisation, register: transaction)
    }

    /// Accepts exports as ImportRun does: published when they change the register, else only noted.
    private func accept(_ exports: [(source: String, export: HandmadeExport)], in state: State) throws {
        try state.write { transaction in
            let buffer = ClaimBuffer()
            let overlays = try exports.map {
                try overlay($0.source, $0.export, buffer, transaction, secret: state.secret, chunk: 1 << 20)
            }
            let changes = try changes(overlays, buffer, transaction, secret: state.secret)
            if try changes.counts(transaction.schema).isEmpty {
                try transaction.record(
                    transaction.candidateFixture(.unchanged), findings: [], changes: nil,
                    acceptance: transaction.acceptanceFixture(overlays, buffer))
            } else {
                try transaction.publishFixture(changes, today: Self.today, overlays: overlays, buffer: buffer)
            }
        }
    }

    private mutating func refuse(_ source: String, _ export: HandmadeExport) throws {
        let before = try fixture.contents(of: Self.settledTables)
        let chunk = random.number(1...200)
        try state.write { transaction in
            let buffer = ClaimBuffer()
            let overlay = try overlay(source, export, buffer, transaction, secret: state.secret, chunk: chunk)
            let changes = try changes([overlay], buffer, transaction, secret: state.secret)
            try transaction.record(
                transaction.candidateFixture(.rejected), findings: [], changes: changes,
                acceptance: transaction.acceptanceFixture([overlay], buffer))
        }
        try demand(try fixture.contents(of: Self.settledTables), equals: before, "after a refused export")
    }

    private static let settledTables = [
        "claim", "export", "exportFile", "object", "pastState", "boundary", "bucket", "version", "logEntry", "setting",
    ]

    private mutating func wait(_ source: String, _ export: HandmadeExport) throws {
        let before = try fixture.contents(of: Self.settledTables)
        let chunk = random.number(1...200)
        let buffer = ClaimBuffer()
        let id = try state.read { try $0.nextCandidateID() }
        let (kept, planned) = try state.write { transaction in
            let overlay = try overlay(source, export, buffer, transaction, secret: state.secret, chunk: chunk)
            let changes = try changes([overlay], buffer, transaction, secret: state.secret)
            try transaction.record(
                transaction.candidateFixture(.held), findings: [], changes: changes,
                acceptance: transaction.acceptanceFixture([overlay], buffer))
            return (overlay, try changes.planHash())
        }
        try demand(try fixture.contents(of: Self.settledTables), equals: before, "after an export that waits")
        try state.read { transaction in
            let other = ClaimBuffer()
            let overlays = try transaction.overlays(of: id, into: other)
            try demand(
                overlays.map { OverlayText($0, other) }, equals: [OverlayText(kept, buffer)], "the overlay that waits")
            try demand(!transaction.waiting(source: source).isEmpty, "\(source) waits")
            guard let stored = try transaction.changeSet(id) else { throw Mismatch("no change set waits") }
            try demand(try stored.planHash(), equals: planned, "the changes that wait")
            // The waiting claims give the same plan as the export did.
            try demand(
                try changes(overlays, other, transaction, secret: state.secret).planHash(), equals: planned,
                "the plan of the waiting claims")
        }
    }

    // MARK: The fresh state

    /// What is accepted, imported at once into an empty register with the same secret.
    private func compareWithFreshState(_ what: String) throws {
        let fresh = try StateFixture()
        try FileManager.default.copyItem(atPath: fixture.folder.secret, toPath: fresh.folder.secret)
        let freshState = try fresh.open(.writing)
        let all = accepted.sorted { $0.key < $1.key }.map { (source: $0.key, export: $0.value) }
        try accept(all, in: freshState)
        try demand(try objects(state), equals: try objects(freshState), "\(what): the register")
        try demand(
            try state.read { try $0.versions().last?.contentHash },
            equals: try freshState.read { try $0.versions().last?.contentHash }, "\(what): the content hash")
        for source in accepted.keys {
            try demand(
                try claims(source, state), equals: try claims(source, freshState), "\(what): the claims of \(source)")
            try demand(
                try state.read { try $0.acceptedExport(of: source) },
                equals: try freshState.read { try $0.acceptedExport(of: source) }, "\(what): the export of \(source)")
            try demand(
                try state.read { try $0.waiting(source: source).isEmpty } || !what.hasSuffix(source),
                "\(what): an export of the source still waits")
        }
    }

    private func objects(_ state: State) throws -> [RegisteredObject] {
        var objects: [RegisteredObject] = []
        func append(_ object: RegisteredObject) { objects.append(object) }
        try state.read { try $0.forEachObject(append) }
        return objects
    }

    /// Key, fingerprint and body of every claim, in the order of keys.
    private func claims(_ source: String, _ state: State) throws -> [String] {
        var heads: [Int64: String] = [:]
        var claims: [String] = []
        try state.read { transaction in
            func head(_ head: ClaimHead) { heads[head.row] = "\(head.key.bytes) \(head.fingerprint.bytes)" }
            func claim(_ row: Int64, _ body: UnsafeRawBufferPointer) {
                claims.append("\(heads[row] ?? "no head") \(Array(body))")
            }
            try transaction.forEachClaimHead(of: source, head)
            try transaction.forEachClaim(of: source, claim)
        }
        return claims.sorted()
    }
}

/// Everything an overlay says, as comparable text.
struct OverlayText: Equatable {
    let lines: [String]

    init(_ overlay: Overlay, _ buffer: ClaimBuffer) {
        lines =
            [
                overlay.source, "\(overlay.files)", "\(overlay.seed)", "\(overlay.records) \(overlay.unchanged)",
                "\(overlay.absent)",
            ]
            + overlay.altered.map { claim in
                "\(claim.replaces ?? -1) \(claim.key) \(claim.fingerprint) \(claim.file) \(claim.line) "
                    + "\(Array(buffer[claim.reference]))"
            }
    }
}
