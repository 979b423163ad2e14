import Foundation
import GRDB
import Mapping

/// Since exports may be deltas a claim may stand in an older file than those of the last export: places of accepted claims name
/// their file by its number among all, no more by its place among those of the last export.
enum DeltaStep {
    static func run(_ db: Database) throws {
        for row in try Row.fetchAll(db, sql: "SELECT source, places FROM claimPlaces") {
            let source: String = row["source"]
            let first = try Int.fetchOne(
                db,
                sql: """
                    SELECT min(id) FROM exportFile JOIN export
                    ON export.candidate = exportFile.candidate AND export.source = exportFile.source
                    WHERE export.source = ?
                    """, arguments: [source])
            let places = PackedPlaces.unpack(row.bytes("places")).map { $0.accepted(firstFile: first ?? 0) }
            try db.execute(
                sql: "UPDATE claimPlaces SET places = ?2, checksum = rowChecksum(source, ?2) WHERE source = ?1",
                arguments: [source, Data(PackedPlaces.pack(places))])
        }
        try db.execute(
            sql: """
                UPDATE waitingExport SET files = '{"files":' || files || '}', checksum = rowChecksum(
                candidate, source, seed, records, unchanged, '{"files":' || files || '}', absent)
                """)
    }
}
