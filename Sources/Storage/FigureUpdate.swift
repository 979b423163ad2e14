import GRDB
import OrganisationModel
import Versioning

/// One step of the position, as far as figures are concerned: it is told each object that may count otherwise than before, and
/// then writes what differs. It is a class, so that what holds it is copied at the cost of one reference.
final class FigureUpdate {
    private let transaction: StateTransaction
    private let rules: FigureRules
    /// Nothing was ever counted.
    private let isFirst: Bool
    private var tree: FigureTree
    private var names: FigureNames
    private var changes: [FigureLink.Change] = []
    /// The engagements that come into effect (true) or go out of it.
    private var toggled: [(id: ObjectID, isInEffect: Bool)] = []

    init(_ transaction: StateTransaction) throws {
        self.transaction = transaction
        rules = FigureRules(schema: transaction.schema)
        isFirst = try Int.fetchOne(transaction.db, sql: "SELECT 1 FROM figure LIMIT 1") == nil
        tree = try FigureTree(transaction, isFirst: isFirst)
        names = try FigureNames(transaction)
    }

    // MARK: Being told

    /// An object that counted as it was on one day, and counts as it is on another, or on the same.
    func note(
        _ id: ObjectID, _ kind: Kind, before: ObjectState?, on old: Day, after: ObjectState?, on new: Day
    ) throws {
        let before = rules.part(kind, before, on: old)
        let after = rules.part(kind, after, on: new)
        guard before != after else { return }
        if let before { try count(before, id, -1) }
        if let after { try count(after, id, 1) }
        switch (kind, after) {
        case (.unit, nil): try tree.set(id, isInEffect: false, parent: nil, type: 0)
        case (.engagement, _) where (before == nil) != (after == nil): toggled.append((id, after != nil))
        default: break
        }
    }

    /// What counts in one unit is counted there; what depends on other objects goes by links.
    private func count(_ part: FigurePart, _ id: ObjectID, _ sign: Int) throws {
        switch part {
        case .unit(let parent, let type):
            // What it was is known.
            guard sign > 0 else { return }
            try tree.set(id, isInEffect: true, parent: parent, type: names.number(type))
        case .engagement(let unit, let person, let fraction):
            let place = try tree.place(of: unit)
            tree.nodes[place].own.add(.engagements, sign)
            if let fraction {
                tree.nodes[place].own.add(.fullTime, sign * Int(fraction))
            } else {
                tree.nodes[place].own.add(.withoutFraction, sign)
            }
            if let person { link(person, .engagement(unit: tree.nodes[place].number), sign) }
        case .account(let person, let system, let isDisabled):
            let system = try names.number(system)
            if let person {
                link(person, .account(system: system, isDisabled: isDisabled), sign)
            } else {
                tree.nodes[0].own.add(.accounts(system: system, isDisabled: isDisabled), sign)
            }
        case .function(let unit, let holder, let isManager):
            let place = try tree.place(of: unit)
            if let holder {
                link(holder, .function(unit: tree.nodes[place].number, isManager: isManager), sign)
            } else {
                tree.nodes[place].own.add(.vacancies, sign)
            }
        }
    }

    private func link(_ id: ObjectID, _ link: FigureLink, _ sign: Int) {
        changes.append(FigureLink.Change(id: id, code: link.code, difference: Int32(sign)))
    }

    // MARK: Writing

    /// Writes what differs, as of a position that is later than all before.
    func write(_ position: Position) throws {
        let shared = try tree.resolve()
        try settle(shared, position.day)
        let sums = try tree.sums()
        try writeUnits()
        try writeFigures(sums, position)
    }

    /// Counts people and functions anew of whom something changed.
    private func settle(_ shared: Set<ObjectID>, _ day: Day) throws {
        // Of the engagements of a first import only those matter that functions name, and these are few.
        let wanted = isFirst ? Set(changes.lazy.filter { FigureLink.isFunction($0.code) }.map(\.id)) : nil
        var engagements: [ObjectID: Bool] = [:]
        for (id, isInEffect) in toggled where wanted?.contains(id) ?? true { engagements[id] = isInEffect }
        let others = isFirst ? [] : Array(engagements.keys) + shared
        var settling = FigureSettling(tree: tree) { [transaction, rules] id in
            if let isInEffect = engagements[id] { return (!isInEffect, isInEffect) }
            guard let object = try transaction.object(id), object.kind == .engagement else { return (false, false) }
            let isInEffect = rules.part(.engagement, object.state, on: day) != nil
            return (isInEffect, isInEffect)
        }
        // There is only one tree, so that nothing is copied.
        tree.nodes = []
        defer { tree = settling.tree }
        try FigureLinks(transaction, isFirst: isFirst).apply(changes, others: others) { id, before, after in
            try settling.settle(id, before, after)
        }
    }

    private func writeUnits() throws {
        let insertion = try BulkStatement(
            transaction.db, BulkStatement.insertion(into: "figureUnit", orReplace: !isFirst))
        for node in tree.nodes.dropFirst() where node.isRowAltered {
            insertion.bind(1, node.number)
            insertion.bind(copying: node.id, 2)
            insertion.bind(3, tree.nodes[node.parent.after].number)
            insertion.bind(4, node.level.after)
            insertion.bind(5, node.type.after)
            insertion.bind(6, node.managers.after)
            insertion.bind(copying: node.shared.sorted().flatMap(\.bytes), 7)
            try insertion.run()
        }
    }

    private func writeFigures(_ sums: [FigureVector], _ position: Position) throws {
        let insertion = try BulkStatement.insert(transaction.db, into: "figure")
        for (node, sum) in zip(tree.nodes, sums) {
            let isPlaced = node.level.isAltered || node.above.isAltered
            guard !sum.isZero || isPlaced || (isFirst && node.number == 0) else { continue }
            var vector = isFirst || node.isNew ? FigureVector() : try transaction.figureRow(node.number).vector
            vector.add(sum)
            let row = FigureRow(
                level: node.level.after, above: tree.nodes[node.above.after].number, vector: vector)
            insertion.bind(1, node.number)
            insertion.bind(2, position.version)
            insertion.bind(3, Int(position.day.number))
            insertion.bind(copying: row.bytes, 4)
            try insertion.run()
        }
    }
}
