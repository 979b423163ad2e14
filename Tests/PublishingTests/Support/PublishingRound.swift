@testable import fordeler
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Validation
import Versioning

/// A random sequence of exports, approvals, rollbacks and changes of the configuration. Each step is computed twice before it
/// is carried out, and what waits is computed twice afterwards: from what the change can reach, and from everything.
struct PublishingRound {
    private let office: Office
    private let comparison: ResolveComparison
    private var world: SmallWorld
    /// Nil where every source is heard about all units.
    private var schools: SchoolWorld?
    private var random: SeededRandom
    /// Files that were written, of which any may come again.
    private var files: [String: [String]] = [:]
    private var log: [String] = []
    private var checkedVersion = 0
    /// How often in twenty steps something is taken back.
    private let rollbackShare: Int
    private let hasCorrections: Bool

    /// - Parameters:
    ///   - secret: the number of the register secret that the seed determines: it gives objects their UUIDs, and so decides
    ///     which of two comes first.
    ///   - hasScopes: whether units are excluded, or in the scope of one source, and a third source makes units.
    ///   - hasCorrections: whether editors make and withdraw corrections.
    init(seed: UInt64, secret number: UInt64, hasScopes: Bool = false, hasCorrections: Bool = false) throws {
        self.hasCorrections = hasCorrections
        var random = SeededRandom(seed: seed)
        var settings = Settings()
        rollbackShare = random.pick([1, 1, 6])
        // What nothing but pins hold up is published in part.
        settings.brakes = rollbackShare > 1 ? .off : random.pick([.off, .off, BrakeRules(), .only(0), .only(1)])
        settings.publish = random.once(in: 8) ? .manual : .automatic
        settings.confirmRemovals = random.pick([1, 1, 1, 2])
        if random.once(in: 5) { settings.sources.reverse() }
        if random.once(in: 2) { settings.hr = random.pick(MappingVariant.allCases + [.numbersApart, .numbersApart]) }
        if random.once(in: 2) { settings.ad = random.pick(MappingVariant.allCases + [.numbersApart]) }
        if hasScopes { settings.sources.insert("schools", at: random.number(0...2)) }
        office = try Office(settings, secret: Self.secret(seed: seed, number))
        comparison = ResolveComparison(office: office)
        world = SmallWorld(&random)
        if hasScopes {
            let schools = SchoolWorld(world, identity: try office.workplace().identity(office.state), &random)
            office.settings.scopes = schools.scopes(world, &random)
            self.schools = schools
        }
        self.random = random
    }

    private static func secret(seed: UInt64, _ number: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: ~seed &- number << 32)
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    mutating func run() throws {
        do {
            try importRound(hr: true, ad: !random.once(in: 4), schools: schools != nil && random.once(in: 2))
            for _ in 0..<random.number(3...(hasCorrections ? 12 : 7)) { try step() }
        } catch let mismatch as Mismatch {
            throw Mismatch("\(mismatch.description)\nsteps:\n  \(log.joined(separator: "\n  "))")
        }
    }

    private mutating func step() throws {
        advance()
        if hasCorrections, random.once(in: 2) { return try correct() }
        if random.once(in: 8) { changeConfiguration() }
        let waiting = try office.state.read { try $0.candidates() }.filter { $0.verdict == .held }
        let holds = try office.state.read { try $0.holds().map(\.source) }.filter(isKnown)
        switch random.number(0...19) {
        case 0..<rollbackShare where try office.version > 1: try rollback()
        case 6...9 where !waiting.isEmpty: try approve(random.pick(waiting))
        case 10...11 where !holds.isEmpty: try release(random.pick(holds))
        case 12: try changePins()
        case 13: try importRound(hr: true, ad: true, schools: schools != nil)
        case 17...18 where schools != nil: try importRound(hr: random.once(in: 4), ad: false, schools: true)
        case 14...16: try importRound(hr: false, ad: true)
        default: try importRound(hr: true, ad: random.once(in: 3))
        }
    }

    private mutating func advance() {
        office.today = office.today.advanced(by: Int32(random.pick([0, 1, 1, 1, 2, 5, random.once(in: 8) ? 20 : 3])))
    }

