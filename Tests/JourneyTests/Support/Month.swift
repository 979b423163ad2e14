import FordelerTestKit
import Foundation
import RegisterFixtures
import Testing

/// What chance does to a daemon, its files and its subscriber, together with a model of what must become of the files.
struct Month {
    let world: World
    private(set) var daemon: RunningDaemon
    private(set) var model = FileModel()
    var follower: Follower
    private(set) var stops = 0
    private(set) var kills = 0
    private var town: TwoSourceMunicipality
    private var random: SeededRandom
    /// Exports of the days before, which may come again.
    private var texts: [String: [String]] = ["hr": [], "ad": []]
    private var sequence = 0

    init(_ world: World, seed: UInt64) throws {
        (self.world, random) = (world, SeededRandom(seed: seed))
        town = TwoSourceMunicipality(seed: seed, employees: 50)
        let view = [
            "--kinds", "person,engagement,unit,user,function", "--attributes",
            "name,parent,unit,title,surname,email,accountName,person",
        ]
        #expect(try world.run(["subscription", "add", "ky"] + view, today: "2025-10-01").status == 0)
        let token = try world.run("subscription", "token", "ky").output.trimmingCharacters(in: .whitespacesAndNewlines)
        follower = Follower(mailbox: "ky", token: token)
        daemon = try RunningDaemon(world)
    }

    /// Lets one day pass.
    mutating func live(_ midnight: Date) throws {
        town.advance()
        let moments = (0..<random.number(2...6)).map { _ in random.number(0...86_399) }.sorted()
        for (index, second) in moments.enumerated() {
            try pass(to: midnight + Double(second))
            switch index {
            case 0: for source in ["hr", "ad"] where !random.once(in: 6) { try drop(source, from: 0) }
            default: try happen()
            }
            try follow()
        }
    }

    /// The next night comes, so that nothing waits any more.
    mutating func end() throws {
        try pass(to: world.clock + 86_400)
    }

    private mutating func happen() throws {
        switch random.number(0...9) {
        case 0...1: try drop("hr", from: 0)
        case 2...3: try drop("ad", from: 0)
        case 4: try drop(random.once(in: 2) ? "hr" : "ad", from: -86_400)
        case 5: try restart(SIGTERM)
        case 6: try restart(SIGKILL)
        case 7...8: try restartAtWork(random.once(in: 2) ? SIGTERM : SIGKILL)
        default: try dropAll(["ad", "hr", "ad"])
        }
    }

    /// Moves the clock, and lets the daemon do what is due then.
    private mutating func pass(to instant: Date) throws {
        try world.setClock(max(instant, world.clock))
        try settle()
    }

    private mutating func settle() throws {
        try daemon.settle()
        model.settle(now: world.clock)
    }

    // MARK: Files

    private mutating func drop(_ source: String, from offset: Double) throws {
        try put(source, from: offset)
        try settle()
    }

    /// Some files come together, while the daemon does not run.
    private mutating func dropAll(_ sources: [String]) throws {
        daemon.end(random.once(in: 2) ? SIGTERM : SIGKILL)
        for source in sources { try put(source, from: random.once(in: 5) ? -86_400 : 0) }
        daemon = try RunningDaemon(world)
        try settle()
    }

    private mutating func put(_ source: String, from offset: Double) throws {
        sequence += 1
        let (text, kind) = content(source)
        let stamp = world.clock + offset + Double(sequence % 60)
        let time = stamp.formatted(.iso8601).replacing("-", with: "").replacing(":", with: "")
        let name = source == "hr" ? "ZLPE\(time).xml" : "accounts-\(time).csv"
        guard !model.knows(name) else { return }
        try world.drop(text, name)
        model.drop(source, FileModel.File(name: name, stamp: stamp, text: text, kind: kind))
    }

    /// An export of now, one from before, or a broken one.
    private mutating func content(_ source: String) -> (text: String, kind: FileModel.Kind) {
        if random.once(in: 5), let old = texts[source]?.suffix(3).randomElement(using: &random) { return (old, .good) }
        let text = source == "hr" ? payroll() : accounts()
        switch random.number(0...9) {
        case 0...1: return (source == "hr" ? cut(text, after: "<longName>") : cut(text, after: "\""), .broken)
        case 2 where source == "hr": return (payroll(hasCycle: true), .broken)
        default:
            texts[source, default: []].append(text)
            return (text, .good)
        }
    }

