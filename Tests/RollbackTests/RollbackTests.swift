import OrganisationModel
import RegisterFixtures
import Storage
import Testing
import Versioning

@testable import fordeler

/// What a rollback promises, one promise a test. Every step is also compared with the reference.
struct RollbackTests {
    private static let today = Trial.firstDay

    /// A root with units 2 and 3, and ten people in unit 3.
    private static var town: Town {
        var town = Town()
        town.units = [
            "1": Town.Unit(name: "Town", parent: nil), "2": Town.Unit(name: "Care", parent: "1"),
            "3": Town.Unit(name: "Home", parent: "2"),
        ]
        for number in 101...110 { employ("\(number)", in: "3", of: &town) }
        return town
    }

    private static func employ(_ id: String, in unit: String, of town: inout Town) {
        let cpr = "6101800" + id
        town.people[cpr] = Town.Person(givenName: "Given", surname: "Name \(id)")
        town.employments[id] = Town.Employment(cpr, in: unit, entry: today.advanced(by: -300))
    }

    private static var directory: Directory {
        var directory = Directory()
        for number in 1...3 {
            directory.accounts[Directory.uuid(number)] = Directory.Account(
                "user\(number)", of: "10\(number)", email: "user\(number)@town.example")
        }
        return directory
    }

    private static func account(_ number: Int) -> String {
        "user/\(Directory.uuid(number))"
    }

    /// Version 1 holds the town and its accounts, version 2 what `alter` makes of the town. Brakes let ten objects go.
    private func changed(removedMax: Int = 10, _ alter: (inout Town) -> Void) throws -> (Trial, Town) {
        let trial = try Trial(removedMax: removedMax)
        try trial.run(.importing(Exports(hr: Self.town, ad: Self.directory)))
        var town = Self.town
        alter(&town)
        try trial.run(.importing(Exports(hr: town)))
        return (trial, town)
    }

    private func hash(_ trial: Trial, _ version: Int) throws -> [UInt8]? {
        try trial.state.read { try $0.version(version)?.contentHash }
    }

    // MARK: Undoing

    @Test func `a publish that removed 30 % is undone by one rollback: content hash equals that of the older version`()
        throws
    {
        let (trial, _) = try changed { town in for id in ["101", "102", "103"] { town.employments[id] = nil } }
        #expect(trial.reference.versions.count == 3)
        #expect(try hash(trial, 2) != hash(trial, 1))
        let done = try trial.run(.rollBack(to: 1))
        #expect(done == Reference.Expected(verdict: "published"))
        #expect(try hash(trial, 3) == hash(trial, 1))
        #expect(trial.reference.holds == ["hr"])
        #expect(trial.reference.pins.contains("engagement/101") && trial.reference.pins.contains("person/6101800101"))
        try trial.verify()
    }

    @Test func `a rollback of a rollback brings back what was undone`() throws {
        let (trial, _) = try changed { $0.employments["101"] = nil }
        try trial.run(.rollBack(to: 1))
        try trial.run(.rollBack(to: 2))
        #expect(try hash(trial, 4) == hash(trial, 2))
        #expect(trial.reference.pins.isEmpty && trial.reference.waiting.isEmpty)
        try trial.verify()
    }

