import GRDB
import OrganisationModel

/// What leads to an object and matters for figures: engagements and accounts of a person, functions of an engagement.
enum FigureLink: Hashable {
    /// An engagement of the person in a unit, by the unit's number; 0 when it names none.
    case engagement(unit: Int)
    /// An account of the person in a system, by the number of its name.
    case account(system: Int, isDisabled: Bool)
    /// A function that the engagement holds, in a unit.
    case function(unit: Int, isManager: Bool)

    var code: UInt32 {
        switch self {
        case .engagement(let unit): UInt32(truncatingIfNeeded: unit) << 2
        case .account(let system, let isDisabled): UInt32(truncatingIfNeeded: system) << 2 | (isDisabled ? 2 : 1)
        case .function(let unit, let isManager):
            UInt32(truncatingIfNeeded: unit) << 3 | (isManager ? 4 : 0) | 3
        }
    }

    /// Whether a code is that of a function.
    static func isFunction(_ code: UInt32) -> Bool {
        code & 3 == 3
    }

    init(code: UInt32) {
        self =
            switch code & 3 {
            case 0: .engagement(unit: Int(code >> 2))
            case 3: .function(unit: Int(code >> 3), isManager: code & 4 != 0)
            default: .account(system: Int(code >> 2), isDisabled: code & 3 == 2)
            }
    }

    /// How many of a sort lead to one object.
    struct Count: Equatable {
        let code: UInt32
        var count: Int
    }

    /// One more of a sort, or one less.
    struct Change {
        let id: ObjectID
        let code: UInt32
        let difference: Int32
    }
}

/// The rows of `figureLink`: 4,096 buckets by the first bits of the object's id, each with its objects in order, and the links
/// of each.
struct FigureLinks {
    private let transaction: StateTransaction
    private let isFirst: Bool

    init(_ transaction: StateTransaction, isFirst: Bool) {
        (self.transaction, self.isFirst) = (transaction, isFirst)
    }

    /// Makes the changes.
    /// - Parameters:
    ///   - others: objects that are told too, though their links stay.
    ///   - told: gets, in any order, each object with its links before and after, in the order of codes.
    func apply(
        _ changes: [FigureLink.Change], others: [ObjectID],
        told: (ObjectID, _ before: [FigureLink.Count], _ after: [FigureLink.Count]) throws -> Void
    ) throws {
        guard !changes.isEmpty || !others.isEmpty else { return }
        let changes = Buckets(changes, id: \.id)
        let others = Buckets(others, id: \.self)
        let insertion = try BulkStatement(
            transaction.db, BulkStatement.insertion(into: "figureLink", orReplace: !isFirst))
        for number in 0..<ContentHash.bucketCount {
            var changes = Array(changes[number])
            var others = Array(others[number])
            guard !changes.isEmpty || !others.isEmpty else { continue }
            changes.sort { $0.id == $1.id ? $0.code < $1.code : $0.id < $1.id }
            others.sort()
            let old = isFirst ? [] : try entries(number)
            let new = try Merge(old: old, changes: changes, others: others).run(told)
            guard new != old else { continue }
            if new.isEmpty {
                try transaction.db.execute(sql: "DELETE FROM figureLink WHERE number = ?", arguments: [number])
            } else {
                insertion.bind(1, number)
                try new.withUnsafeBytes { bytes in
                    insertion.bind(2, bytes)
                    try insertion.run()
                }
            }
        }
    }

    private func entries(_ number: Int) throws -> [UInt8] {
        let statement = try BulkStatement(transaction.db, "SELECT entries FROM figureLink WHERE number = ?")
        defer { statement.reset() }
        statement.bind(1, number)
        return try statement.step() ? Array(statement.bytes(0)) : []
    }

    /// Elements by the bucket of their id, put in place by counting.
    private struct Buckets<Element> {
        private let elements: [Element]
        private var ends = [Int](repeating: 0, count: ContentHash.bucketCount + 1)