    private mutating func changeConfiguration() {
        switch random.number(0...5) {
        case 0...1: office.settings.hr = random.pick(MappingVariant.allCases)
        case 2...3: office.settings.ad = random.pick(MappingVariant.allCases)
        case _ where schools != nil && random.once(in: 2):
            office.settings.scopes = schools?.scopes(world, &random) ?? UnitScopes()
        case 4: office.settings.sources.reverse()
        default:
            office.settings.publish = random.pick([.automatic, .manual])
            office.settings.brakes = random.pick([.off, .only(1)])
        }
        log.append(
            "configuration: \(office.settings.sources) hr \(office.settings.hr) ad \(office.settings.ad) "
                + "\(office.settings.publish) \(Self.told(office.settings.scopes))")
    }

    private static func told(_ scopes: UnitScopes) -> String {
        "excluded \(scopes.excluded.sorted()) owners \(scopes.owners.sorted { $0.key < $1.key }) parents \(scopes.parents)"
    }

    // MARK: Importing

    private mutating func importRound(hr: Bool, ad: Bool, schools: Bool = false) throws {
        var exports: [String: String] = [:]
        if hr { exports["hr"] = try file("hr") }
        if ad { exports["ad"] = try file("ad") }
        if schools { exports["schools"] = try file("schools") }
        if exports.isEmpty { return }
        let what = "import on \(office.today) \(exports.sorted { $0.key > $1.key }.map { "\($0) \($1)" })"
        try comparison.check(exports, what)
        do {
            let outcome = try office.importFiles(exports)
            log.append("\(what): \(told(outcome))")
        } catch let error as FordelerError where error.code == .kindConflict {
            log.append("\(what): \(error.code.name)")
        }
        try checkAfterwards()
    }

    /// Writes the next export of a source, or takes one that was there before.
    private mutating func file(_ source: String) throws -> String {
        if let old = files[source], random.once(in: 5) { return random.pick(old) }
        let text = try source == "hr" ? payroll() : source == "ad" ? directory() : schoolExport()
        let name = try office.write(text, source)
        files[source, default: []].append(name)
        return name
    }

    private mutating func payroll() -> String {
        if files["hr"] != nil {
            world.changePayroll(
                today: office.today.description,
                soon: office.today.advanced(by: Int32(random.number(-9...20))).description,
                &random)
            if schools != nil, random.once(in: 2) { world.moveUnit(&random) }
        }
        guard random.once(in: 3) else { return world.hr }
        if random.once(in: 8) { return String(world.hr.dropLast(30)) }
        let mistaken = world.withMistakeOfPayroll(&random)
        if !SmallWorld.stopsEverything(mistaken), random.once(in: 2) { world = mistaken }
        return mistaken.hr
    }

    private mutating func schoolExport() -> String {
        if files["schools"] != nil { schools?.change(world, today: office.today, &random) }
        return schools?.export ?? ""
    }

    private mutating func directory() throws -> String {
        if files["ad"] != nil {
            // Seldom a directory gives an account the UUID of something that payroll made, mostly of an account.
            var uuids: [String] = []
            if random.once(in: 6) {
                let kinds: [Kind] = random.once(in: 4) ? [.engagement, .person, .unit] : [.user]
                uuids = try office.objects().filter { kinds.contains($0.kind) }.map(\.id.description)
            }
            world.changeDirectory(uuids: uuids, &random)
        }
        guard random.once(in: 5) else { return world.ad }
        if random.once(in: 8) { return "ObjectGUID,SamAccountName\r\n" }
        let mistaken = world.withMistakeOfTheDirectory(&random)
        if random.once(in: 3) { world = mistaken }
        return mistaken.ad
    }

    // MARK: Deciding

    private mutating func approve(_ candidate: Candidate) throws {
        let what = "approval of candidate:\(candidate.id) on \(office.today)"
        try comparison.checkWaiting(what)
        try attempt(what) { [try $0.approve(candidate.id)] }
    }

    private mutating func rollback() throws {
        let target = random.number(1...max(1, try office.version - 1))
        let (isPreview, includesAccounts) = (random.once(in: 3), random.once(in: 3))
        let what = "rollback to \(target) on \(office.today)\(isPreview ? ", preview" : "")"
        try comparison.checkRollback(to: target, includesAccounts: includesAccounts, what)
        try attempt(what) {
            [try $0.rollback(to: target, isPreview: isPreview, includesAccounts: includesAccounts)]
        }
        // Mostly everything but the pinned objects goes on.
        guard !random.once(in: 3) else { return }
        for hold in try office.state.read({ try $0.holds() }) where isKnown(hold.source) {
            try release(hold.source, exceptPinned: true)
        }
    }

