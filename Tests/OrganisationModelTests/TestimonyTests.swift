import OrganisationModel
import Testing

/// Who is believed about an object, and who is not.
struct TestimonyTests {
    private let id = ObjectID(high: 7, low: 7)
    private static let email = number("email")
    private static let title = number("title")
    private static let employeeNumber = ForeignID(kind: .engagement, attribute: number("employeeNumber"))

    private static func number(_ name: String) -> UInt16 {
        Schema.standard[.engagement].attribute(named: name)?.number ?? 0
    }

    private func said(
        _ values: [String: Value], flags: UInt8 = 0, from: String = "", to: String = "", kind: Kind = .engagement,
        id: ObjectID? = nil, key: String = "1"
    ) -> ClaimedObject {
        let days = period(from, to)
        return ClaimedObject(
            kind: kind, flags: flags, id: id ?? self.id, key: key, periods: [(days.from, days.to, values)])
    }

    /// What each source says, one record a line, in the order in which sources are heard.
    private func organisation(
        _ sources: [(String, [ClaimedObject])], owners: [ForeignID: String] = [:]
    ) throws -> Organisation {
        let organisation = Organisation(
            buffer: ClaimBuffer(),
            precedence: Precedence(
                sources: sources.map(\.0), owners: owners, lookedUp: [Self.employeeNumber]))
        for (source, objects) in sources {
            let file = organisation.addFile(source: source, file: "\(source).csv")
            for (line, object) in objects.enumerated() {
                let reference = claim("record \(line)", [object]).withUnsafeBytes { organisation.buffer.append($0) }
                organisation.add(reference, file: file, line: line + 1)
            }
        }
        organisation.seal()
        _ = try organisation.correlate()
        return organisation
    }

    private func voices(_ organisation: Organisation, _ attribute: String) throws -> [Testimony.Voice] {
        let entry = try #require(organisation.entry(id))
        return organisation.testimony(of: entry).lines.first { $0.attribute.name == attribute }?.voices ?? []
    }

    private func addition(_ values: [String: Value]) -> ClaimedObject {
        let value = Array("4711".utf8).withUnsafeBytes { Self.employeeNumber.id($0) }
        return said(values, flags: Claim.adds | Claim.shared, id: value, key: "4711")
    }

    // MARK: One by one

