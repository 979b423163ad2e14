import OrganisationModel

/// The authority that the organisation belongs to.
public struct Authority: Hashable, Sendable {
    /// The source name of what the configuration itself says.
    public static let source = "configuration"

    public let name: String
    /// The CVR number, eight digits.
    public let cvr: String

    public init(name: String, cvr: String) {
        self.name = name
        self.cvr = cvr
    }

    /// The authority as the one object of kind organisation.
    func claim(identity: Identity) -> [UInt8] {
        var writer = Claim.Writer()
        Array(cvr.utf8).withUnsafeBytes { key in
            writer.begin(recordKey: key, findings: [])
            let id = identity.id(kind: .organisation, source: Authority.source, key: key)
            writer.beginObject(.organisation, flags: 0, id: id, key: key, periodCount: 1)
            writer.beginPeriod(from: .distantPast, to: .distantFuture)
            Array(name.utf8).withUnsafeBytes { writer.append($0, number: 1) }
            writer.append(key, number: 2)
            writer.endPeriod()
            writer.endObject()
            writer.end()
        }
        return writer.bytes
    }
}
