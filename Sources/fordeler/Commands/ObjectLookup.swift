import Foundation
import Mapping
import OrganisationModel
import Storage

/// Which objects a kind and a key on the command line mean.
struct ObjectLookup {
    let kind: Kind
    /// The source's key, or a UUID.
    let key: String

    /// The key as a finding names an object whose keys are not personal.
    var text: String { key }

    init(kind: String, key: String, _ session: Session) throws {
        let kind = try Kind(argument: kind)
        try Self.requireNoPerson(key, kind)
        self.init(kind: kind, text: key == "-" ? (session.input() ?? "") : key)
    }

    /// - Parameter text: a key or UUID as somebody wrote it.
    init(kind: Kind, text: String) {
        self.kind = kind
        // A CPR number as people write it.
        let isHyphened = Schema.standard[kind].hasPersonalKey && text.wholeMatch(of: /[0-9]{6}-[0-9]{4}/) != nil
        key = isHyphened ? text.replacing("-", with: "") : text
    }

    /// Several keys, of which `-` stands for those on standard input, one a line.
    static func several(_ kind: Kind, _ keys: [String], _ session: Session) throws -> [ObjectLookup] {
        try keys.flatMap { key -> [ObjectLookup] in
            try requireNoPerson(key, kind)
            guard key == "-" else { return [ObjectLookup(kind: kind, text: key)] }
            var read: [ObjectLookup] = []
            while let line = session.input() {
                let text = line.trimmingCharacters(in: .whitespaces)
                if !text.isEmpty { read.append(ObjectLookup(kind: kind, text: text)) }
            }
            return read
        }
    }

    private static func requireNoPerson(_ key: String, _ kind: Kind) throws {
        guard !Schema.standard[kind].hasPersonalKey || key == "-" || ObjectID(key) != nil else {
            throw FordelerError(
                .init("argument.personal"),
                "the key of a person does not belong into a command: everybody on this machine can see it, and it stays in the "
                    + "shell's history. Write - in its place, and the key on standard input; or give the UUID")
        }
    }

    /// The key as it may be shown.
    var shownKey: String {
        Masking.shown(key, kind: kind)
    }

    /// The ids that sources could have given to the key, and those of objects that bear it although their source gave them
    /// ids of its own.
    func ids(_ identity: Identity, _ transaction: StateTransaction) throws -> [ObjectID] {
        if let id = ObjectID(key) { return [id] }
        let known = try computed(identity, transaction.objectSources() + [Authority.source])
            .filter { try transaction.origin(of: $0) != nil }
        let ids = try known + transaction.ids(kind, key: key).filter { !known.contains($0) }
        // What an editor says to be another object is found as that one.
        let aliases = try transaction.aliases()
        return aliases.isEmpty ? ids : ids + ids.map(aliases.target).filter { !ids.contains($0) }
    }

    /// As ``ids(_:_:)``, and those that these sources would give to the key, known or not.
    func ids(_ identity: Identity, _ transaction: StateTransaction, also sources: [String]) throws -> [ObjectID] {
        let known = try ids(identity, transaction)
        return known + (ObjectID(key) == nil ? computed(identity, sources).filter { !known.contains($0) } : [])
    }

    /// The ids that these sources would give to the key.
    func computed(_ identity: Identity, _ sources: [String]) -> [ObjectID] {
        sources.map { identity.id(kind: kind, source: $0, key: key) }
    }
}

extension Kind {
    /// Reads a kind on the command line.
    init(argument: String) throws {
        guard let kind = Kind(name: argument) else {
            throw FordelerError(
                .usage, "\(argument) is no kind; known: \(Kind.allCases.map(\.name).joined(separator: ", "))")
        }
        self = kind
    }
}
