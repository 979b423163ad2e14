import ChangeEvents
import OrganisationModel
import Testing
import Versioning

/// Person 30 with engagement 40 in unit 1, a function of it in unit 2, and account 50.
struct ProtectionTests {
    private let plain: View
    private let permitted: View

    init() throws {
        let kinds = ["unit", "engagement", "user", "function"]
        let attributes = ["name", "title", "unit", "email", "phone", "pNumber", "accountName", "functionType"]
        plain = try View(kinds: kinds, attributes: attributes)
        permitted = try View(kinds: kinds, attributes: attributes, seesProtected: true)
    }

    private func person(_ isProtected: Bool) -> (Kind, ObjectState) {
        (.person, state(.person, ["surname": .text("x"), "addressProtected": .flag(isProtected)]))
    }

    private func person(protectedFrom begin: String) -> (Kind, ObjectState) {
        let periods = [("2026-01-01", begin, false), (begin, "2027-01-01", true)].compactMap { from, to, flag in
            EffectivePeriod(from: day(from), to: day(to)).map { period in
                let attribute = Schema.standard[.person].attributes[3]
                return StatePeriod(
                    period: period, fields: [StatePeriod.Field(attribute: attribute, value: .flag(flag))])
            }
        }
        return (.person, ObjectState(periods))
    }

    private func engagement(in unit: UInt64, title: String = "t", of person: UInt64 = 30) -> (Kind, ObjectState) {
        (
            .engagement,
            state(
                .engagement,
                [
                    "title": .text(title), "unit": .reference(id(unit)), "person": .reference(id(person)),
                    "phone": .text("1"), "email": .text("a@b"), "pNumber": .text("7"),
                ])
        )
    }

    private func objects(_ isProtected: Bool, in unit: UInt64 = 1, title: String = "t") -> [ObjectID: (
        Kind, ObjectState
    )] {
        [
            id(1): (.unit, ChangeEventsTests.unit("a")), id(2): (.unit, ChangeEventsTests.unit("b")),
            id(30): person(isProtected),
            id(40): engagement(in: unit, title: title),
            id(41): (
                .function,
                state(
                    .function,
                    [
                        "functionType": .text("manager"), "unit": .reference(id(2)), "engagement": .reference(id(40)),
                    ])
            ),
            id(50): (
                .user,
                state(.user, ["accountName": .text("u"), "person": .reference(id(30)), "email": .text("a@b")])
            ),
        ]
    }

    private func log(_ before: [ObjectID: (Kind, ObjectState)], _ after: [ObjectID: (Kind, ObjectState)]) -> MemoryLog {
        var log = MemoryLog()
        (log.before, log.after) = (before, after)
        return log
    }

    /// Each event's subject with the attributes before and after, and what is withheld.
    private func told(_ log: MemoryLog, _ view: View) throws -> [String] {
        let projection = try log.projection(view)
        return try projection.events(first: 1, in: 1...100, log: log).compactMap { event in
            guard case .change(let kind, let id, _, let before, let after, let withheld) = event.content else {
                return nil
            }
            func names(_ fields: [StatePeriod.Field]?) -> String {
                fields?.map { field in
                    if case .erased = field.value { field.attribute.name + "?" } else { field.attribute.name }
                }.joined(separator: ",") ?? "-"
            }
            let hidden = withheld.isEmpty ? "" : " withheld " + withheld.map(\.name).joined(separator: ",")
            return "\(kind.name) \(id.low): \(names(before)) -> \(names(after))\(hidden)"
        }
    }

