import OrganisationModel
import Testing

struct OrganisationTests {
    private let person = ObjectID(high: 7, low: 7)

    private func employment(
        _ record: String, _ from: String, _ to: String, flags: UInt8 = Claim.shared, _ values: [String: Value]
    ) -> [UInt8] {
        let days = period(from, to)
        return claim(
            record,
            [ClaimedObject(kind: .person, flags: flags, id: person, key: "p", periods: [(days.from, days.to, values)])])
    }

    private func merged(_ claims: [[UInt8]]) throws -> [StatePeriod] {
        let organisation = organisation(claims)
        let entry = try #require(organisation.entry(person))
        return organisation.state(of: entry)?.periods(Schema.standard[.person]) ?? []
    }

    // MARK: Looking up

    @Test(arguments: [0, 1, 2, 1000])
    func entry_findsEveryID_andNoOther(_ count: Int) {
        var chance = Chance(UInt64(count))
        let ids = (0..<count).map { _ in chance.id() }
        let organisation = organisation(
            ids.map { claim("r", [ClaimedObject(id: $0, periods: [(.distantPast, .distantFuture, [:])])]) })
        for id in ids {
            #expect(organisation.entry(id)?.id == id && organisation.has(id))
            for other in [ObjectID(high: id.high, low: id.low ^ 1), ObjectID(high: id.high &+ 1, low: id.low)] {
                #expect(organisation.entry(other) == nil && !organisation.has(other))
            }
        }
        for edge in [ObjectID(high: 0, low: 0), ObjectID(high: .max, low: .max)] {
            #expect(organisation.entry(edge) == nil)
        }
        for _ in 0..<1000 { #expect(organisation.entry(chance.id()) == nil) }
    }

    @Test(arguments: [0, UInt64.max, 1 << 63])
    func entry_whenIDsStandClose_findsEachOfThem(_ high: UInt64) {
        let ids = (0..<3000).map { ObjectID(high: high, low: $0 * 2) }
        let organisation = organisation(ids.map { claim("r", [ClaimedObject(id: $0)]) })
        for id in ids {
            #expect(organisation.entry(id)?.id == id)
            #expect(organisation.entry(ObjectID(high: high, low: id.low + 1)) == nil)
        }
    }

    @Test func cursor_givesEachObjectOnce_inTheOrderOfIDs() {
        var chance = Chance(11)
        let ids = (0..<50).map { _ in chance.id() }
        let organisation = organisation((ids + ids).map { claim("r", [ClaimedObject(flags: Claim.shared, id: $0)]) })
        var seen: [ObjectID] = []
        var cursor = organisation.cursor()
        while let entry = cursor.next() {
            seen.append(entry.id)
            #expect(organisation.claimCount(of: entry) == 2)
        }
        #expect(seen == ids.sorted())
    }

    @Test func entry_tellsSourceKeyLocationsAndCompanions() throws {
        let other = ObjectID(high: 1, low: 1)
        let organisation = organisation([
            claim("r", [ClaimedObject(id: person, key: "42"), ClaimedObject(id: other, key: "43")]),
            claim("s", [ClaimedObject(id: person, key: "42")]),
        ])
        let entry = try #require(organisation.entry(person))
        #expect(organisation.key(of: entry) == "42" && organisation.source(of: entry) == "hr")
        #expect(organisation.locations(of: entry).map(\.line) == [1, 2])
        #expect(organisation.companions(of: entry) == [other])
    }

    // MARK: Several claims

    @Test func merge_takesTheClaimThatLastsLongest_overTheHull() throws {
        let periods = try merged([
            employment("a", "2020-01-01", "2022-01-01", ["givenName": .text("Kort")]),
            employment("b", "2021-01-01", "2030-01-01", ["givenName": .text("Lang")]),
        ])
        #expect(periods.map(\.period) == [period("2020-01-01", "2030-01-01")])
        #expect(periods.map { $0["givenName"] } == [.text("Lang")])
    }

    @Test func merge_fillsGapsFromTheNextClaim() throws {
        let periods = try merged([
            employment("a", "2020-01-01", "", ["givenName": .text("A")]),
            employment("b", "2020-01-01", "2025-01-01", ["givenName": .text("B"), "surname": .text("Beck")]),
            employment("c", "2020-01-01", "2024-01-01", ["surname": .text("Carl"), "addressProtected": .flag(true)]),
        ])
        #expect(periods.count == 1)
        #expect(periods.first?["givenName"] == .text("A") && periods.first?["surname"] == .text("Beck"))
        #expect(periods.first?["addressProtected"] == .flag(true))
    }

    @Test func merge_ofEqualEnds_takesTheLaterBeginning_thenTheLesserRecordKey() throws {
        let byBeginning = try merged([
            employment("a", "2020-01-01", "", ["givenName": .text("early")]),
            employment("b", "2021-01-01", "", ["givenName": .text("late")]),
        ])
        #expect(byBeginning.first?["givenName"] == .text("late"))
        let byKey = try merged([
            employment("b", "2020-01-01", "", ["givenName": .text("b")]),
            employment("a", "2020-01-01", "", ["givenName": .text("a")]),
        ])
        #expect(byKey.first?["givenName"] == .text("a"))
    }

    @Test func merge_doesNotDependOnTheOrderOfClaims() throws {
        let claims = [
            employment("a", "2020-01-01", "", ["givenName": .text("A")]),
            employment("b", "2021-01-01", "", ["surname": .text("B")]),
            employment("c", "2019-01-01", "2022-01-01", ["surname": .text("C"), "cpr": .text("1")]),
        ]
        let expected = try merged(claims)
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            #expect(try merged(order.map { claims[$0] }) == expected)
        }
    }

