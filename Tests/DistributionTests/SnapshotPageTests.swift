import ChangeEvents
import Distribution
import Foundation
import OrganisationModel
import RegisterFixtures
import Storage
import Testing
import Versioning

struct SnapshotPageTests {
    private static let source = "urn:test"
    private static let today = Day(number: 20_000)

    private static func publish(_ state: State, _ register: inout RandomRegister, _ reference: inout ReferenceRegister)
        throws
    {
        let next = register.altered(reference.current, history: reference.versions, today: today)
        let changes = ReferenceRegister.changes(from: reference.current, to: next)
        if changes.isEmpty { return }
        try state.write { _ = try $0.publishFixture(FixedChanges(changes), today: today) }
        reference.publish(next)
    }

    private static func mailbox(_ state: State) throws -> Mailbox {
        let view = try View(kinds: Kind.allCases.map(\.name), attributes: nil, seesProtected: true)
        return try state.write {
            try $0.addMailbox(
                "box", view: view, source: source, actor: Actor("test"), time: StateTransaction.timeFixture)
        }
    }

    /// The objects of a page, each as JSON with sorted keys.
    private static func objects(_ json: [UInt8]) throws -> [String] {
        let list = try JSONSerialization.jsonObject(with: Data(json)) as? [Any] ?? []
        return try list.map {
            String(decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys), as: UTF8.self)
        }
    }

    @Test(
        "Pages of random sizes put together are the snapshot of the first one's position, while versions are published",
        arguments: Rounds.seeds(20))
    func pages(seed: UInt64) throws {
        var register = RandomRegister(seed: seed)
        var reference = ReferenceRegister()
        let folder = try TemporaryFolder(isInMemory: true)
        var state = try State(folder: folder.path, access: .writing)
        for _ in 0..<3 { try Self.publish(state, &register, &reference) }
        let mailbox = try Self.mailbox(state)
        // From the first version on the database is opened in another way.
        let spare = try TemporaryFolder(isInMemory: true)
        state = try State(folder: spare.path, access: .writing)
        state = try State(folder: folder.path, access: .writing)
        var cursor = try state.read { transaction in
            let (version, day) = try transaction.position()
            return SnapshotCursor(
                position: Position(version: version, day: day ?? Self.today),
                after: try Delivery(log: transaction, source: Self.source).highestNumber(mailbox), last: nil)
        }
        let whole = try state.read {
            try Delivery(log: $0, source: Self.source).snapshotPage(mailbox, from: cursor, max: .max)
        }
        #expect(whole.next == nil)
        let expected = try Self.objects(whole.json)
        var seen: [String] = []
        var pages = 0
        while true {
            let max = register.withRandom { $0.number(1...5) }
            let page = try state.read {
                try Delivery(log: $0, source: Self.source).snapshotPage(mailbox, from: cursor, max: max)
            }
            #expect(page.position == cursor.position && page.after == cursor.after)
            let objects = try Self.objects(page.json)
            #expect(objects.count == min(max, expected.count - seen.count))
            seen += objects
            pages += 1
            guard let next = page.next else { break }
            cursor = next
            try Self.publish(state, &register, &reference)
        }
        #expect(seen == expected, "seed \(seed)")
        #expect(pages >= expected.count / 5)
        withExtendedLifetime(spare) {}
    }

    @Test("The whole page holds what the snapshot holds, in its order") func wholePage() throws {
        var register = RandomRegister(seed: 1)
        var reference = ReferenceRegister()
        let folder = try TemporaryFolder(isInMemory: true)
        let state = try State(folder: folder.path, access: .writing)
        try Self.publish(state, &register, &reference)
        let mailbox = try Self.mailbox(state)
        let position = Position(version: 1, day: Self.today)
        try state.read { transaction in
            let delivery = Delivery(log: transaction, source: Self.source)
            var lines = JSONBytes()
            try lines.array { lines in
                try delivery.snapshot(view: mailbox.view, at: position) { kind, id, fields in
                    lines.object { line in
                        line.pair("subject", "\(kind.name)/\(id)")
                        line.key("data")
                        ChangeEvent.write(fields, to: &line)
                    }
                }
            }
            let page = try delivery.snapshotPage(
                mailbox, from: SnapshotCursor(position: position, after: 0, last: nil), max: 1000)
            #expect(page.json == lines.bytes)
            #expect(page.json.count > 100)
        }
    }

    @Test("A batch is the events in the JSON format, separated by commas") func batch() throws {
        var register = RandomRegister(seed: 2)
        var reference = ReferenceRegister()
        let folder = try TemporaryFolder(isInMemory: true)
        let state = try State(folder: folder.path, access: .writing)
        let mailbox = try Self.mailbox(state)
        try Self.publish(state, &register, &reference)
        try state.write { transaction in
            let delivery = Delivery(log: transaction, source: Self.source)
            try delivery.countPending(view: mailbox.view, id: mailbox.viewID)
            var texts: [String] = []
            try delivery.events(mailbox, after: 2, max: 4) { event in
                var json = JSONBytes()
                event.write(to: &json, delivery.context(mailbox))
                texts.append(json.text)
            }
            let batch = try delivery.batch(mailbox, after: 2, max: 4)
            #expect(texts.count == 4)
            #expect(batch == EventBatch(json: Array("[\(texts.joined(separator: ","))]".utf8), count: 4))
            #expect(try delivery.batch(mailbox, after: .max, max: 4) == EventBatch(json: Array("[]".utf8), count: 0))
        }
    }
}
