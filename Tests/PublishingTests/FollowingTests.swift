@testable import fordeler
import OrganisationModel
import RegisterFixtures
import Testing
import Versioning

/// What follows when one of two sources says something new, and the other does not.
struct FollowingTests {
    private static let (anna, bo) = ("6101800010", "6101800011")
    private static let account = "AA10"

    /// Two units, an employment of each of two people, and an account of the first.
    private static var town: SmallWorld {
        var world = SmallWorld()
        world.units = [.init(id: "10", parent: "", name: "Kommune"), .init(id: "11", parent: "10", name: "Skole")]
        world.employments = [.init(id: "500", cpr: anna, unit: "11"), .init(id: "501", cpr: bo, unit: "11")]
        world.employments[0].email = "anna@payroll.example"
        world.employments[0].phone = "11111111"
        world.accounts = [
            .init(
                guid: SmallValues.guids[0], name: account, employee: "500", email: "anna@directory.example",
                phone: "22222222")
        ]
        return world
    }

    private func person(_ cpr: String, _ office: Office) throws -> Value? {
        try office.object(.person, "cpr", cpr).map { .reference($0.id) }
    }

    private func personOfTheAccount(_ office: Office) throws -> Value? {
        try office.value("person", of: .user, "accountName", Self.account)
    }

    private func email(of employment: String, _ office: Office) throws -> Value? {
        try office.value("email", of: .engagement, "employeeNumber", employment)
    }

    // MARK: Withheld objects

    @Test func `of a record whose employment cannot be kept the person comes at once, not with the next export`() throws
    {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        let employment = try #require(try office.object(.engagement, "employeeNumber", "500"))
        // The directory takes the employment's UUID, so it would stay as it was; but its person is gone.
        (world.employments[0].cpr, world.employments[0].userId) = ("6101800012", "AA12")
        world.accounts[0].guid = employment.id.description
        let outcome = try office.importRound(hr: world.hr, ad: world.ad)
        #expect(try office.rules(outcome).contains("object.several-kinds"))
        #expect(try office.rules(outcome).contains("engagement.person-unknown"))
        #expect(try person(Self.anna, office) == nil)
        #expect(try person("6101800012", office) != nil)
        world.units[1].phone = "33333333"
        let next = try office.importRound(hr: world.hr)
        #expect(next.candidate.counts.byKind.keys.sorted() == [.unit])
    }

    // MARK: Ties

    @Test func `an employee number that another person gets takes the account along`() throws {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        let before = try #require(try person(Self.anna, office))
        #expect(try personOfTheAccount(office) == before)
        (world.employments[0].cpr, world.employments[1].cpr) = (Self.bo, Self.anna)
        try office.importRound(hr: world.hr)
        let after = try #require(try person(Self.bo, office))
        #expect(after != before)
        #expect(try personOfTheAccount(office) == after)
    }

    @Test func `an account that came a day before its employment is tied although its file did not change`() throws {
        var world = Self.town
        world.accounts[0].employee = "502"
        let office = try Office()
        let first = try office.importRound(hr: world.hr, ad: world.ad)
        #expect(try office.rules(first) == ["user.person-uncorrelated"])
        #expect(try personOfTheAccount(office) == nil)
        world.employments.append(.init(id: "502", cpr: "6101800012", unit: "11"))
        let second = try office.importRound(hr: world.hr)
        let person = try #require(try person("6101800012", office))
        #expect(try personOfTheAccount(office) == person)
        #expect(try office.rules(second) == [])
        #expect(try email(of: "502", office) == .text("anna@directory.example"))
    }

    @Test func `an account with the UUID of an employment that is gone is refused, and nothing is made of its values`()
        throws
    {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        let employment = try #require(try office.object(.engagement, "employeeNumber", "500"))
        world.employments.removeFirst()
        world.accounts[0].guid = employment.id.description
        let refused = #expect(throws: FordelerError.self) { try office.importRound(hr: world.hr, ad: world.ad) }
        #expect(refused?.code.name == "identity.kind-conflict")
        #expect(try office.version == 1)
        #expect(try office.object(.engagement, "employeeNumber", "500")?.id == employment.id)
    }

    @Test func `two rows of one account name different people, and it is kept as it was, in any order of rows`() throws
    {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        let before = try #require(try person(Self.anna, office))
        var second = world.accounts[0]
        second.employee = "501"
        for rows in [[world.accounts[0], second], [second, world.accounts[0]]] {
            world.accounts = rows
            let outcome = try office.importRound(ad: world.ad)
            #expect(try office.rules(outcome).contains("user.person-ambiguous"))
            #expect(try personOfTheAccount(office) == before)
        }
    }

    @Test func `two people answer to the name of an account, which is kept as it was, with a finding`() throws {
        var world = Self.town
        world.accounts[0].employee = ""
        world.employments[0].userId = "AA10"
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        func tied() throws -> [Value?] {
            try office.objects().filter { $0.id.description == world.accounts[0].guid }.map {
                $0.state.periods(Schema.standard[.user]).last?["person"]
            }
        }
        let anna = try #require(try person(Self.anna, office))
        #expect(try tied() == [anna])
        // Letters are compared without their case, as directories do.
        world.employments[1].userId = "aa10"
        let second = try office.importRound(hr: world.hr)
        #expect(second.candidate.verdict == .published)
        #expect(try office.rules(second) == ["user.person-ambiguous"])
        #expect(try tied() == [anna])
    }

