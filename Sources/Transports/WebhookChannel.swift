import CCurl
import Foundation
public import Distribution
import OrganisationModel

/// Sends notices as JSON to a web address, such as that of a chat or of an on-call system.
public struct WebhookChannel: NoticeChannel {
    public let name: String
    private let url: String
    /// The address without its path, which may hold a secret.
    private let place: String
    private let scheme: String
    private let token: String?
    private let certificateAuthority: String?
    private let timeout: Duration

    /// - Parameters:
    ///   - url: `https`, or `http` to this machine (`localhost`, 127.0.0.0/8 and `[::1]`), without user and password.
    ///   - token: sent as bearer token; visible ASCII.
    ///   - certificateAuthority: a PEM file with the certificates that are trusted in place of the system's.
    ///   - timeout: of the whole transfer.
    /// - Throws: ``FordelerError`` `configuration.notice-channel`.
    public init(
        name: String, url: String, token: String? = nil, certificateAuthority: String? = nil,
        timeout: Duration = .seconds(30)
    ) throws {
        // The parser that sends is the one that checks, so that both mean the same host.
        let parsed = curl_url()
        defer { curl_url_cleanup(parsed) }
        guard curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, parsed),
            let host = Self.part(CURLUPART_HOST, parsed), url.lowercased().hasPrefix(scheme + "://"),
            !url.contains(":///")
        else { throw FordelerError.channel("\(name): url is no web address; write it as https://example.dk/path") }
        guard scheme == "https" || (scheme == "http" && Self.isThisMachine(host)) else {
            throw FordelerError.channel("\(name): url must begin with https, or with http for this machine")
        }
        guard Self.part(CURLUPART_USER, parsed) == nil, Self.part(CURLUPART_PASSWORD, parsed) == nil else {
            throw FordelerError.channel("\(name): url holds a user or a password; use a token")
        }
        guard token.map({ !$0.isEmpty && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) ?? true else {
            throw FordelerError.channel("\(name): a token is visible ASCII without spaces")
        }
        place = "\(scheme)://\(host)" + (Self.part(CURLUPART_PORT, parsed).map { ":\($0)" } ?? "")
        (self.name, self.url, self.scheme, self.token) = (name, url, scheme, token)
        (self.certificateAuthority, self.timeout) = (certificateAuthority, timeout)
    }

    private static func part(_ part: CURLUPart, _ url: OpaquePointer?) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    private static func isThisMachine(_ host: String) -> Bool {
        var address = in_addr()
        if inet_pton(AF_INET, host, &address) == 1 { return UInt32(bigEndian: address.s_addr) >> 24 == 127 }
        return host.lowercased() == "localhost" || host == "[::1]"
    }

    public func send(_ notice: Notice) throws {
        let json = notice.json
        var headers = ["Content-Type: application/json", "Expect:", "webhook-id: \(notice.headerID)"]
        if let (day, second) = notice.instant {
            headers.append("webhook-timestamp: \(Int(day.number) * 86_400 + second)")
        }
        if let token { headers.append("Authorization: Bearer \(token)") }
        let end = try Transfer.run(
            url, protocols: scheme, body: json, timeout: timeout, authority: certificateAuthority
        ) { transfer in
            try transfer.set(CURLOPT_POST, 1)
            try transfer.set(CURLOPT_POSTFIELDSIZE, json.count)
            try transfer.set(CURLOPT_HTTPHEADER, headers)
            try transfer.set(CURLOPT_USERAGENT, "fordeler")
        }
        // The status is the answer, even when its body is too long or never ends.
        switch end.status {
        case 200...299: return
        case 300...407, 409...428, 430...499:
            throw FordelerError.refused(
                "\(name): \(place) refused the notice with status \(end.status). Check url and token")
        case 0:
            throw FordelerError.unreachable("\(name): \(place) cannot be reached: \(end.problem)")
        default:
            throw FordelerError.unreachable("\(name): \(place) takes no notice now: status \(end.status)")
        }
    }
}
