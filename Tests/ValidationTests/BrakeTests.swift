import OrganisationModel
import Testing
import Validation

struct BrakeLimitTests {
    @Test(arguments: [
        ("5%", 412, 20), ("5%", 420, 21), ("5%", 419, 20), ("5%", 3, 1), ("5%", 20, 1), ("5%", 39, 1), ("5%", 40, 2),
        ("5%", 0, 1), ("0%", 1000, 1), ("100%", 7, 7), ("0.57%", 10_000, 57), ("0.57%", 9_999, 56),
        ("33.333%", 100_000, 33_333), ("50", 3, 50), ("0", 1000, 0),
    ])
    func `a share is rounded down, but one object may always go`(text: String, count: Int, allowed: Int) throws {
        #expect(try #require(BrakeLimit(parsing: text)).allowed(of: count) == allowed)
    }

    @Test(arguments: ["5%", "2.5%", "0.125%", "100%", "50", "0", "off"])
    func `a limit is written as it is read`(text: String) throws {
        #expect(try #require(BrakeLimit(parsing: text)).description == text)
    }

    @Test func `off allows any number`() {
        #expect(BrakeLimit(parsing: "off")?.allowed(of: 3) == .some(nil))
    }

    @Test(arguments: [
        "", "%", "-1", "+1", "-1%", "101%", "100.001%", "5 %", " 5%", "5%%", ".5%", "5.%", "1.2.3%", "1,5%", "0.0001%",
        "1e1%", "5.5", "Off", "none", "٥", "99999999999999999999",
    ])
    func `anything else is no limit`(text: String) {
        #expect(BrakeLimit(parsing: text) == nil)
    }
}

struct BrakeTests {
    private let users = BrakeScope(source: "hr", kind: .user)
    private let units = BrakeScope(source: "hr", kind: .unit)

    private func tally(_ scope: BrakeScope, _ parts: [BrakePart: Int]) -> BrakeTally {
        BrakeTally(rows: parts.map { BrakeTally.Row(scope: scope, part: $0, count: $1) })
    }

    /// Name, limit and actual of each brake that fires; the minimum is met unless said otherwise.
    private func fired(
        _ tally: BrakeTally, recent: BrakeTally = BrakeTally(), of objects: [BrakeScope: Int],
        rules: BrakeRules = BrakeRules(), remaining: [Kind: Int] = [:]
    ) -> [String] {
        Brakes.fired(rules: rules, tally: tally, recent: recent, objects: objects, remaining: remaining)
            .map { "\($0.name) \($0.limit) \($0.actual)" }
    }

    @Test func `the limit exactly reached does not fire, one more does`() {
        #expect(fired(tally(users, [.removed: 5]), of: [users: 100]) == [])
        #expect(fired(tally(users, [.removed: 6]), of: [users: 100]) == ["hr.user.removed 5 6"])
        #expect(fired(tally(units, [.moved: 20]), of: [units: 100]) == [])
        #expect(fired(tally(units, [.moved: 21]), of: [units: 100]) == ["hr.unit.moved 20 21"])
    }

