import OrganisationModel
import Versioning

/// Figures as numbers only, so that they can be added: what one object adds, what a unit has of its own, or its subtree.
/// Groups stand under the numbers of their names in `figureName`.
struct FigureVector: Equatable {
    /// A figure that is not divided into groups: its place in ``simple``.
    enum Simple: Int {
        case people, engagements, fullTime, withoutFraction, managers, vacancies, withoutManager
    }

    /// A group: the number of a name, and in the last two bits what it is the name of.
    struct Group: Hashable, Comparable {
        let code: UInt32

        private static let levelBits: UInt32 = 10

        static func units(type: Int, level: Int) -> Group {
            let place = UInt32(truncatingIfNeeded: type) << levelBits | UInt32(min(level, 1 << levelBits - 1))
            return Group(code: place << 2)
        }

        static func accounts(system: Int, isDisabled: Bool) -> Group {
            Group(code: UInt32(truncatingIfNeeded: system) << 2 | (isDisabled ? 2 : 1))
        }

        static func < (left: Group, right: Group) -> Bool {
            left.code < right.code
        }

        /// What the group means, with the names by their numbers.
        func add(_ count: Int, to figures: inout Figures, names: (Int) -> String) {
            let place = code >> 2
            switch code & 3 {
            case 0:
                let group = Figures.UnitGroup(
                    type: names(Int(place >> Self.levelBits)), level: Int(place & (1 << Self.levelBits - 1)))
                figures.units[group, default: 0] &+= count
            case 1: figures.accounts[names(Int(place)), default: 0] &+= count
            default: figures.disabledAccounts[names(Int(place)), default: 0] &+= count
            }
        }
    }

    private var simple = SIMD8<Int64>()
    /// In order; none is 0.
    private var groups: [(group: Group, count: Int64)] = []

    init() {}

    var isZero: Bool {
        groups.isEmpty && simple == SIMD8<Int64>()
    }

    static func == (left: FigureVector, right: FigureVector) -> Bool {
        left.simple == right.simple && left.groups.elementsEqual(right.groups, by: ==)
    }

    mutating func add(_ figure: Simple, _ count: Int) {
        simple[figure.rawValue] &+= Int64(count)
    }

    mutating func add(_ group: Group, _ count: Int) {
        var (place, end) = (0, groups.count)
        while place < end {
            let middle = (place + end) / 2
            if groups[middle].group < group { place = middle + 1 } else { end = middle }
        }
        if place < groups.count, groups[place].group == group {
            groups[place].count &+= Int64(count)
            if groups[place].count == 0 { groups.remove(at: place) }
        } else if count != 0 {
            groups.insert((group, Int64(count)), at: place)
        }
    }

    mutating func add(_ other: FigureVector, sign: Int = 1) {
        simple &+= other.simple &* Int64(sign)
        for (group, count) in other.groups { add(group, Int(count) * sign) }
    }

    func figures(names: (Int) -> String) -> Figures {
        var figures = Figures()
        func value(_ figure: Simple) -> Int { Int(simple[figure.rawValue]) }
        figures.people = value(.people)
        figures.engagements = value(.engagements)
        figures.fullTime = value(.fullTime)
        figures.engagementsWithoutFraction = value(.withoutFraction)
        figures.managers = value(.managers)
        figures.vacancies = value(.vacancies)
        figures.unitsWithoutManager = value(.withoutManager)
        for (group, count) in groups { group.add(Int(count), to: &figures, names: names) }
        return figures
    }

    // MARK: Bytes

    /// Small numbers in few bytes, whatever their sign.
    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        Bytes.append(length: Int(UInt64(bitPattern: value << 1 ^ value >> 63) & UInt64(Int.max)), to: &bytes)
    }

    private static func value(_ reader: inout ByteReader) -> Int64 {
        let bits = UInt64(reader.length())
        return Int64(bits >> 1) ^ -Int64(bits & 1)
    }

    func append(to bytes: inout [UInt8]) {
        for place in 0...Simple.withoutManager.rawValue { Self.append(simple[place], to: &bytes) }
        for (group, count) in groups {
            Bytes.append(length: Int(group.code), to: &bytes)
            Self.append(count, to: &bytes)
        }
    }

    /// Reads to the end.
    init(from reader: inout ByteReader) {
        for place in 0...Simple.withoutManager.rawValue { simple[place] = Self.value(&reader) }
        while !reader.isAtEnd {
            let group = Group(code: UInt32(truncatingIfNeeded: reader.length()))
            add(group, Int(Self.value(&reader)))
        }
    }
}

/// A row of `figure`: what a unit is at one position, with everything beneath it.
struct FigureRow {
    /// -1 when it is not in effect, 0 for a root.
    let level: Int
    /// The number of the unit above it that is in effect; 0 for none.
    let above: Int
    let vector: FigureVector

    static let none = FigureRow(level: -1, above: 0, vector: FigureVector())

    init(level: Int, above: Int, vector: FigureVector) {
        (self.level, self.above, self.vector) = (level, above, vector)
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        level = reader.length() - 1
        above = reader.length()
        vector = FigureVector(from: &reader)
    }

    /// What it says of a unit; nil when that is not in effect.
    func counted(above: ObjectID?, names: (Int) -> String) -> CountedUnit? {
        level < 0 ? nil : CountedUnit(level: level, above: above, figures: vector.figures(names: names))
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        Bytes.append(length: level + 1, to: &bytes)
        Bytes.append(length: above, to: &bytes)
        vector.append(to: &bytes)
        return bytes
    }
}
