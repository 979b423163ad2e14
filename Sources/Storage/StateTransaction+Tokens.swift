import Foundation
import GRDB
import OrganisationModel
public import Versioning

// The tokens with which systems read their mailboxes.
extension StateTransaction {
    /// A new token takes the place of the subscription's old one.
    /// - Parameter digest: SHA-256 of the token, which itself is stored nowhere.
    /// - Throws: ``FordelerError`` `subscription.unknown`.
    public func setToken(digest: [UInt8], subscription: String, actor: Actor, time: String) throws {
        try db.execute(sql: "DELETE FROM token WHERE subscription = ?", arguments: [subscription])
        try db.execute(
            sql: BulkStatement.insertion(into: "token"), arguments: [Data(digest), subscription, time])
        try audit(actor, "subscription.token-made", "subscription:\(subscription)", "", time)
    }

    /// The subscription whose token has this SHA-256.
    public func subscription(tokenDigest: [UInt8]) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT subscription FROM token WHERE digest = ?", arguments: [Data(tokenDigest)])
    }
}
