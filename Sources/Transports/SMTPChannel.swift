import CCurl
import Foundation
public import Distribution
import OrganisationModel

/// Sends notices as mail through the municipality's own mail server.
public struct SMTPChannel: NoticeChannel {
    /// How the connection is protected.
    public enum Security: String, Hashable, Sendable, CaseIterable {
        /// Not at all; then there is no password.
        case none
        /// Begins in the open, and goes on only when the server then offers TLS.
        case starttls
        /// TLS from the first byte.
        case tls
    }

    public let name: String
    private let host: String
    private let url: String
    private let security: Security
    private let from: String
    private let to: [String]
    private let user: String?
    private let password: String?
    private let certificateAuthority: String?
    private let timeout: Duration

    /// - Parameters:
    ///   - host: a name or an IP address.
    ///   - from: one address, such as `fordeler@example.dk`; ids of messages end in its domain.
    ///   - to: at least one address. A message that one of them does not get counts as refused.
    ///   - user: nil to send without signing in; then `password` is nil as well.
    ///   - certificateAuthority: a PEM file with the certificates that are trusted in place of the system's.
    ///   - timeout: of the whole transfer.
    /// - Throws: ``FordelerError`` `configuration.notice-channel`.
    public init(
        name: String, host: String, port: Int, security: Security, from: String, to: [String], user: String? = nil,
        password: String? = nil, certificateAuthority: String? = nil, timeout: Duration = .seconds(30)
    ) throws {
        guard (1...65_535).contains(port) else { throw FordelerError.channel("\(name): a port is from 1 to 65535") }
        guard let urlHost = Self.urlHost(host) else {
            throw FordelerError.channel("\(name): host is neither a name nor an IP address")
        }
        guard !to.isEmpty else { throw FordelerError.channel("\(name): name at least one receiver") }
        for address in [from] + to where !Self.isAddress(address) {
            throw FordelerError.channel(
                "\(name): \(Foreign.line(address)) is no mail address; write it as name@example.dk, in ASCII")
        }
        guard (user == nil) == (password == nil) else {
            throw FordelerError.channel("\(name): user and password belong together")
        }
        guard user == nil || security != .none else {
            throw FordelerError.channel("\(name): a password is only sent over TLS; set security to starttls or tls")
        }
        guard
            [user, password].allSatisfy({ $0.map { !$0.isEmpty && !$0.utf8.contains(where: { $0 < 0x20 }) } ?? true })
        else {
            throw FordelerError.channel("\(name): user or password is empty or holds a control character")
        }
        (self.name, self.host, self.security) = (name, host, security)
        url = "\(security == .tls ? "smtps" : "smtp")://\(urlHost):\(port)"
        (self.from, self.to, self.user, self.password) = (from, to, user, password)
        (self.certificateAuthority, self.timeout) = (certificateAuthority, timeout)
    }

    private static func urlHost(_ host: String) -> String? {
        var address = in6_addr()
        if inet_pton(AF_INET6, host, &address) == 1 { return "[\(host)]" }
        let isName = host.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || ".-_".contains(character))
        }
        return isName && !host.isEmpty ? host : nil
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let forbidden = Set("()<>,;:\\\"[]".utf8)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 254
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !forbidden.contains($0) }
    }

    public func send(_ notice: Notice) throws {
        let message = MailMessage(from: from, to: to, notice: notice).bytes
        let end = Transfer.run(
            url, protocols: security == .tls ? "smtps" : "smtp", body: message, timeout: timeout,
            authority: certificateAuthority
        ) { transfer in
            try transfer.set(
                CURLOPT_USE_SSL, Int((security == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue))
            try transfer.set(CURLOPT_UPLOAD, 1)
            try transfer.set(CURLOPT_MAIL_FROM, "<\(from)>")
            try transfer.set(CURLOPT_MAIL_RCPT, to.map { "<\($0)>" })
            if let user, let password {
                try transfer.set(CURLOPT_USERNAME, user)
                try transfer.set(CURLOPT_PASSWORD, password)
            }
        }
        guard end.result != CURLE_OK else { return }
        // Only where libcurl gave up because of an answer is the last line that answer.
        let answered = [CURLE_SEND_ERROR, CURLE_LOGIN_DENIED, CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED]
        let status = answered.contains(end.result) ? Int(end.line.prefix(3)) ?? 0 : 0
        switch status {
        case 500...599:
            throw FordelerError.refused(
                "\(name): \(host) refused the mail: \(Foreign.line(end.line)). Check the addresses and the user")
        case 400...499:
            throw FordelerError.unreachable("\(name): \(host) takes no mail now: \(Foreign.line(end.line))")
        default:
            throw FordelerError.unreachable(
                "\(name): \(host) cannot be reached: \(end.problem). Check host, port, security and certificates")
        }
    }
}
