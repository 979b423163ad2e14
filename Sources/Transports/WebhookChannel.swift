import CCurl
import Foundation
public import Distribution
import OrganisationModel

/// Sends notices as JSON to a web address, such as that of a chat or of an on-call system.
public struct WebhookChannel: NoticeChannel {
    public let name: String
    private let address: WebAddress
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
        do {
            address = try WebAddress(url)
        } catch {
            throw FordelerError.channel("\(name): \(error.message)")
        }
        guard token.map(WebAddress.isToken) ?? true else {
            throw FordelerError.channel("\(name): a token is visible ASCII without spaces")
        }
        (self.name, self.token, self.timeout) = (name, token, timeout)
        self.certificateAuthority = certificateAuthority
    }

    public func send(_ notice: Notice) throws {
        let json = notice.json
        var headers = ["Content-Type: application/json", "Expect:", "webhook-id: \(notice.headerID)"]
        if let (day, second) = notice.instant {
            headers.append("webhook-timestamp: \(Int(day.number) * 86_400 + second)")
        }
        if let token { headers.append("Authorization: Bearer \(token)") }
        let end = Transfer.run(
            address.text, protocols: address.scheme, body: json, timeout: timeout, authority: certificateAuthority
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
                "\(name): \(address.place) refused the notice with status \(end.status). Check url and token")
        case 0:
            throw FordelerError.unreachable("\(name): \(address.place) cannot be reached: \(end.problem)")
        default:
            throw FordelerError.unreachable("\(name): \(address.place) takes no notice now: status \(end.status)")
        }
    }
}
