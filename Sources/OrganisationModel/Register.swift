/// An object as the register holds it.
public struct RegisteredObject: Hashable, Sendable {
    public let id: ObjectID
    public let kind: Kind
    public let source: String
    /// The source's key: a CPR number for a person.
    public let key: String
    public let state: ObjectState

    public init(id: ObjectID, kind: Kind, source: String, key: String, state: ObjectState) {
        self.id = id
        self.kind = kind
        self.source = source
        self.key = key
        self.state = state
    }
}

/// All objects as of one version.
public protocol Register {
    func object(_ id: ObjectID) throws -> RegisteredObject?
    /// Every object in the order of ids.
    func forEachObject(_ body: (RegisteredObject) throws -> Void) throws
}
