import Foundation
import Testing

/// A subscriber that reads and acknowledges over HTTP and keeps what it was told.
struct Follower {
    let mailbox: String
    let token: String
    /// What it holds of each subject.
    private(set) var copy: [String: JSON] = [:]
    /// The number of the last event that it has applied.
    private(set) var applied = 0
    /// The number of the last event whose acknowledgement was answered.
    private(set) var acknowledged = 0
    /// Type and subject of each event, by number less one.
    private(set) var told: [String] = []
    private var ids: [String] = []

    init(mailbox: String, token: String) {
        (self.mailbox, self.token) = (mailbox, token)
    }

    private var address: String { "/api/v1/subscriptions/\(mailbox)" }

    /// Reads some events and applies those that are new.
    /// - Returns: how many came.
    @discardableResult
    mutating func read(_ daemon: RunningDaemon, max: Int = 1000, after: Int = 0) throws -> Int {
        let answer = try daemon.get("\(address)/events?max=\(max)&after=\(after)", token: token)
        guard answer.status == 200 else {
            Issue.record("\(answer.status) \(answer.body)")
            return 0
        }
        for event in answer.json.list { take(event) }
        return answer.json.list.count
    }

    /// Reads everything that there is.
    mutating func readAll(_ daemon: RunningDaemon) throws {
        while try read(daemon, after: applied) > 0 {}
    }

    /// Acknowledges up to a number that it has applied.
    mutating func acknowledge(_ daemon: RunningDaemon, through number: Int? = nil) throws {
        let number = number ?? applied
        let answer = try daemon.post("\(address)/ack", "{\"through\": \(number)}", token: token)
        #expect(answer.status == 200 && answer.json["settledthrough"].number == Swift.max(number, acknowledged))
        acknowledged = Swift.max(number, acknowledged)
    }

    private mutating func take(_ event: JSON) {
        let (number, id) = (event["sequence"].number ?? 0, event["id"].text ?? "")
        #expect(number > acknowledged, "event \(number) was acknowledged and comes again")
        if number <= applied {
            #expect(ids[number - 1] == id, "event \(number) comes again with another id")
            return
        }
        #expect(number == applied + 1, "after event \(applied) comes \(number)")
        applied = number
        ids.append(id)
        let (subject, type) = (event["subject"].text ?? "", event["type"].text ?? "")
        told.append("\(type) \(subject)")
        if type.hasPrefix("dk.fordeler.version.") { return }
        let isHeld = copy[subject] != nil
        #expect(isHeld != type.hasSuffix(".created.v1"), "\(type) of \(subject)")
        if isHeld { #expect(copy[subject] == event["data"]["before"], "before of \(type) of \(subject)") }
        copy[subject] = event["data"]["after"].isNull ? nil : event["data"]["after"]
    }

    /// All that a snapshot over HTTP says of each subject, page by page.
    func snapshot(_ daemon: RunningDaemon, max: Int = 50) throws -> [String: JSON] {
        var objects: [String: JSON] = [:]
        var cursor: String?
        repeat {
            let page = try daemon.get(
                "\(address)/snapshot?max=\(max)" + (cursor.map { "&cursor=\($0)" } ?? ""), token: token)
            #expect(page.status == 200, "\(page.body)")
            for object in page.json["objects"].list { objects[object["subject"].text ?? ""] = object["data"] }
            cursor = page.json["next"].text
        } while cursor != nil
        return objects
    }
}
