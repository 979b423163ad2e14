extension ObjectState {
    /// The numbers of the attributes that differ in some period, in no order and perhaps several times, found without decoding
    /// a value; nil where periods begin or end on other days, or values were erased: then days must be compared one by one.
    public func attributesDiffering(from other: ObjectState) -> [UInt16]? {
        guard !isErased, !other.isErased else { return nil }
        var numbers: [UInt16] = []
        let haveEqualPeriods = ordinary.withUnsafeBytes { left in
            other.ordinary.withUnsafeBytes { right in
                FieldDifference(left, right).collect(hasDays: true, into: &numbers)
            }
        }
        guard haveEqualPeriods else { return nil }
        guard personal != other.personal else { return numbers }
        guard !personal.isEmpty, !other.personal.isEmpty else {
            PersonalFields(personal.isEmpty ? other.personal : personal).forEach { number, _ in numbers.append(number) }
            return numbers
        }
        let isRead = personal.withUnsafeBytes { left in
            other.personal.withUnsafeBytes { right in
                FieldDifference(left, right).collect(hasDays: false, into: &numbers)
            }
        }
        return isRead ? numbers : nil
    }
}

/// The same part of two states, read side by side.
private struct FieldDifference {
    private var left: ByteReader
    private var right: ByteReader

    init(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) {
        (self.left, self.right) = (ByteReader(left), ByteReader(right))
    }

    /// - Returns: false where the periods are not the same.
    consuming func collect(hasDays: Bool, into numbers: inout [UInt16]) -> Bool {
        let count = left.count()
        guard right.count() == count else { return false }
        for _ in 0..<count where left.isIntact && right.isIntact {
            guard !hasDays || (left.int32() == right.int32() && left.int32() == right.int32()) else { return false }
            compareFields(&numbers)
        }
        return left.isIntact && right.isIntact
    }

    /// Both sides are in the order of numbers, so one walk finds what only one of them has.
    private mutating func compareFields(_ numbers: inout [UInt16]) {
        var (leftCount, rightCount) = (left.count(), right.count())
        func next(_ reader: inout ByteReader, _ count: inout Int) -> (number: UInt16, value: UnsafeRawBufferPointer)? {
            guard count > 0, reader.isIntact else { return nil }
            count -= 1
            let number = UInt16(truncatingIfNeeded: reader.length())
            return (number, reader.field())
        }
        var (one, other) = (next(&left, &leftCount), next(&right, &rightCount))
        while one != nil || other != nil {
            switch (one?.number ?? .max, other?.number ?? .max) {
            case let (number, further) where number < further:
                numbers.append(number)
                one = next(&left, &leftCount)
            case let (further, number) where number < further:
                numbers.append(number)
                other = next(&right, &rightCount)
            case let (number, _):
                if let one, let other, !one.value.elementsEqual(other.value) { numbers.append(number) }
                one = next(&left, &leftCount)
                other = next(&right, &rightCount)
            }
        }
    }
}
