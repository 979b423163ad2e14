import Foundation
import GRDB
import OrganisationModel
import RegisterFixtures
import Storage
import Testing

struct StateFolderTests {
    private func refusal(_ fixture: StateFixture, _ access: State.Access) -> FordelerError.Code? {
        do {
            _ = try fixture.open(access)
            return nil
        } catch {
            return (error as? FordelerError)?.code
        }
    }

    @Test(
        "An empty or filled state that is open for writing: a second writer is refused, readers read",
        arguments: [
            false, true,
        ])
    func secondWriterIsRefused(isFilled: Bool) throws {
        let fixture = try isFilled ? StateFixture.filled() : StateFixture()
        do {
            let writer = try fixture.open(.writing)
            #expect(refusal(fixture, .writing) == .stateInUse)
            let expected = try writer.read { try $0.position().version }
            #expect(try fixture.open(.reading).read { try $0.position().version } == expected)
            // A reader sees what was committed while the writer writes on.
            try writer.write { transaction in
                if let day = try transaction.position().day {
                    try transaction.turnDays(to: day.advanced(by: 30), time: StateTransaction.timeFixture)
                    #expect(try fixture.open(.reading).read { try $0.position().day } == day)
                }
            }
        }
        #expect(refusal(fixture, .writing) == nil)
    }

    @Test("A database with a later migration is refused", arguments: [State.Access.reading, .writing])
    func laterMigration(access: State.Access) throws {
        let fixture = try StateFixture.filled()
        try fixture.intruder().write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')") }
        let before = try fixture.contents()
        #expect(refusal(fixture, access) == .stateTooNew)
        #expect(try fixture.contents() == before)
    }

    @Test(
        "A secret that is missing or has another length is refused",
        arguments: [
            nil, 0, 31, 33,
        ])
    func damagedSecret(length: Int?) throws {
        let fixture = try StateFixture.filled()
        let path = fixture.folder.secret
        let good = try #require(FileManager.default.contents(atPath: path))
        try FileManager.default.removeItem(atPath: path)
        if let length { #expect(FileManager.default.createFile(atPath: path, contents: Data(count: length))) }
        #expect(refusal(fixture, .writing) == .stateDamaged)
        #expect(refusal(fixture, .reading) == .stateDamaged)
        // Nothing was put in its place.
        #expect(FileManager.default.contents(atPath: path)?.count == length)
        #expect(FileManager.default.createFile(atPath: path, contents: good))
        #expect(try fixture.problems() == [])
    }

    @Test("The secret is its owner's alone and stays the same")
    func secretStays() throws {
        let fixture = try StateFixture()
        let secret = try fixture.open(.writing).secret
        #expect(secret.count == 32)
        #expect(try fixture.open(.writing).secret == secret)
        #expect(try fixture.open(.reading).secret == secret)
        let attributes = try FileManager.default.attributesOfItem(atPath: fixture.folder.secret)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("Reading where there is no state is refused and makes none")
    func readingNothing() throws {
        let fixture = try StateFixture()
        #expect(refusal(fixture, .reading) == .storageFailed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path) == [])
    }
}
