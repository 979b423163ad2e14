public import OrganisationModel

/// The claims of the last accepted exports, as Mapping needs them.
public protocol ClaimStore {
    /// The sources that have an accepted export, in order of their names.
    func sourcesWithClaims() throws -> [String]
    /// Where the records of the accepted claims stand in the export that named each last, in the order of rows.
    func claimPlaces(of source: String) throws -> [ClaimPlace]
    /// The name of a file of an accepted export.
    func fileName(_ number: Int) throws -> String
    /// The last accepted export of a source; nil when it never had one.
    func acceptedExport(of source: String) throws -> AcceptedExport?
    /// Row, key and fingerprint of every accepted claim of a source, in the order in which its export named them.
    func forEachClaimHead(of source: String, _ body: (ClaimHead) throws -> Void) throws
    /// Every accepted claim of a source in the same order; the bytes are valid during the call only.
    func forEachClaim(
        of source: String, _ body: (_ row: Int64, _ claim: UnsafeRawBufferPointer) throws -> Void
    ) throws
    func claim(row: Int64) throws -> [UInt8]
    /// These accepted claims, in the order given.
    func forEachClaim(
        rows: [Int64], _ body: (_ row: Int64, _ source: String, _ claim: UnsafeRawBufferPointer) throws -> Void
    ) throws
    /// The accepted claims that name an object, have a value or look one up.
    func claimRows(boundTo keys: Set<ClaimKey>) throws -> Set<Int64>
    /// The accepted claims that refer to an object without naming it.
    func claimRows(referringTo keys: Set<ClaimKey>) throws -> Set<Int64>
    /// The objects whose records are left out, because people were erased whom their source still sends.
    func suppressedIDs() throws -> Set<ObjectID>
    /// ``Precedence/digest`` by which the register was made of the accepted claims; nil before the first version.
    func resolvedPrecedence() throws -> [UInt8]?
}

/// The claims of nobody: for reading an export on its own.
public struct NoClaims: ClaimStore {
    public init() {}

    public func sourcesWithClaims() -> [String] { [] }
    public func claimPlaces(of source: String) -> [ClaimPlace] { [] }
    public func fileName(_ number: Int) -> String { "" }
    public func acceptedExport(of source: String) -> AcceptedExport? { nil }
    public func forEachClaimHead(of source: String, _ body: (ClaimHead) throws -> Void) {}
    public func forEachClaim(of source: String, _ body: (Int64, UnsafeRawBufferPointer) throws -> Void) {}
    public func claim(row: Int64) -> [UInt8] { [] }
    public func forEachClaim(rows: [Int64], _ body: (Int64, String, UnsafeRawBufferPointer) throws -> Void) {}
    public func claimRows(boundTo keys: Set<ClaimKey>) -> Set<Int64> { [] }
    public func claimRows(referringTo keys: Set<ClaimKey>) -> Set<Int64> { [] }
    public func suppressedIDs() -> Set<ObjectID> { [] }
    public func resolvedPrecedence() -> [UInt8]? { nil }
}

/// What a claim is known by.
public struct ClaimHead: Sendable {
    public let row: Int64
    /// Of the record's element and key, and of its number among records with the same key.
    public let key: Fingerprint
    /// Of the fields that the mapping reads.
    public let fingerprint: Fingerprint

