import Crypto
import Foundation
import OrganisationModel
import RegisterFixtures

/// An event as a subscriber reads it: nothing but the JSON.
struct WireEvent: Decodable {
    struct Change: Decodable {
        let attribute: String
        let from: WireValue?
        let to: WireValue?
    }

    struct Payload: Decodable {
        let before: [String: WireValue]?
        let after: [String: WireValue]?
        let changes: [Change]?
        /// Stands in `before` and `after` with null, which is left out here.
        let withheld: [String]?
        let count: Int?
        let hash: String?

        private enum CodingKeys: CodingKey {
            case before, after, changes, withheld, count, hash
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            func fields(_ key: CodingKeys) throws -> [String: WireValue]? {
                try container.decodeIfPresent([String: WireValue?].self, forKey: key)?.compactMapValues { $0 }
            }
            before = try fields(.before)
            after = try fields(.after)
            changes = try container.decodeIfPresent([Change].self, forKey: .changes)
            withheld = try container.decodeIfPresent([String].self, forKey: .withheld)
            count = try container.decodeIfPresent(Int.self, forKey: .count)
            hash = try container.decodeIfPresent(String.self, forKey: .hash)
        }
    }

    let id: String
    let type: String
    let subject: String
    let sequence: Int
    let version: Int
    let effectivedate: String
    let cause: String
    let partitionkey: String
    let startsafter: Int
    let data: Payload

    var isBegin: Bool { type == "dk.fordeler.version.begins.v1" }
    var isCompleted: Bool { type == "dk.fordeler.version.completed.v1" }
    /// `created` and so on.
    var verb: String { type.split(separator: ".").dropLast().last.map(String.init) ?? "" }
    var kind: String { subject.split(separator: "/").first.map(String.init) ?? "" }

    func position() throws -> Position {
        guard let day = Day(parsing: effectivedate) else { throw Mismatch("\(effectivedate) is no day") }
        return Position(version: version, day: day)
    }

    func objectID() throws -> ObjectID {
        guard let id = subject.split(separator: "/").last.flatMap({ ObjectID($0) }) else {
            throw Mismatch("\(subject) names no object")
        }
        return id
    }
}

/// A value in JSON.
enum WireValue: Hashable, Decodable {
    case text(String)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    init(_ value: Value) {
        if case .flag(let flag) = value { self = .flag(flag) } else { self = .text(value.description) }
    }

    static func fields(_ fields: [StatePeriod.Field]) -> [String: WireValue] {
        Dictionary(uniqueKeysWithValues: fields.map { ($0.attribute.name, WireValue($0.value)) })
    }
}

/// A subscriber's copy of its view: object by object what the events said last.
struct SubscriberCopy: Equatable {
    private(set) var objects: [String: [String: WireValue]] = [:]

    init(_ objects: [String: [String: WireValue]]) {
        self.objects = objects
    }

    /// Takes one event; it must fit what the copy holds, but for what is withheld.
    mutating func apply(_ event: WireEvent) throws {
        let withheld = Set(event.data.withheld ?? [])
        let (before, after) = (event.data.before, event.data.after)
        // The two sides may be about different people.
        let isToldTwice = withheld.contains { before?[$0] != nil && after?[$0] != nil }
        try demand(!isToldTwice, "\(event.id): a withheld value is told")
        let held = objects[event.subject]?.filter { !withheld.contains($0.key) || before?[$0.key] != nil }
        try demand(before, equals: held, "\(event.id) \(event.type): `before` is not what the copy holds")
        switch event.verb {
        case "created": try demand(held == nil && after != nil, "\(event.id): created what was there")
        case "updated", "moved": try demand(held != nil && after != nil, "\(event.id): changed what was not there")
        case "closed", "removed": try demand(held != nil && after == nil, "\(event.id): ended what was not there")
        default: throw Mismatch("\(event.id): unknown type \(event.type)")
        }
        try demand(before != after || !withheld.isEmpty, "\(event.id): an event without a difference")
        var changed = before ?? [:]
        for change in event.data.changes ?? [] {
            try demand(
                change.from != change.to || withheld.contains(change.attribute),
                "\(event.id): a change of \(change.attribute) without a difference")
            try demand(change.from, equals: changed[change.attribute], "\(event.id): from of \(change.attribute)")
            changed[change.attribute] = change.to
        }
        try demand(changed, equals: after ?? [:], "\(event.id): the changes do not lead from before to after")
        objects[event.subject] = after
    }
}

/// The events between two markers.
struct WireEntry {
    let completed: WireEvent
    let changes: [WireEvent]

    /// Cuts a mailbox's events into entries; markers must enclose every event, numbers must be dense.
    static func entries(_ events: [WireEvent], startsAfter: Int) throws -> [WireEntry] {
        var entries: [WireEntry] = []
        var open: (begin: WireEvent, changes: [WireEvent])?
        for (index, event) in events.enumerated() {
            try demand(event.sequence, equals: startsAfter + index + 1, "numbers are not dense")
            try demand(event.partitionkey, equals: event.subject, "\(event.id): partition key")
            if event.isBegin {
                try demand(open == nil, "\(event.id): begins before the entry before is complete")
                open = (event, [])
                continue
            }
            guard let current = open else { throw Mismatch("\(event.id): stands outside of markers") }
            try demand(
                event.version == current.begin.version && event.effectivedate == current.begin.effectivedate
                    && event.cause == current.begin.cause, "\(event.id): another position than its entry")
            if event.isCompleted {
                let entry = WireEntry(completed: event, changes: current.changes)
                try entry.checkCompletion()
                entries.append(entry)
                open = nil
            } else {
                open?.changes.append(event)
            }
        }
        try demand(open == nil, "the last entry is not complete")
        return entries
    }

    private func checkCompletion() throws {
        try demand(completed.data.count, equals: changes.count, "\(completed.id): count")
        try demand(!changes.isEmpty, "\(completed.id): markers around nothing")
        let lines = changes.map { "\($0.sequence) \($0.type) \($0.subject)\n" }.joined()
        let hash = SHA256.hash(data: Data(lines.utf8)).map { String(format: "%02x", $0) }.joined()
        try demand(completed.data.hash, equals: hash, "\(completed.id): hash")
        try demand(
            Set(changes.map(\.subject)).count, equals: changes.count, "\(completed.id): two events of one object")
    }
}