    @Test func becomingProtected_takesWhereaboutsFromAllThatIsAboutThePerson() throws {
        let log = log(objects(false), objects(true))
        #expect(
            try told(log, plain) == [
                "engagement 40: title,unit?,phone?,email?,pNumber? -> title withheld unit,phone,email,pNumber",
                "user 50: accountName,email? -> accountName withheld email",
                "function 41: functionType,unit? -> functionType withheld unit",
            ])
        #expect(try told(log, permitted) == [])
    }

    @Test func endOfProtection_bringsThemBack() throws {
        #expect(
            try told(log(objects(true), objects(false)), plain) == [
                "engagement 40: title -> title,unit,phone,email,pNumber", "user 50: accountName -> accountName,email",
                "function 41: functionType -> functionType,unit",
            ])
    }

    @Test func protectedPerson_whoMoves_makesNoEventWithoutPermission() throws {
        let log = log(objects(true, in: 1), objects(true, in: 2))
        #expect(try log.projection(plain).eventCount == 0)
        #expect(try log.told(permitted) == ["engagement updated 40"])
        #expect(
            try told(self.log(objects(true), objects(true, title: "u")), plain) == ["engagement 40: title -> title"])
    }

    @Test func changesNames_whatWasWithheld_withoutItsValue() throws {
        let log = log(objects(false), objects(true))
        let events = try log.projection(plain).events(first: 1, in: 1...9, log: log)
        var json = JSONBytes()
        events[2].write(to: &json, DeliveryContext(epoch: "e", settledThrough: 0, startsAfter: 0, source: "urn:x"))
        #expect(
            json.text.hasSuffix(
                #""before":{"accountName":"u","email":null},"after":{"accountName":"u"},"#
                    + #""changes":[{"attribute":"email","from":null,"to":null}],"withheld":["email"]}}"#))
    }

    @Test func oldEvents_ofAPersonWhoIsProtectedNow_keepTheirNumberAndLoseTheirValues() throws {
        var log = log(objects(false, in: 1), objects(false, in: 2))
        let before = try told(log, plain)
        #expect(before == ["engagement 40: title,unit,phone,email,pNumber -> title,unit,phone,email,pNumber"])
        // The same entry, after a later version protected the person.
        log.before[id(30)] = nil
        log.after[id(30)] = person(protectedFrom: "2026-07-01")
        #expect(try told(log, plain) == before)
        log.now = Position(version: 2, day: day("2026-08-01"))
        #expect(
            try told(log, plain) == [
                "engagement 40: title,unit?,phone?,email?,pNumber? -> title,unit?,phone?,email?,pNumber? "
                    + "withheld unit,phone,email,pNumber"
            ])
    }

    @Test func engagement_thatPassedToSomebodyElse_isToldOfThemOnly() throws {
        var log = log(objects(false), objects(false))
        log.before[id(30)] = nil
        log.after[id(30)] = person(protectedFrom: "2026-07-01")
        log.after[id(31)] = person(false)
        log.after[id(41)] = nil
        log.before[id(41)] = nil
        log.after[id(40)] = engagement(in: 1, title: "u", of: 31)
        log.now = Position(version: 2, day: day("2026-08-01"))
        #expect(
            try told(log, plain) == [
                "engagement 40: title,unit?,phone?,email?,pNumber? -> title,unit,phone,email,pNumber "
                    + "withheld unit,phone,email,pNumber"
            ])
    }

    @Test func dayTurn_onWhichProtectionBegins_reachesWhatDidNotChange() throws {
        var log = log([:], objects(false))
        log.cause = .dayTurn
        log.after[id(30)] = person(protectedFrom: "2026-06-01")
        #expect(try log.told(plain) == ["engagement updated 40", "user updated 50", "function updated 41"])
        #expect(try log.told(permitted) == [])
    }

    @Test func entryOfAnOlderProgram_isCountedAsItWas_andAViewEntryTakesWhatItTold() throws {
        var log = log(objects(true, in: 1), objects(true, in: 2))
        log.isProtecting = false
        #expect(try log.told(plain) == ["engagement updated 40"])
        #expect(try told(log, plain).first?.hasSuffix("withheld unit,phone,email,pNumber") == true)
        log.isProtecting = true
        log.cause = .view
        #expect(try log.told(plain) == ["engagement updated 40", "user updated 50", "function updated 41"])
        #expect(try log.told(permitted) == [])
    }

    @Test func everyWhereaboutsAttribute_isOfAKindThatLeadsToAPerson() {
        for kind in Schema.standard.kinds {
            let names = kind.attributes.filter { $0.protection == .whereabouts }
            if !names.isEmpty { #expect(!Schema.standard.personRelations(kind.kind).isEmpty) }
        }
        #expect(Schema.standard.personRelations(.function).map(\.name) == ["engagement"])
        #expect(Schema.standard.personRelations(.unit).isEmpty)
    }
}
