@testable import Mapping
import OrganisationModel
import RegisterFixtures

/// Three sources that say where a few units stand, with mistakes, and what the configuration says of them.
struct ScopeWorld: CustomStringConvertible {
    static let sources = ["a", "b", "c"]
    static let units = Array(0..<7)
    /// Days on which periods begin and end, one before all of them, and one after.
    static let days = (-1...11).map { Day(number: $0) }

    struct Period {
        let from: Day
        let to: Day
        let parent: Int?
    }

    struct Record {
        let source: String
        let unit: Int
        let flags: UInt8
        let periods: [Period]
    }

    private(set) var records: [Record] = []
    let scopes: UnitScopes
    let order: [String]
    /// One of the sources may have delivered nothing yet; then its scope does not count.
    let delivered: Set<String>

    init(_ random: inout SeededRandom) {
        order = Self.sources.shuffled(using: &random)
        let share = random.pick([1, 2, 3])
        delivered = Set(random.once(in: 4) ? order.dropLast() : order[...])
        for source in Self.sources where delivered.contains(source) {
            for unit in Self.units where random.once(in: share) {
                for _ in 0..<(random.once(in: 8) ? 2 : 1) { records.append(Self.record(source, unit, &random)) }
            }
        }
        func name(_ random: inout SeededRandom) -> UnitName {
            let source = random.pick(Self.sources)
            return UnitName(source: source, key: "\(source)\(random.pick(Self.units))")
        }
        var owners: [UnitName: String] = [:]
        for _ in 0..<random.number(0...3) { owners[name(&random)] = random.pick(Self.sources) }
        var parents: [String: UnitName] = [:]
        for source in Self.sources where random.once(in: 5) {
            let parent = name(&random)
            if parent.source != source { parents[source] = parent }
        }
        scopes = UnitScopes(
            excluded: Set((0..<random.number(0...2)).map { _ in name(&random) }), owners: owners, parents: parents)
    }

    private static func record(_ source: String, _ unit: Int, _ random: inout SeededRandom) -> Record {
        if random.once(in: 10) { return Record(source: source, unit: unit, flags: Claim.withheld, periods: []) }
        var days = [random.number(0...10), random.number(0...10), random.number(0...10)].map { Day(number: Int32($0)) }
        days = Array(Set(days)).sorted()
        if random.once(in: 2) { days[0] = .distantPast }
        if random.once(in: 2), days.count > 1 { days[days.count - 1] = .distantFuture }
        // Mostly a tree; now and then units stand beneath each other.
        let periods = zip(days, days.dropFirst()).map { from, to in
            let parent = unit == 0 || random.once(in: 8) ? nil : random.number(0...unit - 1)
            return Period(from: from, to: to, parent: random.once(in: 12) ? random.pick(units) : parent)
        }
        return Record(source: source, unit: unit, flags: 0, periods: random.once(in: 4) ? periods.dropLast() : periods)
    }

    func id(_ unit: Int) -> ObjectID {
        ObjectID(high: 1, low: UInt64(unit + 1))
    }

    var description: String {
        let texts = records.map { record in
            let periods = record.periods.map { "\($0.from.number)..<\($0.to.number) under \($0.parent ?? -1)" }
            return "\(record.source)\(record.unit) \(periods)"
        }
        return "order \(order) \(texts) excluded \(scopes.excluded) owners \(scopes.owners) parents \(scopes.parents)"
    }

    var precedence: Precedence {
        Precedence(sources: order, scopes: scopes)
    }

