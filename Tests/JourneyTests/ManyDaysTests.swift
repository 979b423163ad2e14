import FordelerTestKit
import Foundation
import Testing

/// Days of a generated municipality, one after the other, with whatever chance brings.
struct ManyDaysTests {
    /// More municipalities with `make soak`.
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["FORDELER_SOAK"] == nil ? [11, 12, 107] : Array(100..<160)
    private static let days = 6

    /// A day in the municipality's own calendar.
    private func day(_ number: Int) -> String {
        "2025-10-" + (number < 10 ? "0" : "") + String(number)
    }

    /// Imports the export of one day, which must publish by itself.
    private func publish(_ town: OpusMunicipality, _ world: World, day number: Int) throws {
        try world.write(town, "day\(number).xml")
        let outcome = try world.importing("hr=day\(number).xml", today: day(number))
        #expect(
            outcome.status == 0 && outcome.json["verdict"].text == "published", "\(outcome.output)\(outcome.errors)")
    }

    /// What a snapshot says of each subject.
    private func snapshot(_ world: World, day number: Int) throws -> [String: JSON] {
        let lines = try world.run("snapshot", "ky", today: day(number)).lines.dropFirst()
        return Dictionary(uniqueKeysWithValues: lines.map { ($0["subject"].text ?? "", $0["data"]) })
    }

    /// Applies events to a copy as a subscriber would.
    private func apply(_ events: [JSON], to copy: inout [String: JSON]) {
        for event in events {
            let (subject, type) = (event["subject"].text ?? "", event["type"].text ?? "")
            if type.hasPrefix("dk.fordeler.version.") { continue }
            let isHeld = copy[subject] != nil
            #expect(isHeld != type.hasSuffix(".created.v1"), "\(type) of \(subject)")
            if isHeld { #expect(copy[subject] == event["data"]["before"], "before of \(type) of \(subject)") }
            copy[subject] = event["data"]["after"].isNull ? nil : event["data"]["after"]
        }
    }

    /// Leaves some employments without an entry date. Their people have no other employment: who had one that was good would
    /// stay as it was when that one ends, which a register that never saw it cannot know.
    private func leaveOutBeginnings(in town: inout OpusMunicipality) {
        let count = Dictionary(town.employments.map { ($0.cpr, 1) }, uniquingKeysWith: +)
        for index in stride(from: 0, to: town.employments.count, by: 13) where count[town.employments[index].cpr] == 1 {
            town.employments[index].entryDate = ""
        }
    }

    /// Findings in the order of lines, then rules.
    private func inOrder(_ findings: [JSON]) -> [JSON] {
        findings.sorted { left, right in
            (left["line"].number ?? 0, left["rule"].text ?? "", left["kind"].text ?? "") < (
                right["line"].number ?? 0, right["rule"].text ?? "", right["kind"].text ?? ""
            )
        }
    }

    @Test(arguments: seeds)
    func `a subscriber who follows the events holds what the register holds, every day`(seed: UInt64) throws {
        let world = try World()
        var town = OpusMunicipality(seed: seed, employees: 150)
        try publish(town, world, day: 1)
        let view = "person,engagement,unit,user,function"
        let added = [
            "subscription", "add", "ky", "--kinds", view, "--attributes", "name,parent,unit,title,surname,level",
        ]
        #expect(try world.run(added, today: day(1)).status == 0)
        var copy = try snapshot(world, day: 1)
        var settled = 0
        for number in 2...Self.days {
            town.advance(seed: seed &+ UInt64(number), fraction: 0.06)
            try publish(town, world, day: number)
            let events = try world.events("ky", today: day(number))
            #expect(events.map { $0["sequence"].number } == Array(settled + 1..<settled + 1 + events.count))
            apply(events, to: &copy)
            settled += events.count
            #expect(try world.run("ack", "ky", "--through", String(settled), today: day(number)).status == 0)
            #expect(try snapshot(world, day: number) == copy, "day \(number)")
        }
        // Days on which nothing is imported: only what takes effect by itself.
        apply(try world.events("ky", today: day(Self.days + 9)), to: &copy)
        #expect(try snapshot(world, day: Self.days + 9) == copy)
        try world.expectVerified()
    }

    @Test(arguments: seeds)
    func `after many days the register and its findings are those of the last export read anew`(seed: UInt64) throws {
        let (world, anew) = (try World(), try World())
        var town = OpusMunicipality(seed: seed, employees: 150)
        leaveOutBeginnings(in: &town)
        try publish(town, world, day: 1)
        for number in 2...Self.days {
            town.advance(seed: seed &+ UInt64(number), fraction: 0.06)
            // What a stub leaves of an employment follows from the days before it, so none is used here.
            town.employments.removeAll { $0.action != nil }
            try publish(town, world, day: number)
        }
        // The same secret gives the same UUIDs.
        try FileManager.default.createDirectory(at: anew.state, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: world.state.appendingPathComponent("secret"), to: anew.state.appendingPathComponent("secret"))
        try publish(town, anew, day: Self.days)
        let last = String(Self.days)
        let (grown, read) = (try world.diff("0", last), try anew.diff("0", "1"))
        #expect(grown.count == read.count)
        for (one, other) in zip(grown, read) { try #require(one == other) }
        // Findings about records that changed stand after those about records that did not.
        let (found, foundAnew) = (inOrder(try world.findings(last)), inOrder(try anew.findings("1")))
        #expect(found.count >= 5 && found.count == foundAnew.count)
        for (one, other) in zip(found, foundAnew) { try #require(one == other) }
        try world.expectVerified()
    }
}