    @Test func `a rollback that removes much is held by its own brake, and published by approval`() throws {
        let (trial, _) = try changed(removedMax: 2) { town in
            for number in 111...114 { Self.employ("\(number)", in: "2", of: &town) }
        }
        let held = try trial.run(.rollBack(to: 1))
        #expect(
            held
                == Reference.Expected(
                    verdict: "held", waitsFor: ["brake:hr.engagement.removed", "brake:hr.person.removed"]))
        #expect(trial.reference.versions.count == 3 && trial.reference.holds.isEmpty)
        try trial.run(.approve(trial.reference.waiting[0]))
        #expect(try hash(trial, 3) == hash(trial, 1))
        #expect(trial.reference.holds == ["hr"])
    }

    @Test func `accounts disabled since stay disabled unless asked`() throws {
        for enables in [false, true] {
            let trial = try Trial(removedMax: 10)
            try trial.run(.importing(Exports(hr: Self.town, ad: Self.directory)))
            var directory = Self.directory
            directory.accounts[Directory.uuid(1)]?.isEnabled = false
            directory.accounts[Directory.uuid(2)]?.email = "other@town.example"
            try trial.run(.importing(Exports(ad: directory)))
            try trial.run(.rollBack(to: 1, enablesAccounts: enables))
            #expect(trial.reference.register[Self.account(1)]?.isDisabled == !enables)
            #expect(trial.reference.register[Self.account(2)]?.fields["email"] == "user2@town.example")
            #expect(try (hash(trial, 3) == hash(trial, 1)) == enables)
        }
    }

    @Test func `an account that was disabled and then deleted comes back disabled, and a protected person protected`()
        throws
    {
        let trial = try Trial(removedMax: 10)
        try trial.run(.importing(Exports(hr: Self.town, ad: Self.directory)))
        var (town, directory) = (Self.town, Self.directory)
        directory.accounts[Directory.uuid(1)]?.isEnabled = false
        town.people["6101800101"]?.isProtected = true
        try trial.run(.importing(Exports(hr: town, ad: directory)))
        (directory.accounts[Directory.uuid(1)], directory.accounts[Directory.uuid(2)]) = (nil, nil)
        (town.employments["101"], town.people["6101800101"]) = (nil, nil)
        try trial.run(.importing(Exports(hr: town, ad: directory)))
        try trial.run(.rollBack(to: 1))
        #expect(trial.reference.register[Self.account(1)]?.isDisabled == true)
        #expect(trial.reference.register[Self.account(2)]?.isDisabled == false)
        #expect(trial.reference.register["person/6101800101"]?.fields["addressProtected"] == "true")
    }

    // MARK: Holds

    @Test func `the next import publishes nothing by itself while the source is on hold`() throws {
        let (trial, second) = try changed { $0.employments["101"] = nil }
        var town = second
        try trial.run(.rollBack(to: 1))
        town.units["2"]?.name = "Elderly care"
        let held = try trial.run(.importing(Exports(hr: town)))
        #expect(held == Reference.Expected(verdict: "held", waitsFor: ["hold:hr", "pin"]))
        #expect(trial.reference.versions.count == 4)
        // The other source goes on.
        var directory = Self.directory
        directory.accounts[Directory.uuid(2)]?.email = "other@town.example"
        #expect(try trial.run(.importing(Exports(ad: directory)))?.verdict == "published")
        #expect(trial.reference.versions.count == 5)
    }

    @Test func `after release except pinned a leaver's account is disabled and the rest waits`() throws {
        let (trial, second) = try changed { $0.employments["101"] = nil }
        var town = second
        try trial.run(.rollBack(to: 1))
        town.employments["102"]?.end = Self.today.next
        var directory = Self.directory
        directory.accounts[Directory.uuid(2)]?.isEnabled = false
        try trial.run(.importing(Exports(hr: town, ad: directory)))
        #expect(trial.reference.register[Self.account(2)]?.isDisabled == false)
        let released = try trial.run(.release("hr", exceptPinned: true))
        #expect(released == Reference.Expected(verdict: "published", waitsFor: ["pin"]))
        #expect(trial.reference.register[Self.account(2)]?.isDisabled == true)
        #expect(trial.reference.register["engagement/102"]?.to == Self.today.next)
        #expect(trial.reference.register["engagement/101"] != nil)
        #expect(trial.reference.waiting.map(\.waitsFor) == [["pin"]])
    }

    // MARK: Pins

    @Test func `an object that is pinned stays when a unit it names is removed: the unit and those above wait too`()
        throws
    {
        let (trial, second) = try changed { town in
            for id in 101...110 { town.employments["\(id)"]?.unit = id == 101 ? "3" : "1" }
        }
        var town = second
        town.employments["101"] = nil
        try trial.run(.importing(Exports(hr: town)))
        try trial.run(.rollBack(to: 2))
        try trial.run(.release("hr", exceptPinned: true))
        (town.units["2"], town.units["3"], town.units["4"]) = (nil, nil, Town.Unit(name: "New", parent: "1"))
        #expect(try trial.run(.importing(Exports(hr: town)))?.verdict == "published")
        #expect(trial.reference.register["unit/4"] != nil)
        #expect(trial.reference.register["unit/3"] != nil && trial.reference.register["unit/2"] != nil)
        #expect(trial.reference.pins.isSuperset(of: ["unit/2", "unit/3", "engagement/101"]))
        try trial.verify()
    }

    @Test func `a new employment in a unit that a rollback took away waits with pin, and a full release lets it go`()
        throws
    {
        let (trial, second) = try changed { $0.units["4"] = Town.Unit(name: "New", parent: "1") }
        var town = second
        try trial.run(.rollBack(to: 1))
        try trial.run(.release("hr", exceptPinned: true))
        Self.employ("111", in: "4", of: &town)
        Self.employ("112", in: "3", of: &town)
        #expect(try trial.run(.importing(Exports(hr: town)))?.waitsFor == ["pin"])
        #expect(trial.reference.register["engagement/112"] != nil && trial.reference.register["engagement/111"] == nil)
        #expect(trial.reference.pins == ["unit/4", "engagement/111", "person/6101800111"])
        #expect(try trial.run(.release("hr", exceptPinned: false))?.verdict == "published")
        #expect(trial.reference.register["engagement/111"] != nil && trial.reference.pins.isEmpty)
    }

    @Test func `an employment that moved to a unit a rollback took away stays where it was, and so does its old unit`()
        throws
    {
        let (trial, second) = try changed { $0.units["4"] = Town.Unit(name: "New", parent: "1") }
        var town = second
        try trial.run(.rollBack(to: 1))
        try trial.run(.release("hr", exceptPinned: true))
        for id in town.employments.keys { town.employments[id]?.unit = "4" }
        town.units["3"] = nil
        town.units["2"]?.name = "Elderly care"
        #expect(try trial.run(.importing(Exports(hr: town)))?.waitsFor == ["pin"])
        #expect(trial.reference.register["unit/2"]?.fields["name"] == "Elderly care")
        #expect(trial.reference.register["engagement/101"]?.fields["unit"] == "unit/3")
        #expect(trial.reference.register["unit/3"] != nil)
    }

    @Test func `units under a unit that a rollback took away wait, and everything else is published`() throws {
        let (trial, second) = try changed { $0.units["4"] = Town.Unit(name: "New", parent: "1") }
        var town = second
        try trial.run(.rollBack(to: 1))
        try trial.run(.release("hr", exceptPinned: true))
        town.units["5"] = Town.Unit(name: "Newer", parent: "4")
        town.units["6"] = Town.Unit(name: "Newest", parent: "5")
        town.units["3"]?.parent = "6"
        town.employments["102"]?.title = "Nurse"
        #expect(try trial.run(.importing(Exports(hr: town)))?.waitsFor == ["pin"])
        #expect(trial.reference.register["engagement/102"]?.fields["title"] == "Nurse")
        #expect(trial.reference.register["unit/3"]?.fields["parent"] == "unit/2")
        #expect(trial.reference.pins == ["unit/3", "unit/4", "unit/5", "unit/6"])
        #expect(try trial.run(.release("hr", exceptPinned: false))?.verdict == "published")
        #expect(trial.reference.register["unit/3"]?.fields["parent"] == "unit/6")
    }

    @Test func `when claims and register agree again the pin is gone, and nothing waits for it`() throws {
        let (trial, _) = try changed { $0.employments["101"] = nil }
        try trial.run(.rollBack(to: 1))
        #expect(!trial.reference.pins.isEmpty && trial.reference.waiting.count == 1)
        let again = try trial.run(.importing(Exports(hr: Self.town)))
        #expect(again == Reference.Expected(verdict: "unchanged"))
        #expect(trial.reference.pins.isEmpty && trial.reference.waiting.isEmpty)
    }

    @Test func `approving the rest brings it back and clears the pins`() throws {
        let (trial, _) = try changed { $0.employments["101"] = nil }
        try trial.run(.rollBack(to: 1))
        #expect(trial.reference.waiting.map(\.waitsFor) == [["pin"]])
        #expect(try trial.run(.approve(trial.reference.waiting[0]))?.verdict == "published")
        #expect(try hash(trial, 4) == hash(trial, 2))
        #expect(trial.reference.pins.isEmpty && trial.reference.waiting.isEmpty)
    }

    @Test func `an object that was never published can be unpinned, and waits while its source is on hold`() throws {
        let (trial, second) = try changed { $0.units["4"] = Town.Unit(name: "New", parent: "1") }
        var town = second
        try trial.run(.rollBack(to: 1))
        try trial.run(.release("hr", exceptPinned: true))
        Self.employ("111", in: "4", of: &town)
        (town.employments["112"], town.people["6101800112"]) = (nil, nil)
        town.units["2"]?.name = "Elderly care"
        try trial.run(.importing(Exports(hr: town)))
        try trial.run(.hold("hr"))
        for name in ["unit/4", "person/6101800111", "engagement/111"] {
            #expect(try trial.run(.unpin(name))?.waitsFor.contains("hold:hr") == true)
        }
        #expect(try trial.run(.release("hr", exceptPinned: true))?.verdict == "published")
        #expect(trial.reference.register["engagement/111"] != nil && trial.reference.pins.isEmpty)
    }

    @Test func `a publish of accounts leaves the approval of an employment's candidate valid`() throws {
        let (trial, second) = try changed { $0.units["2"]?.name = "Elderly care" }
        var town = second
        for id in ["101", "102", "103", "104"] { town.employments[id] = nil }
        try trial.run(.hold("hr"))
        town.units["3"]?.name = "Home help"
        #expect(try trial.run(.importing(Exports(hr: town)))?.verdict == "held")
        var directory = Self.directory
        directory.accounts[Directory.uuid(9)] = Directory.Account("machine")
        #expect(try trial.run(.importing(Exports(ad: directory)))?.verdict == "published")
        #expect(try trial.run(.approve(trial.reference.waiting[0]))?.verdict == "published")
        #expect(trial.reference.register["unit/3"]?.fields["name"] == "Home help")
    }
}