    func places() -> UnitPlaces {
        var places = UnitPlaces(precedence, schema: .standard)
        for record in records {
            var writer = Claim.Writer()
            let key = Array("\(record.source)\(record.unit)".utf8)
            key.withUnsafeBytes { key in
                writer.begin(recordKey: key, findings: [])
                writer.beginObject(
                    .unit, flags: record.flags, id: id(record.unit), key: key, periodCount: record.periods.count)
                for period in record.periods {
                    writer.beginPeriod(from: period.from, to: period.to)
                    if let parent = period.parent { writer.append(target: id(parent), key: key, number: 2) }
                    writer.endPeriod()
                }
                writer.endObject()
                writer.end()
            }
            writer.bytes.withUnsafeBytes { places.read($0, of: record.source) }
        }
        return places
    }

    // MARK: The reference: one day at a time, from the unit upwards

    func isCut(_ unit: Int, _ source: String, _ day: Day) -> Bool {
        var excluded: Set<Int> = []
        for name in scopes.excluded { excluded.formUnion(heads(name)) }
        var owners: [Int: Set<String>] = [:]
        for (name, owner) in scopes.owners where delivered.contains(owner) {
            for head in heads(name) { owners[head, default: []].insert(owner) }
        }
        var path: [Int] = []
        var current = unit
        var end = Step.unknown
        while !path.contains(current) {
            path.append(current)
            end = step(current, source, day)
            guard case .up(let parent) = end else { break }
            (current, end) = (parent, .unknown)
        }
        if path.contains(where: excluded.contains) { return true }
        guard let head = path.first(where: { owners[$0] != nil }) else {
            if case .root = end { return hasScope(source) }
            return false
        }
        guard let owner = owners[head], owner.count == 1, !owner.contains(source) else { return false }
        return hasScope(source)
            || records.contains { $0.source == source && $0.unit == unit && !$0.periods.isEmpty }
    }

    private func hasScope(_ source: String) -> Bool {
        delivered.contains(source) && scopes.owners.values.contains(source)
    }

    private enum Step {
        case up(Int)
        case root
        case unknown
    }

    /// The units that a source knows by a name: those that are there on some day, and those of records that are withheld.
    private func heads(_ name: UnitName) -> [Int] {
        records.filter { record in
            record.source == name.source && "\(record.source)\(record.unit)" == name.key
                && (!record.periods.isEmpty || record.flags == Claim.withheld)
        }.map(\.unit)
    }

    private func step(_ unit: Int, _ source: String, _ day: Day) -> Step {
        for teller in [source] + order {
            let periods = records.filter { $0.source == teller && $0.unit == unit }.flatMap(\.periods)
            if periods.isEmpty { continue }
            // The day itself, else the last day before it, else the first one after it, on which the unit is there.
            let near = (0...40).map { day.number - $0 } + (1...40).map { day.number + $0 }
            for number in near {
                let held = periods.filter { $0.from.number <= number && number < $0.to.number }
                if held.isEmpty { continue }
                let named = Set(held.compactMap(\.parent))
                guard named.count < 2 else { return .unknown }
                if let parent = named.first { return .up(parent) }
                return scopes.parents[teller].flatMap { heads($0).first }.map(Step.up) ?? .root
            }
        }
        return .unknown
    }
}

/// One record with an employment, and what else such records hold.
struct ScopeRecord: CustomStringConvertible {
    struct Period {
        let from: Day
        let to: Day
        let unit: Int?
    }

    struct Object {
        let kind: Kind
        let id: ObjectID
        let periods: [Period]
        var engagement: ObjectID?
    }

    private let objects: [Object]
    private let world: ScopeWorld

