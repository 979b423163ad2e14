import ChangeEvents
import Crypto
import Distribution
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import OrganisationModel

/// One request and where it came from.
struct Call: InitializableFromSource {
    let channel: any Channel
    /// Ties an answer to what the log says about it.
    let requestID: String

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? ""
    }
}

/// Answers requests.
struct Routes: HTTPResponder {
    let service: any PullService
    let threads: NIOThreadPool
    let room: WaitingRoom
    let connections: Connections
    let seal: CursorSeal
    let logger: Logger

    func respond(to request: Request, context call: Call) async throws -> Response {
        let began = NIODeadline.now()
        let response: Response
        do {
            response = try await answer(request, call)
        } catch {
            let problem = Problem(error, requestID: call.requestID)
            // What nobody but the administrator can mend.
            if problem.status == .internalServerError || problem.code == FordelerError.Code.renderingChanged.name {
                log(error, problem, call)
            }
            response = problem.response
        }
        logger.debug(
            "answered",
            metadata: [
                "request": "\(call.requestID)",
                "method": "\(request.method.rawValue.prefix(16))", "status": "\(response.status.code)",
                "milliseconds": "\((NIODeadline.now() - began).nanoseconds / 1_000_000)",
            ])
        return response
    }

    /// The texts of other errors than ours may hold anything, so only their type is logged.
    private func log(_ error: any Error, _ problem: Problem, _ call: Call) {
        let what = (error as? FordelerError)?.description ?? String(reflecting: type(of: error))
        logger.error(
            "a request failed",
            metadata: ["request": "\(call.requestID)", "code": "\(problem.code)", "error": "\(what)"])
    }

    private func answer(_ request: Request, _ call: Call) async throws -> Response {
        guard request.uri.string.utf8.count <= Limits.targetMax else { throw Problem.targetTooLong }
        let path = request.uri.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        switch path {
        case ["healthz"]:
            try allow(.get, request)
            return Response(Array("{\"status\":\"ok\"}".utf8), "application/json")
        case ["readyz"]:
            try allow(.get, request)
            return try await readiness()
        case ["metrics"]:
            try allow(.get, request)
            return Response(try await blocking { try $0.metrics() }, "text/plain; version=0.0.4")
        default: break
        }
        guard path.count == 5, path.starts(with: ["api", "v1", "subscriptions"]) else { throw Problem.notFound }
        let name = String(path[3])
        switch path[4] {
        case "events":
            try allow(.get, request)
            return try await events(Access(request, name), request, call)
        case "ack":
            try allow(.post, request)
            return try await acknowledge(Access(request, name), request)
        case "snapshot":
            try allow(.get, request)
            return try await snapshot(Access(request, name), request)
        default: throw Problem.notFound
        }
    }

    private func allow(_ method: HTTPRequest.Method, _ request: Request) throws(Problem) {
        if request.method != method { throw Problem.notAllowed(method.rawValue) }
    }

    private func blocking<Result: Sendable>(
        _ body: @escaping @Sendable (any PullService) throws -> Result
    ) async throws -> Result {
        let service = service
        return try await threads.runIfActive { try body(service) }
    }

    private func readiness() async throws -> Response {
        let problems = try await blocking { $0.readiness() }
        var json = JSONBytes()
        json.object { json in
            json.pair("status", problems.isEmpty ? "ready" : "not ready")
            json.key("problems")
            json.array { json in for problem in problems { json.value(problem) } }
        }
        return Response(json.bytes, "application/json", status: problems.isEmpty ? .ok : .serviceUnavailable)
    }

    // MARK: Subscriptions

    private func events(_ access: Access, _ request: Request, _ call: Call) async throws -> Response {
        // Who may not ask learns nothing, not even about parameters.
        try await blocking { try access.check($0) }
        let query = try QueryParameters(request, allowed: ["after", "max", "wait"])
        let after = try query.number("after", 0...Int.max, default: 0)
        let max = try query.number("max", 1...Limits.eventsMax, default: Limits.eventsDefault)
        let wait = try query.seconds("wait", max: Limits.waitMax)
        let deadline = NIODeadline.now() + .seconds(Int64(wait))
        while true {
            let generation = room.generation
            let batch = try await blocking { service in
                // A token may have been withdrawn during the wait.
                try access.check(service)
                return try service.events(access.name, after: after, max: max)
            }
            let response = Response(batch.json, "application/cloudevents-batch+json")
            guard batch.count == 0, NIODeadline.now() < deadline, let connection = connections[call.channel] else {
                return response
            }
            switch await room.wait(after: generation, until: deadline, connection) {
            case .woken: continue
            case .over: return response
            case .full: throw Problem.tooManyWaiting
            }
        }
    }

    /// Unknown members are passed over.
    private struct Acknowledgement: Decodable {
        let through: Int
    }

    private func acknowledge(_ access: Access, _ request: Request) async throws -> Response {
        try await blocking { try access.check($0) }
        _ = try QueryParameters(request, allowed: [])
        let body = try await request.body.collect(upTo: Limits.bodyMax)
        guard let wanted = try? JSONDecoder().decode(Acknowledgement.self, from: Data(body.readableBytesView)),
            wanted.through >= 0
        else {
            throw Problem.body("The body must be {\"through\": N}, with N a whole number from 0 to \(Int.max).")
        }
        let settled = try await blocking { try $0.acknowledge(access.name, through: wanted.through) }
        var json = JSONBytes()
        json.object { $0.pair("settledthrough", settled) }
        return Response(json.bytes, "application/json")
    }

    private func snapshot(_ access: Access, _ request: Request) async throws -> Response {
        try await blocking { try access.check($0) }
        let query = try QueryParameters(request, allowed: ["max", "cursor"])
        let max = try query.number("max", 1...Limits.objectsMax, default: Limits.objectsDefault)
        let cursor = try query["cursor"].map { text in
            guard let cursor = seal.cursor(text, subscription: access.name) else { throw Problem.cursorInvalid }
            return cursor
        }
        let page = try await blocking { try $0.snapshot(access.name, from: cursor, max: max) }
        var json = JSONBytes()
        json.object { json in
            json.pair("version", page.position.version)
            json.pair("effectivedate", page.position.day)
            json.pair("after", page.after)
            json.key("objects")
            json.value(json: page.json)
            if let next = page.next, let place = next.last {
                json.pair("next", seal.text(next, place: place, subscription: access.name))
            }
        }
        return Response(json.bytes, "application/json")
    }
}

/// A token that came with a request, and the subscription that the request is about.
struct Access: Sendable {
    let name: String
    private let tokenDigest: [UInt8]

    init(_ request: Request, _ name: String) throws(Problem) {
        self.name = name
        let words = (request.headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw Problem.tokenMissing }
        let token = words[1].utf8
        guard token.count <= Limits.tokenMax else { throw Problem.tokenUnknown }
        tokenDigest = Array(SHA256.hash(data: Array(token)))
    }

    func check(_ service: any PullService) throws {
        guard let owner = try service.subscription(tokenDigest: tokenDigest) else { throw Problem.tokenUnknown }
        // Bytes are compared: a name with other accents is another name.
        guard owner.utf8.elementsEqual(name.utf8) else { throw Problem.tokenForOther }
    }
}
