import OrganisationModel

/// How the units of a sample hang together, and what other records call them.
struct UnitRelations {
    /// What leads from a record to a unit.
    struct Way {
        /// As a mapping writes it.
        let expression: String
        let columns: [SampledColumn]
        let note: String
        /// Texts that stand for "none".
        var placeholders: [String] = []

        /// The same where a unit stands in several others.
        fileprivate var doubtful: Way {
            Way(
                expression: expression, columns: columns,
                note:
                    "guess: the record stands in that element, but some units stand in several: is the tree the other way round?"
            )
        }
    }

    let units: [TableMeaning]
    /// The words of records that are about people and nothing else.
    private let people: Set<String>
    private(set) var parents: [ObjectIdentifier: Way] = [:]
    /// Whether a unit has to be made above all others, because several have no parent.
    private(set) var needsTop = false

    init(_ tables: [TableMeaning]) {
        people = Set(tables.filter { $0.sort == .person && $0.key != nil }.map(\.table.word))
        units = tables.filter { $0.sort == .unit && $0.key != nil }
        chooseKeys()
        separateKeys()
        var roots: Set<String> = []
        for unit in units {
            let way = parent(of: unit)
            parents[ObjectIdentifier(unit)] = way
            roots.formUnion(self.roots(of: unit, way))
        }
        needsTop = roots.count > 1
    }

    /// Every value that is the key of a unit.
    private var keys: Set<String> {
        units.reduce(into: []) { $0.formUnion($1.key?.column.distinct ?? []) }
    }

    func parent(_ unit: TableMeaning) -> Way? {
        parents[ObjectIdentifier(unit)]
    }

    // MARK: Keys

    /// A parent that names another column than the key tells which column the source takes for the key.
    private func chooseKeys() {
        for unit in units {
            guard let parent = unit.column(.parent), let key = unit.key?.column, parent.share(in: keys) < 0.5 else {
                continue
            }
            let others = unit.table.columns.filter {
                $0 !== key && $0 !== parent && $0.ancestor == nil && $0.isUnique
                    && $0.share(ValueShapes.isShowable) == 1
            }
            guard let other = others.max(by: { parent.share(in: $0.distinct) < parent.share(in: $1.distinct) }) else {
                continue
            }
            let share = parent.share(in: other.distinct)
            guard share >= 0.5 else { continue }
            unit.key = Choice(
                column: other, sureness: .likely,
                reason: "every record has another value, and \(Count.percent(share)) of \(parent.field) are among them")
        }
    }

    /// Two sorts of units with equal keys would be one unit.
    private func separateKeys() {
        for (place, unit) in units.enumerated() {
            let others = units.enumerated().filter { $0.offset != place }.map(\.element)
            let known = others.reduce(into: Set<String>()) { $0.formUnion($1.key?.column.distinct ?? []) }
            let own = unit.key?.column.distinct ?? []
            if own.contains(where: known.contains) { unit.prefix = YAMLText.word(unit.table.word) }
        }
    }

    /// The key of a unit out of a column of any record.
    static func key(_ unit: TableMeaning, _ field: String) -> String {
        guard let prefix = unit.prefix else { return YAMLText.scalar(field) }
        return "{join: [{text: \(YAMLText.scalar(prefix))}, \(YAMLText.scalar(field))], with: \":\"}"
    }

    /// Whether records of this name make people.
    func hasPeople(_ word: String) -> Bool {
        people.contains(word)
    }

    // MARK: From any record to a unit

    /// The keys of units around a record, from the nearest.
    private func around(_ table: SampledTable) -> [(unit: TableMeaning, column: SampledColumn)] {
        table.columns.compactMap { column in
            guard let ancestor = column.ancestor else { return nil }
            let unit = units.first { unit in
                unit.table.file == table.file && unit.table.word == ancestor
                    && unit.key.map { column.field == "ancestor::\(ancestor)/\($0.column.field)" } == true
            }
            return unit.map { ($0, column) }
        }
    }

    private func way(_ around: [(unit: TableMeaning, column: SampledColumn)]) -> Way? {
        guard let nearest = around.first else { return nil }
        let all = around.map { Self.key($0.unit, $0.column.field) }
        return Way(
            expression: all.count == 1 ? all[0] : "{firstOf: [\(all.joined(separator: ", "))]}",
            columns: around.map(\.column), note: "sure: the record stands in <\(nearest.column.ancestor ?? "")>")
    }

