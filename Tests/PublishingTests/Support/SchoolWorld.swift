import OrganisationModel
import RegisterFixtures

/// An administration with a payroll of its own. Its units hang under those of the municipality, some are units that the
/// municipality names, too, and some move on a day.
struct SchoolWorld {
    private struct Unit {
        let key: String
        let uuid: String
        var stays: [Stay]
    }

    private struct Stay {
        var from: String
        var to: String
        var parent: String
    }

    private struct Job {
        let key: String
        var cpr: String
        var unit: String
        var end = "9999-12-31"
    }

    static let mapping = """
        mapping: schools
        format: xml
        root: schools
        records:
          unit:
            kind: unit
            key: {join: ["@key", "@from"]}
            objects:
              - kind: unit
                key: "@key"
                uuid: "@uuid"
                shared: daily
                effective: {from: "@from", to: "@to"}
                attributes: {name: "@key", parent: {uuid: "@parent"}}
          job:
            kind: engagement
            key: "@key"
            objects:
              - kind: person
                key: "@cpr"
                shared: true
                effective: {to: "@to"}
                attributes: {givenName: {text: Dora}, cpr: "@cpr"}
              - kind: engagement
                key: "@key"
                effective: {to: "@to"}
                attributes: {unit: {uuid: "@unit"}, person: "@cpr", employeeNumber: "@key"}
          duty:
            kind: function
            key: "@key"
            objects:
              - kind: function
                key: "@key"
                attributes:
                  functionType: {text: duty}
                  unit: {find: [{kind: unit, attribute: losId, equals: "@key"}]}
        """

    private static let keys = (1...5).map { "s\($0)" }
    private let identity: Identity
    private var units: [Unit] = []
    private var jobs: [Job] = []
    private var duties: [String] = []
    /// Whether some units have no parent, and the configuration says where they stand.
    private let hasOwnRoots: Bool

    init(_ world: SmallWorld, identity: Identity, _ random: inout SeededRandom) {
        self.identity = identity
        hasOwnRoots = random.once(in: 3)
        for _ in 0..<random.number(1...4) { addUnit(world, &random) }
        for number in 0..<random.number(1...5) { addJob("70\(number)", world, &random) }
        duties = SmallValues.units.filter { _ in random.once(in: 5) }
    }

    private func uuid(ofPayrollUnit key: String) -> String {
        Array(key.utf8).withUnsafeBytes { identity.id(kind: .unit, source: "hr", key: $0) }.description
    }

    var export: String {
        var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<schools>\n"
        for unit in units {
            for stay in unit.stays {
                text += "<unit key=\"\(unit.key)\" uuid=\"\(unit.uuid)\" from=\"\(stay.from)\" to=\"\(stay.to)\""
                text += " parent=\"\(stay.parent)\"/>\n"
            }
        }
        for job in jobs {
            text += "<job key=\"\(job.key)\" cpr=\"\(job.cpr)\" unit=\"\(job.unit)\" to=\"\(job.end)\"/>\n"
        }
        for duty in duties { text += "<duty key=\"\(duty)\"/>\n" }
        return text + "</schools>\n"
    }

    // MARK: What happens

    mutating func change(_ world: SmallWorld, today: Day, _ random: inout SeededRandom) {
        for _ in 0..<random.pick([1, 1, 2, 4]) {
            switch random.number(0...8) {
            case 0: addUnit(world, &random)
            case 1 where !units.isEmpty: units.remove(at: random.number(0...units.count - 1))
            case 2...4 where !units.isEmpty: move(random.number(0...units.count - 1), world, today, &random)
            case 5: addJob("7\(random.number(10...40))", world, &random)
            case 6 where !jobs.isEmpty: jobs.remove(at: random.number(0...jobs.count - 1))
            case 7 where !jobs.isEmpty: jobs[random.number(0...jobs.count - 1)].unit = someUnit(world, &random)
            default: duties = SmallValues.units.filter { _ in random.once(in: 5) }
            }
        }
    }