        init(_ elements: [Element], id: (Element) -> ObjectID) {
            guard !elements.isEmpty else {
                self.elements = []
                return
            }
            for element in elements { ends[ContentHash.bucket(of: id(element)) + 1] += 1 }
            for number in 0..<ContentHash.bucketCount { ends[number + 1] += ends[number] }
            var next = ends
            var order = [Int32](repeating: 0, count: elements.count)
            for (index, element) in elements.enumerated() {
                let number = ContentHash.bucket(of: id(element))
                order[next[number]] = Int32(index)
                next[number] += 1
            }
            self.elements = order.map { elements[Int($0)] }
        }

        subscript(number: Int) -> ArraySlice<Element> {
            elements[ends[number]..<ends[number + 1]]
        }
    }

    /// One bucket: what is not touched is copied as it is.
    private struct Merge {
        let old: [UInt8]
        let changes: [FigureLink.Change]
        let others: [ObjectID]

        func run(
            _ told: (ObjectID, _ before: [FigureLink.Count], _ after: [FigureLink.Count]) throws -> Void
        ) throws -> [UInt8] {
            try old.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                var new: [UInt8] = []
                new.reserveCapacity(old.count + changes.count * 24)
                var (nextChange, nextOther) = (0, 0)
                var (before, after): ([FigureLink.Count], [FigureLink.Count]) = ([], [])
                while nextChange < changes.count || nextOther < others.count {
                    let id =
                        nextChange == changes.count
                        ? others[nextOther]
                        : nextOther == others.count
                            ? changes[nextChange].id : min(changes[nextChange].id, others[nextOther])
                    before.removeAll(keepingCapacity: true)
                    Self.copy(until: id, &reader, bytes, to: &new, found: &before)
                    after.removeAll(keepingCapacity: true)
                    after.append(contentsOf: before)
                    while nextChange < changes.count, changes[nextChange].id == id {
                        Self.apply(changes[nextChange], to: &after)
                        nextChange += 1
                    }
                    while nextOther < others.count, others[nextOther] == id { nextOther += 1 }
                    try told(id, before, after)
                    Self.append(id, after, to: &new)
                }
                if !reader.isAtEnd { new.append(contentsOf: bytes[reader.offset...]) }
                return new
            }
        }

        private static func apply(_ change: FigureLink.Change, to links: inout [FigureLink.Count]) {
            let place = links.firstIndex { $0.code >= change.code } ?? links.count
            if place < links.count, links[place].code == change.code {
                links[place].count += Int(change.difference)
                if links[place].count == 0 { links.remove(at: place) }
            } else {
                links.insert(FigureLink.Count(code: change.code, count: Int(change.difference)), at: place)
            }
        }

        /// Copies the objects before `id`, and reads that of `id` if it is there.
        private static func copy(
            until id: ObjectID, _ reader: inout ByteReader, _ bytes: UnsafeRawBufferPointer, to new: inout [UInt8],
            found: inout [FigureLink.Count]
        ) {
            let start = reader.offset
            while !reader.isAtEnd {
                let entry = reader.offset
                guard let other = ObjectID(bytes: reader.raw(16)), other <= id else {
                    reader = ByteReader(bytes, at: entry)
                    break
                }
                let links = reader.field()
                guard other == id else { continue }
                new.append(contentsOf: bytes[start..<entry])
                var rest = ByteReader(links)
                while !rest.isAtEnd {
                    let code = UInt32(truncatingIfNeeded: rest.length())
                    found.append(FigureLink.Count(code: code, count: rest.length()))
                }
                return
            }
            new.append(contentsOf: bytes[start..<reader.offset])
        }

        private static func append(_ id: ObjectID, _ links: [FigureLink.Count], to new: inout [UInt8]) {
            guard !links.isEmpty else { return }
            id.withUnsafeBytes { new.append(contentsOf: $0) }
            // The length is known afterwards; nearly always it is below 128 and takes the one byte that is left for it.
            let mark = new.count
            new.append(0)
            for link in links {
                Bytes.append(length: Int(link.code), to: &new)
                Bytes.append(length: max(0, link.count), to: &new)
            }
            let count = new.count - mark - 1
            guard count >= 128 else {
                new[mark] = UInt8(count)
                return
            }
            var length: [UInt8] = []
            Bytes.append(length: count, to: &length)
            new.replaceSubrange(mark...mark, with: length)
        }
    }
}