    /// What leads to the unit of a record that is none itself.
    func unit(of meaning: TableMeaning) -> Way? {
        if let way = way(around(meaning.table)) { return way }
        let keyed = meaning.key?.column
        var best: (column: SampledColumn, unit: TableMeaning, share: Double, score: Double)?
        for column in meaning.table.columns where column !== keyed && !column.present.isEmpty {
            let isNamed = ColumnWords.rank(column.label, .unitID) != nil || ColumnWords.units.contains(column.label)
            guard isNamed || column.distinct.count > 1 else { continue }
            for unit in units {
                let share = column.share(in: unit.key?.column.distinct ?? [])
                guard share >= (isNamed ? 0.5 : 0.98), isNamed || !Self.isOtherwiseKnown(column) else { continue }
                let score = share + (isNamed ? 1 : 0)
                if score > best?.score ?? 0 { best = (column, unit, share, score) }
            }
        }
        guard let best else { return nil }
        let sureness: Sureness = best.share == 1 ? .sure : .likely
        return Way(
            expression: Self.key(best.unit, best.column.field), columns: [best.column],
            note: "\(sureness.rawValue): \(Count.percent(best.share)) of the values are keys of units")
    }

    private static func isOtherwiseKnown(_ column: SampledColumn) -> Bool {
        ColumnWords.Role.allCases.contains { ColumnWords.rank(column.label, $0) != nil }
    }

    // MARK: From a unit to its parent

    private func parent(of unit: TableMeaning) -> Way? {
        guard let key = unit.key?.column else { return nil }
        let around = around(unit.table)
        if let way = way(around) { return isClear(around, key) ? way : way.doubtful }
        let known = keys
        var best: (column: SampledColumn, share: Double, score: Double)?
        for column in unit.table.columns where column !== key && column.ancestor == nil && !column.present.isEmpty {
            let isNamed = ColumnWords.rank(column.label, .parent) != nil
            let share = column.share(in: known)
            let shows = share == 1 && !Self.isOtherwiseKnown(column) && column.distinct.count > 1 && isTree(column, key)
            guard isNamed ? share >= 0.5 : shows else { continue }
            let score = share + (isNamed ? 1 : 0)
            if score > best?.score ?? 0 { best = (column, share, score) }
        }
        guard let best else { return nil }
        return way(to: best.column, from: unit, key: key, known: known)
    }

    private func way(to column: SampledColumn, from unit: TableMeaning, key: SampledColumn, known: Set<String>) -> Way {
        let strange = column.distinct.subtracting(known)
        let shown = strange.filter(ValueShapes.isShowable)
        // One text that is nobody's key is what the source writes above its roots.
        let none = strange.count == 1 ? shown : shown.filter { ValueShapes.isNothing($0) || ValueShapes.isZeros($0) }
        let found = column.present.filter { !none.contains($0) }
        let hits = found.count(where: known.contains)
        var notes = ["\(hits == found.count ? "sure" : "likely"): \(hits) of \(found.count) values are keys of units"]
        if hits < found.count { notes.append("the others are not, which refuses the export") }
        let own = Set(zip(key.values, column.values).filter { $0.0 == $0.1 && !$0.0.isEmpty }.map(\.0))
        let target = units.max {
            column.share(in: $0.key?.column.distinct ?? []) < column.share(in: $1.key?.column.distinct ?? [])
        }
        var expression = Self.key(target ?? unit, column.field)
        if !own.isEmpty {
            let (parent, itself) = (YAMLText.scalar(column.field), YAMLText.scalar(key.field))
            expression = "{if: {not: {field: \(parent), sameAs: \(itself)}}, then: \(expression)}"
            notes.append("\(own.count) name themselves, and are taken to have none")
        }
        return Way(
            expression: expression, columns: [column], note: notes.joined(separator: "; "), placeholders: none.sorted())
    }

    /// Whether a unit stands in one element only, wherever it comes.
    private func isClear(_ around: [(unit: TableMeaning, column: SampledColumn)], _ key: SampledColumn) -> Bool {
        guard let column = around.first?.column else { return true }
        let pairs = Set(zip(key.values, column.values).map { "\($0)\u{1F}\($1)" })
        return pairs.count == key.distinct.count
    }

    /// Whether following the column leads from every record to one root.
    private func isTree(_ column: SampledColumn, _ key: SampledColumn) -> Bool {
        let parents = Dictionary(zip(key.values, column.values), uniquingKeysWith: { first, _ in first })
        var roots: Set<String> = []
        for start in key.values {
            var (place, steps) = (start, 0)
            while let next = parents[place], !next.isEmpty, next != place {
                (place, steps) = (next, steps + 1)
                if steps > 100 { return false }
            }
            roots.insert(place)
        }
        return roots.count == 1
    }

    private func roots(of unit: TableMeaning, _ way: Way?) -> Set<String> {
        guard let key = unit.key?.column else { return [] }
        let all = zip(key.values, key.values.indices)
        guard let way else { return Set(all.map { (unit.prefix ?? "") + $0.0 }) }
        let none = Set(way.placeholders)
        return Set(
            all.filter { value, row in
                way.columns.allSatisfy { column in
                    let parent = column.values[row]
                    return parent.isEmpty || none.contains(parent) || parent == value && column.ancestor == nil
                }
            }.map { (unit.prefix ?? "") + $0.0 })
    }
}
