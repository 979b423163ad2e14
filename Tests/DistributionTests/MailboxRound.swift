import ChangeEvents
import Distribution
import Foundation
import OrganisationModel
import RegisterFixtures
import Storage
import Versioning

/// One round of the main property: a random history is published while mailboxes are read and acknowledged.
struct MailboxRound {
    /// A mailbox and what its subscriber received.
    struct Subscriber {
        /// As it was when it was opened: nothing settled, so everything can be read again.
        let opened: Mailbox
        let context: DeliveryContext
        let start: SubscriberCopy
        var received: [[UInt8]] = []
        /// How many events there were when the register stood at a position.
        var checkpoints: [(count: Int, position: Position)] = []
        var settled: Int
    }

    static let source = "urn:test"
    let folder: TemporaryFolder
    var state: State
    var register: RandomRegister
    var reference = ReferenceRegister()
    var subscribers: [Subscriber] = []
    var views: [View] = []
    var today: Day

    init(seed: UInt64) throws {
        folder = try TemporaryFolder()
        state = try State(folder: folder.path, access: .writing)
        register = RandomRegister(seed: seed)
        today = Day(number: 20_000)
        views = try (0..<3).map { _ in try randomView() }
    }

    // MARK: Random choices

    private mutating func once(in count: Int) -> Bool {
        register.withRandom { $0.once(in: count) }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        register.withRandom { $0.number(range) }
    }

    private mutating func randomView() throws -> View {
        let share = number(1...3)
        var kinds = Kind.allCases
        kinds.removeAll { _ in once(in: share + 1) }
        if kinds.isEmpty { kinds = [.unit] }
        let names = Set(kinds.flatMap { Schema.standard[$0].attributes.map(\.name) }).sorted()
        let attributes: [String]? = once(in: 3) ? nil : names.filter { _ in once(in: 2) }
        // A view of people alone must name what it wants.
        let named = kinds == [.person] ? attributes ?? ["surname"] : attributes
        return try View(kinds: kinds.map(\.name), attributes: named, seesProtected: once(in: 3))
    }

    // MARK: The history

    mutating func run() throws {
        // Every view is opened at a moment of its own, one of them a second time.
        let steps = number(5...9)
        var openings = views.map { ($0, number(0...steps - 1)) }
        openings.append((openings[0].0, number(openings[0].1...steps)))
        for step in 0..<steps {
            for (view, moment) in openings where moment == step { try open(view) }
            try advance()
            // An empty register opens its database in another way than one with a version.
            if once(in: 6) { try reopen() }
        }
        for (view, moment) in openings where moment == steps { try open(view) }
        try advance()
        for index in subscribers.indices { try receive(index) }
        try checkEverythingAgain()
        try HistoryCheck(state: state, reference: reference).run()
        let report = try state.read { try $0.verify() }
        try demand(report.problems, equals: [], "verify")
    }

    private mutating func advance() throws {
        today = today.advanced(by: Int32(number(0...14)))
        if once(in: 3) { try turnDays() }
        let next = register.altered(reference.current, history: reference.versions, today: today)
        let changes = ReferenceRegister.changes(from: reference.current, to: next)
        if !changes.isEmpty {
            // A clock that goes back does not take the day with it.
            let clock = once(in: 8) ? today.advanced(by: -3) : today
            _ = try state.write { try $0.publishFixture(FixedChanges(changes), today: clock) }
            reference.publish(next)
        }
        if once(in: 3) { try turnDays() }
        for index in subscribers.indices where !once(in: 3) {
            try receive(index)
            if once(in: 2) { try acknowledge(index) }
        }
    }

    private mutating func turnDays() throws {
        let next = today.advanced(by: Int32(number(0...6)))
        today = next
        try state.write { try $0.turnDays(to: next, time: StateTransaction.timeFixture) }
    }

    private mutating func reopen() throws {
        // The lock is held until the last reference is gone, so another state takes its place for a moment.
        let spare = try TemporaryFolder()
        state = try State(folder: spare.path, access: .writing)
        state = try State(folder: folder.path, access: .writing)
        withExtendedLifetime(spare) {}
    }

