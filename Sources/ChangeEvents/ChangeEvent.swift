public import OrganisationModel
public import Versioning

/// What a mailbox adds to an event: its own identity and numbers, never the log's.
public struct DeliveryContext: Hashable, Sendable {
    /// Begins anew when numbers can no longer be kept.
    public let epoch: String
    public let settledThrough: Int
    /// The number after which this mailbox begins.
    public let startsAfter: Int
    /// The authority, as a URI.
    public let source: String

    public init(epoch: String, settledThrough: Int, startsAfter: Int, source: String) {
        self.epoch = epoch
        self.settledThrough = settledThrough
        self.startsAfter = startsAfter
        self.source = source
    }
}

/// One CloudEvent (CloudEvents 1.0, JSON format) as a subscriber receives it.
public struct ChangeEvent: Sendable {
    public enum Content: Sendable {
        /// The entry begins.
        case begins
        /// The entry is complete: how many events lie between the markers, and SHA-256 over a line `number type subject`
        /// for each of them.
        case completed(count: Int, hash: String)
        /// What is withheld stands in `before` and `after` without its value.
        case change(
            kind: Kind, id: ObjectID, type: EventType, before: [StatePeriod.Field]?, after: [StatePeriod.Field]?,
            withheld: [Attribute] = [])
    }

    /// In the mailbox, from 1, without gaps.
    public let number: Int
    public let entry: LogEntry
    public let content: Content

    public init(number: Int, entry: LogEntry, content: Content) {
        self.number = number
        self.entry = entry
        self.content = content
    }

    public var type: String {
        switch content {
        case .begins: "dk.fordeler.version.begins.v1"
        case .completed: "dk.fordeler.version.completed.v1"
        case .change(let kind, _, let type, _, _, _): type.name(kind)
        }
    }

    public var subject: String {
        switch content {
        case .begins, .completed: "version/\(entry.position.version)"
        case .change(let kind, let id, _, _, _, _): "\(kind.name)/\(id)"
        }
    }

    /// Appends the event in the JSON format.
    public func write(to json: inout JSONBytes, _ context: DeliveryContext, schema: Schema = .standard) {
        json.object { json in
            json.pair("specversion", "1.0")
            json.pair("id", "\(context.epoch)-\(number)")
            json.pair("source", context.source)
            json.pair("type", type)
            json.pair("subject", subject)
            json.pair("time", entry.time)
            json.pair("datacontenttype", "application/json")
            json.pair("sequence", number)
            json.pair("version", entry.position.version)
            json.pair("effectivedate", entry.position.day)
            json.pair("cause", entry.cause.rawValue)
            json.pair("partitionkey", subject)
            json.pair("settledthrough", context.settledThrough)
            json.pair("startsafter", context.startsAfter)
            json.key("data")
            writeData(to: &json, schema)
        }
    }

    private func writeData(to json: inout JSONBytes, _ schema: Schema) {
        switch content {
        case .begins: json.object { _ in }
        case .completed(let count, let hash):
            json.object { json in
                json.pair("count", count)
                json.pair("hash", hash)
            }
        case .change(let kind, _, _, let before, let after, let withheld):
            json.object { json in
                json.key("before")
                Self.write(before, to: &json)
                json.key("after")
                Self.write(after, to: &json)
                json.key("changes")
                json.array { json in
                    for attribute in schema[kind].attributes {
                        let from = before?.first { $0.attribute == attribute }?.value
                        let to = after?.first { $0.attribute == attribute }?.value
                        guard from != to else { continue }
                        json.object { json in
                            json.pair("attribute", attribute.name)
                            json.pair("from", from)
                            json.pair("to", to)
                        }
                    }
                }
                guard !withheld.isEmpty else { return }
                json.key("withheld")
                json.array { json in for attribute in withheld { json.value(attribute.name) } }
            }
        }
    }

    /// The attributes of an object as JSON; null when it is not in the view.
    public static func write(_ fields: [StatePeriod.Field]?, to json: inout JSONBytes) {
        guard let fields else { return json.value(String?.none) }
        json.object { json in
            for field in fields { json.pair(field.attribute.name, field.value) }
        }
    }
}
