import CCurl
import Foundation

/// A web address that may get a secret: `https`, or `http` to this machine (`localhost`, 127.0.0.0/8 and `[::1]`), without
/// user and password.
struct WebAddress: Sendable {
    /// As it was written.
    let text: String
    let scheme: String
    /// The address without its path, which may hold a secret.
    let place: String
    /// What two addresses of one server have in common: scheme, host and port.
    let origin: String

    /// Why a text is none; one sentence without the address.
    struct Mistake: Error {
        let message: String
    }

    init(_ text: String) throws(Mistake) {
        // The parser that sends is the one that checks, so that both mean the same host.
        let parsed = curl_url()
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, parsed),
            let host = Self.part(CURLUPART_HOST, parsed), text.lowercased().hasPrefix(scheme + "://"),
            !text.contains(":///")
        else { throw Mistake(message: "url is no web address; write it as https://example.dk/path") }
        guard scheme == "https" || (scheme == "http" && Self.isThisMachine(host)) else {
            throw Mistake(message: "url must begin with https, or with http for this machine")
        }
        guard Self.part(CURLUPART_USER, parsed) == nil, Self.part(CURLUPART_PASSWORD, parsed) == nil else {
            throw Mistake(message: "url holds a user or a password; use a token")
        }
        place = "\(scheme)://\(host)" + (Self.part(CURLUPART_PORT, parsed).map { ":\($0)" } ?? "")
        let port = Self.part(CURLUPART_PORT, parsed, UInt32(CURLU_DEFAULT_PORT)) ?? ""
        origin = "\(scheme)://\(host.lowercased()):\(port)"
        (self.text, self.scheme) = (text, scheme)
    }

    /// Whether a text can be sent as a bearer token.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func part(_ part: CURLUPart, _ url: OpaquePointer?, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    private static func isThisMachine(_ host: String) -> Bool {
        var address = in_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return UInt32(bigEndian: address.s_addr) >> 24 == 127 }
        return host.lowercased() == "localhost" || host == "[::1]"
    }
}
