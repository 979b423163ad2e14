import GRDB
import OrganisationModel
import Versioning

/// The units that a step of the position touches, and those above them, as they are counted before and after it.
struct FigureTree {
    enum Side {
        case before, after
    }

    /// Something before a step and after it.
    struct Sides<Value: Equatable>: Equatable {
        var before: Value
        var after: Value

        init(both value: Value) {
            (before, after) = (value, value)
        }

        subscript(side: Side) -> Value {
            get { side == .before ? before : after }
            set { if side == .before { before = newValue } else { after = newValue } }
        }

        var isAltered: Bool { before != after }
    }

    struct Node {
        /// In `figureUnit`; 0 for the whole.
        let number: Int
        let id: ObjectID
        let isNew: Bool
        var isInEffect: Sides<Bool>
        /// The place in ``nodes`` of the unit that is named as parent; 0 for none.
        var parent: Sides<Int>
        /// The parent if both are in effect, and the unit does not stand above itself; else 0, the whole.
        var above = Sides(both: 0)
        /// -1 when not in effect.
        var level: Sides<Int>
        /// The number of the name of its type.
        var type: Sides<Int>
        /// Manager functions in it that have a holder.
        var managers: Sides<Int>
        /// The people with engagements in several units of which this is one.
        var shared: Set<ObjectID>
        var isSharedAltered = false
        /// What it has of its own more than before.
        var own = FigureVector()
        /// What comes and goes with units that move.
        var moved = FigureVector()

        var isRowAltered: Bool {
            isNew || isInEffect.isAltered || parent.isAltered || level.isAltered || type.isAltered
                || managers.isAltered || isSharedAltered
        }
    }

    private let transaction: StateTransaction
    /// Nothing was ever counted, so nothing needs to be looked up; a unit's place then is its number.
    let isFirst: Bool
    /// The whole stands first.
    var nodes: [Node]
    private var places: [ObjectID: Int] = [:]
    private var placesByNumber: [Int: Int] = [:]
    private var nextNumber: Int
    private var altered: Set<Int> = []
    private var isResolved = false

    /// No unit stands deeper; this bounds every walk, whatever the state says.
    private static let depthMax = 1000

    init(_ transaction: StateTransaction, isFirst: Bool) throws {
        self.transaction = transaction
        self.isFirst = isFirst
        nodes = [
            Node(
                number: 0, id: ObjectID(high: 0, low: 0), isNew: false, isInEffect: Sides(both: false),
                parent: Sides(both: 0), level: Sides(both: -1), type: Sides(both: 0), managers: Sides(both: 0),
                shared: [])
        ]
        nextNumber = try Int.fetchOne(transaction.db, sql: "SELECT coalesce(max(number), 0) + 1 FROM figureUnit") ?? 1
    }

    // MARK: Finding units

    /// The place of a unit, which is made where it was never named before; the whole for nil.
    mutating func place(of id: ObjectID?) throws -> Int {
        guard let id else { return 0 }
        if let place = places[id] { return place }
        if !isFirst, let number = try storedNumber(of: id) { return try place(number: number) }
        let place = nodes.count
        nodes.append(
            Node(
                number: nextNumber, id: id, isNew: true, isInEffect: Sides(both: false), parent: Sides(both: 0),
                level: Sides(both: -1), type: Sides(both: 0), managers: Sides(both: 0), shared: []))
        places[id] = place
        if !isFirst { placesByNumber[nextNumber] = place }
        nextNumber += 1
        return place
    }

    private func storedNumber(of id: ObjectID) throws -> Int? {
        let statement = try BulkStatement(transaction.db, "SELECT number FROM figureUnit WHERE id = ?")
        defer { statement.reset() }
        statement.bind(copying: id, 1)
        return try statement.step() ? statement.int(0) : nil
    }