    private mutating func move(_ place: Int, _ world: SmallWorld, _ today: Day, _ random: inout SeededRandom) {
        let parent = parent(world, before: place, &random)
        guard random.once(in: 2) else {
            units[place].stays = [Stay(from: "1900-01-01", to: "9999-12-31", parent: parent)]
            return
        }
        let day = today.advanced(by: Int32(random.number(-4...9)))
        guard let last = units[place].stays.last, last.from < day.description else { return }
        units[place].stays[units[place].stays.count - 1].to = day.advanced(by: -1).description
        units[place].stays.append(Stay(from: day.description, to: "9999-12-31", parent: parent))
    }

    private mutating func addUnit(_ world: SmallWorld, _ random: inout SeededRandom) {
        let free = Self.keys.filter { key in !units.contains { $0.key == key } }
        guard let key = free.first else { return }
        // Seldom a unit that payroll makes, too.
        let shared = random.once(in: 4) ? uuid(ofPayrollUnit: random.pick(world.units).id) : nil
        units.append(
            Unit(
                key: key, uuid: shared ?? "5c000000-0000-4000-8000-00000000000\(key.suffix(1))",
                stays: [Stay(from: "1900-01-01", to: "9999-12-31", parent: parent(world, before: units.count, &random))]
            ))
    }

    private mutating func addJob(_ key: String, _ world: SmallWorld, _ random: inout SeededRandom) {
        guard !jobs.contains(where: { $0.key == key }) else { return }
        jobs.append(Job(key: key, cpr: random.pick(SmallValues.people), unit: someUnit(world, &random)))
    }

    /// The UUID of a unit above; never one of its own that comes later, so that nothing stands beneath itself.
    private func parent(_ world: SmallWorld, before place: Int, _ random: inout SeededRandom) -> String {
        if hasOwnRoots, random.once(in: 2) { return "" }
        let own = units.prefix(place).map(\.uuid)
        return !own.isEmpty && random.once(in: 2) ? random.pick(own) : uuid(ofPayrollUnit: random.pick(world.units).id)
    }

    private func someUnit(_ world: SmallWorld, _ random: inout SeededRandom) -> String {
        units.isEmpty || random.once(in: 4) ? uuid(ofPayrollUnit: random.pick(world.units).id) : random.pick(units).uuid
    }

    // MARK: What the configuration says

    func scopes(_ world: SmallWorld, _ random: inout SeededRandom) -> UnitScopes {
        var owners: [UnitName: String] = [:]
        if random.once(in: 2) {
            let head =
                random.once(in: 2) || units.isEmpty
                ? UnitName(source: "hr", key: random.pick(Array(world.units.dropFirst())).id)
                : UnitName(source: "schools", key: units[0].key)
            owners[head] = "schools"
        }
        if random.once(in: 5) { owners[UnitName(source: "hr", key: world.units[0].id)] = "hr" }
        var excluded: Set<UnitName> = []
        for _ in 0..<random.number(0...2) {
            let key =
                random.once(in: 5)
                ? random.pick(Array(SmallValues.units.dropFirst())) : random.pick(Array(world.units.dropFirst())).id
            excluded.insert(UnitName(source: "hr", key: key))
        }
        if random.once(in: 6) { excluded.insert(UnitName(source: "schools", key: random.pick(Self.keys))) }
        let parent = hasOwnRoots ? UnitName(source: "hr", key: random.pick(world.units).id) : nil
        return UnitScopes(excluded: excluded, owners: owners, parents: parent.map { ["schools": $0] } ?? [:])
    }
}

extension SmallWorld {
    /// Puts a unit under one that stands before it.
    mutating func moveUnit(_ random: inout SeededRandom) {
        guard units.count > 2 else { return }
        let place = random.number(1...units.count - 1)
        units[place].parent = units[random.number(0...place - 1)].id
    }
}
