/// How a value is made of a record's fields. In a mapping document fields are names; in a program they are slots.
enum Expression<Field: Sendable>: Sendable {
    case field(Field)
    case text([UInt8])
    /// The parts that are there, with the text between them; absent when none is.
    indirect case join([Expression], with: [UInt8])
    /// The first that is there.
    indirect case firstOf([Expression])
    /// Numerator divided by denominator, four decimals.
    indirect case ratio(Expression, Expression)
    /// One or the other; without the other, absent.
    indirect case choice(Condition<Field>, Expression, Expression?)
    indirect case applied(ValueFunction, Expression)
    /// What the attribute is in the last claim of the record; absent when there is none.
    case kept

    /// Whether the value may be that of the last claim.
    var keeps: Bool {
        switch self {
        case .field, .text: false
        case .join(let parts, _), .firstOf(let parts): parts.contains(where: \.keeps)
        case .ratio(let above, let below): above.keeps || below.keeps
        case .choice(_, let then, let otherwise): then.keeps || otherwise?.keeps ?? false
        case .applied(_, let argument): argument.keeps
        case .kept: true
        }
    }

    func map<Other>(_ place: (Field) -> Other) -> Expression<Other> {
        switch self {
        case .field(let field): .field(place(field))
        case .text(let text): .text(text)
        case .join(let parts, let separator): .join(parts.map { $0.map(place) }, with: separator)
        case .firstOf(let parts): .firstOf(parts.map { $0.map(place) })
        case .ratio(let above, let below): .ratio(above.map(place), below.map(place))
        case .choice(let condition, let then, let otherwise):
            .choice(condition.map(place), then.map(place), otherwise.map { $0.map(place) })
        case .applied(let function, let argument): .applied(function, argument.map(place))
        case .kept: .kept
        }
    }

    /// Calls `body` with every field that is read, in the order in which they are written.
    func forEachField(_ body: (Field) -> Void) {
        _ = map(body)
    }
}

/// What must be so of a record.
enum Condition<Field: Sendable>: Sendable {
    /// It is there, and its text is one of these.
    indirect case equals(Expression<Field>, [[UInt8]])
    /// It is there, and its text has this form; `*` stands for any text, `?` for one character, letters A to Z count in either case.
    indirect case matches(Expression<Field>, [UInt8])
    indirect case isPresent(Expression<Field>)
    /// Both are there, with the same text.
    indirect case same(Expression<Field>, Expression<Field>)
    indirect case all([Condition])
    indirect case any([Condition])
    indirect case not(Condition)

    func map<Other>(_ place: (Field) -> Other) -> Condition<Other> {
        switch self {
        case .equals(let value, let texts): .equals(value.map(place), texts)
        case .matches(let value, let form): .matches(value.map(place), form)
        case .isPresent(let value): .isPresent(value.map(place))
        case .same(let left, let right): .same(left.map(place), right.map(place))
        case .all(let parts): .all(parts.map { $0.map(place) })
        case .any(let parts): .any(parts.map { $0.map(place) })
        case .not(let part): .not(part.map(place))
        }
    }

    func forEachField(_ body: (Field) -> Void) {
        _ = map(body)
    }
}

/// Whether a UTF-8 text has a form with `*` and `?`.
func hasForm(_ text: UnsafeRawBufferPointer, _ form: [UInt8]) -> Bool {
    func small(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
    /// A byte within a character of several.
    func continues(_ at: Int) -> Bool { at < text.count && text[at] & 0xC0 == 0x80 }
    var (at, place) = (0, 0)
    var star: (place: Int, at: Int)?
    while at < text.count {
        if place < form.count, form[place] == UInt8(ascii: "*") {
            star = (place, at)
            place += 1
        } else if place < form.count, form[place] == UInt8(ascii: "?"), !continues(at) {
            (at, place) = (at + 1, place + 1)
            while continues(at) { at += 1 }
        } else if place < form.count, small(form[place]) == small(text[at]) {
            (at, place) = (at + 1, place + 1)
        } else if let last = star {
            // The star takes one byte more.
            star = (last.place, last.at + 1)
            (at, place) = (last.at + 1, last.place + 1)
        } else {
            return false
        }
    }
    return form[place...].allSatisfy { $0 == UInt8(ascii: "*") }
}