    /// The place of a unit that is stored, or was made in this step. Those above it come along.
    mutating func place(number: Int) throws -> Int {
        if isFirst || number == 0 { return number }
        if let place = placesByNumber[number] { return place }
        let start = nodes.count
        var parents: [Int] = []
        var next = number
        while next != 0, placesByNumber[next] == nil {
            let (node, parent) = try stored(next)
            places[node.id] = nodes.count
            placesByNumber[next] = nodes.count
            nodes.append(node)
            parents.append(parent)
            next = parent
        }
        for (place, parent) in zip(start..., parents) {
            nodes[place].parent = Sides(both: placesByNumber[parent] ?? 0)
        }
        for place in start..<nodes.count { nodes[place].above = above(place) }
        return start
    }

    private func stored(_ number: Int) throws -> (Node, parent: Int) {
        let statement = try BulkStatement(
            transaction.db, "SELECT id, parent, level, type, managers, shared FROM figureUnit WHERE number = ?")
        defer { statement.reset() }
        statement.bind(1, number)
        guard try statement.step(), let id = ObjectID(bytes: statement.bytes(0)) else {
            throw transaction.damaged("figureUnit")
        }
        let level = statement.int(2)
        var shared: Set<ObjectID> = []
        let bytes = statement.bytes(5)
        for start in stride(from: 0, through: bytes.count - 16, by: 16) {
            if let id = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 16])) {
                shared.insert(id)
            }
        }
        return (
            Node(
                number: number, id: id, isNew: false, isInEffect: Sides(both: level >= 0), parent: Sides(both: 0),
                level: Sides(both: level), type: Sides(both: statement.int(3)),
                managers: Sides(both: statement.int(4)), shared: shared), statement.int(1)
        )
    }

    private func above(_ place: Int) -> Sides<Int> {
        let (parent, isInEffect) = (nodes[place].parent, nodes[place].isInEffect)
        var above = Sides(both: 0)
        for side in [Side.before, .after]
        where isInEffect[side] && nodes[parent[side]].isInEffect[side] && !isInRing(place, side) {
            above[side] = parent[side]
        }
        return above
    }

    /// Whether a unit stands above itself; then it counts as a root.
    private func isInRing(_ place: Int, _ side: Side) -> Bool {
        var next = nodes[place].parent[side]
        for _ in 0..<Self.depthMax where next != 0 && nodes[next].isInEffect[side] {
            if next == place { return true }
            next = nodes[next].parent[side]
        }
        return false
    }

    // MARK: The tree after the step

    /// - Parameters:
    ///   - type: the number of its name.
    ///   - isInEffect: when false the others mean nothing.
    mutating func set(_ id: ObjectID, isInEffect: Bool, parent: ObjectID?, type: Int) throws {
        let place = try place(of: id)
        nodes[place].parent.after = isInEffect ? try self.place(of: parent) : 0
        nodes[place].isInEffect.after = isInEffect
        nodes[place].type.after = isInEffect ? type : nodes[place].type.before
        altered.insert(place)
    }

    /// Finds the units that stand elsewhere or deeper than before, and counts units by type and level.
    /// - Returns: the people whom these units share with others.
    mutating func resolve() throws -> Set<ObjectID> {
        let moved = altered.filter { nodes[$0].parent.isAltered || nodes[$0].isInEffect.isAltered }
        let beneath = isFirst ? [] : try placesBeneath(moved)
        for place in nodes.indices.dropFirst() { nodes[place].above = above(place) }
        let region = altered.union(beneath)
        setLevels(region)
        for place in region { countUnit(place) }
        return beneath.reduce(into: []) { $0.formUnion(nodes[$1].shared) }
    }

    /// These, and all that name one of them, or one of those, as parent.
    private mutating func placesBeneath(_ moved: Set<Int>) throws -> Set<Int> {
        var found = moved
        var rest = moved.sorted()
        while let next = rest.popLast() {
            guard !nodes[next].isNew else { continue }
            let children = try Int.fetchAll(
                transaction.db, sql: "SELECT number FROM figureUnit WHERE parent = ?",
                arguments: [nodes[next].number])
            for number in children {
                let place = try place(number: number)
                if found.insert(place).inserted { rest.append(place) }
            }
        }
        return found
    }

    private mutating func setLevels(_ region: Set<Int>) {
        var rest = region
        for start in region.sorted() where rest.contains(start) {
            var path: [Int] = []
            var next = start
            while next != 0, rest.remove(next) != nil {
                path.append(next)
                next = nodes[next].above.after
            }
            for place in path.reversed() {
                let above = nodes[place].above.after
                let level = above == 0 ? 0 : min(nodes[above].level.after + 1, Self.depthMax)
                nodes[place].level.after = nodes[place].isInEffect.after ? level : -1
            }
        }
    }

    private mutating func countUnit(_ place: Int) {
        let node = nodes[place]
        guard node.isInEffect.isAltered || node.level.isAltered || node.type.isAltered else { return }
        if node.isInEffect.before {
            nodes[place].own.add(.units(type: node.type.before, level: node.level.before), -1)
        }
        if node.isInEffect.after { nodes[place].own.add(.units(type: node.type.after, level: node.level.after), 1) }
    }

    /// The place and those above it, up to the whole, which is the last.
    /// - Parameter body: answers whether to go on.
    func path(from place: Int, _ side: Side, _ body: (Int) -> Bool) {
        var next = place
        for _ in 0..<Self.depthMax {
            guard body(next), next != 0 else { return }
            next = nodes[next].above[side]
        }
    }

    // MARK: Sums

    /// Adds everything that differs, from the deepest unit to the whole.
    /// - Returns: what each unit has more than before, with all beneath it; in the order of ``nodes``.
    mutating func sums() throws -> [FigureVector] {
        countUnitsWithoutManager()
        try move()
        var sums = nodes.map(\.own)
        for place in nodes.indices.dropFirst().sorted(by: { nodes[$0].level.after > nodes[$1].level.after })
        where !sums[place].isZero {
            let sum = sums[place]
            sums[nodes[place].above.after].add(sum)
        }
        for place in nodes.indices where !nodes[place].moved.isZero { sums[place].add(nodes[place].moved) }
        return sums
    }

    private mutating func countUnitsWithoutManager() {
        for place in nodes.indices.dropFirst() {
            let node = nodes[place]
            guard node.isInEffect.isAltered || node.managers.isAltered else { continue }
            let before = node.isInEffect.before && node.managers.before == 0
            let after = node.isInEffect.after && node.managers.after == 0
            if before != after { nodes[place].own.add(.withoutManager, after ? 1 : -1) }
        }
    }

    /// Takes what was counted in units that move from those above them before, and gives it to those above them after. All are
    /// taken out before any is put in, so that no unit stands beneath itself meanwhile.
    private mutating func move() throws {
        guard !isFirst else { return }
        let moved = nodes.indices.filter { nodes[$0].above.isAltered }
        guard !moved.isEmpty else { return }
        var above = nodes.map(\.above.before)
        func add(_ sum: FigureVector, above place: Int, sign: Int) {
            var next = above[place]
            for _ in 0..<Self.depthMax where next != 0 {
                nodes[next].moved.add(sum, sign: sign)
                next = above[next]
            }
        }
        var stored: [Int: FigureVector] = [:]
        for place in moved {
            let vector = nodes[place].isNew ? FigureVector() : try transaction.figureRow(nodes[place].number).vector
            stored[place] = vector
            var sum = vector
            sum.add(nodes[place].moved)
            add(sum, above: place, sign: -1)
            above[place] = 0
        }
        for place in moved {
            var sum = stored[place] ?? FigureVector()
            sum.add(nodes[place].moved)
            above[place] = nodes[place].above.after
            add(sum, above: place, sign: 1)
        }
    }
}
