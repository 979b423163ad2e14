import OrganisationModel

/// Writes the draft of one sort of record.
struct RecordDraft {
    let meaning: TableMeaning
    let relations: UnitRelations
    var notes: DraftNotes
    private var read: Set<String> = []

    init(_ meaning: TableMeaning, _ relations: UnitRelations, _ notes: DraftNotes) {
        self.meaning = meaning
        self.relations = relations
        self.notes = notes
    }

    static let top = "top"

    // MARK: The record

    mutating func write(_ indent: Int, _ text: inout DraftText) {
        guard let sort = meaning.sort, let key = meaning.key else { return }
        let kind =
            switch sort {
            case .unit: Kind.unit
            case .engagement: Kind.engagement
            case .account: Kind.user
            case .person: Kind.person
            case .task: Kind.task
            }
        text.add(indent, "\(YAMLText.scalar(meaning.table.element)):")
        text.add(indent + 1, "kind: \(kind.name)")
        if let day = meaning.keyDay {
            read.formUnion([key.column.field, day.field])
            text.add(
                indent + 1, "key: {join: [\(field(key.column)), \(field(day))], with: \"/\"}",
                note: "likely: \(key.column.field) comes again, each time with another first day")
        } else if sort == .account, let guid = guid {
            text.add(indent + 1, "key: \(use(guid))", note: "sure: every record has another UUID")
        } else {
            text.add(indent + 1, "key: \(sort == .person ? number(key.column) : recordKey(key))", note: key.note)
        }
        text.add(indent + 1, "objects:")
        switch sort {
        case .unit: unit(indent + 2, &text)
        case .engagement: engagement(indent + 2, &text)
        case .account: account(indent + 2, &text)
        case .person: person(indent + 2, &text, effective: nil)
        case .task: task(indent + 2, &text)
        }
        let left = meaning.table.columns.filter { !read.contains($0.field) && $0.ancestor == nil }
        if sort == .unit, let guid, !read.contains(guid.field) {
            text.comment(
                indent + 1,
                "\(guid.field) is a UUID of each record. With uuid: the unit keeps it; relations to units are then {uuid: ...}."
            )
        }
        let empty = left.filter(\.present.isEmpty)
        let filled = left.filter { !$0.present.isEmpty }
        if !filled.isEmpty { text.comment(indent + 1, "Not read: \(filled.map(\.field).joined(separator: ", ")).") }
        if !empty.isEmpty { text.comment(indent + 1, "Never filled: \(empty.map(\.field).joined(separator: ", ")).") }
    }

    private mutating func recordKey(_ key: Choice) -> String {
        read.insert(key.column.field)
        return meaning.sort == .unit ? UnitRelations.key(meaning, key.column.field) : field(key.column)
    }

    // MARK: Expressions

    private func field(_ column: SampledColumn) -> String {
        YAMLText.scalar(column.field)
    }

    /// The column, and a note of the texts in it that stand for nothing.
    private mutating func use(_ column: SampledColumn, zeros: Bool = false) -> String {
        read.insert(column.field)
        let nothing = column.distinct.filter { ValueShapes.isNothing($0) || (zeros && ValueShapes.isZeros($0)) }
        if !nothing.isEmpty { notes.placeholders[column.field, default: []].formUnion(nothing) }
        return field(column)
    }

    private mutating func use(_ way: UnitRelations.Way) -> String {
        read.formUnion(way.columns.map(\.field))
        for column in way.columns where !way.placeholders.isEmpty {
            notes.placeholders[column.field, default: []].formUnion(way.placeholders)
        }
        return way.expression
    }

    /// Personal identity numbers are digits, however they are grouped.
    private mutating func number(_ column: SampledColumn) -> String {
        let text = use(column)
        return column.present.contains { $0.contains("-") || $0.contains(" ") } ? "{digits: \(text)}" : text
    }

