import OrganisationModel
import Testing
import Validation

/// What a change of one object counts as.
struct BrakeTallyTests {
    typealias Part = (from: String, to: String, values: [String: Value])

    private static func state(_ kind: Kind, _ periods: [Part]) -> ObjectState {
        ObjectState(
            periods.compactMap { from, to, values in
                EffectivePeriod(from: day(from), to: day(to)).map { period in
                    StatePeriod(
                        period: period,
                        fields: Schema.standard[kind].attributes.compactMap { attribute in
                            values[attribute.name].map { StatePeriod.Field(attribute: attribute, value: $0) }
                        })
                }
            })
    }

    private static func tally(_ kind: Kind, _ before: [Part]?, _ after: [Part]?) -> BrakeTally {
        var tally = BrakeTally()
        let change = ObjectChange(
            id: id("1", kind), kind: kind, source: "hr", key: "1", before: before.map { state(kind, $0) },
            after: after.map { state(kind, $0) })
        tally.count(change, .standard, today: day("2026-06-01"))
        return tally
    }

    /// The parts under which a change counts on 2026-06-01, but for `changed`, which takes what counts for no other.
    private func parts(_ kind: Kind, _ before: [Part]?, _ after: [Part]?) -> [BrakePart] {
        let rows = Self.tally(kind, before, after).rows
        #expect(rows.allSatisfy { $0.count == 1 && $0.scope == BrakeScope(source: "hr", kind: kind) })
        return rows.map(\.part).filter { $0 != .changed }
    }

    /// ... of a unit.
    private func parts(_ before: [Part]?, _ after: [Part]?) -> [BrakePart] {
        parts(.unit, before, after)
    }

    private let always: [Part] = [("-", "", [:])]

    @Test func `a created object does not count`() {
        #expect(parts(nil, always) == [])
    }

    @Test func `a removed object counts, also one that ended long ago`() {
        #expect(parts(always, nil) == [.removed])
        #expect(parts([("-", "2020-01-01", [:])], nil) == [.removed])
        #expect(parts(always, []) == [.removed])
    }

    @Test func `a new name does not count`() {
        #expect(parts([("-", "", ["name": .text("a")])], [("-", "", ["name": .text("b")])]) == [])
    }

    @Test(arguments: ["2020-01-01", "2026-06-01", "2026-06-02", "2040-01-01"])
    func `a new end counts, past or future`(end: String) {
        #expect(parts(always, [("-", end, [:])]) == [.ended])
    }

    @Test func `an earlier end counts`() {
        #expect(parts([("-", "2027-01-01", [:])], [("-", "2026-12-31", [:])]) == [.ended])
    }

    @Test func `a later end does not count`() {
        #expect(parts([("-", "2027-01-01", [:])], [("-", "2027-01-02", [:])]) == [])
    }

    @Test func `an end that is taken away does not count`() {
        #expect(parts([("-", "2027-01-01", [:])], always) == [])
    }

    @Test func `an end that was past before does not count when it becomes earlier`() {
        #expect(parts([("-", "2026-06-01", [:])], [("-", "2026-01-01", [:])]) == [])
        #expect(parts([("-", "2026-06-02", [:])], [("-", "2026-06-01", [:])]) == [.ended])
    }

    @Test func `a beginning that is put off counts, one that is corrected in the past does not`() {
        #expect(parts(always, [("2026-06-02", "", [:])]) == [.ended])
        #expect(parts(always, [("2099-01-01", "", [:])]) == [.ended])
        #expect(parts(always, [("2026-06-01", "", [:])]) == [])
        #expect(parts([("2026-03-01", "", [:])], [("2026-02-01", "", [:])]) == [])
    }

    @Test func `a pause counts, other cuts of the same days do not`() {
        #expect(parts(always, [("-", "2026-07-01", [:]), ("2026-08-01", "", [:])]) == [.ended])
        #expect(parts(always, [("-", "2026-07-01", [:]), ("2026-07-01", "", [:])]) == [])
        #expect(parts([("-", "2026-07-01", [:]), ("2026-07-01", "", [:])], always) == [])
        #expect(parts(always, [("-", "2025-07-01", [:]), ("2025-08-01", "", [:])]) == [])
    }

    private let enabled: [String: Value] = ["disabled": .flag(false)]
    private let disabled: [String: Value] = ["disabled": .flag(true)]

