import ChangeEvents
import OrganisationModel
import Storage
import Versioning

/// How the figures of one unit, or of the whole, are told.
struct FigureReport {
    private let reading: FigureReading
    private let unit: ObjectID?
    private let key: String
    private let name: String
    private let level: Int?
    private let figures: Figures
    /// Nothing when the unit was not in effect then.
    private let before: Figures?
    private let steps: [(position: Position, figures: Figures?)]
    private let beneath: [(id: ObjectID, key: String, name: String, counted: CountedUnit)]

    /// More steps than this are told in JSON only.
    private static let stepsMax = 20
    /// With more systems than this the table beneath has one column for all.
    private static let systemsMax = 4

    /// - Throws: ``FordelerError`` `unit.not-in-effect`.
    init(_ unit: ObjectID?, _ reading: FigureReading) throws {
        (self.reading, self.unit) = (reading, unit)
        (key, name) = try unit.map(reading.title) ?? ("", "")
        guard let found = try reading.figures(unit, reading.now) else {
            throw FordelerError(
                .notInEffect, "unit \(key) is not in effect in \(Self.told(reading.now.position))")
        }
        (level, figures) = found
        before = try reading.since.flatMap { try reading.figures(unit, $0)?.figures }
        steps = try reading.steps(unit)
        beneath = try reading.beneath(unit).map { id, counted in
            let (key, name) = try reading.title(id)
            return (id, key, name, counted)
        }.sorted { ($0.key, $0.id) < ($1.key, $1.id) }
    }

    private static func told(_ position: Position) -> String {
        "version \(position.version)" + (position.day.isFinite ? " on \(position.day)" : "")
    }

    // MARK: The figures, one by one

    /// One line of the table.
    private struct Line {
        let name: String
        let value: Int
        let before: Int
        /// Values are ten-thousandths.
        var isDecimal = false

        private func text(_ value: Int) -> String {
            isDecimal ? Decimals.write(Int64(value)) : String(value)
        }

        /// Name, value, and with `since` the value before and the difference.
        func cells(isCompared: Bool) -> [String] {
            let difference = value - before
            let sign = difference > 0 ? "+" : ""
            return [name, text(value)]
                + (isCompared ? [text(before), difference == 0 ? "" : sign + text(difference)] : [])
        }

        /// A group of which there are and were none is not told.
        var isEmpty: Bool { value == 0 && before == 0 }
    }

    private var table: [Line] {
        let old = before ?? Figures()
        func line(_ name: String, _ value: KeyPath<Figures, Int>, isDecimal: Bool = false) -> Line {
            Line(name: name, value: figures[keyPath: value], before: old[keyPath: value], isDecimal: isDecimal)
        }
        func groups<Group: Hashable & Comparable>(_ new: [Group: Int], _ old: [Group: Int], _ name: (Group) -> String)
            -> [Line]
        {
            Set(new.keys).union(old.keys).sorted().map { group in
                Line(name: "  " + name(group), value: new[group] ?? 0, before: old[group] ?? 0)
            }
        }
        func system(_ name: String) -> String { name.isEmpty ? "(no system)" : name }
        return [line("units", \.unitCount)]
            + groups(figures.unitsByLevel, old.unitsByLevel) { "level \($0)" }
            + groups(figures.unitsByType, old.unitsByType) { $0.isEmpty ? "(no type)" : $0 }
            + [
                line("units without manager", \.unitsWithoutManager), line("people", \.people),
                line("engagements", \.engagements),
            ]
            + [line("  without fraction", \.engagementsWithoutFraction)].filter { !$0.isEmpty }
            + [
                line("full-time equivalents", \.fullTime, isDecimal: true), line("managers", \.managers),
                line("vacancies", \.vacancies), line("accounts", \.accountCount),
            ]
            + groups(figures.accounts, old.accounts, system)
            + [line("disabled accounts", \.disabledAccountCount)]
            + groups(figures.disabledAccounts, old.disabledAccounts, system)
    }

    // MARK: Text

    var lines: [String] {
        let now = reading.now.position
        let what = unit == nil ? "the whole register" : "unit \(key) \(name), level \(level ?? 0), and all beneath it"
        var lines = ["figures of \(what)", Self.told(now) + notKept]
        if let since = reading.since, unit != nil, before == nil {
            lines.append("the unit was not in effect in \(Self.told(since.position))")
        }
        let head = reading.since.map { since in
            ["", "version \(now.version)", "version \(since.position.version)", "change"]
        }
        lines += Self.aligned((head.map { [$0] } ?? []) + table.map { $0.cells(isCompared: head != nil) })
        if reading.since != nil, !steps.isEmpty { lines += told(steps) }
        guard !beneath.isEmpty else { return lines }
        return lines + [unit == nil ? "of the top units:" : "of the units beneath it:"] + Self.aligned(beneathTable)
    }

    private var notKept: String {
        guard reading.now.recount != nil else { return "" }
        guard let since = reading.keptSince, reading.now.position < since else {
            return ", counted anew: the register never stood there"
        }
        return ", counted anew: figures are kept since \(Self.told(since))"
    }