    // MARK: Withheld claims

    @Test func withheldClaim_besideAGoodOne_doesNotCount() throws {
        let periods = try merged([
            employment("a", "2020-01-01", "", flags: Claim.shared | Claim.withheld, ["givenName": .text("bad")]),
            employment("b", "2021-01-01", "2022-01-01", ["givenName": .text("good")]),
        ])
        #expect(periods.map(\.period) == [period("2021-01-01", "2022-01-01")])
        #expect(periods.first?["givenName"] == .text("good"))
    }

    @Test func withheldClaim_alone_leavesNothing() throws {
        let organisation = organisation([employment("a", "2020-01-01", "", flags: Claim.withheld, [:])])
        let entry = try #require(organisation.entry(person))
        #expect(
            organisation.isClaimedWithheld(entry) && !organisation.has(person) && !organisation.isPresent(entry))
        #expect(organisation.state(of: entry) == nil && organisation.claimedStates(of: entry) == [nil])
    }

    @Test func replacement_standsInThePlaceOfClaims() throws {
        let organisation = organisation([employment("a", "2020-01-01", "", ["givenName": .text("new")])])
        let entry = try #require(organisation.entry(person))
        let last = state(.person, ["givenName": .text("old")])
        organisation.replace(person, with: last)
        #expect(
            organisation.state(of: entry) == last && organisation.isPresent(entry) && organisation.isReplaced(person))
        organisation.replace(person, with: nil)
        #expect(organisation.state(of: entry) == nil && !organisation.has(person))
        #expect(organisation.replacedEntries() == [entry])
    }

    @Test func relation_inAState_isTheTargetAlone() throws {
        let unit = ObjectID(high: 1, low: 1)
        let organisation = organisation([
            claim(
                "r",
                [ClaimedObject(id: person, periods: [(.distantPast, .distantFuture, ["parent": .reference(unit)])])])
        ])
        let entry = try #require(organisation.entry(person))
        #expect(organisation.state(of: entry)?.periods(Schema.standard[.unit]).first?["parent"] == .reference(unit))
        var named: [String] = []
        organisation.forEachReference(of: entry) { attribute, target, key in
            named.append("\(attribute.name) \(target == unit) \(String(decoding: key, as: UTF8.self))")
        }
        #expect(named == ["parent true key of target"])
        #expect(try organisation.objectsWithUnknownTargets().isEmpty, "the hierarchy is not looked at")
    }

    @Test func recordFindings_nameTheRecordAndItsLine() {
        let finding = Claim.StoredFinding(rule: Rule("a.b", .warning, .none), kind: .unit, message: "m")
        let found = organisation([claim("r1", []), claim("r2", findings: [finding], [])]).recordFindings()
        #expect(found.map(\.key) == ["r2"] && found.map(\.location.line) == [2] && found.map(\.rule.code) == ["a.b"])
    }
}
