import OrganisationModel

/// How much speaks for a choice.
enum Sureness: String {
    /// The values show it.
    case sure
    /// Values and names together make it probable.
    case likely
    /// A name says so, or nothing better was there.
    case guess
}

/// A column that was chosen, and why.
struct Choice {
    let column: SampledColumn
    let sureness: Sureness
    let reason: String

    var note: String { "\(sureness.rawValue): \(reason)" }
}

/// What a sort of record is about, and which of its columns are what.
final class TableMeaning {
    let table: SampledTable
    let sort: ColumnWords.Sort?
    /// By what its objects are known; nil when nothing serves.
    var key: Choice?
    /// The first day makes a key of what comes several times.
    private(set) var keyDay: SampledColumn?
    /// What stands before its keys, where other units have the same.
    var prefix: String?

    init(_ table: SampledTable) {
        self.table = table
        let sort = Self.sort(of: table)
        let key = sort.flatMap { Self.key(of: table, $0) }
        // Nothing but people has a personal identity number as its key: keys of others are shown.
        let isPerson = sort == .engagement && key == nil && Self.personNumber(table)?.column.ancestor == nil
        self.sort = isPerson ? .person : sort
        self.key = isPerson ? Self.personNumber(table) : key
        if let key = self.key, !key.column.isUnique, sort == .unit || sort == .engagement {
            keyDay = day(beside: key.column)
        }
    }

    // MARK: Columns

    /// The likeliest column of a role.
    /// - Parameter around: also those of elements around the record.
    func column(
        _ role: ColumnWords.Role, around: Bool = false, where fits: (SampledColumn) -> Bool = { _ in true }
    ) -> SampledColumn? {
        Self.column(table, role, around: around, where: fits)
    }

    private static func column(
        _ table: SampledTable, _ role: ColumnWords.Role, around: Bool = false,
        where fits: (SampledColumn) -> Bool = { _ in true }
    ) -> SampledColumn? {
        let found = table.columns.compactMap { column -> (column: SampledColumn, order: (Int, Int, Int))? in
            guard around || column.ancestor == nil, !column.present.isEmpty,
                let rank = ColumnWords.rank(column.label, role), fits(column)
            else { return nil }
            return (column, (column.ancestor == nil ? 0 : 1, column.depth, rank))
        }
        return found.min { $0.order < $1.order }?.column
    }

    /// A day on which something begins or ends. What ends stands beside what begins.
    func day(_ role: ColumnWords.Role) -> SampledColumn? {
        let from = column(.from) { DateReading($0) != nil }
        guard role == .to, let from else { return from ?? column(role) { DateReading($0) != nil } }
        return column(role) { DateReading($0) != nil && $0.group == from.group }
    }

    /// The personal identity number, by name and form or by form alone.
    var personNumber: Choice? {
        Self.personNumber(table)
    }

    private static func personNumber(_ table: SampledTable) -> Choice? {
        if let named = column(
            table, .personNumber, around: true,
            where: { $0.label != "pnr" || $0.share(ValueShapes.isPersonNumber) > 0.8 })
        {
            let share = named.share(ValueShapes.isPersonNumber)
            return Choice(
                column: named, sureness: share > 0.9 ? .sure : .guess,
                reason: "\(Count.percent(share)) have the form of a personal identity number, and the name says so")
        }
        let formed = table.columns.first { column in
            column.ancestor == nil && column.present.count * 2 > table.rows
                && column.share(ValueShapes.isPersonNumber) > 0.95 && column.distinct.count > 1
                && !ColumnWords.Role.allCases.contains { ColumnWords.rank(column.label, $0) != nil }
        }
        return formed.map {
            Choice(column: $0, sureness: .likely, reason: "the values have the form of a personal identity number")
        }
    }

    // MARK: The sort

    private static func sort(of table: SampledTable) -> ColumnWords.Sort? {
        func has(_ role: ColumnWords.Role, around: Bool = false) -> Bool {
            column(table, role, around: around) != nil
        }
        func sounds(_ sort: ColumnWords.Sort) -> Int {
            ColumnWords.sounds(table.word, like: sort) ? 1 : 0
        }
        func points(_ flag: Bool, _ points: Int) -> Int { flag ? points : 0 }
        let number = personNumber(table) != nil
        let names = has(.givenName, around: true) || has(.surname, around: true)
        let isPersonal = number || names || has(.employeeID)
        let job = has(.title) || has(.fraction) || has(.hours)
        let place = has(.unitID, around: true) || table.columns.contains { ColumnWords.units.contains($0.label) }
        var scores: [(sort: ColumnWords.Sort, score: Int)] = []
        let hasName = has(.unitName) || table.columns.contains { ColumnWords.names.contains($0.label) }
        scores.append(
            (
                .unit,
                sounds(.unit) * 3 + points(has(.parent), 3) + points(has(.unitID), 2) + points(hasName, 1)
                    + points(has(.unitName), 1) - points(isPersonal, 6)
            ))
        let isJob = job || place || has(.from)
        scores.append(
            (
                .engagement,
                isPersonal
                    ? sounds(.engagement) * 2 + points(has(.employeeID), 3) + points(number, 2) + points(names, 1)
                        + points(job, 2) + points(place, 1) - points(!isJob, 4)
                    : -1
            ))
        let isDirectory = has(.enabled) || has(.disabled) || has(.accountControl)
        let isNamed = table.columns.contains { $0.share(ValueShapes.isDistinguishedName) > 0.9 }
        scores.append(
            (
                .account,
                has(.account)
                    ? 3 + sounds(.account) * 2 + points(isDirectory, 3) + points(isNamed, 3) - points(has(.fraction), 4)
                    : -1
            ))
        scores.append(
            (.person, (number || names) && !job && !has(.employeeID) && !place ? sounds(.person) * 4 + 1 : -1))
        scores.append((.task, has(.taskCode) && has(.taskTitle) ? 5 + sounds(.task) : -1))
        guard let best = scores.max(by: { $0.score < $1.score }), best.score > 2 else { return nil }
        return best.sort
    }

