import CCurl
import Foundation
public import OrganisationModel

/// Fetches what lies at one web address, unless it is what was fetched before.
public struct HTTPDownload: Sendable {
    /// By what a server knows again what it sent: values of its `ETag` and `Last-Modified`, each empty when it sent none.
    public struct Mark: Hashable, Sendable {
        public let tag: String
        public let modified: String

        public init(tag: String, modified: String) {
            (self.tag, self.modified) = (tag, modified)
        }

        /// What a server that knows nothing again says.
        public static let none = Mark(tag: "", modified: "")
    }

    /// How long a server is waited for.
    public struct Patience: Sendable {
        let connection: Duration
        /// For so long fewer bytes than ``bytesPerSecond`` may come, also before the first one. Whole seconds.
        let pause: Duration
        let all: Duration

        static let bytesPerSecond = 1000

        public init(
            connection: Duration = .seconds(30), pause: Duration = .seconds(300), all: Duration = .seconds(6 * 3600)
        ) {
            (self.connection, self.pause, self.all) = (connection, pause, all)
        }
    }

    /// The whole address. Its path may be a secret.
    public let url: String
    /// The address without its path.
    public var place: String { address.place }
    private let address: WebAddress
    private let token: String?
    private let certificateAuthority: String?
    private let patience: Patience

    /// On one server an address may lead to another so often.
    private static let redirectsMax = 5

    /// - Parameters:
    ///   - url: `https`, or `http` to this machine, without user and password.
    ///   - token: sent as bearer token, to that server only; visible ASCII.
    ///   - certificateAuthority: a PEM file with the certificates that are trusted in place of the system's.
    /// - Throws: ``FordelerError`` `configuration.download`.
    public init(
        url: String, token: String? = nil, certificateAuthority: String? = nil, patience: Patience = Patience()
    ) throws {
        do {
            address = try WebAddress(url)
        } catch {
            throw FordelerError(.badDownload, error.message)
        }
        guard token.map(WebAddress.isToken) ?? true else {
            throw FordelerError(.badDownload, "a token is visible ASCII without spaces")
        }
        (self.url, self.token, self.patience) = (url, token, patience)
        self.certificateAuthority = certificateAuthority
    }

    /// Fetches the document. Blocks until all of it is there; call it on a thread of its own.
    /// - Parameters:
    ///   - known: what the server said of the document that is there already; nil when none is.
    ///   - byteCountMax: a longer document is refused.
    ///   - isStopping: asked about once a second; true ends the transfer.
    ///   - take: gets the bytes of the document in order, also those of one that then turns out not to be whole.
    /// - Returns: by what the server knows the document again; nil when it is the known one.
    /// - Throws: ``FordelerError`` `download.refused` when the server, or its answer, must be another before it can be
    ///   fetched, `download.failed` when it may go well the next time, `download.interrupted`, and what `take` throws.
    public func fetch(
        unless known: Mark? = nil, byteCountMax: Int, isStopping: @escaping () -> Bool = { false },
        into take: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Mark? {
        var address = address
        for _ in 0...Self.redirectsMax {
            let answer = Answer(byteCountMax: byteCountMax, take: take)
            let end = transfer(address, known ?? .none, answer, isStopping)
            if let problem = answer.problem { throw problem }
            if isStopping() { throw FordelerError(.downloadInterrupted, "it was interrupted; nothing was changed") }
            guard end.status != 304, let target = end.redirect else { return try judge(end, answer, known) }
            guard let next = try? WebAddress(target), next.origin == address.origin else {
                throw refused("redirects to another server. Name the address there, if it is the right one")
            }
            address = next
        }
        throw refused("redirects without end. Check url")
    }

    private func transfer(
        _ address: WebAddress, _ known: Mark, _ answer: Answer, _ isStopping: @escaping () -> Bool
    ) -> Transfer.End {
        var headers: [String] = []
        if !known.tag.isEmpty { headers.append("If-None-Match: \(known.tag)") }
        if !known.modified.isEmpty { headers.append("If-Modified-Since: \(known.modified)") }
        if let token { headers.append("Authorization: Bearer \(token)") }
        return Transfer.run(
            address.text, protocols: address.scheme, timeout: patience.all, authority: certificateAuthority,
            reception: Transfer.Reception(header: answer.note, body: answer.receive, isStopping: isStopping)
        ) { transfer in
            try transfer.set(CURLOPT_HTTPHEADER, headers)
            try transfer.set(CURLOPT_USERAGENT, "fordeler")
            try transfer.set(CURLOPT_CONNECTTIMEOUT_MS, patience.connection.milliseconds)
            try transfer.set(CURLOPT_LOW_SPEED_LIMIT, Patience.bytesPerSecond)
            try transfer.set(CURLOPT_LOW_SPEED_TIME, patience.pause.milliseconds / 1000)
        }
    }

    private func judge(_ end: Transfer.End, _ answer: Answer, _ known: Mark?) throws -> Mark? {
        switch end.status {
        case 200:
            guard end.result == CURLE_OK, answer.isWhole else {
                throw failed("was cut off before all had come: \(end.sort)")
            }
            return answer.mark
        case 304 where known != nil: return nil
        case 401, 403: throw refused("answers with status \(end.status). Check the token, and what it may fetch")
        case 404, 410: throw refused("answers with status \(end.status): nothing is there. Check url")
        case 408, 429, 500...599: throw failed("answers with status \(end.status)")
        case 0: throw failed("cannot be reached: \(reason(end))")
        default: throw refused("answers with status \(end.status). Check url")
        }
    }

    /// What is wrong with a certificate is worth its details; the others hold figures that differ each time.
    private func reason(_ end: Transfer.End) -> String {
        switch end.result {
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_COULDNT_RESOLVE_HOST: end.problem
        default: end.sort
        }
    }

    private func refused(_ reason: String) -> FordelerError {
        FordelerError(.downloadRefused, "\(place) \(reason)")
    }

    private func failed(_ reason: String) -> FordelerError {
        FordelerError(.downloadFailed, "\(place) \(reason)")
    }
}

/// What comes back for one request.
private final class Answer {
    /// Why the transfer was ended from this side.
    private(set) var problem: (any Error)?
    private let byteCountMax: Int
    private let take: (UnsafeRawBufferPointer) throws -> Void
    private var byteCount = 0
    private var dropped = 0
    /// Of the last header: an interim answer has one of its own.
    private var version = ""
    private var fields: [String: String] = [:]

