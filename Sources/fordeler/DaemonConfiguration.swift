import AdminAPI
import Distribution
import Foundation
import Intake
import OrganisationModel
import Transports
import Yams

/// What the daemon reads of the configuration beyond what commands do.
extension Configuration {
    /// Who may give commands to the daemon, and where.
    struct Socket: Hashable {
        let path: String
        /// Users of the machine beside root and the daemon's own.
        let users: [String]
    }

    /// Where subscribers fetch their events.
    struct HTTP: Hashable {
        let address: String
        /// 0 for any free one.
        let port: Int
    }

    /// How people are told what waits for them.
    struct Notify {
        var senders: [any NoticeChannel] = []

        var channels: [String] { senders.map(\.name) }
    }

    /// When a source is read, and when somebody is told that it was not.
    struct Rhythm: Hashable {
        var schedule = Schedule.onArrival
        var closed = ClosedHours.none
        var expected: Expectation?
        /// The seconds for which a file must stay the same before it is read, unless it was renamed into place.
        var quiet = 10
    }
}

extension ConfigurationReader {
    func socket(_ node: Node?, state: String) throws -> Configuration.Socket {
        guard let node else { return Configuration.Socket(path: SocketPlace.path(state: state), users: []) }
        let fields = try fields(node, ["path", "users"])
        let place = try fields.values["path"].map { path(try text($0)) }
        return Configuration.Socket(
            path: place ?? SocketPlace.path(state: state), users: try fields.values["users"].map(texts) ?? [])
    }

    func http(_ node: Node?) throws -> Configuration.HTTP? {
        guard let node else { return nil }
        let fields = try fields(node, ["address", "port"])
        let port = try fields.required("port")
        guard let number = Int(try text(port)), (0...65_535).contains(number) else {
            throw mistake(port, "port is a number from 0 to 65535")
        }
        let address = try fields.values["address"].map(text) ?? APIServer.loopback[0]
        guard APIServer.loopback.contains(address) else {
            throw mistake(
                node, "address is \(APIServer.loopback.joined(separator: " or ")): other machines reach it by a proxy")
        }
        return Configuration.HTTP(address: address, port: number)
    }

    /// One text, or a list of texts.
    func texts(_ node: Node) throws -> [String] {
        try node.sequence.map { try $0.map(text) } ?? [text(node)]
    }

    func rhythm(_ fields: Fields, closed: ClosedHours) throws -> Configuration.Rhythm {
        var rhythm = Configuration.Rhythm(closed: closed)
        if let node = fields.values["schedule"] { rhythm.schedule = try schedule(node) { try Schedule(parsing: $0) } }
        if let node = fields.values["closed"] { rhythm.closed = try self.closed(node) }
        if let node = fields.values["expected"] {
            rhythm.expected = try schedule(node) { try Expectation(parsing: $0) }
        }
        if let node = fields.values["quiet"] {
            guard let seconds = Int(try text(node)), (0...3600).contains(seconds) else {
                throw mistake(node, "quiet is a number of seconds from 0 to 3600")
            }
            rhythm.quiet = seconds
        }
        // What is downloaded has its name only when it is whole.
        if fields.values["download"] != nil { rhythm.quiet = 0 }
        return rhythm
    }

    func closed(_ node: Node) throws -> ClosedHours {
        try schedule(node) { try ClosedHours(parsing: $0) }
    }

    private func schedule<Result>(_ node: Node, _ parse: ([String]) throws -> Result) throws -> Result {
        do {
            return try parse(texts(node))
        } catch let error as ScheduleMistake {
            throw mistake(node, error.message)
        }
    }

    // MARK: notify

    func notify(_ node: Node?) throws -> Configuration.Notify {
        guard let node else { return Configuration.Notify() }
        let fields = try fields(node, ["smtp", "command", "webhook"])
        var notify = Configuration.Notify()
        for (name, make) in [("smtp", smtp), ("command", command), ("webhook", webhook)] {
            guard let node = fields.values[name] else { continue }
            do {
                notify.senders.append(try make(node))
            } catch let error as FordelerError where error.code.name == "configuration.notice-channel" {
                throw mistake(node, error.message)
            }
        }
        return notify
    }

    private func smtp(_ node: Node) throws -> any NoticeChannel {
        let fields = try fields(
            node, ["host", "port", "security", "from", "to", "user", "passwordFile", "certificateAuthority"])
        let port = try fields.values["port"].map { try number($0) } ?? 25
        let security = try fields.values["security"].map { node in
            guard let known = SMTPChannel.Security(rawValue: try text(node)) else {
                let all = SMTPChannel.Security.allCases.map(\.rawValue).joined(separator: ", ")
                throw mistake(node, "security is one of \(all)")
            }
            return known
        }
        return try SMTPChannel(
            name: "smtp", host: text(fields.required("host")), port: port, security: security ?? .starttls,
            from: text(fields.required("from")), to: texts(fields.required("to")),
            user: fields.values["user"].map(text), password: fields.values["passwordFile"].map(secret),
            certificateAuthority: fields.values["certificateAuthority"].map { path(try text($0)) })
    }

    private func command(_ node: Node) throws -> any NoticeChannel {
        try CommandChannel(name: "command", command: texts(node))
    }

    private func webhook(_ node: Node) throws -> any NoticeChannel {
        let fields = try fields(node, ["url", "tokenFile", "certificateAuthority"])
        return try WebhookChannel(
            name: "webhook", url: text(fields.required("url")), token: fields.values["tokenFile"].map(secret),
            certificateAuthority: fields.values["certificateAuthority"].map { path(try text($0)) })
    }

    private func number(_ node: Node) throws -> Int {
        guard let number = Int(try text(node)) else { throw mistake(node, "expected a number") }
        return number
    }

    /// The first line of a file. A name without a folder is that of a systemd credential, where the service has some.
    func secret(_ node: Node) throws -> String {
        let name = try text(node)
        let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
        let file = name.contains("/") ? path(name) : credentials.map { $0 + "/" + name } ?? path(name)
        guard let data = FileManager.default.contents(atPath: file),
            let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first
        else { throw mistake(node, "\(name) cannot be read, or is empty") }
        return String(line)
    }
}