    init(_ random: inout SeededRandom, _ world: ScopeWorld) {
        self.world = world
        let employment = ObjectID(high: 2, low: 1)
        func periods(_ hasUnit: Bool, _ random: inout SeededRandom) -> [Period] {
            let days = Set((0..<random.number(2...3)).map { _ in Day(number: Int32(random.number(-1...12))) }).sorted()
            return zip(days, days.dropFirst()).map { from, to in
                Period(from: from, to: to, unit: hasUnit ? random.pick(ScopeWorld.units) : nil)
            }
        }
        var objects = [Object(kind: .person, id: ObjectID(high: 2, low: 2), periods: periods(false, &random))]
        for number in 0..<random.number(0...2) {
            let names = random.once(in: 2)
            objects.append(
                Object(
                    kind: .function, id: ObjectID(high: 2, low: UInt64(10 + number)),
                    periods: periods(random.once(in: 2), &random), engagement: names ? employment : nil))
        }
        if !random.once(in: 4) {
            objects.append(Object(kind: .engagement, id: employment, periods: periods(true, &random)))
        }
        if random.once(in: 3) { objects.append(Object(kind: .user, id: ObjectID(high: 2, low: 3), periods: [])) }
        self.objects = objects.shuffled(using: &random)
    }

    var description: String {
        "\(objects.map { "\($0.kind.name) \($0.id) \($0.periods.map { "\($0.from.number)..<\($0.to.number) in \($0.unit ?? -1)" }) \($0.engagement != nil)" })"
    }

    var bytes: [UInt8] {
        var writer = Claim.Writer()
        Array("1".utf8).withUnsafeBytes { key in
            writer.begin(recordKey: key, findings: [])
            for object in objects {
                writer.beginObject(
                    object.kind, flags: 0, id: object.id, key: key, periodCount: object.periods.count)
                for period in object.periods {
                    writer.beginPeriod(from: period.from, to: period.to)
                    if let unit = period.unit { writer.append(target: world.id(unit), key: key, number: 2) }
                    if let engagement = object.engagement { writer.append(target: engagement, key: key, number: 3) }
                    writer.endPeriod()
                }
                writer.endObject()
            }
            writer.end()
        }
        return writer.bytes
    }

    /// The days on which each object of a claim is in effect.
    static func days(_ claim: [UInt8]) -> [ObjectID: Set<Day>] {
        claim.withUnsafeBytes { bytes in
            var reader = Claim.Reader(bytes)
            _ = reader.recordKey()
            _ = reader.findings()
            var result: [ObjectID: Set<Day>] = [:]
            for _ in 0..<reader.objectCount() {
                var object = reader.object()
                var days: Set<Day> = []
                for _ in 0..<object.periodCount {
                    let (from, to, fieldCount) = object.period()
                    for _ in 0..<fieldCount { _ = object.field() }
                    days.formUnion((from.number..<to.number).map { Day(number: $0) })
                }
                if !days.isEmpty { result[object.id] = days }
            }
            return result
        }
    }

    var days: [ObjectID: Set<Day>] {
        Self.days(bytes)
    }

    /// What each day leaves of the record.
    func days(without isCut: (Int, Day) -> Bool) -> [ObjectID: Set<Day>] {
        var left = days
        var bound: Set<ObjectID> = []
        func leave(_ object: Object, _ isOut: (Period, Day) -> Bool) {
            for period in object.periods {
                for number in period.from.number..<period.to.number where isOut(period, Day(number: number)) {
                    left[object.id]?.remove(Day(number: number))
                }
            }
        }
        for object in objects where object.periods.contains(where: { $0.unit != nil }) {
            bound.insert(object.id)
            leave(object) { period, day in period.unit.map { isCut($0, day) } ?? false }
        }
        for object in objects {
            guard let named = object.engagement, !object.periods.isEmpty, bound.contains(named),
                let before = days[named]
            else { continue }
            bound.insert(object.id)
            let after = left[named] ?? []
            leave(object) { _, day in after.isEmpty || before.subtracting(after).contains(day) }
        }
        let gone = bound.flatMap { (days[$0] ?? []).subtracting(left[$0] ?? []) }
        let remaining = bound.reduce(into: Set<Day>()) { $0.formUnion(left[$1] ?? []) }
        for object in objects where !bound.contains(object.id) && !gone.isEmpty {
            leave(object) { _, day in remaining.isEmpty || (gone.contains(day) && !remaining.contains(day)) }
        }
        return left.filter { !$0.value.isEmpty }
    }
}