    private mutating func day(_ column: SampledColumn) -> (text: String, note: String)? {
        guard let reading = DateReading(column) else { return nil }
        let text = use(column, zeros: true)
        let share = "\(Count.percent(reading.share)) of the values are days"
        let note = "\(reading.share == 1 ? "sure" : "likely"): the name says so, and \(share)"
        if DateReading.isPlain(column) { return (text, note) }
        let forms = reading.forms.map { YAMLText.quoted($0.rawValue) }.joined(separator: ", ")
        return ("{date: \(text), forms: [\(forms)]}", note + ", like \(Count.form(column))")
    }

    /// First and last day; nil when the record has neither.
    private mutating func effective() -> (text: String, note: String)? {
        let from = meaning.day(.from).flatMap { day($0) }
        let to = meaning.day(.to).flatMap { day($0) }
        guard from != nil || to != nil else { return nil }
        let parts = [from.map { "from: \($0.text)" }, to.map { "to: \($0.text)" }].compactMap { $0 }
        return ("{\(parts.joined(separator: ", "))}", (from ?? to)?.note ?? "")
    }

    private mutating func flag(_ column: SampledColumn) -> String? {
        guard column.share(ValueShapes.isFlag) == 1 else { return nil }
        let text = use(column)
        let strange = column.distinct.filter { Flags.parse(Array($0.utf8)) == nil }
        if strange.isEmpty { return text }
        for word in column.distinct { notes.flags[word] = ValueShapes.yes.contains(word.lowercased()) }
        return "{lookup: \(text), in: flags}"
    }

    private mutating func fraction() -> (text: String, note: String)? {
        if let column = meaning.column(.fraction, where: { $0.share(ValueShapes.isDecimal) > 0.9 }) {
            let text = use(column)
            let largest = column.present.compactMap { Self.decimal($0) }.max() ?? 0
            if largest > 2 * Decimals.scale {
                return ("{percent: \(text)}", "likely: the name says so, and the values are above 2")
            }
            return (text, "likely: the name says so, and no value is above 2")
        }
        guard let hours = meaning.column(.hours, where: { $0.share(ValueShapes.isDecimal) > 0.9 }) else { return nil }
        if let full = meaning.column(.fullHours, where: { $0.share(ValueShapes.isDecimal) > 0.9 }) {
            return ("{ratio: [\(use(hours)), \(use(full))]}", "guess: the names say so")
        }
        return ("{ratio: [\(use(hours)), {text: \"37\"}]}", "guess: hours of a week of 37")
    }

    private static func decimal(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBytes(Decimals.parse)
    }

    private var guid: SampledColumn? {
        meaning.table.columns.first { column in
            column.isUnique && column.ancestor == nil
                && (column.share(ValueShapes.isUUID) == 1 || column.share(ValueShapes.isHexGUID) == 1)
        }
    }

    // MARK: Attributes

    /// A column for an attribute by its name alone.
    private mutating func attribute(
        _ name: String, _ role: ColumnWords.Role, _ indent: Int, _ text: inout DraftText, around: Bool = false,
        zeros: Bool = false, where fits: (SampledColumn) -> Bool = { _ in true }
    ) {
        let known = read
        guard let column = meaning.column(role, around: around, where: { !known.contains($0.field) && fits($0) }) else {
            return
        }
        text.add(indent, "\(name): \(use(column, zeros: zeros))", note: "guess: the name says so")
    }

    private mutating func contacts(_ indent: Int, _ text: inout DraftText) {
        if let mail = meaning.column(.email, where: { $0.share(ValueShapes.isEmail) > 0.8 })
            ?? meaning.table.columns.first(where: { $0.ancestor == nil && $0.share(ValueShapes.isEmail) > 0.95 })
        {
            text.add(
                indent, "email: \(use(mail))",
                note: "sure: \(Count.percent(mail.share(ValueShapes.isEmail))) are addresses")
        }
        phone("phone", [.phone, .mobile], indent, &text)
    }