    @Test func `an account loses its person when an employment goes that was kept as it was before`() throws {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        world.employments[0].entry = "2026-02-31"
        let second = try office.importRound(hr: world.hr)
        #expect(try office.rules(second) == ["record.date-impossible"])
        #expect(try personOfTheAccount(office) != nil)
        world.employments.removeFirst()
        let third = try office.importRound(hr: world.hr)
        #expect(try person(Self.anna, office) == nil)
        #expect(try personOfTheAccount(office) == nil)
        #expect(try office.rules(third) == ["user.person-uncorrelated"])
    }

    // MARK: Values

    @Test func `the mail of payroll comes back when the account goes that owned it`() throws {
        var world = Self.town
        world.accounts.append(.init(guid: SmallValues.guids[1], name: "svc-print"))
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        #expect(try email(of: "500", office) == .text("anna@directory.example"))
        world.accounts.removeFirst()
        try office.importRound(ad: world.ad)
        #expect(try email(of: "500", office) == .text("anna@payroll.example"))
    }

    @Test func `an account that is disabled says nothing about an employment`() throws {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        world.accounts[0].enabled = "False"
        try office.importRound(ad: world.ad)
        #expect(try email(of: "500", office) == .text("anna@payroll.example"))
        #expect(try office.value("phone", of: .engagement, "employeeNumber", "500") == .text("11111111"))
        #expect(try office.value("disabled", of: .user, "accountName", Self.account) == .flag(true))
        let person = try #require(try person(Self.anna, office))
        #expect(try personOfTheAccount(office) == person)
    }

    @Test func `a record that adds to nobody because several answer is told of until one does`() throws {
        var world = Self.town
        world.employments[0].email = "shared@payroll.example"
        world.employments[1].email = "shared@payroll.example"
        // Without a name it makes no account either.
        world.accounts[0].name = ""
        world.accounts[0].email = "shared@payroll.example"
        var settings = Settings()
        settings.ad = .numbersApart
        let office = try Office(settings)
        let first = try office.importRound(hr: world.hr, ad: world.ad)
        #expect(try office.rules(first) == ["record.addition-ambiguous"])
        world.units[1].name = "Børnehave"
        let second = try office.importRound(hr: world.hr)
        #expect(try office.rules(second) == ["record.addition-ambiguous"])
        world.employments[1].email = ""
        let third = try office.importRound(hr: world.hr)
        #expect(try office.rules(third) == [])
        #expect(try office.value("phone", of: .engagement, "employeeNumber", "500") == .text("22222222"))
    }

    // MARK: Mappings

    @Test func `a changed mapping changes objects at the next import of the same file`() throws {
        let world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        #expect(try office.value("title", of: .engagement, "employeeNumber", "500") == .text("Pædagog"))
        office.settings.hr = .lessRead
        let outcome = try office.importRound(hr: world.hr)
        #expect(outcome.candidate.counts[.engagement, .updated] == 2)
        #expect(try office.value("title", of: .engagement, "employeeNumber", "500") == nil)
    }

    @Test func `another owner of an attribute counts at the next import of any source`() throws {
        let world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        office.settings.ad = .ownsNothing
        try office.importRound(hr: world.hr)
        #expect(try email(of: "500", office) == .text("anna@payroll.example"))
    }

    @Test func `another owner of an attribute still counts after a rollback in between`() throws {
        var world = Self.town
        let office = try Office()
        try office.importRound(hr: world.hr, ad: world.ad)
        world.units[1].name = "Børnehave"
        try office.importRound(hr: world.hr)
        office.settings.ad = .ownsNothing
        try office.rollback(to: 1)
        try office.release("hr", exceptPinned: true)
        let outcome = try office.importRound(hr: world.hr)
        #expect(outcome.candidate.verdict == .published && outcome.candidate.waitsFor == ["pin"])
        #expect(try email(of: "500", office) == .text("anna@payroll.example"))
        #expect(try office.object(.unit, "name", "Skole") != nil, "the unit is pinned")
    }

    // MARK: Files

    @Test func `an export, another one, and the first again bring the first back`() throws {
        let first = Self.town
        var second = first
        second.units[1].name = "Børnehave"
        second.employments.removeLast()
        let office = try Office()
        try office.importRound(hr: first.hr, ad: first.ad)
        let before = try office.objects()
        #expect(try office.importRound(hr: second.hr).version == 2)
        #expect(try office.objects() != before)
        #expect(try office.importRound(hr: first.hr).version == 3)
        #expect(try office.objects() == before)
    }

    @Test func `an export that waits is replaced by the next, and nothing of it is ever accepted`() throws {
        let first = Self.town
        var second = first
        second.employments.removeLast()
        var third = first
        third.units[1].name = "Børnehave"
        let office = try Office()
        try office.importRound(hr: first.hr, ad: first.ad)
        office.settings.brakes = .only(0)
        let held = try office.importRound(hr: second.hr).candidate
        #expect(held.verdict == .held && held.waitsFor.contains("brake:hr.engagement.removed"))
        let name = try office.write(third.hr, "hr")
        let next = try office.importFiles(["hr": name])
        #expect(next.candidate.verdict == .published && next.version == 2)
        #expect(try office.verdict(held.id) == .superseded)
        #expect(try office.object(.engagement, "employeeNumber", "501") != nil)
        #expect(try office.object(.unit, "name", "Børnehave") != nil)
        #expect(try office.acceptedFiles(of: "hr") == [name])
        #expect(throws: FordelerError.self) { try office.approve(held.id) }
        // The accepted claims are those of the third export: read again they say nothing new.
        #expect(try office.importRound(hr: third.hr).candidate.verdict == .unchanged)
        #expect(try office.version == 2)
    }
}
