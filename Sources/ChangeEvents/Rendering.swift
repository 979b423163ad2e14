import Crypto
public import OrganisationModel

extension EntryProjection {
    /// The events of the entry whose numbers lie in `numbers`, in order.
    /// - Parameter first: the mailbox's number of the entry's first event (its begin marker).
    public func events(
        first: Int, in numbers: ClosedRange<Int>, log: any TransitionLog, schema: Schema = .standard
    ) throws -> [ChangeEvent] {
        guard eventCount > 0 else { return [] }
        let last = first + eventCount - 1
        guard numbers.overlaps(first...last) else { return [] }
        var disclosure = try Disclosure(view: view, log: log, schema: schema)
        return try numbers.clamped(to: first...last).map { number in
            if number == first { return ChangeEvent(number: number, entry: entry, content: .begins) }
            if number == last {
                let hash = completionHash(first: first)
                return ChangeEvent(number: number, entry: entry, content: .completed(count: items.count, hash: hash))
            }
            return try event(items[number - first - 1], number: number, log, &disclosure)
        }
    }

    private func event(
        _ item: Item, number: Int, _ log: any TransitionLog, _ disclosure: inout Disclosure
    ) throws -> ChangeEvent {
        guard item.type != .erased else {
            return ChangeEvent(
                number: number, entry: entry,
                content: .change(kind: item.kind, id: item.id, type: .erased, before: nil, after: nil))
        }
        let (before, after) = Self.sides(of: entry)
        let told = try disclosure.told(log.transition(of: entry, item.id), item.kind, item.id, before, after)
        return ChangeEvent(
            number: number, entry: entry,
            content: .change(
                kind: item.kind, id: item.id, type: item.type, before: told.before, after: told.after,
                withheld: told.withheld))
    }

    /// What lets a subscriber see that it has the whole of an entry, and in order.
    private func completionHash(first: Int) -> String {
        var hash = SHA256()
        for (index, item) in items.enumerated() {
            let line = "\(first + 1 + index) \(item.type.name(item.kind)) \(item.kind.name)/\(item.id)\n"
            hash.update(data: Array(line.utf8))
        }
        return Hexadecimal.text(hash.finalize())
    }
}
