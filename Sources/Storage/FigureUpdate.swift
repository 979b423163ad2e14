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
        let isFunction = { (change: FigureLink.Change) in change.code & 3 == 3 }
        let wanted = isFirst ? Set(changes.lazy.filter(isFunction).map(\.id)) : nil
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

/// Counts what depends on several objects: a person once in every unit, however many engagements lead there, and a function
/// by whether somebody holds it.
private struct FigureSettling {
    var tree: FigureTree
    /// Whether an engagement was in effect before, and is after.
    let engagement: (ObjectID) throws -> (before: Bool, after: Bool)
    private var units: [Int] = []

    init(tree: FigureTree, engagement: @escaping (ObjectID) throws -> (before: Bool, after: Bool)) {
        (self.tree, self.engagement) = (tree, engagement)
    }

    mutating func settle(_ id: ObjectID, _ before: [FigureLink.Count], _ after: [FigureLink.Count]) throws {
        try countFunctions(id, before, after)
        try findUnits(before)
        countPerson(before, .before, -1)
        let old = units.count > 1 ? units : []
        try findUnits(after)
        countPerson(after, .after, 1)
        let new = units.count > 1 ? units : []
        guard old != new else { return }
        for place in old where !new.contains(place) { share(place, id, false) }
        for place in new where !old.contains(place) { share(place, id, true) }
    }

    private mutating func share(_ place: Int, _ id: ObjectID, _ isShared: Bool) {
        guard place != 0 else { return }
        if isShared { tree.nodes[place].shared.insert(id) } else { tree.nodes[place].shared.remove(id) }
        tree.nodes[place].isSharedAltered = true
    }

    // MARK: People

    /// The places of the units in which the person has an engagement.
    private mutating func findUnits(_ links: [FigureLink.Count]) throws {
        units.removeAll(keepingCapacity: true)
        for link in links {
            if case .engagement(let unit) = FigureLink(code: link.code) { units.append(try tree.place(number: unit)) }
        }
    }

    /// Adds the person in each of the units, and takes it away again where the way up from one meets that from another. So with
    /// everything beneath it summed up, each unit counts the person once.
    private mutating func countPerson(
        _ links: [FigureLink.Count], _ side: FigureTree.Side, _ sign: Int
    ) {
        guard let first = units.first else {
            // Accounts of somebody without an engagement count in the whole.
            return addPerson(links, 0, sign)
        }
        for place in units { addPerson(links, place, sign) }
        guard units.count > 1 else { return }
        var marked: Set<Int> = []
        tree.path(from: first, side) { place in
            marked.insert(place)
            return true
        }
        for start in units.dropFirst() {
            var meeting = 0
            tree.path(from: start, side) { place in
                meeting = place
                return marked.insert(place).inserted
            }
            addPerson(links, meeting, -sign)
        }
    }

    private mutating func addPerson(_ links: [FigureLink.Count], _ place: Int, _ sign: Int) {
        if !units.isEmpty { tree.nodes[place].own.add(.people, sign) }
        for link in links {
            if case .account(let system, let isDisabled) = FigureLink(code: link.code) {
                tree.nodes[place].own.add(.accounts(system: system, isDisabled: isDisabled), sign * link.count)
            }
        }
    }

    // MARK: Functions

    private mutating func countFunctions(
        _ id: ObjectID, _ before: [FigureLink.Count], _ after: [FigureLink.Count]
    ) throws {
        func isFunction(_ link: FigureLink.Count) -> Bool { link.code & 3 == 3 }
        guard before.contains(where: isFunction) || after.contains(where: isFunction) else { return }
        let holder = try engagement(id)
        for (links, isHeld, sign) in [(before, holder.before, -1), (after, holder.after, 1)] {
            for link in links {
                guard case .function(let unit, let isManager) = FigureLink(code: link.code) else { continue }
                let place = try tree.place(number: unit)
                if isHeld, isManager {
                    tree.nodes[place].managers.after += sign * link.count
                    tree.nodes[place].own.add(.managers, sign * link.count)
                } else if !isHeld {
                    tree.nodes[place].own.add(.vacancies, sign * link.count)
                }
            }
        }
    }
}

/// The texts by which units and accounts are grouped, with their numbers.
struct FigureNames {
    private let transaction: StateTransaction
    private var numbers: [String: Int] = [:]
    /// Neighbours often are of one group.
    private var last: (text: String, number: Int)?

    init(_ transaction: StateTransaction) throws {
        self.transaction = transaction
        try Self.forEach(transaction) { numbers[$1] = $0 }
    }

    private static func forEach(_ transaction: StateTransaction, _ body: (Int, String) -> Void) throws {
        let statement = try BulkStatement(transaction.db, "SELECT number, text FROM figureName")
        defer { statement.reset() }
        while try statement.step() { body(statement.int(0), statement.text(1)) }
    }

    /// The number of a text, which is written down when it is new.
    mutating func number(_ text: String) throws -> Int {
        if let last, last.text == text { return last.number }
        let number = numbers[text] ?? numbers.count + 1
        if numbers.updateValue(number, forKey: text) == nil {
            try transaction.db.execute(sql: BulkStatement.insertion(into: "figureName"), arguments: [number, text])
        }
        last = (text, number)
        return number
    }

    /// The text of a number.
    static func texts(_ transaction: StateTransaction) throws -> (Int) -> String {
        var texts: [Int: String] = [:]
        try forEach(transaction) { texts[$0] = $1 }
        return { [texts] in texts[$0] ?? "" }
    }
}
