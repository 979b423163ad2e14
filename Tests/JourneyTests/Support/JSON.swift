import Foundation

/// A JSON value that is easy to ask: what is not there, or is of another type, is nil or empty.
struct JSON: Equatable {
    let value: Any?

    /// Reads one document; nil when it is no JSON.
    init?(_ text: some StringProtocol) {
        guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed]) else {
            return nil
        }
        self.value = value
    }

    private init(value: Any?) {
        self.value = value
    }

    /// The value of a key.
    subscript(key: String) -> JSON {
        JSON(value: (value as? [String: Any])?[key])
    }

    var text: String? { value as? String }
    var number: Int? { value as? Int }
    var flag: Bool? { value as? Bool }
    var isNull: Bool { value == nil || value is NSNull }
    var list: [JSON] { (value as? [Any])?.map { JSON(value: $0) } ?? [] }
    var texts: [String] { list.compactMap(\.text) }
    var keys: Set<String> { Set((value as? [String: Any])?.keys.map { $0 } ?? []) }

    /// Two values are equal when they say the same.
    static func == (left: JSON, right: JSON) -> Bool {
        left.canonical == right.canonical
    }

    private var canonical: Data? {
        try? JSONSerialization.data(withJSONObject: [value ?? NSNull()], options: .sortedKeys)
    }
}
