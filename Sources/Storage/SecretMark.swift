import Crypto
import Foundation
import GRDB
import OrganisationModel

/// What the database remembers of the register secret. With another secret every object would get another UUID.
struct SecretMark {
    private static let setting = "secretMark"
    private static let text = Array("fordeler: the secret of this register".utf8)

    private let mark: [UInt8]

    init(_ secret: [UInt8]) {
        let code = HMAC<SHA256>.authenticationCode(for: Self.text, using: SymmetricKey(data: secret))
        mark = Array(Array(code).prefix(16))
    }

    /// A database that remembers none, as of an older program, remembers this one from now on.
    /// - Throws: ``FordelerError`` `state.secret-foreign`.
    func check(_ database: any DatabaseWriter, mayWrite: Bool) throws {
        let held = try database.read { db in
            try Data.fetchOne(db, sql: "SELECT value FROM setting WHERE name = ?", arguments: [Self.setting])
        }
        guard let held else {
            guard mayWrite else { return }
            return try database.write { db in
                try db.execute(
                    sql: BulkStatement.insertion(into: "setting", orReplace: true),
                    arguments: [Self.setting, Data(mark)])
            }
        }
        guard Array(held) == mark else {
            throw FordelerError(
                .init("state.secret-foreign"),
                "the file secret does not belong to this database, and every object would get another UUID. Put the one back that "
                    + "lay beside it, or restore a whole backup")
        }
    }
}
