@testable import fordeler
import Foundation
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Versioning

/// One municipality in two offices: the first gets a full export each day, the second what is new or altered.
struct DeltaRound {
    private let full: Office
    private let delta: Office
    private var world: SmallWorld
    private var random: SeededRandom
    /// The lines of payroll that the second office knows.
    private var known: [String] = []
    private var log: [String] = []
    private let hasScopes: Bool

    /// - Parameter hasScopes: whether units are excluded, with everything beneath them.
    init(seed: UInt64, hasScopes: Bool = false) throws {
        var random = SeededRandom(seed: seed)
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        full = try Office(secret: secret)
        delta = try Office(secret: secret)
        delta.settings.deltaSources = ["hr"]
        world = SmallWorld(&random)
        self.hasScopes = hasScopes
        if hasScopes {
            let units = [random.pick(world.units).id, random.pick(SmallValues.units)]
            let scopes = UnitScopes(excluded: Set(units.map { UnitName(source: "hr", key: $0) }))
            for office in [full, delta] { office.settings.scopes = scopes }
            log.append("excluded: \(units)")
        }
        self.random = random
    }

    mutating func run() throws {
        do {
            try step(isFirst: true)
            for _ in 0..<random.number(4...9) { try step(isFirst: false) }
            try approveAll()
            try compare()
            try demand(try delta.state.read { try $0.verify() }.problems, equals: [], "verify")
        } catch let mismatch as Mismatch {
            throw Mismatch("\(mismatch.description)\nsteps:\n  \(log.joined(separator: "\n  "))")
        }
    }

    private mutating func step(isFirst: Bool) throws {
        delta.settings.publish = random.pick([.automatic, .manual])
        if !isFirst {
            full.today = full.today.advanced(by: Int32(random.pick([0, 1, 1, 2])))
            delta.today = full.today
            world.changePayroll(
                today: full.today.description,
                soon: full.today.advanced(by: Int32(random.number(-9...20))).description, &random)
            if hasScopes, random.once(in: 2) { world.moveUnit(&random) }
        }
        try deliverPayroll()
        if isFirst || random.once(in: 3) {
            if !isFirst { world.changeDirectory(uuids: [], &random) }
            for office in [full, delta] { try told("directory", office.importRound(ad: world.ad)) }
        }
        if !random.once(in: 3) {
            try approveAll()
            try compare()
        }
    }

    private mutating func deliverPayroll() throws {
        try told("full export on \(full.today)", full.importRound(hr: world.hr))
        let lines = world.hr.split(separator: "\n").map(String.init)
        let old = Set(known)
        let news = lines.dropFirst(2).dropLast().filter { !old.contains($0) || random.once(in: 12) }
        let isGone = !Set(known.filter { !$0.contains("action=\"leave\"") }.map(Self.key))
            .isSubset(of: lines.map(Self.key))
        known = lines
        if isGone || random.once(in: 8) {
            // It takes the place of what waits, and of an employment that only waited a stub says nothing.
            if world.employments.contains(where: \.isStub) { try approveAll() }
            let name = try delta.write(world.hr, "hr")
            return try told("  the same", delta.importFiles(["hr": name], isFull: true))
        }
        let text = (lines.prefix(2) + news.shuffled(using: &random) + lines.suffix(1)).joined(separator: "\n") + "\n"
        try told("  \(news.count) lines", delta.importRound(hr: text))
    }

    /// An element with its id.
    private static func key(_ line: String) -> String {
        line.split(separator: "\"", maxSplits: 2).prefix(2).joined()
    }

    private mutating func told(_ what: String, _ outcome: Outcome) throws {
        log.append("\(what): \(outcome.candidate.verdict.rawValue) candidate:\(outcome.candidate.id)")
    }

    private mutating func approveAll() throws {
        for _ in 0..<20 {
            for office in [full, delta] {
                let waiting = try office.state.read { try $0.candidates() }.filter { $0.verdict == .held }
                for candidate in waiting {
                    do {
                        try told("approval", office.approve(candidate.id))
                    } catch let error as FordelerError where error.code == .conflict {
                        // Its successor waits, or nothing is left of it.
                        log.append("approval of candidate:\(candidate.id): \(error.message)")
                    }
                }
            }
        }
    }

    // MARK: Comparing

    private func compare() throws {
        for office in [full, delta] {
            let candidates = try office.state.read { try $0.candidates() }
            if candidates.contains(where: { [.held, .rejected].contains($0.verdict) }) { return }
            // What is withheld stays as it was last published, which was not the same day in both.
            for candidate in candidates {
                let findings = try office.state.read { try $0.findings(candidate.findingsFrom) }
                if findings.contains(where: { $0.rule.fate == .withhold }) { return }
            }
        }
        try demandSame(objects(full), objects(delta), "objects")
        try demandSame(places(full), places(delta), "the records of each object")
        try demandSame(findings(full), findings(delta), "findings")
    }

    private func demandSame(_ expected: [String], _ seen: [String], _ what: String) throws {
        guard expected != seen else { return }
        throw Mismatch(
            "\(what) differ\n  only with full exports: \(expected.filter { !seen.contains($0) })\n"
                + "  only with deltas: \(seen.filter { !expected.contains($0) })")
    }

    private func objects(_ office: Office) throws -> [String] {
        try office.objects().map { "\($0.kind.name) \($0.id): \(ResolveComparison.text($0.state, $0.kind))" }
    }

    /// What stands where the state says that records of an object stand.
    private func places(_ office: Office) throws -> [String] {
        try office.objects().map { object in
            let locations = try office.state.read { try $0.locations(of: object.id) }
            return try "\(object.kind.name) \(object.id): \(locations.map { try line($0, office) }.sorted())"
        }
    }

    /// What rules find in the accepted claims.
    private func findings(_ office: Office) throws -> [String] {
        let findings = try office.state.read { transaction in
            try Proposing(
                workplace: office.workplace(), state: office.state, transaction: transaction, isWhole: true
            ).resolve(Proposing.Round(buffer: ClaimBuffer())).whole.findings
        }
        // Of several records that a finding is about it names one.
        return findings.map { "\($0.rule.code) \($0.key)" }.sorted()
    }

    private func line(_ location: SourceLocation, _ office: Office) throws -> String {
        guard location.line > 0 else { return "no line" }
        let lines = try office.text(location.file).utf8.split(separator: 10, omittingEmptySubsequences: false)
        let line = String(decoding: lines[location.line - 1], as: UTF8.self)
        // A full export lacks it sooner or later, and what it ended stays.
        return line.contains("action=\"leave\"") ? "no line" : line
    }
}