    /// The first of these roles that a column with numbers has.
    private mutating func phone(_ name: String, _ roles: [ColumnWords.Role], _ indent: Int, _ text: inout DraftText) {
        let found = roles.lazy.compactMap { [meaning] role in
            meaning.column(role, where: { $0.share(ValueShapes.isPhone) > 0.8 })
        }
        guard let phone = found.first else { return }
        let isTidy = phone.present.allSatisfy(ValueShapes.isWhole)
        let column = use(phone, zeros: true)
        text.add(
            indent, "\(name): \(isTidy ? column : "{phone: \(column)}")", note: "likely: numbers, and the name says so")
    }

    // MARK: Units

    private mutating func unit(_ indent: Int, _ text: inout DraftText) {
        guard let key = meaning.key else { return }
        text.add(indent, "- kind: unit")
        text.add(indent + 1, "key: \(recordKey(key))")
        if meaning.keyDay != nil {
            text.add(indent + 1, "shared: daily", note: "a unit is on each day what its record of that day says")
        }
        if let effective = effective() { text.add(indent + 1, "effective: \(effective.text)", note: effective.note) }
        text.add(indent + 1, "attributes:")
        name(key, indent + 2, &text)
        parent(indent + 2, &text)
        attribute("shortName", .shortName, indent + 2, &text)
        attribute("unitType", .unitType, indent + 2, &text)
        address(indent + 2, &text)
        phone("phone", [.phone, .mobile], indent + 2, &text)
        attribute("ean", .ean, indent + 2, &text, zeros: true)
        attribute("pNumber", .pNumber, indent + 2, &text, zeros: true)
        attribute("cvr", .cvr, indent + 2, &text, zeros: true)
        attribute("seNumber", .seNumber, indent + 2, &text, zeros: true)
        attribute("costCentre", .costCentre, indent + 2, &text)
        if relations.needsTop { topUnit(indent, &text) }
    }

    private mutating func name(_ key: Choice, _ indent: Int, _ text: inout DraftText) {
        let word = ColumnWords.plain(meaning.table.word)
        let named =
            meaning.column(.unitName)
            ?? meaning.table.columns.filter { column in
                column.ancestor == nil && !column.present.isEmpty
                    && (ColumnWords.names.contains(column.label)
                        || ColumnWords.names.contains { column.label == word + $0 || column.label == word + "s" + $0 }
                        || column.label == word && column.share(ValueShapes.isCode) < 1)
            }.min { $0.depth < $1.depth }
        if let named {
            let share = Double(named.present.count) / Double(max(1, meaning.table.rows))
            return text.add(
                indent, "name: \(use(named))",
                note: "\(share == 1 ? "sure" : "likely"): the name says so; \(Count.percent(share)) have one")
        }
        let known = read.union(relations.parent(meaning)?.columns.map(\.field) ?? [])
        // Words with spaces in them that differ from record to record.
        let wordy = meaning.table.columns.filter { column in
            column.ancestor == nil && !known.contains(column.field) && column.present.count == meaning.table.rows
                && column.present.contains { $0.contains(" ") } && DateReading(column) == nil
                && !ColumnWords.Role.allCases.contains { ColumnWords.rank(column.label, $0) != nil }
        }.max { $0.distinct.count < $1.distinct.count }
        if let wordy {
            return text.add(indent, "name: \(use(wordy))", note: "guess: texts that differ from record to record")
        }
        text.add(indent, "name: \(field(key.column))", note: "guess: no column looks like a name, so it is the key")
    }

    private mutating func parent(_ indent: Int, _ text: inout DraftText) {
        let way = relations.parent(meaning)
        guard relations.needsTop else {
            if let way { text.add(indent, "parent: \(use(way))", note: way.note) }
            return
        }
        guard let way else {
            return text.add(indent, "parent: {text: \(Self.top)}", note: "nothing says what is above a unit")
        }
        text.add(
            indent, "parent: {firstOf: [\(use(way)), {text: \(Self.top)}]}",
            note: way.note + "; several have none, and hang under a unit that is made")
    }