    private mutating func release(_ source: String, exceptPinned: Bool? = nil) throws {
        let exceptPinned = exceptPinned ?? !random.once(in: 3)
        try attempt("release \(source)\(exceptPinned ? " except pinned" : "") on \(office.today)") {
            try $0.release(source, exceptPinned: exceptPinned)
        }
    }

    private func isKnown(_ source: String) -> Bool {
        source == Correction.source || office.settings.sources.contains(source)
    }

    /// Editors say something, take something back, or decide.
    private mutating func correct() throws {
        office.settings.editing.publish = random.pick([.automatic, .manual])
        // One that waits to be taken back is there no more.
        let made = try office.state.read { transaction in
            try transaction.corrections().filter { $0.row == nil || $0.candidate == nil }.map(\.correction.number)
        }
        let waiting = try office.state.read { try $0.waiting(source: Correction.source) }
        if let last = waiting.last, random.once(in: 3) {
            return try attempt("approval of candidate:\(last)") { [try $0.approve(last)] }
        }
        if !made.isEmpty, random.once(in: 4) {
            let numbers = [random.pick(made), random.pick(made)].prefix(random.number(1...2))
            return try attempt("withdrawal of \(Array(numbers)) on \(office.today)") { office in
                [try office.correcting().withdraw(Array(numbers), reason: Office.reason, isDryRun: false).outcome]
            }
        }
        let requests = try (0..<random.pick([1, 1, 2, 3])).map { _ in
            CorrectionRequest(world, objects: try office.objects(), today: office.today, &random)
        }
        let what = "corrections on \(office.today): \(requests)"
        let comparison = comparison
        try attempt(what) { office in
            let correcting = try office.correcting()
            do {
                try comparison.check(requests, what)
                return [try correcting.make(requests, reason: Office.reason, file: "f", isDryRun: false).outcome]
            } catch let mistakes as Correcting.Mistakes {
                throw FordelerError(.conflict, mistakes.all.map(\.error.message).joined(separator: "; "))
            } catch let error as FordelerError where [.correctionInvalid, .unknownObject, .usage].contains(error.code) {
                throw FordelerError(.conflict, error.message)
            }
        }
    }

    private mutating func changePins() throws {
        let pins = try office.state.read { try $0.pins() }
        if !pins.isEmpty {
            let pin = random.pick(pins).id
            try attempt("unpin \(pin) on \(office.today)") {
                try Release(workplace: $0.workplace(), state: $0.state).unpin([pin], reason: Office.reason)
            }
        } else {
            let source = random.pick(office.settings.sources)
            try attempt("hold \(source)") {
                try Release(workplace: $0.workplace(), state: $0.state).hold(source, reason: Office.reason)
                return []
            }
        }
    }

    /// What cannot be done is refused and changes nothing but what waits.
    private mutating func attempt(_ what: String, _ body: (Office) throws -> [Outcome]) throws {
        do {
            let outcomes = try body(office)
            log.append("\(what): \(outcomes.map(told).joined(separator: "; "))")
        } catch let error as FordelerError
            where [.conflict, .unknownVersion, .kindConflict].contains(error.code)
        {
            log.append("\(what): \(error.code.name)\(hasCorrections ? " " + error.message : "")")
        }
        try checkAfterwards()
    }

    private func told(_ outcome: Outcome) -> String {
        "candidate:\(outcome.candidate.id) \(outcome.candidate.verdict.rawValue) version \(outcome.version) "
            + "waits for \(outcome.candidate.waitsFor) found \(outcome.candidate.findingCounts.map { "\($0.rule) \($0.count)" })"
    }

    // MARK: Afterwards

    private mutating func checkAfterwards() throws {
        let what = "after: \(log.last ?? "")"
        try comparison.checkWaiting(what)
        let version = try office.version
        try RegisterComparison(office: office).check(isNew: version > checkedVersion, what)
        checkedVersion = version
    }
}

extension FordelerError.Code {
    /// A source gave an account the UUID of what once was another kind of object.
    fileprivate static let kindConflict = FordelerError.Code("identity.kind-conflict")
}