    @Test func `an account that is disabled counts`() {
        #expect(parts(.user, [("-", "", enabled)], [("-", "", disabled)]) == [.disabled])
        #expect(parts(.user, [("-", "", [:])], [("-", "", disabled)]) == [.disabled])
        #expect(
            parts(.user, [("-", "", enabled)], [("-", "2027-01-01", enabled), ("2027-01-01", "", disabled)])
                == [.disabled])
    }

    @Test func `an account that is enabled, stays disabled or is created disabled does not count`() {
        #expect(parts(.user, [("-", "", disabled)], [("-", "", enabled)]) == [])
        #expect(parts(.user, [("-", "", disabled)], [("-", "", disabled.merging(["email": .text("a")]) { $1 })]) == [])
        #expect(parts(.user, [("-", "2027-01-01", disabled)], [("-", "", disabled)]) == [])
        #expect(parts(.user, nil, [("-", "", disabled)]) == [])
    }

    private let protected: [String: Value] = ["addressProtected": .flag(true)]
    private let unprotected: [String: Value] = ["addressProtected": .flag(false)]

    @Test func `a person who is protected no more counts`() {
        #expect(parts(.person, [("-", "", protected)], [("-", "", unprotected)]) == [.unprotected])
        #expect(parts(.person, [("-", "", protected)], [("-", "", [:])]) == [.unprotected])
        #expect(
            parts(.person, [("-", "", protected)], [("-", "2027-01-01", protected), ("2027-01-01", "", [:])])
                == [.unprotected])
    }

    @Test
    func `a person who becomes protected, stays so, was so only before today or goes does not count as unprotected`() {
        #expect(parts(.person, [("-", "", unprotected)], [("-", "", protected)]) == [])
        #expect(
            parts(.person, [("-", "", protected)], [("-", "", protected.merging(["surname": .text("a")]) { $1 })]) == []
        )
        #expect(
            parts(.person, [("-", "2026-01-01", protected), ("2026-01-01", "", [:])], [("-", "", unprotected)]) == [])
        #expect(parts(.person, [("-", "", protected)], nil) == [.removed])
    }

    @Test func `an account that is disabled and ends counts once`() {
        #expect(parts(.user, [("-", "", enabled)], [("-", "2027-01-01", disabled)]) == [.ended])
    }

    private func place(_ attribute: String, _ key: String) -> [String: Value] {
        [attribute: .reference(id(key))]
    }

    @Test func `a unit with another parent counts, also one from a later day on`() {
        #expect(parts([("-", "", place("parent", "a"))], [("-", "", place("parent", "b"))]) == [.moved])
        #expect(parts([("-", "", place("parent", "a"))], always) == [.moved])
        #expect(
            parts(
                [("-", "", place("parent", "a"))],
                [("-", "2030-01-01", place("parent", "a")), ("2030-01-01", "", place("parent", "b"))]) == [.moved])
    }

    @Test func `a unit that only lasts longer under another parent does not count`() {
        #expect(
            parts(
                [("-", "2030-01-01", place("parent", "a"))],
                [("-", "2030-01-01", place("parent", "a")), ("2030-01-01", "", place("parent", "b"))]) == [])
    }

    @Test(arguments: [Kind.engagement, .function])
    func `an employment or function in another unit counts`(kind: Kind) {
        #expect(parts(kind, [("-", "", place("unit", "a"))], [("-", "", place("unit", "b"))]) == [.moved])
        #expect(parts(kind, [("-", "", place("unit", "a"))], [("-", "", place("unit", "a"))]) == [])
    }

    @Test func `another person or employment is no move`() {
        for (kind, attribute, target) in [
            (Kind.engagement, "person", Kind.person), (.user, "person", .person),
            (.function, "engagement", .engagement),
        ] {
            #expect(
                parts(
                    kind, [("-", "", [attribute: .reference(id("a", target))])],
                    [("-", "", [attribute: .reference(id("b", target))])])
                    == (target == .person ? [.reassigned] : []))
        }
    }

    @Test func `a move that ends as well counts as both`() {
        #expect(
            parts(.engagement, [("-", "", place("unit", "a"))], [("-", "2027-01-01", place("unit", "b"))])
                == [.ended, .moved])
    }

    @Test func `a tally is the same after it was stored as rows, and adds up`() throws {
        let gone = Self.tally(.user, always, nil)
        let moved = Self.tally(.unit, [("-", "", place("parent", "a"))], always)
        let sum = gone + moved + gone
        let users = BrakeScope(source: "hr", kind: .user)
        #expect(sum[users, .removed] == 2 && sum[users, part: .ended] == 0)
        #expect(sum.rows.map { "\($0.scope.kind) \($0.part) \($0.count)" } == ["unit moved 1", "user removed 2"])
        #expect(BrakeTally(rows: sum.rows) == sum && BrakeTally(rows: gone.rows + gone.rows) == gone + gone)
        #expect(BrakeTally().isEmpty && !sum.isEmpty && BrakeTally() + sum == sum)
        #expect(BrakeTally(rows: [.init(scope: users, part: .ended, count: 0)]).isEmpty)
    }

    @Test func `a change set is counted as a whole`() throws {
        let state = Self.state(.unit, always)
        var bytes: [UInt8] = []
        for (number, source) in ["hr", "hr", "ad"].enumerated() {
            ObjectChange(
                id: id("\(number)"), kind: .unit, source: source, key: "\(number)", before: state, after: nil
            ).append(to: &bytes)
        }
        let tally = try BrakeTally(
            StoredChangeSet(chunks: [bytes]), schema: .standard, today: day("2026-06-01"))
        #expect(tally.rows.map { "\($0.scope.source) \($0.count)" } == ["ad 1", "hr 2"])
    }

    // MARK: Damaged texts

    private static func named(_ name: String) -> [Part] {
        [("-", "", ["name": .text(name), "surname": .text(name)])]
    }

    @Test(arguments: ["S?rensen", "SÃ¸rensen", "S\u{FFFD}rensen"])
    func `a text that lost letters counts, also one of a new object`(name: String) {
        #expect(parts(.person, Self.named("Sørensen"), Self.named(name)) == [.damaged])
        #expect(parts(.person, nil, Self.named(name)) == [.damaged])
        #expect(parts(Self.named("Sørensen"), Self.named(name)) == [.damaged])
    }

    @Test func `a text that was damaged before, was mended or only looks so does not count as damaged`() {
        #expect(parts(.person, Self.named("S?rensen"), Self.named("Sørensen")) == [])
        #expect(
            parts(.person, Self.named("S?rensen"), [("-", "2030-01-01", ["surname": .text("S?rensen")])]) == [.ended])
        #expect(parts(.person, nil, Self.named("Bor her nogen?")) == [])
        #expect(parts(.person, nil, Self.named("Ærø Åsén")) == [])
    }

    // MARK: Other people

    private func account(_ person: String?, from: String = "-", to: String = "") -> [Part] {
        [(from, to, person.map { ["person": .reference(id($0, .person))] } ?? [:])]
    }

    @Test func `an account of another person or of none counts`() {
        #expect(parts(.user, account("1"), account("2")) == [.reassigned])
        #expect(parts(.user, account("1"), account(nil)) == [.reassigned])
        #expect(
            parts(.user, account("1"), account("1", to: "2026-07-01") + account("2", from: "2026-07-01")) == [
                .reassigned
            ])
    }

    @Test func `an account that gets a person, kept its own or had another before today does not count as reassigned`()
    {
        #expect(parts(.user, account(nil), account("1")) == [])
        #expect(parts(.user, account("1"), account("1")) == [])
        #expect(parts(.user, account("2", to: "2026-01-01") + account("1", from: "2026-01-01"), account("1")) == [])
        #expect(parts(.user, account("1"), nil) == [.removed])
    }

    // MARK: Other values

    private func isChanged(_ kind: Kind, _ before: [Part]?, _ after: [Part]?) -> Bool {
        Self.tally(kind, before, after)[BrakeScope(source: "hr", kind: kind), part: .changed] == 1
    }

    @Test func `an object with other values counts as changed, also with damaged ones or a later end`() {
        #expect(isChanged(.person, Self.named("Lund"), Self.named("Holm")))
        #expect(isChanged(.person, Self.named("Sørensen"), Self.named("S?rensen")))
        #expect(isChanged(.unit, [("-", "2027-01-01", [:])], always))
        #expect(isChanged(.user, account(nil), account("1")))
    }

    @Test func `what is created, goes, ends, moves or belongs to somebody else does not count as changed`() {
        #expect(!isChanged(.person, nil, Self.named("Holm")) && !isChanged(.person, Self.named("Holm"), nil))
        #expect(!isChanged(.unit, always, [("-", "2027-01-01", [:])]))
        #expect(!isChanged(.user, account("1"), account("2")))
        let (here, there) = (["parent": Value.reference(id("a"))], ["parent": Value.reference(id("b"))])
        #expect(!isChanged(.unit, [("-", "", here)], [("-", "", there)]))
    }
}