    private mutating func address(_ indent: Int, _ text: inout DraftText) {
        let parts = [ColumnWords.Role.street, .zip, .city].map { meaning.column($0) }
        guard let street = parts[0] else { return }
        let place = [parts[1], parts[2]].compactMap { $0 }.map { use($0) }
        let all = [use(street)] + (place.isEmpty ? [] : ["{join: [\(place.joined(separator: ", "))]}"])
        text.add(
            indent, "address: \(all.count == 1 ? all[0] : "{join: [\(all.joined(separator: ", "))], with: \", \"}")",
            note: "guess: the names say so")
    }

    /// One root for units that have none; every record makes the same one.
    private func topUnit(_ indent: Int, _ text: inout DraftText) {
        text.comment(
            indent, "There must be one unit above all others. Give it its real name, or let the source deliver it.")
        text.add(
            indent,
            "- {kind: unit, key: {text: \(Self.top)}, shared: true, attributes: {name: {text: \"Organisation\"}}}")
    }

    // MARK: Employments

    private mutating func engagement(_ indent: Int, _ text: inout DraftText) {
        guard let key = meaning.key else { return }
        let effective = effective()
        let made = madeUnit()
        let person = personKey(key)
        if person.isMadeHere { self.person(indent, &text, effective: effective?.text) }
        if let made { unit(made, indent, &text) }
        text.add(indent, "- kind: engagement")
        text.add(indent + 1, "key: \(engagementKey(key))")
        if meaning.keyDay != nil { text.add(indent + 1, "shared: daily") }
        if let effective { text.add(indent + 1, "effective: \(effective.text)", note: effective.note) }
        text.add(indent + 1, "attributes:")
        text.add(indent + 2, "employeeNumber: \(field(key.column))")
        attribute("title", .title, indent + 2, &text)
        if let way = relations.unit(of: meaning), made == nil {
            text.add(indent + 2, "unit: \(use(way))", note: way.note)
        } else if let made {
            text.add(indent + 2, "unit: \(field(made.key))")
        }
        text.add(indent + 2, "person: \(person.expression)", note: person.note)
        if let fraction = fraction() { text.add(indent + 2, "fraction: \(fraction.text)", note: fraction.note) }
        contacts(indent + 2, &text)
        if let account = meaning.column(.account) {
            text.add(indent, "- kind: user")
            text.add(indent + 1, "key: \(use(account))", note: "guess: the name says so")
            text.add(indent + 1, "shared: true")
            if let effective { text.add(indent + 1, "effective: \(effective.text)") }
            text.add(indent + 1, "attributes: {accountName: \(field(account)), person: \(person.expression)}")
        }
        manager(key, indent, effective?.text, hasUnit: made != nil || relations.unit(of: meaning) != nil, &text)
    }

    private mutating func engagementKey(_ key: Choice) -> String {
        read.insert(key.column.field)
        return key.column === meaning.personNumber?.column ? number(key.column) : field(key.column)
    }

    private mutating func manager(
        _ key: Choice, _ indent: Int, _ effective: String?, hasUnit: Bool, _ text: inout DraftText
    ) {
        guard hasUnit, let column = meaning.column(.isManager, where: { $0.share(ValueShapes.isFlag) == 1 }) else {
            return
        }
        let yes = column.distinct.filter { ValueShapes.yes.contains($0.lowercased()) }.sorted()
        guard !yes.isEmpty else { return }
        let way = relations.unit(of: meaning)?.expression ?? madeUnit().map { field($0.key) } ?? ""
        text.add(indent, "- kind: function")
        text.add(indent + 1, "key: {join: [{text: manager}, \(field(key.column))], with: \":\"}")
        text.add(
            indent + 1, "when: {field: \(use(column)), equals: [\(yes.map(YAMLText.quoted).joined(separator: ", "))]}",
            note: "guess: the name says so, and the values are flags")
        if meaning.keyDay != nil { text.add(indent + 1, "shared: daily") }
        if let effective { text.add(indent + 1, "effective: \(effective)") }
        text.add(
            indent + 1, "attributes: {functionType: {text: manager}, unit: \(way), engagement: \(field(key.column))}")
    }