    @Test func owner_isBelievedBeforeTheMaker() throws {
        let organisation = try organisation(
            [
                ("hr", [said(["email": .text("a"), "employeeNumber": .text("4711")])]),
                ("ad", [addition(["email": .text("b")])]),
            ], owners: [ForeignID(kind: .engagement, attribute: Self.email): "ad"])
        let voices = try voices(organisation, "email")
        #expect(voices.map(\.value) == [.text("b"), .text("a")])
        #expect(voices.map(\.standing) == [.counts, .notOwner("ad")])
        #expect(
            voices.map(\.location) == [
                SourceLocation(source: "ad", file: "ad.csv", line: 1),
                SourceLocation(source: "hr", file: "hr.csv", line: 1),
            ])
        #expect(voices.map(\.way) == [.added(by: "4711"), .named])
    }

    @Test func maker_isBelievedBeforeOthers_andTheSameWordIsToldAsSuch() throws {
        let organisation = try organisation([
            ("hr", [said(["title": .text("a"), "email": .text("x"), "employeeNumber": .text("4711")])]),
            ("ad", [addition(["title": .text("b"), "email": .text("x"), "phone": .text("p")])]),
        ])
        #expect(try voices(organisation, "title").map(\.standing) == [.counts, .notMaker])
        #expect(try voices(organisation, "email").map(\.standing) == [.counts, .agrees])
        #expect(try voices(organisation, "phone").map(\.standing) == [.counts])
    }

    @Test func earlierSource_isBelievedBeforeALaterOne() throws {
        let organisation = try organisation([
            ("hr", [said(["employeeNumber": .text("4711")])]),
            ("ad", [addition(["title": .text("a")])]), ("mail", [addition(["title": .text("b")])]),
        ])
        #expect(try voices(organisation, "title").map(\.standing) == [.counts, .laterSource])
    }

    @Test func differingAdditions_areAllTold_andNoneCounts() throws {
        let organisation = try organisation([
            ("hr", [said(["employeeNumber": .text("4711")])]),
            ("ad", [addition(["title": .text("a")]), addition(["title": .text("b")])]),
        ])
        let voices = try voices(organisation, "title")
        #expect(voices.map(\.standing) == [.disputed, .disputed] && voices.map(\.location.line) == [1, 2])
    }

    @Test func longestLasting_thenLatestBeginning_thenFallback() throws {
        let organisation = try organisation([
            (
                "hr",
                [
                    said(["title": .text("fill")], flags: Claim.shared | Claim.fallback),
                    said(["title": .text("short")], flags: Claim.shared, to: "2025-01-01"),
                    said(["title": .text("early")], flags: Claim.shared, from: "2019-01-01"),
                    said(["title": .text("late")], flags: Claim.shared, from: "2020-01-01"),
                ]
            )
        ])
        let voices = try voices(organisation, "title")
        #expect(voices.map(\.value) == [.text("late"), .text("early"), .text("short"), .text("fill")])
        #expect(voices.map(\.standing) == [.counts, .earlierBeginning, .shorterLasting, .fallback])
    }

    @Test func markOfProtection_isBelievedWhoeverHasIt() throws {
        func person(_ isProtected: Bool, _ to: String) -> ClaimedObject {
            said(["addressProtected": .flag(isProtected)], flags: Claim.shared, to: to, kind: .person)
        }
        let organisation = try organisation([("hr", [person(false, ""), person(true, "2025-01-01")])])
        let voices = try voices(organisation, "addressProtected")
        #expect(voices.map(\.value) == [.flag(true), .flag(false)])
        #expect(voices.map(\.standing) == [.counts, .unprotected] && voices.map(\.location.line) == [2, 1])
    }

    @Test func leftOutObject_saysNothing() throws {
        let organisation = try organisation([
            ("hr", [ClaimedObject(kind: .engagement, flags: Claim.leftOut, id: id), said(["title": .text("a")])])
        ])
        let entry = try #require(organisation.entry(id))
        #expect(organisation.claimCount(of: entry) == 1)
        #expect(try voices(organisation, "title").map(\.location.line) == [2])
    }

    // MARK: All ways at once

    @Test(arguments: 0..<400)
    func testimony_givesEveryStateThatClaimsMake(_ seed: Int) throws {
        var chance = Chance(UInt64(seed) + 1)
        let sources = ["hr", "ad", "mail"]
        let names = ["title", "email", "phone", "job"]
        func values(_ chance: inout Chance) -> [String: Value] {
            var values: [String: Value] = Bool.random(using: &chance) ? ["employeeNumber": .text("4711")] : [:]
            for name in names where Int.random(in: 0..<3, using: &chance) > 0 {
                values[name] = .text("\(name) \(Int.random(in: 0..<3, using: &chance))")
            }
            return values
        }
        let isDaily = Bool.random(using: &chance)
        func object(_ source: Int, _ chance: inout Chance) -> ClaimedObject {
            if source > 0, Bool.random(using: &chance) { return addition(values(&chance)) }
            var flags = Claim.shared | (isDaily ? Claim.daily : 0)
            if Int.random(in: 0..<5, using: &chance) == 0 { flags |= Claim.fallback }
            if Int.random(in: 0..<9, using: &chance) == 0 { flags |= Claim.withheld }
            var days = (0..<4).map { _ in Int.random(in: 2000..<2030, using: &chance) }.sorted()
            if Int.random(in: 0..<3, using: &chance) == 0 { days = [days[0], days[3]] }
            var periods: [(from: Day, to: Day, values: [String: Value])] = []
            for place in stride(from: 0, to: days.count - 1, by: 2) where days[place] < days[place + 1] {
                periods.append((day("\(days[place])-01-01"), day("\(days[place + 1])-01-01"), values(&chance)))
            }
            if flags & Claim.withheld != 0 { periods = [] }
            return ClaimedObject(kind: .engagement, flags: flags, id: id, periods: periods)
        }
        let owned = names.filter { _ in Int.random(in: 0..<3, using: &chance) == 0 }
        let owners = Dictionary(
            uniqueKeysWithValues: owned.map { name in
                (
                    ForeignID(kind: .engagement, attribute: Self.number(name)),
                    sources.randomElement(using: &chance) ?? ""
                )
            })
        let organisation = try organisation(
            sources.enumerated().map { number, source in
                (source, (0..<Int.random(in: 0...3, using: &chance)).map { _ in object(number, &chance) })
            }, owners: owners)
        guard let entry = organisation.entry(id) else { return }
        let lines = organisation.testimony(of: entry).lines
        let periods = organisation.state(of: entry)?.periods(Schema.standard[.engagement]) ?? []
        #expect(lines.count { $0.value != nil } == periods.reduce(0) { $0 + $1.fields.count })
        for period in periods {
            for attribute in Schema.standard[.engagement].attributes {
                let line = lines.first { $0.period == period.period && $0.attribute == attribute }
                #expect(line?.value == period[attribute])
                let counting = line?.voices.filter { $0.standing == .counts } ?? []
                #expect(counting.map(\.value) == [period[attribute]].compactMap { $0 })
                if line?.value != nil { #expect(line?.voices.first?.standing == .counts) }
            }
        }
    }
}
