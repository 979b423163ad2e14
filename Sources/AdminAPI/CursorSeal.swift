import Crypto
import Distribution
import Foundation
import OrganisationModel

/// Writes cursors so that only this register can have written them: whoever could make one up could ask for days that
/// have not come yet.
///
/// Base64url, without padding, of version (8 bytes), day (4), after (8), kind (1) and id (16) of the last object, and HMAC-SHA-256
/// over them and the subscription's name.
struct CursorSeal: Sendable {
    private let key: SymmetricKey

    init(key: [UInt8]) {
        self.key = SymmetricKey(data: key)
    }

    private static let bodyLength = 8 + 4 + 8 + 1 + 16
    private static let macLength = 32

    /// - Parameter place: the last object of the page before.
    func text(_ cursor: SnapshotCursor, place: ObjectPlace, subscription name: String) -> String {
        var bytes: [UInt8] = []
        Bytes.append(UInt64(bitPattern: Int64(cursor.position.version)), to: &bytes)
        Bytes.append(cursor.position.day.number, to: &bytes)
        Bytes.append(UInt64(bitPattern: Int64(cursor.after)), to: &bytes)
        bytes.append(place.kind.rawValue)
        bytes.append(contentsOf: place.id.bytes)
        bytes.append(contentsOf: HMAC<SHA256>.authenticationCode(for: bytes + name.utf8, using: key))
        return Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    /// - Returns: nil for everything that ``text(_:place:subscription:)`` did not write for this subscription.
    func cursor(_ text: String, subscription name: String) -> SnapshotCursor? {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: standard + padding), data.count == Self.bodyLength + Self.macLength else {
            return nil
        }
        let body = [UInt8](data.prefix(Self.bodyLength))
        let mac = data.suffix(Self.macLength)
        guard HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: body + name.utf8, using: key) else {
            return nil
        }
        return body.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let version = Int(Int64(bitPattern: reader.uint64()))
            let day = Day(number: reader.int32())
            let after = Int(Int64(bitPattern: reader.uint64()))
            guard let kind = Kind(rawValue: reader.byte()), let id = ObjectID(bytes: reader.raw(16)) else { return nil }
            return SnapshotCursor(
                position: Position(version: version, day: day), after: after, last: ObjectPlace(kind: kind, id: id))
        }
    }
}