    // MARK: The key

    /// Roles whose columns are never a key.
    private static let values: [ColumnWords.Role] = ColumnWords.Role.allCases.filter {
        ![.unitID, .employeeID, .account, .taskCode, .unitName].contains($0)
    }

    private static func key(of table: SampledTable, _ sort: ColumnWords.Sort) -> Choice? {
        let role: ColumnWords.Role? =
            switch sort {
            case .unit: .unitID
            case .engagement: .employeeID
            case .account: .account
            case .task: .taskCode
            case .person: nil
            }
        if sort == .person, let number = personNumber(table) { return number }
        let scored = table.columns.filter { $0.ancestor == nil && !$0.present.isEmpty }.compactMap { column in
            score(column, table, role).map { (column: column, score: $0) }
        }
        // Of equals the first.
        guard let best = scored.map(\.score).max(), best > 4,
            let column = scored.first(where: { $0.score == best })?.column
        else { return nil }
        return choice(column, table, role)
    }

    private static func isNamed(_ column: SampledColumn, _ table: SampledTable, _ role: ColumnWords.Role?) -> Bool {
        if let role, ColumnWords.rank(column.label, role) != nil { return true }
        let word = ColumnWords.plain(table.word)
        return ColumnWords.keys.contains { column.label == word + $0 || column.label == word + "s" + $0 }
    }

    /// Nil for what is no key.
    private static func score(_ column: SampledColumn, _ table: SampledTable, _ role: ColumnWords.Role?) -> Int? {
        let isNamed = isNamed(column, table, role)
        if !isNamed, values.contains(where: { ColumnWords.rank(column.label, $0) != nil }) { return nil }
        guard column.share(ValueShapes.isCode) == 1, column.share(ValueShapes.isPersonNumber) < 0.5 || isNamed,
            DateReading(column) == nil || isNamed
        else { return nil }
        let distinct = Double(column.distinct.count) / Double(table.rows)
        let name = isNamed ? 3 : ColumnWords.keys.contains(column.label) ? 2 : 0
        return (column.isUnique ? 4 : distinct > 0.98 ? 2 : 0) + name + (column.present.count == table.rows ? 2 : 0)
            - column.depth
    }

    /// This column as the key, with what speaks for it.
    static func choice(_ column: SampledColumn, _ table: SampledTable, _ role: ColumnWords.Role?) -> Choice {
        let isNamed = isNamed(column, table, role) || ColumnWords.keys.contains(column.label)
        let times = "\(column.distinct.count) values in \(table.rows) records"
        if column.isUnique {
            return Choice(
                column: column, sureness: isNamed && table.rows > 2 ? .sure : .likely,
                reason: "every record has another value (\(times)), like \(Count.form(column))"
                    + (isNamed ? ", and the name says so" : ""))
        }
        return Choice(
            column: column, sureness: .guess,
            reason: "the name says so, but \(times): not every record has one of its own")
    }

    /// The first day, when it and the column together tell all records apart.
    private func day(beside column: SampledColumn) -> SampledColumn? {
        guard let from = day(.from) else { return nil }
        let pairs = Set(zip(column.values, from.values).map { "\($0)\u{1F}\($1)" })
        return pairs.count == table.rows && column.present.count == table.rows ? from : nil
    }
}

/// Figures and forms in notes; never a value of a person.
enum Count {
    static func percent(_ share: Double) -> String {
        "\(Int((share * 100).rounded(.down))) %"
    }

    /// The form of the first value: `9` for digits, `a` for letters.
    static func form(_ column: SampledColumn) -> String {
        let text = column.present.first ?? ""
        return String(text.prefix(20).map { $0.isNumber ? "9" : $0.isLetter ? "a" : $0 })
    }
}

/// How the days of a column are written.
struct DateReading {
    let forms: [DateForm]
    /// The share of values that are days, from 0 to 1.
    let share: Double

    /// Nil when most values are no days.
    init?(_ column: SampledColumn) {
        let values = column.present.filter { !ValueShapes.isNothing($0) && !ValueShapes.isZeros($0) }
        guard !values.isEmpty else { return nil }
        var rest = values.map { Array($0.utf8) }
        var found: [DateForm] = []
        for form in DateForm.allCases {
            // A short number is no time of a directory.
            let left = rest.filter { text in form == .fileTime && text.count < 15 || form.parse(text) == nil }
            if left.count < rest.count { found.append(form) }
            rest = left
        }
        share = 1 - Double(rest.count) / Double(values.count)
        guard share > 0.9 else { return nil }
        forms = found
    }

    /// As `yyyy-MM-dd` and nothing more, which needs no function.
    static func isPlain(_ column: SampledColumn) -> Bool {
        column.present.allSatisfy { Day(parsing: $0) != nil || ValueShapes.isNothing($0) || ValueShapes.isZeros($0) }
    }
}
