import ChangeEvents
import Crypto
import OrganisationModel
import Testing
import Versioning

struct ProjectionTests {
    private let all: View
    private let units: View

    init() throws {
        all = try View(
            kinds: Kind.allCases.map(\.name),
            attributes: Set(Schema.standard.kinds.flatMap(\.attributes).map(\.name)).sorted())
        units = try View(kinds: ["unit"], attributes: ["name", "parent"])
    }

    private func user(_ person: UInt64, disabled: Bool = false) -> ObjectState {
        state(.user, ["accountName": .text("a"), "person": .reference(id(person)), "disabled": .flag(disabled)])
    }

    // MARK: Order

    @Test func order_isAccountsThatEnd_thenParentsDown_thenRemovalsUp() throws {
        var log = MemoryLog()
        log.before = [
            id(1): (.unit, unit("root")), id(9): (.unit, unit("old", under: 1)),
            id(8): (.unit, unit("below old", under: 9)),
            id(20): (.user, user(30)), id(21): (.user, user(30)), id(22): (.user, user(30)),
            id(30): (.person, state(.person, ["surname": .text("x")])),
        ]
        log.after = [
            id(1): (.unit, unit("root renamed")), id(7): (.unit, unit("new", under: 1)),
            id(2): (.unit, unit("below new", under: 7)),
            id(20): (.user, user(30, disabled: true)), id(22): (.user, user(31)),
            id(31): (.person, state(.person, ["surname": .text("y")])),
        ]
        let expected = [
            "user updated 20", "user removed 21", "unit updated 1", "unit created 7", "unit created 2",
            "person created 31",
            "user updated 22", "person removed 30", "unit removed 8", "unit removed 9",
        ]
        #expect(try log.told(all) == expected)
        log.isReversed = true
        #expect(try log.told(all) == expected, "the order of the log does not count")
    }

    @Test func order_ofADeepHierarchy_isThatOfDepth() throws {
        var log = MemoryLog()
        // Each unit lies beneath the one with the next higher id, so ids alone would give the wrong order.
        for number in 1...100 {
            log.after[id(UInt64(number))] = (.unit, unit("u", under: number == 100 ? nil : UInt64(number) + 1))
        }
        #expect(try log.projection(units).items.map(\.id.low) == (1...100).reversed().map { UInt64($0) })
        (log.before, log.after) = (log.after, [:])
        #expect(try log.projection(units).items.map(\.id.low) == (1...100).map { UInt64($0) })
    }

    @Test func accountThatWasDisabledBefore_keepsItsPlace() throws {
        var log = MemoryLog()
        log.before = [id(1): (.user, user(30, disabled: true)), id(2): (.unit, unit("a"))]
        log.after = [id(1): (.user, user(31, disabled: true)), id(2): (.unit, unit("b"))]
        #expect(try log.told(all) == ["unit updated 2", "user updated 1"])
    }

    // MARK: What happened

    @Test func changes_outsideOfTheView_giveNoEvents() throws {
        var log = MemoryLog()
        log.before = [id(1): (.unit, state(.unit, ["name": .text("a"), "ean": .text("1")]))]
        log.after = [id(1): (.unit, state(.unit, ["name": .text("a"), "ean": .text("2")]))]
        #expect(try log.projection(units).eventCount == 0)
        #expect(try log.projection(units).events(first: 1, in: 1...9, log: log).isEmpty)
        #expect(try log.told(all) == ["unit updated 1"])
    }

    @Test func type_followsWhatTheSubscriberSees() throws {
        var log = MemoryLog()
        log.before = [
            id(1): (.unit, unit("root")), id(2): (.unit, unit("a", under: 1)),
            id(3): (.unit, unit("later", under: 1, from: "2027-01-01")),
            id(4): (.unit, unit("ends", under: 1)), id(5): (.unit, unit("gone", under: 1)),
            id(6): (.unit, unit("past", under: 1, to: "2026-01-01")),
        ]
        log.after = [
            id(1): (.unit, unit("root")), id(2): (.unit, unit("b", under: 4)),
            id(3): (.unit, unit("now", under: 1, from: "2026-06-01")),
            id(4): (.unit, unit("ends", under: 1, to: "2026-06-01")),
        ]
        #expect(try Set(log.told(units)) == ["unit moved 2", "unit created 3", "unit closed 4", "unit removed 5"])
    }

    @Test func dayTurn_comparesYesterdayWithToday() throws {
        var log = MemoryLog()
        log.cause = .dayTurn
        log.after = [
            id(1): (.unit, unit("begins", from: "2026-06-01")), id(2): (.unit, unit("ends", to: "2026-06-01")),
            id(3): (.unit, unit("stays")), id(4): (.unit, unit("tomorrow", from: "2026-06-02")),
        ]
        #expect(try log.told(units) == ["unit created 1", "unit closed 2"])
    }

    // MARK: Markers and numbers

    private func renamed(_ count: Int) -> MemoryLog {
        var log = MemoryLog()
        for number in 1...UInt64(count) {
            log.before[id(number)] = (.unit, unit("a"))
            log.after[id(number)] = (.unit, unit("b"))
        }
        return log
    }

    @Test func events_standBetweenMarkers_withDenseNumbers() throws {
        let log = renamed(3)
        let projection = try log.projection(units)
        let events = try projection.events(first: 11, in: 1...100, log: log)
        #expect(projection.eventCount == 5 && events.map(\.number) == [11, 12, 13, 14, 15])
        #expect(
            events.map(\.type) == [
                "dk.fordeler.version.begins.v1", "dk.fordeler.unit.updated.v1", "dk.fordeler.unit.updated.v1",
                "dk.fordeler.unit.updated.v1", "dk.fordeler.version.completed.v1",
            ])
        #expect(events[0].subject == "version/2" && events[1].subject == "unit/\(id(1))")
    }

    @Test func anyRange_givesTheSameEventsAsTheWhole() throws {
        let log = renamed(4)
        let projection = try log.projection(units)
        func told(_ numbers: ClosedRange<Int>) throws -> [String] {
            try projection.events(first: 5, in: numbers, log: log).map { "\($0.number) \($0.type) \($0.subject)" }
        }
        let whole = try told(5...10)
        for low in 1...12 {
            for high in low...12 {
                let expected = whole.enumerated().filter { (low...high).contains($0.offset + 5) }.map(\.element)
                #expect(try told(low...high) == expected)
            }
        }
    }

    @Test func completion_carriesCountAndHashOfTheLines() throws {
        let log = renamed(2)
        let events = try log.projection(units).events(first: 7, in: 7...10, log: log)
        let lines = events[1...2].map { "\($0.number) \($0.type) \($0.subject)\n" }.joined()
        let digest = SHA256.hash(data: Array(lines.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        guard case .completed(let count, let hash) = events[3].content else {
            Issue.record("the last event is no completion")
            return
        }
        #expect(count == 2 && hash == digest && hash.count == 64)
    }
}