    /// The unit that employments name where no record describes it.
    private struct MadeUnit {
        let key: SampledColumn
        let name: SampledColumn
    }

    private func madeUnit() -> MadeUnit? {
        guard relations.unit(of: meaning) == nil, relations.units.isEmpty else { return nil }
        let words = meaning.table.columns.filter {
            $0.ancestor == nil && ColumnWords.units.contains($0.label) && !$0.present.isEmpty
        }
        let name = meaning.column(.unitName) ?? words.first
        guard let key = meaning.column(.unitID) ?? name else { return nil }
        return MadeUnit(key: key, name: name ?? key)
    }

    private mutating func unit(_ made: MadeUnit, _ indent: Int, _ text: inout DraftText) {
        text.comment(
            indent,
            "No record describes units, so employments make them. Take this away where another file delivers them.")
        text.add(indent, "- kind: unit")
        text.add(indent + 1, "key: \(use(made.key))", note: "guess: the name says so")
        text.add(indent + 1, "shared: true")
        text.add(
            indent + 1,
            "attributes: {name: \(made.name === made.key ? field(made.key) : "{firstOf: [\(use(made.name)), \(field(made.key))]}"), parent: {text: \(Self.top)}}"
        )
        topUnit(indent, &text)
    }

    // MARK: People and accounts

    /// How an employment names its person.
    private mutating func personKey(_ key: Choice) -> (expression: String, note: String?, isMadeHere: Bool) {
        if let number = meaning.personNumber {
            let isElsewhere = number.column.ancestor != nil && relations.hasPeople(number.column.ancestor ?? "")
            return (self.number(number.column), number.note, !isElsewhere)
        }
        return (
            field(key.column), "guess: no personal identity number, so every employment has a person of its own", true
        )
    }

    private mutating func person(_ indent: Int, _ text: inout DraftText, effective: String?) {
        guard let key = meaning.key else { return }
        let number = meaning.personNumber
        text.add(indent, "- kind: person")
        text.add(indent + 1, "key: \(number.map { self.number($0.column) } ?? field(key.column))", note: number?.note)
        text.add(indent + 1, "shared: true")
        if let effective { text.add(indent + 1, "effective: \(effective)") }
        text.add(indent + 1, "attributes:")
        let mark = text.lines.count
        personNames(indent + 2, &text)
        if let number { text.add(indent + 2, "cpr: \(self.number(number.column))") }
        protection(indent + 2, &text)
        if !text.hasValues(from: mark) { text.add(indent + 2, "{}") }
    }

    /// Where somebody can be found who must not be is told to nobody, as long as the flag comes with them.
    private mutating func protection(_ indent: Int, _ text: inout DraftText) {
        guard let column = meaning.column(.protection, around: true) else { return }
        if let flag = flag(column) {
            text.add(indent, "addressProtected: \(flag)", note: "likely: the name says so, and the values are flags")
        } else {
            text.comment(
                indent,
                "\(column.field) seems to tell who has a protected address. Make a flag of it: addressProtected.")
        }
    }

