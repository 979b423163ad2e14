/// How the key of an object follows from that of its record: fixed texts before and behind it.
struct KeyForm {
    private let before: String
    private let behind: String

    /// - Returns: nil when the key is made of something else, too.
    init?(of key: Expression<String>, recordKey: Expression<String>) {
        guard case .field(let own) = recordKey else { return nil }
        switch key {
        case .field(own): (before, behind) = ("", "")
        case .join(let parts, let separator):
            var texts = ["", ""]
            var fields = 0
            for (place, part) in parts.enumerated() {
                if place > 0 { texts[min(fields, 1)] += String(decoding: separator, as: UTF8.self) }
                switch part {
                case .text(let text): texts[min(fields, 1)] += String(decoding: text, as: UTF8.self)
                case .field(own): fields += 1
                default: return nil
                }
            }
            guard fields == 1 else { return nil }
            (before, behind) = (texts[0], texts[1])
        default: return nil
        }
    }

    /// The record's key of which an object's is made; nil when it is of another form.
    func recordKey(of key: String) -> String? {
        let utf8 = Array(key.utf8)
        guard utf8.count > before.utf8.count + behind.utf8.count, utf8.starts(with: before.utf8),
            utf8.reversed().starts(with: behind.utf8.reversed())
        else { return nil }
        return String(decoding: utf8.dropFirst(before.utf8.count).dropLast(behind.utf8.count), as: UTF8.self)
    }
}
