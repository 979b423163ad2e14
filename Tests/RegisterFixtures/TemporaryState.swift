import Foundation
public import Mapping
public import OrganisationModel
public import Storage
public import Versioning

/// A state folder that is removed with this object.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter inMemory: keeps it in memory where the system can, for tests that write much and need no disk.
    public init(inMemory: Bool = false) throws {
        let memory = "/dev/shm"
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: memory)
        let base = isThere ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
        let url = base.appendingPathComponent("fordeler-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    public var database: String { path + "/fordeler.sqlite" }
    public var secret: String { path + "/secret" }
}

/// A change set made by hand; the changes keep the order that they are given.
public struct FixedChanges: ChangeSet {
    public let changes: [ObjectChange]

    public init(_ changes: [ObjectChange]) {
        self.changes = changes
    }

    public func forEach(_ body: (ObjectChange) throws -> Void) throws {
        for change in changes { try body(change) }
    }
}

/// Salts that are a function of the id, so that two registers with equal content have equal hashes.
public struct DerivedSalts: SaltSource {
    public init() {}

    public func salt(_ id: ObjectID) -> [UInt8] {
        id.bytes.map { $0 ^ 0x5A }
    }
}

extension StateTransaction {
    /// A candidate with nothing but its number, base and verdict.
    public func candidateFixture(_ verdict: Verdict, base: Int? = nil) throws -> Candidate {
        let id = try nextCandidateID()
        return Candidate(
            id: id, base: try base ?? position().version, verdict: verdict,
            waitsFor: verdict == .held ? ["manual"] : [], version: nil, counts: ChangeCounts(), planHash: [],
            sources: [:], findingCounts: [], findingsFrom: id, actor: Actor("test"), time: Self.timeFixture)
    }

    /// What resolving these overlays without any precedence leaves behind.
    public func acceptanceFixture(_ overlays: [Overlay], _ buffer: ClaimBuffer) -> Acceptance {
        Acceptance(
            overlays: overlays, buffer: buffer,
            standing: Acceptance.Standing(precedence: Precedence(), idsWithFindings: [], pins: []))
    }

    /// The instant of everything that these tests write.
    public static let timeFixture = "2026-01-01T00:00:00Z"

    /// Publishes changes as an import would.
    @discardableResult
    public func publishFixture(
        _ changes: any ChangeSet, today: Day, base: Int? = nil, overlays: [Overlay] = [],
        buffer: ClaimBuffer = ClaimBuffer(), findings: [Finding] = [], reason: String = ""
    ) throws -> Version {
        try publish(
            Publication(
                candidate: candidateFixture(.published, base: base), changes: changes,
                acceptance: acceptanceFixture(overlays, buffer), tally: nil, actor: Actor("test"), reason: reason,
                today: today, time: Self.timeFixture),
            findings: findings, salts: DerivedSalts())
    }
}