    private mutating func personNames(_ indent: Int, _ text: inout DraftText) {
        let given = meaning.column(.givenName, around: true)
        let surname = meaning.column(.surname, around: true)
        if let given { text.add(indent, "givenName: \(use(given))", note: "likely: the name says so") }
        if let surname { text.add(indent, "surname: \(use(surname))", note: "likely: the name says so") }
        guard given == nil, surname == nil,
            let whole = meaning.column(
                .fullName, around: true, where: { DateReading($0) == nil && $0.share(ValueShapes.isWhole) < 0.5 })
        else { return }
        let column = use(whole)
        if whole.share({ $0.contains(", ") }) > 0.9 {
            text.add(
                indent, "givenName: {slice: {part: \(column), separator: \",\", number: 2}, from: 2}",
                note: "likely: nearly all have a comma in the middle")
            text.add(indent, "surname: {part: \(column), separator: \",\", number: 1}")
        } else {
            text.add(
                indent, "givenName: \(column)",
                note: "guess: the whole name, because nothing tells where the surname begins")
        }
    }

    private mutating func account(_ indent: Int, _ text: inout DraftText) {
        guard let key = meaning.key else { return }
        text.add(indent, "- kind: user")
        text.add(indent + 1, "key: \(use(key.column))", note: key.note)
        if let guid {
            let column = use(guid)
            text.add(indent + 1, "uuid: \(guid.share(ValueShapes.isUUID) == 1 ? column : "{guid: \(column)}")")
        }
        if let effective = effective() { text.add(indent + 1, "effective: \(effective.text)", note: effective.note) }
        text.add(indent + 1, "attributes:")
        text.add(indent + 2, "accountName: \(field(key.column))")
        if let name = meaning.column(.fullName, where: { $0.share(ValueShapes.isWhole) < 0.5 }) {
            text.add(indent + 2, "displayName: \(use(name))", note: "guess: the name says so")
        }
        if let mail = meaning.column(.email, where: { $0.share(ValueShapes.isEmail) > 0.8 }) {
            text.add(
                indent + 2, "email: \(use(mail))",
                note: "sure: \(Count.percent(mail.share(ValueShapes.isEmail))) are addresses")
        }
        phone("phone", [.phone], indent + 2, &text)
        phone("mobile", [.mobile], indent + 2, &text)
        disabled(indent + 2, &text)
        var finds: [String] = []
        if let number = meaning.column(.employeeID) {
            finds.append("{kind: engagement, attribute: employeeNumber, equals: \(use(number))}")
        }
        if let number = meaning.personNumber {
            finds.append("{kind: person, attribute: cpr, equals: \(self.number(number.column))}")
        }
        if finds.isEmpty {
            text.comment(indent + 2, "No column ties the account to a person of another source.")
        } else {
            text.add(
                indent + 2, "person: {find: [\(finds.joined(separator: ", "))]}",
                note: "guess: as another source may know it")
        }
    }

    private mutating func disabled(_ indent: Int, _ text: inout DraftText) {
        if let column = meaning.column(.accountControl, where: { $0.share(ValueShapes.isWhole) == 1 }) {
            text.add(indent, "disabled: {bit: \(use(column)), mask: 2}", note: "sure: bit 2 of userAccountControl")
        } else if let column = meaning.column(.enabled), let flag = flag(column) {
            text.add(indent, "disabled: {not: \(flag)}", note: "likely: the name says so, and the values are flags")
        } else if let column = meaning.column(.disabled), let flag = flag(column) {
            text.add(indent, "disabled: \(flag)", note: "likely: the name says so, and the values are flags")
        }
    }

    // MARK: Tasks

    private mutating func task(_ indent: Int, _ text: inout DraftText) {
        guard let key = meaning.key else { return }
        text.add(indent, "- kind: task")
        text.add(indent + 1, "key: \(recordKey(key))", note: key.note)
        text.add(indent + 1, "attributes:")
        attribute("title", .taskTitle, indent + 2, &text)
        text.add(indent + 2, "code: \(field(key.column))")
        let above = meaning.table.columns.first { $0.ancestor != nil && ColumnWords.rank($0.label, .taskCode) != nil }
        if let above {
            text.add(indent + 2, "parent: \(use(above))", note: "sure: the record stands in <\(above.ancestor ?? "")>")
        }
    }
}