    private mutating func open(_ view: View) throws {
        let name = "box\(subscribers.count)"
        let mailbox = try state.write {
            try $0.addMailbox(
                name, view: view, source: Self.source, actor: Actor("test"), time: StateTransaction.timeFixture)
        }
        try demand(mailbox.startsAfter == 0 && mailbox.settledThrough == 0, "\(name) does not begin with number 1")
        let position = try position()
        let start = try position.map { try SubscriberCopy(snapshot(view, $0)) } ?? SubscriberCopy([:])
        let context = DeliveryContext(
            epoch: mailbox.epoch, settledThrough: 0, startsAfter: 0, source: Self.source)
        subscribers.append(Subscriber(opened: mailbox, context: context, start: start, settled: 0))
    }

    private func position() throws -> Position? {
        let (version, day) = try state.read { try $0.position() }
        return day.map { Position(version: version, day: $0) }
    }

    /// The snapshot as Delivery answers it, which must be the one that the reference gives.
    private func snapshot(_ view: View, _ position: Position) throws -> [String: [String: WireValue]] {
        var seen: [String: [String: WireValue]] = [:]
        var order: [String] = []
        try state.read { transaction in
            let delivery = Delivery(log: transaction, source: Self.source)
            try delivery.snapshot(view: view, at: position) { kind, id, fields in
                seen["\(kind.name)/\(id)"] = WireValue.fields(fields)
                order.append("\(Kind.allCases.count { $0 < kind }) \(id)")
            }
        }
        try demand(order, equals: Array(Set(order)).sorted(), "the order of the snapshot at \(position)")
        let expected = reference.seen(view, position, now: try self.position() ?? position)
        try demand(seen, equals: expected, "the snapshot at \(position)")
        return seen
    }

    // MARK: Reading

    /// Reads what is new, in pages of random size.
    private mutating func receive(_ index: Int) throws {
        let mailbox = subscribers[index].opened
        try state.write {
            try Delivery(log: $0, source: Self.source).countPending(view: mailbox.view, id: mailbox.viewID)
        }
        let highest = try state.read { try Delivery(log: $0, source: Self.source).highestNumber(mailbox) }
        // What was acknowledged does not come again, so reading goes on above it.
        var after = subscribers[index].received.count
        while true {
            let max = number(1...40)
            let page = try rendered(mailbox, after: after, max: max, subscribers[index].context)
            try demand(page.count, equals: min(max, highest - after), "the size of a page after \(after)")
            if page.isEmpty { break }
            subscribers[index].received += page
            after += page.count
        }
        try demand(subscribers[index].received.count, equals: highest, "the events of \(mailbox.name)")
        if let position = try position() { subscribers[index].checkpoints.append((highest, position)) }
    }

    private func rendered(
        _ mailbox: Mailbox, after: Int, max: Int, _ context: DeliveryContext
    ) throws -> [[UInt8]] {
        var events: [[UInt8]] = []
        try state.read { transaction in
            try Delivery(log: transaction, source: Self.source).events(mailbox, after: after, max: max) { event in
                var json = JSONBytes()
                event.write(to: &json, context)
                events.append(json.bytes)
            }
        }
        return events
    }

    private mutating func acknowledge(_ index: Int) throws {
        let subscriber = subscribers[index]
        let highest = subscriber.received.count
        let number = number(-1...highest)
        let name = subscriber.opened.name
        let before = try state.read { try Delivery(log: $0, source: Self.source).mailbox(name) }
        let after = try state.write { transaction in
            let delivery = Delivery(log: transaction, source: Self.source)
            return try delivery.acknowledge(delivery.mailbox(name), through: number)
        }
        subscribers[index].settled = max(subscriber.settled, number)
        let expected = Mailbox(
            name: name, view: before.view, viewID: before.viewID, epoch: before.epoch, offset: before.offset,
            startsAfter: before.startsAfter, settledThrough: max(before.settledThrough, number))
        try demand(after, equals: expected, "\(name) after acknowledging \(number)")
        try demand(
            try state.read { try Delivery(log: $0, source: Self.source).mailbox(name) }, equals: expected,
            "\(name) as it is stored")
        do {
            _ = try state.write { try Delivery(log: $0, source: Self.source).acknowledge(after, through: highest + 1) }
            throw Mismatch("\(name): \(highest + 1) was acknowledged, but \(highest) is the last event")
        } catch let error as FordelerError where error.code == .ackAhead {
        }
    }

