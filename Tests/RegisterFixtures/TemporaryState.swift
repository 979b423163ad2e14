import Distribution
import Foundation
public import Mapping
public import OrganisationModel
public import Storage
public import Versioning

/// A state folder that is removed with this object.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter isInMemory: where the system has such a folder, for states that are written thousands of times.
    public init(isInMemory: Bool = false) throws {
        let memory = URL(filePath: "/dev/shm")
        let place =
            isInMemory && FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        let url = place.appendingPathComponent("fordeler-\(UUID().uuidString)")
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

extension StateTransaction {
    /// Expects the figures of the whole and of every unit that ever was, kept for a position, to equal those counted anew.
    public func demandFigures(at position: Position) throws {
        try demand(isKept(position), "figures are not kept at \(position)")
        let counted = try recountFigures(at: position)
        try demand(figures(at: position), equals: counted.whole, "figures of the whole at \(position)")
        for id in try unitsEver() {
            try demand(figures(of: id, at: position), equals: counted.units[id], "figures of unit \(id) at \(position)")
        }
        for head in [nil] + counted.units.keys.map(Optional.some) {
            try demand(figures(beneath: head, at: position), equals: counted.beneath(head), "units beneath")
        }
    }

    private func unitsEver() throws -> Set<ObjectID> {
        var ids: Set<ObjectID> = []
        for version in try versions() {
            try forEachObject(version: version.number, kinds: [.unit], after: nil) { place, _ in
                ids.insert(place.id)
                return true
            }
        }
        return ids
    }
}