    public init(row: Int64, key: Fingerprint, fingerprint: Fingerprint) {
        self.row = row
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// Where a claim's record stands. Kept apart from the claim, because lines move every day and claims seldom.
public struct ClaimPlace: Hashable, Sendable {
    /// A file that holds a record.
    public enum File: Hashable, Sendable {
        /// Index among the files of the overlay.
        case own(Int)
        /// The number of a file that was accepted before; see ``ClaimStore/fileName(_:)``.
        case accepted(Int)
    }

    public let row: Int64
    public let file: File
    public let line: Int
    /// How many exports in a row did not hold the record; the line is 0 then.
    public let absences: Int

    public init(row: Int64, file: File, line: Int, absences: Int = 0) {
        self.row = row
        self.file = file
        self.line = line
        self.absences = absences
    }
}

/// What is remembered of the last accepted export of a source.
public struct AcceptedExport: Hashable, Sendable {
    /// Its files, in order.
    public let files: [ExportFile]
    /// ``Overlay/seed``.
    public let seed: [UInt8]
    /// ``Overlay/records``.
    public let records: Int
    /// Claims that are kept although their records are absent, until another export confirms it.
    public let unconfirmed: Int

    public init(files: [ExportFile], seed: [UInt8], records: Int, unconfirmed: Int = 0) {
        self.files = files
        self.seed = seed
        self.records = records
        self.unconfirmed = unconfirmed
    }
}

/// A file that was read for an export.
public struct ExportFile: Hashable, Sendable {
    /// Its name without the folder.
    public let name: String
    public let digest: [UInt8]
    public let byteCount: Int

    public init(name: String, digest: [UInt8], byteCount: Int) {
        self.name = name
        self.digest = digest
        self.byteCount = byteCount
    }
}

/// What a new export of one source changes among its accepted claims. It moves into the store only when its candidate is
/// published; until then it lies over the accepted claims.
public struct Overlay {
    /// A claim that is new or differs; `replaces` is the accepted row that it takes the place of.
    public struct AlteredClaim {
        public let replaces: Int64?
        public let key: Fingerprint
        public let fingerprint: Fingerprint
        /// Index in `files`.
        public let file: Int
        public let line: Int
        public let reference: ClaimBuffer.Reference

        public init(
            replaces: Int64?, key: Fingerprint, fingerprint: Fingerprint, file: Int, line: Int,
            reference: ClaimBuffer.Reference
        ) {
            self.replaces = replaces
            self.key = key
            self.fingerprint = fingerprint
            self.file = file
            self.line = line
            self.reference = reference
        }
    }

    public let source: String
    /// Those of a full export, and of the deltas that were added to it or wait together.
    public let files: [ExportFile]
    /// ``MappingProgram/seed`` with which the last full export was read; one byte follows when deltas came since.
    public let seed: [UInt8]
    /// All records in a full export; with deltas the claims that there are then.
    public let records: Int
    /// Where the records stand that are as they were, in the order of rows.
    public let unchanged: [ClaimPlace]
    /// In the order of the export.
    public let altered: [AlteredClaim]
    /// Accepted rows whose records the export no longer has, ascending.
    public let absent: [Int64]
    /// The time of the full export among the files, in seconds since 1970: deltas that were made before it say nothing any
    /// more. Nil when there is none, or it is not known.
    public let fullStamp: Int?

    public init(
        source: String, files: [ExportFile], seed: [UInt8], records: Int, unchanged: [ClaimPlace],
        altered: [AlteredClaim], absent: [Int64], fullStamp: Int? = nil
    ) {
        self.source = source
        self.files = files
        self.seed = seed
        self.records = records
        self.unchanged = unchanged
        self.altered = altered
        self.absent = absent
        self.fullStamp = fullStamp
    }

    /// True when deltas are among the files.
    public var isDelta: Bool {
        seed.count > MappingProgram.seedSize
    }

    /// True when the export says the same as the accepted one.
    public var isUnchanged: Bool {
        altered.isEmpty && absent.isEmpty
    }

    /// Claims that are kept although their records are absent, until another export confirms it.
    public var unconfirmed: Int {
        unchanged.count { $0.absences > 0 }
    }

    public var byteCount: Int {
        files.reduce(0) { $0 + $1.byteCount }
    }
}

/// How much of what a source knows an export holds.
public enum Extent {
    /// All records: one that is absent is gone.
    case full
    /// The records that are new or altered; all others are as they were.
    /// - Parameter waiting: what waits to be accepted, to which this is added.
    case delta(waiting: Overlay?)
}