    /// The payroll of now, in which the municipality has another name than ever before.
    private mutating func payroll(hasCycle: Bool = false) -> String {
        var export = town.hr
        // What a stub leaves of an employment follows from the days before it, so none is used here.
        export.employments.removeAll { $0.action != nil }
        for index in export.units.indices where export.units[index].parentOrgUnit.isEmpty {
            export.units[index].longName += " \(sequence)"
        }
        if hasCycle,
            let child = export.units.first(where: { unit in
                export.units.contains { $0.id == unit.parentOrgUnit && !$0.parentOrgUnit.isEmpty }
            })
        {
            for index in export.units.indices where export.units[index].id == child.parentOrgUnit {
                export.units[index].parentOrgUnit = child.id
            }
        }
        world.guardSecrets(export.employments.map(\.cpr))
        var bytes: [UInt8] = []
        export.write { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The directory of now, in which one account has another address than ever before.
    private mutating func accounts() -> String {
        var directory = town.ad
        directory.accounts[0].email = "number\(sequence)@town.example"
        var bytes: [UInt8] = []
        directory.write { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text up to a place inside of what begins with `mark`, somewhere in its second half.
    private mutating func cut(_ text: String, after mark: String) -> String {
        let pieces = text.components(separatedBy: mark)
        // An odd number of quotation marks lies before the cut.
        let count = random.number(pieces.count / 2...pieces.count - 2) / 2 * 2 + 1
        return pieces.prefix(count).joined(separator: mark) + mark + "x"
    }

    // MARK: The daemon's life

    private mutating func restart(_ signal: Int32) throws {
        count(signal)
        daemon.end(signal)
        daemon = try RunningDaemon(world)
        try settle()
    }

    /// Ends the daemon while it reads a file.
    private mutating func restartAtWork(_ signal: Int32) throws {
        try put(random.once(in: 2) ? "hr" : "ad", from: 0)
        poll(nil, 0, Int32(random.number(0...250)))
        try restart(signal)
    }

    private mutating func count(_ signal: Int32) {
        if signal == SIGTERM { stops += 1 } else { kills += 1 }
    }

    // MARK: The subscriber

    private mutating func follow() throws {
        guard !random.once(in: 2) else { return }
        try follower.read(daemon, max: random.number(1...200))
        guard follower.applied > follower.acknowledged, random.once(in: 2) else { return }
        try follower.acknowledge(daemon, through: random.number(follower.acknowledged...follower.applied))
    }
}

/// What must become of files, told by their times and contents alone.
struct FileModel {
    enum Kind {
        case good, broken
    }

    enum Verdict: String {
        case waiting, published, unchanged, rejected, superseded
    }

    struct File {
        let name: String
        let stamp: Date
        let text: String
        let kind: Kind
        var verdict = Verdict.waiting
        var isKnown = false
        var story: String { "\(stamp.formatted(.iso8601)) \(kind)" }

        init(name: String, stamp: Date, text: String, kind: Kind) {
            (self.name, self.stamp, self.text, self.kind) = (name, stamp, text, kind)
        }
    }

    struct Source {
        var files: [File] = []
        /// The content that was taken last.
        var accepted: String?
        /// The latest time of a file that was taken.
        var latest: Date?

        /// Files that have come.
        mutating func receive() {
            for index in files.indices where !files[index].isKnown {
                files[index].isKnown = true
                if let latest, files[index].stamp < latest { files[index].verdict = .superseded }
            }
        }

        mutating func read() {
            while let index = files.indices.filter({ files[$0].verdict == .waiting }).max(by: {
                files[$0].stamp < files[$1].stamp
            }) {
                if files[index].kind == .broken {
                    files[index].verdict = .rejected
                    continue
                }
                files[index].verdict = files[index].text == accepted ? .unchanged : .published
                (accepted, latest) = (files[index].text, files[index].stamp)
                for other in files.indices where files[other].verdict == .waiting { files[other].verdict = .superseded }
            }
        }
    }

    var hr = Source()
    var ad = Source()
    private var lastNight: Date?

    func knows(_ name: String) -> Bool {
        (hr.files + ad.files).contains { $0.name == name }
    }

    mutating func drop(_ source: String, _ file: File) {
        if source == "hr" { hr.files.append(file) } else { ad.files.append(file) }
    }

    /// What a daemon does that has time: the directory at once, the payroll once after each 02:30 in Denmark.
    mutating func settle(now: Date) {
        hr.receive()
        ad.receive()
        let night = Self.night(before: now)
        if lastNight != night { hr.read() }
        lastNight = night
        ad.read()
    }

    /// The last 02:30. Until the hour comes twice on 26 October 2025, clocks are two hours ahead of UTC, then one.
    private static func night(before now: Date) -> Date {
        let change = 1_761_440_400.0  // 2025-10-26T01:00:00Z
        let nights = (-1...35).map { day in
            let midnight = 1_759_276_800 + Double(day) * 86_400
            return midnight + (midnight < change ? 1800 : 5400)
        }
        return Date(timeIntervalSince1970: nights.last { $0 <= now.timeIntervalSince1970 } ?? 0)
    }
}
