import Crypto
import Foundation
import GRDB
import OrganisationModel
import Versioning

/// The content hash of the current version: SHA-256 over the hashes of 4,096 buckets of objects by id.
///
/// A bucket's hash is SHA-256 over id and state digest of each of its objects in the order of ids; an empty bucket counts
/// as 32 zeros. Only buckets that a version touches are read again.
struct ContentHash {
    /// Buckets by the first 12 bits of an id.
    static let bucketCount = 4096
    let transaction: StateTransaction

    static func bucket(of id: ObjectID) -> Int {
        Int(id.high >> 52)
    }

    /// Recomputes the hashes of the touched buckets and answers the content hash.
    func update(buckets touched: [Bool]) throws -> [UInt8] {
        let insertion = try BulkStatement.insert(transaction.db, into: "bucket")
        let remove = try BulkStatement(transaction.db, "DELETE FROM bucket WHERE number = ?")
        for number in touched.indices where touched[number] {
            remove.bind(1, number)
            try remove.run()
            guard let hash = try hash(ofBucket: number) else { continue }
            insertion.bind(1, number)
            insertion.bind(copying: hash, 2)
            try insertion.run()
        }
        return try combined(storedBuckets())
    }

    func combined(_ buckets: [[UInt8]?]) -> [UInt8] {
        var hash = SHA256()
        let empty = [UInt8](repeating: 0, count: 32)
        for bucket in buckets { hash.update(data: bucket ?? empty) }
        return Array(hash.finalize())
    }

    func storedBuckets() throws -> [[UInt8]?] {
        var buckets = [[UInt8]?](repeating: nil, count: ContentHash.bucketCount)
        let statement = try BulkStatement(transaction.db, "SELECT number, hash FROM bucket")
        defer { statement.reset() }
        while try statement.step() {
            // A damaged number belongs to no bucket; `verify` then misses the one that it was.
            let number = statement.int(0)
            if buckets.indices.contains(number) { buckets[number] = Array(statement.bytes(1)) }
        }
        return buckets
    }

    /// Recomputes all buckets in one pass; nil for those without objects.
    func computedBuckets() throws -> [[UInt8]?] {
        var hashes = [SHA256?](repeating: nil, count: ContentHash.bucketCount)
        let statement = try BulkStatement(
            transaction.db, "SELECT id, digest FROM object WHERE ordinary IS NOT NULL ORDER BY id")
        defer { statement.reset() }
        while try statement.step() {
            // An object with a damaged id belongs to no bucket, and lacks in the one that it was in.
            guard let id = ObjectID(bytes: statement.bytes(0)) else { continue }
            let bucket = ContentHash.bucket(of: id)
            if hashes[bucket] == nil { hashes[bucket] = SHA256() }
            hashes[bucket]?.update(data: statement.bytes(0))
            hashes[bucket]?.update(data: statement.bytes(1))
        }
        return hashes.map { $0.map { Array($0.finalize()) } }
    }

    /// Nil for a bucket without objects.
    func hash(ofBucket number: Int) throws -> [UInt8]? {
        let statement = try BulkStatement(
            transaction.db,
            "SELECT id, digest FROM object WHERE id >= ? AND id < ? AND ordinary IS NOT NULL ORDER BY id")
        defer { statement.reset() }
        statement.bind(copying: ObjectID(high: UInt64(number) << 52, low: 0), 1)
        if number + 1 < ContentHash.bucketCount {
            statement.bind(copying: ObjectID(high: UInt64(number + 1) << 52, low: 0), 2)
        } else {
            // Longer than any id, so greater than all of them.
            statement.bind(copying: [UInt8](repeating: 0xFF, count: 17), 2)
        }
        var hash = SHA256()
        var isEmpty = true
        while try statement.step() {
            isEmpty = false
            hash.update(data: statement.bytes(0))
            hash.update(data: statement.bytes(1))
        }
        return isEmpty ? nil : Array(hash.finalize())
    }
}

/// Hashes in which each entry covers the one before, so that a changed or removed entry is noticed.
enum ChainHash {
    static func next(after previous: [UInt8], _ text: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: previous)
        hash.update(data: Array(text.utf8))
        return Array(hash.finalize())
    }
}

extension Version {
    /// SHA-256 over parent chain hash, number, content hash, cause and actor.
    static func chainHash(
        parent: [UInt8], number: Int, contentHash: [UInt8], cause: Cause, actor: Actor
    ) -> [UInt8] {
        var bytes = parent
        Bytes.append(UInt64(number), to: &bytes)
        bytes += contentHash
        Bytes.append(text: cause.rawValue, to: &bytes)
        Bytes.append(text: actor.name, to: &bytes)
        return Array(SHA256.hash(data: bytes))
    }
}
