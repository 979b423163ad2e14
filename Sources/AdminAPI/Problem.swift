import ChangeEvents
import Distribution
import Hummingbird
import NIOCore
public import OrganisationModel
import Versioning

/// An answer that says what went wrong (RFC 9457). It holds nothing that the asker may not know.
struct Problem: Error {
    let status: HTTPResponse.Status
    /// Stable; programs may decide by it.
    let code: String
    let detail: String
    var headers = HTTPFields()

    /// - Parameter requestID: stands in the log beside what is not told.
    init(_ error: any Error, requestID: String) {
        switch error {
        case let problem as Problem: self = problem
        case is NIOTooManyBytesError:
            self.init(.contentTooLarge, "body.too-large", "The body is longer than \(Limits.bodyMax) bytes.")
        case let error as FordelerError: self.init(error, requestID)
        default: self.init(unexpected: "http.failed", requestID)
        }
    }

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, headers: HTTPFields = HTTPFields()) {
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
    }

    private init(_ error: FordelerError, _ requestID: String) {
        let code = error.code.name
        switch error.code {
        case .unknownSubscription: self.init(.notFound, code, "There is no such subscription.")
        case .ackAhead: self.init(.conflict, code, error.message)
        case .mailboxRenewed: self.init(.gone, code, error.message)
        case .prunedVersion:
            self.init(
                .gone, code, "What this snapshot shows is not kept any more. Begin the snapshot again without a cursor."
            )
        case .renderingChanged:
            self.init(.gone, code, "The numbers of this mailbox no longer hold. Tell the administrator of Fordeler.")
        case .stateInUse:
            self.init(
                .serviceUnavailable, code, "Another program is writing. Ask again.", headers: [.retryAfter: "1"])
        default: self.init(unexpected: code, requestID)
        }
    }

    private init(unexpected code: String, _ requestID: String) {
        self.init(
            .internalServerError, code,
            "Fordeler could not answer. Its administrator finds the reason in the log under request \(requestID).")
    }

    static let notFound = Problem(.notFound, "http.not-found", "There is nothing at this address.")

    static func notAllowed(_ allowed: String) -> Problem {
        Problem(
            .methodNotAllowed, "http.method-not-allowed", "This address knows only \(allowed).",
            headers: [.allow: allowed])
    }

    static let targetTooLong = Problem(
        .uriTooLong, "http.target-too-long", "The address is longer than \(Limits.targetMax) bytes.")

    static let tokenMissing = Problem(
        .unauthorized, "token.missing", "Send the subscription's token as: Authorization: Bearer TOKEN",
        headers: [.wwwAuthenticate: "Bearer"])

    static let tokenUnknown = Problem(
        .unauthorized, "token.unknown", "This token is not known.",
        headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])

    /// The same whether or not there is a subscription of that name.
    static let tokenForOther = Problem(
        .forbidden, "token.not-for-subscription", "This token is not one of that subscription.")

    static let tooManyWaiting = Problem(
        .serviceUnavailable, "http.too-many-waiting", "Too many requests wait for events. Ask again without waiting.",
        headers: [.retryAfter: "1"])

    static let cursorInvalid = Problem(
        .badRequest, "snapshot.cursor-invalid",
        "The cursor is not one that this subscription was given. Begin the snapshot again without a cursor.")

    static func parameter(_ name: String, _ sentence: String) -> Problem {
        Problem(.badRequest, "parameter.invalid", "\(name): \(sentence)")
    }

    static func body(_ sentence: String) -> Problem {
        Problem(.badRequest, "body.invalid", sentence)
    }

    private var title: String {
        switch status {
        case .badRequest: "The request is not understood"
        case .unauthorized: "No valid token"
        case .forbidden: "Not allowed"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .conflict: "Conflict"
        case .gone: "Gone"
        case .contentTooLarge: "Body too large"
        case .uriTooLong: "Address too long"
        case .serviceUnavailable: "Not available now"
        default: "Failed"
        }
    }

    var response: Response {
        var json = JSONBytes()
        json.object { json in
            json.pair("type", "urn:fordeler:problem:\(code)")
            json.pair("title", title)
            json.pair("status", status.code)
            json.pair("detail", detail)
            json.pair("code", code)
        }
        var response = Response(json.bytes, "application/problem+json", status: status)
        response.headers.append(contentsOf: headers)
        return response
    }
}

extension Response {
    init(_ bytes: [UInt8], _ contentType: String, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension FordelerError.Code {
    /// Given by the storage of the state.
    static let stateInUse = FordelerError.Code("state.in-use")
    /// The server only binds to loopback addresses.
    public static let notLoopback = FordelerError.Code("http.not-loopback")
    public static let bindFailed = FordelerError.Code("http.bind-failed")
}