    init(byteCountMax: Int, take: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        (self.byteCountMax, self.take) = (byteCountMax, take)
    }

    func note(_ line: String) {
        if line.hasPrefix("HTTP/") {
            (version, fields) = (String(line.prefix { $0 != " " }), [:])
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
            fields[line[..<colon].lowercased()] = Foreign.oneLine(value)
        }
    }

    func receive(_ status: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard status == 200 else {
            // The status is the answer; nobody reads what else a server says of it.
            dropped += bytes.count
            return dropped <= Transfer.answerLimit
        }
        byteCount += bytes.count
        do {
            // Without a length a transfer that was cut off looks like one that ended.
            guard length != nil || isFramed else {
                throw FordelerError(
                    .downloadRefused,
                    "the server says neither how long its answer is nor where it ends, so nobody could tell half of it from "
                        + "all. It must send Content-Length")
            }
            guard max(byteCount, length ?? 0) <= byteCountMax else {
                throw FordelerError(.downloadRefused, "the answer is larger than \(byteCountMax) bytes. Check url")
            }
            try take(bytes)
            return true
        } catch {
            problem = error
            return false
        }
    }

    /// Whether as many bytes have come as were announced. libcurl looks whether framed answers have their end.
    var isWhole: Bool {
        length.map { $0 == byteCount } ?? (isFramed && byteCount > 0)
    }

    var mark: HTTPDownload.Mark {
        HTTPDownload.Mark(tag: fields["etag"] ?? "", modified: fields["last-modified"] ?? "")
    }

    private var length: Int? { fields["content-length"].flatMap { Int($0) } }

    private var isFramed: Bool {
        fields["transfer-encoding"]?.lowercased().hasSuffix("chunked") ?? !["HTTP/1.0", "HTTP/1.1"].contains(version)
    }
}

extension FordelerError.Code {
    /// What nothing can be downloaded with.
    public static let badDownload = FordelerError.Code("configuration.download")
    /// The server does not give the export, or not in a way in which it can be taken. Trying again is of no use.
    public static let downloadRefused = FordelerError.Code("download.refused")
    /// The program is about to end.
    public static let downloadInterrupted = FordelerError.Code("download.interrupted")
    /// The export did not come, or not all of it.
    public static let downloadFailed = FordelerError.Code("download.failed")
}