    // MARK: At the end

    private mutating func checkEverythingAgain() throws {
        for subscriber in subscribers {
            let mailbox = subscriber.opened
            let again = try rendered(mailbox, after: 0, max: .max, subscriber.context)
            try checkSame(again, as: subscriber.received, mailbox)
            let stored = try state.read { try Delivery(log: $0, source: Self.source).mailbox(mailbox.name) }
            let open = try rendered(stored, after: 0, max: .max, subscriber.context)
            try demand(
                open == Array(again.dropFirst(subscriber.settled)),
                "\(mailbox.name): what is not settled through \(subscriber.settled) is not the rest of its events")
            let after = number(0...again.count)
            let max = number(0...again.count)
            try demand(
                try rendered(mailbox, after: after, max: max, subscriber.context)
                    == Array(again.dropFirst(after).prefix(max)), "\(mailbox.name): page after \(after), at most \(max)"
            )
            try check(subscriber)
            try checkFold(again, subscriber)
        }
    }

    /// Rendering again gives the same events; only what is told of people who became protected may be less.
    private func checkSame(_ again: [[UInt8]], as first: [[UInt8]], _ mailbox: Mailbox) throws {
        if mailbox.view.seesProtected {
            try demand(again == first, "\(mailbox.name): rendering again gives other bytes")
        }
        func heads(_ events: [[UInt8]]) throws -> [String] {
            try events.map { bytes in
                let event = try JSONDecoder().decode(WireEvent.self, from: Data(bytes))
                return "\(event.id) \(event.type) \(event.subject) \(event.data.hash ?? "")"
            }
        }
        try demand(heads(again), equals: heads(first), "\(mailbox.name): rendering again gives other events")
    }

    /// Events that are all read at the end, when whoever is protected now always was withheld.
    private func checkFold(_ again: [[UInt8]], _ subscriber: Subscriber) throws {
        guard let position = try position() else { return }
        var copy = subscriber.start
        for event in try again.map({ try JSONDecoder().decode(WireEvent.self, from: Data($0)) })
        where !event.isBegin && !event.isCompleted {
            try copy.apply(event)
        }
        try demand(
            copy.objects, equals: reference.seen(subscriber.opened.view, position, now: position),
            "\(subscriber.opened.name): all events, read at the end, do not give the last snapshot")
    }

    private func check(_ subscriber: Subscriber) throws {
        let mailbox = subscriber.opened
        let events = try subscriber.received.map { try JSONDecoder().decode(WireEvent.self, from: Data($0)) }
        try demand(
            events.map(\.id), equals: events.indices.map { "\(mailbox.epoch)-\($0 + 1)" }, "ids of \(mailbox.name)")
        var copy = subscriber.start
        var copies = [0: copy]
        for entry in try WireEntry.entries(events, startsAfter: mailbox.startsAfter) {
            for event in entry.changes { try copy.apply(event) }
            let position = try entry.completed.position()
            _ = try snapshot(mailbox.view, position)
            try demand(
                reference.certain(copy.objects),
                equals: reference.certain(reference.seen(mailbox.view, position, now: position)),
                "\(mailbox.name): the events through \(entry.completed.sequence) do not give the snapshot at \(position)"
            )
            try EntryCheck(entry: entry, view: mailbox.view, reference: reference).run()
            copies[entry.completed.sequence] = copy
        }
        for (count, position) in subscriber.checkpoints {
            guard let then = copies[count] else { throw Mismatch("\(mailbox.name): \(count) ends no entry") }
            try demand(
                then.objects, equals: reference.seen(mailbox.view, position, now: position),
                "\(mailbox.name): the \(count) events at \(position) do not give its snapshot")
        }
    }
}
