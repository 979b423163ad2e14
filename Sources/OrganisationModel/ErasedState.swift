/// What an erasure puts in the place of the personal values of one object: equal values of an attribute get equal numbers, so
/// that each event that once was counted is still one, and says which attributes had changed.
public struct ErasedValues {
    private let kept: Set<Field>
    private var numbers: [Field: Int] = [:]
    private var counts: [UInt16: Int] = [:]

    private struct Field: Hashable {
        let number: UInt16
        let value: [UInt8]
    }

    /// - Parameter states: states of the same object that are not erased; what stands in them stays everywhere.
    public init(keeping states: [ObjectState]) {
        var kept: Set<Field> = []
        for state in states where !state.isErased {
            PersonalFields(state.personal).forEach { number, value in
                kept.insert(Field(number: number, value: Array(value)))
            }
        }
        self.kept = kept
    }

    /// The state without its personal values; one that is erased already stays as it is.
    public mutating func erase(_ state: ObjectState) -> ObjectState {
        guard !state.personal.isEmpty, !state.isErased else { return state }
        var personal: [UInt8] = [ObjectState.erasedMark]
        PersonalFields(state.personal).forEach { count in
            Bytes.append(length: count, to: &personal)
        } field: { number, value in
            Bytes.append(length: Int(number), to: &personal)
            let field = Field(number: number, value: Array(value))
            let replaced = kept.contains(field) ? [0] + field.value : [1] + self.number(field)
            replaced.withUnsafeBytes { Bytes.append(field: $0, to: &personal) }
        }
        return ObjectState(ordinary: state.ordinary, personal: personal)
    }

    private mutating func number(_ field: Field) -> [UInt8] {
        let number = numbers[field] ?? counts[field.number, default: 0] + 1
        numbers[field] = number
        counts[field.number] = max(number, counts[field.number] ?? 0)
        var bytes: [UInt8] = []
        Bytes.append(UInt32(number), to: &bytes)
        return bytes
    }
}

/// The bytes of a state's personal part, field by field.
struct PersonalFields {
    private let personal: [UInt8]

    init(_ personal: [UInt8]) {
        self.personal = personal
    }

    /// - Parameter count: gets the number of periods, then that of the fields of each, before them.
    func forEach(
        count told: (Int) -> Void = { _ in }, field: (_ number: UInt16, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        personal.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let periods = reader.count()
            told(periods)
            for _ in 0..<periods where reader.isIntact {
                let count = reader.count()
                told(count)
                for _ in 0..<count where reader.isIntact {
                    let number = UInt16(truncatingIfNeeded: reader.length())
                    field(number, reader.field())
                }
            }
        }
    }
}

extension Value {
    /// Reads a field of an erased part: one byte that says whether it was erased, then its number or its value.
    init?(erasable bytes: UnsafeRawBufferPointer, type: ValueType) {
        var reader = ByteReader(bytes)
        if reader.byte() == 1 {
            self = .erased(Int(reader.uint32()))
        } else {
            self.init(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()), type: type)
        }
    }
}

extension ObjectState {
    /// The first byte of an erased personal part: no other has a number of periods of 0.
    static let erasedMark: UInt8 = 0

    /// Whether its personal values were erased.
    public var isErased: Bool {
        personal.first == Self.erasedMark
    }

    /// Every personal value of all periods, as text, without repeats; none of those that were erased.
    public func personalTexts(_ schema: KindSchema) -> Set<String> {
        Set(
            periods(schema).flatMap(\.fields).filter { field in
                guard case .erased = field.value else { return field.attribute.isPersonal }
                return false
            }.map(\.value.description))
    }
}
