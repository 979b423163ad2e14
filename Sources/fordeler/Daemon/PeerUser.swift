import Foundation

/// A user of this machine.
struct PeerUser: Hashable, Sendable {
    let id: uid_t

    /// Nil when there is no such user.
    static func named(_ name: String) -> PeerUser? {
        withRecord({ getpwnam_r(name, $0, $1, $2, $3) }) { PeerUser(id: $0.pw_uid) }
    }

    /// The name, or the number where there is none.
    var name: String {
        Self.withRecord({ getpwuid_r(id, $0, $1, $2, $3) }) { String(cString: $0.pw_name) } ?? String(id)
    }

    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func withRecord<Result>(_ lookup: Lookup, _ body: (passwd) -> Result) -> Result? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let size = 16 * 1024
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let base = buffer.baseAddress, lookup(&record, base, size, &found) == 0, found != nil else {
                return nil
            }
            return body(record)
        }
    }
}