    private func told(_ steps: [(position: Position, figures: Figures?)]) -> [String] {
        let omitted = steps.count - Self.stepsMax
        return ["over time:"] + (omitted > 0 ? ["  \(omitted) earlier ones: see --json"] : [])
            + steps.suffix(Self.stepsMax).map { position, figures in
                guard let figures else { return "  \(Self.told(position)): not in effect" }
                return "  \(Self.told(position)): \(figures.unitCount) units, \(figures.people) people, "
                    + "\(figures.engagements) engagements, \(figures.fullTimeText) full-time equivalents, "
                    + "\(figures.accountCount) accounts"
            }
    }

    private var beneathTable: [[String]] {
        let systems = Set(beneath.flatMap(\.counted.figures.accounts.keys)).sorted()
        let isBySystem = systems.count <= Self.systemsMax
        let heads = isBySystem ? systems.map { $0.isEmpty ? "accounts" : $0 + " accounts" } : ["accounts"]
        return [["", "units", "people", "engagements", "full-time"] + heads + ["managers", "vacancies"]]
            + beneath.map { item in
                let figures = item.counted.figures
                let accounts = isBySystem ? systems.map { figures.accounts[$0] ?? 0 } : [figures.accountCount]
                return ["\(item.key) \(item.name)", String(figures.unitCount), String(figures.people)]
                    + [String(figures.engagements), figures.fullTimeText] + accounts.map(String.init)
                    + [String(figures.managers), String(figures.vacancies)]
            }
    }

    /// The first column to the left, the others to the right.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            let line = "  " + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    // MARK: JSON

    var json: String {
        var json = JSONBytes()
        json.object { json in
            json.key("unit")
            if let unit {
                json.object { json in title(unit, key, name, level ?? 0, to: &json) }
            } else {
                json.value(String?.none)
            }
            write(reading.now, to: &json)
            json.key("keptSince")
            json.object { json in
                json.pair("version", reading.keptSince?.version)
                json.pair("day", reading.keptSince?.day.description)
            }
            json.key("figures")
            write(figures, to: &json)
            if let since = reading.since {
                json.key("since")
                json.object { json in
                    write(since, to: &json)
                    json.key("figures")
                    if let before { write(before, to: &json) } else { json.value(String?.none) }
                }
                json.key("change")
                json.object { json in writeChange(to: &json) }
                json.key("steps")
                json.array { json in for step in steps { json.object { write(step, to: &$0) } } }
            }
            json.key("beneath")
            json.array { json in
                for item in beneath {
                    json.object { json in
                        title(item.id, item.key, item.name, item.counted.level, to: &json)
                        json.key("figures")
                        write(item.counted.figures, to: &json)
                    }
                }
            }
        }
        return json.text
    }

    private func title(_ id: ObjectID, _ key: String, _ name: String, _ level: Int, to json: inout JSONBytes) {
        json.pair("id", id.description)
        json.pair("key", key)
        json.pair("name", name)
        json.pair("level", level)
    }

    private func write(_ side: FigureReading.Side, to json: inout JSONBytes) {
        json.pair("version", side.position.version)
        json.pair("day", side.position.day)
        json.key("counted")
        json.value(side.recount == nil ? "kept" : "anew")
    }

    private func write(_ step: (position: Position, figures: Figures?), to json: inout JSONBytes) {
        json.pair("version", step.position.version)
        json.pair("day", step.position.day)
        json.key("figures")
        if let figures = step.figures { write(figures, to: &json) } else { json.value(String?.none) }
    }

    private func write(_ figures: Figures, to json: inout JSONBytes) {
        json.object { json in
            json.pair("units", figures.unitCount)
            json.key("unitsByType")
            json.array { json in
                for (group, count) in figures.units.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.pair("type", group.type)
                        json.pair("level", group.level)
                        json.pair("count", count)
                    }
                }
            }
            json.pair("unitsWithoutManager", figures.unitsWithoutManager)
            json.pair("people", figures.people)
            json.pair("engagements", figures.engagements)
            json.pair("engagementsWithoutFraction", figures.engagementsWithoutFraction)
            json.pair("fullTimeEquivalents", figures.fullTimeText)
            json.pair("managers", figures.managers)
            json.pair("vacancies", figures.vacancies)
            for (name, groups) in [("accounts", figures.accounts), ("disabledAccounts", figures.disabledAccounts)] {
                json.key(name)
                json.object { json in
                    for (system, count) in groups.sorted(by: { $0.key < $1.key }) { json.pair(system, count) }
                }
            }
        }
    }

    private func writeChange(to json: inout JSONBytes) {
        let old = before ?? Figures()
        func pair(_ name: String, _ value: KeyPath<Figures, Int>) {
            json.pair(name, figures[keyPath: value] - old[keyPath: value])
        }
        pair("units", \.unitCount)
        pair("unitsWithoutManager", \.unitsWithoutManager)
        pair("people", \.people)
        pair("engagements", \.engagements)
        pair("engagementsWithoutFraction", \.engagementsWithoutFraction)
        json.pair("fullTimeEquivalents", Decimals.write(Int64(figures.fullTime - old.fullTime)))
        pair("managers", \.managers)
        pair("vacancies", \.vacancies)
        pair("accounts", \.accountCount)
        pair("disabledAccounts", \.disabledAccountCount)
    }
}

extension Figures {
    fileprivate var unitsByLevel: [Int: Int] {
        Dictionary(units.map { ($0.key.level, $0.value) }, uniquingKeysWith: +)
    }

    fileprivate var unitsByType: [String: Int] {
        Dictionary(units.map { ($0.key.type, $0.value) }, uniquingKeysWith: +)
    }
}