    @Test func `removed, ended and disabled objects share one limit`() {
        #expect(fired(tally(users, [.removed: 2, .ended: 2, .disabled: 1]), of: [users: 100]) == [])
        #expect(
            fired(tally(users, [.removed: 2, .ended: 2, .disabled: 2]), of: [users: 100]) == ["hr.user.removed 5 6"])
    }

    @Test func `of three objects one may go, two may not`() {
        #expect(fired(tally(units, [.removed: 1]), of: [units: 3]) == [])
        #expect(
            fired(tally(units, [.removed: 2]), of: [units: 3]) == ["hr.unit.removed 1 2"])
    }

    @Test func `a small source is not hidden by a large one`() {
        let other = BrakeScope(source: "ad", kind: .user)
        #expect(
            fired(tally(other, [.ended: 2]) + tally(users, [.ended: 2]), of: [other: 10, users: 1000])
                == ["ad.user.removed 1 2"])
    }

    @Test func `a source without objects before cannot fire`() {
        #expect(fired(tally(users, [.removed: 9]), of: [:]) == [])
        #expect(fired(tally(users, [.removed: 9]), of: [users: 0, units: 5]) == [])
    }

    @Test func `nothing fires when nothing is lost or moved`() {
        #expect(fired(BrakeTally(), recent: tally(users, [.removed: 50]), of: [users: 50]) == [])
    }

    @Test func `a rule for one kind takes the place of the general one`() {
        let rules = BrakeRules([
            BrakeRule(kind: .user, counter: .removed, window: .publish, limit: .absolute(8)),
            BrakeRule(counter: .removed, window: .publish, limit: .percent(2)),
        ])
        let objects = [users: 100, units: 100]
        #expect(fired(tally(users, [.removed: 8]) + tally(units, [.removed: 2]), of: objects, rules: rules) == [])
        #expect(
            fired(tally(users, [.removed: 9]) + tally(units, [.removed: 3]), of: objects, rules: rules)
                == ["hr.unit.removed 2 3", "hr.user.removed 8 9"])
        #expect(
            rules.limit(.user, .removed, .sevenDays) == .percent(10) && rules.limit(.user, .moved, .sevenDays) == .off)
    }

    @Test func `the last of two rules for the same counts`() {
        let rules = BrakeRules([
            BrakeRule(kind: .user, counter: .moved, window: .publish, limit: .absolute(8)),
            BrakeRule(kind: .user, counter: .moved, window: .publish, limit: .absolute(9)),
        ])
        #expect(
            rules.limit(.user, .moved, .publish) == .absolute(9) && rules.limit(.unit, .moved, .publish) == .percent(20)
        )
    }

    @Test func `a brake that is off for one kind still holds the others`() {
        let rules = BrakeRules(
            BrakeWindow.allCases.map { BrakeRule(kind: .user, counter: .removed, window: $0, limit: .off) })
        #expect(
            fired(
                tally(users, [.removed: 90]) + tally(units, [.removed: 7]), of: [users: 90, units: 100], rules: rules)
                == ["hr.unit.removed 5 7"])
    }

    @Test func `four percent a day fires on the third day`() {
        let day = tally(users, [.removed: 2, .disabled: 2])
        #expect(fired(day, recent: day, of: [users: 98]) == [])
        #expect(fired(day, recent: day + day, of: [users: 96]) == ["hr.user.removed-7d 10 12"])
    }

    @Test func `seven days take their share of what was there before`() {
        // 92 are left of 100; what ended or was disabled is among them.
        let recent = tally(users, [.removed: 8])
        #expect(fired(tally(users, [.removed: 2]), recent: recent, of: [users: 92]) == [])
        #expect(fired(tally(users, [.removed: 3]), recent: recent, of: [users: 92]) == ["hr.user.removed-7d 10 11"])
        #expect(
            fired(tally(users, [.ended: 2]), recent: tally(users, [.ended: 8]), of: [users: 92])
                == ["hr.user.removed-7d 9 10"])
    }

    @Test func `the last seven days alone hold nothing`() {
        let recent = tally(users, [.removed: 90])
        #expect(
            fired(tally(users, [.moved: 1]) + tally(units, [.ended: 1]), recent: recent, of: [users: 10, units: 9])
                == [])
        #expect(fired(tally(users, [.removed: 1]), recent: recent, of: [users: 10]) == ["hr.user.removed-7d 10 91"])
    }

    @Test func `too few objects left fire, exactly enough do not`() {
        let rules = BrakeRules(minimumTotal: [.unit: 10])
        let other = BrakeScope(source: "ad", kind: .unit)
        #expect(fired(BrakeTally(), of: [units: 6, other: 5], rules: rules, remaining: [.unit: 10]) == [])
        #expect(
            fired(BrakeTally(), of: [units: 6, other: 5], rules: rules, remaining: [.unit: 9]) == ["unit.minimum 10 9"])
        #expect(fired(BrakeTally(), of: [units: 6, other: 5], rules: rules) == ["unit.minimum 10 0"])
    }

    @Test func `a first import with too few objects fires, and so does one that shrinks further`() {
        let rules = BrakeRules(minimumTotal: [.unit: 10])
        #expect(fired(BrakeTally(), of: [:], rules: rules, remaining: [.unit: 9]) == ["unit.minimum 10 9"])
        #expect(fired(BrakeTally(), of: [units: 9], rules: rules, remaining: [.unit: 9]) == [])
        #expect(fired(BrakeTally(), of: [units: 8], rules: rules, remaining: [.unit: 9]) == [])
        #expect(fired(BrakeTally(), of: [units: 9], rules: rules, remaining: [.unit: 8]) == ["unit.minimum 10 8"])
    }

    @Test func `all brakes fire at once, in the order of their names`() {
        #expect(
            fired(
                tally(users, [.removed: 30]) + tally(units, [.moved: 30]), of: [users: 100, units: 100],
                rules: BrakeRules(minimumTotal: [.user: 80]), remaining: [.unit: 100, .user: 70])
                == ["hr.unit.moved 20 30", "hr.user.removed 5 30", "user.minimum 80 70"])
    }

    @Test func `the message tells the parts and the share`() {
        func messages(_ tally: BrakeTally, recent: BrakeTally = BrakeTally(), _ rules: BrakeRules) -> [String] {
            Brakes.fired(
                rules: rules, tally: tally, recent: recent, objects: [users: 100, units: 1], remaining: [.unit: 1]
            ).map(\.message)
        }
        #expect(
            messages(
                tally(users, [.removed: 4, .ended: 1, .disabled: 2]), recent: tally(users, [.ended: 5]), BrakeRules())
                == [
                    "7 of 100 users of hr would be lost (4 removed, 1 ended, 2 disabled). Without approval it may be 5 (5%)."
                ])
        let withoutPublish = BrakeRules([BrakeRule(counter: .removed, window: .publish, limit: .off)])
        #expect(
            messages(
                tally(users, [.removed: 4, .ended: 1, .disabled: 2]), recent: tally(users, [.ended: 5]), withoutPublish)
                == [
                    "12 of 100 users of hr would be lost (4 removed, 6 ended, 2 disabled) within 7 days, 7 of them now. "
                        + "Without approval it may be 10 (10%)."
                ])
        let absolute = BrakeRules(
            [BrakeRule(counter: .moved, window: .publish, limit: .absolute(0))], minimumTotal: [.unit: 3])
        #expect(
            messages(tally(units, [.moved: 1]), absolute) == [
                "1 of 1 unit of hr would get another place. Without approval it may be 0."
            ])
    }
}
