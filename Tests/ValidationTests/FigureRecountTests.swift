import OrganisationModel
import Testing
import Versioning

/// What figures mean, counted from scratch.
struct FigureRecountTests {
    private static let schema = Schema.standard

    /// A recount of objects that are in effect always unless a period is given.
    private struct Count {
        var recount = FigureRecount(on: day("2026-03-02"))

        mutating func add(
            _ kind: Kind, _ key: String, _ values: [String: Value], from: String = "-", to: String = ""
        ) {
            let fields = schema[kind].attributes.compactMap { attribute in
                values[attribute.name].map { StatePeriod.Field(attribute: attribute, value: $0) }
            }
            let periods = EffectivePeriod(from: day(from), to: day(to)).map {
                [StatePeriod(period: $0, fields: fields)]
            }
            recount.add(id(key, kind), kind, ObjectState(periods ?? []))
        }

        mutating func unit(_ key: String, under parent: String? = nil, to: String = "") {
            add(.unit, key, parent.map { ["parent": .reference(id($0))] } ?? [:], to: to)
        }

        mutating func engagement(_ key: String, _ unit: String, _ person: String, _ fraction: String = "1") {
            add(
                .engagement, key,
                [
                    "unit": .reference(id(unit)), "person": .reference(id(person, .person)),
                    "fraction": .decimal(fraction),
                ])
        }
    }

    @Test func emptyRegister_hasNoFigures() {
        let counted = FigureRecount(on: day("2026-03-02")).finish()
        #expect(counted.whole == Figures() && counted.units.isEmpty)
    }

    @Test func levels_beginWith0AtTheRoot_andWhatStandsUnderAnEndedUnitIsARoot() {
        var count = Count()
        count.unit("root")
        count.unit("top", under: "root")
        count.unit("ended", under: "root", to: "2026-03-02")
        count.unit("orphan", under: "ended")
        count.unit("stray", under: "nobody")
        let units = count.recount.finish().units
        #expect(units.count == 4)
        #expect(["root", "top", "orphan", "stray"].map { units[id($0)]?.level } == [0, 1, 0, 0])
        #expect(units[id("top")]?.above == id("root") && units[id("orphan")]?.above == nil)
        #expect(units[id("root")]?.figures.unitCount == 2)
    }

    @Test func fractions_areAddedExactly() {
        var count = Count()
        count.unit("root")
        for number in 1...10 { count.engagement("\(number)", "root", "p", "0.1") }
        let figures = count.recount.finish().whole
        #expect(figures.fullTimeText == "1" && figures.people == 1 && figures.engagements == 10)
    }

    @Test func period_includesItsFirstDayAndNotTheDayAfterItsLast() {
        var count = Count()
        count.add(.engagement, "a", [:], from: "2026-03-02")
        count.add(.engagement, "b", [:], from: "2026-03-03")
        count.add(.engagement, "c", [:], to: "2026-03-02")
        count.add(.engagement, "d", [:], to: "2026-03-03")
        #expect(count.recount.finish().whole.engagements == 2)
    }

    @Test func typeOfAUnit_isItsTextOrElseItsCode() {
        var count = Count()
        count.add(.unit, "a", ["unitType": .text("School"), "unitTypeCode": .text("7")])
        count.add(.unit, "b", ["unitTypeCode": .text("8")])
        count.add(.unit, "c", [:])
        let groups = count.recount.finish().whole.units
        #expect(groups == Dictionary(uniqueKeysWithValues: ["School", "8", ""].map { (.init(type: $0, level: 0), 1) }))
    }

    @Test func functions_countByWhoHoldsThem() {
        var count = Count()
        count.unit("root")
        count.engagement("1", "root", "p")
        for (key, type, holder) in [
            ("a", "manager", "1"), ("b", "manager", "2"), ("c", "guard", "1"), ("d", "guard", "2"),
        ] {
            count.add(
                .function, key,
                [
                    "functionType": .text(type), "unit": .reference(id("root")),
                    "engagement": .reference(id(holder, .engagement)),
                ])
        }
        let figures = count.recount.finish().whole
        #expect([figures.managers, figures.vacancies, figures.unitsWithoutManager] == [1, 2, 0])
    }

    @Test func accounts_belongWhereTheirPersonIsEmployed() {
        var count = Count()
        count.unit("root")
        count.unit("left", under: "root")
        count.unit("right", under: "root")
        count.engagement("1", "left", "p")
        count.engagement("2", "left", "p")
        count.add(.user, "a", ["person": .reference(id("p", .person)), "system": .text("AD")])
        count.add(
            .user, "b", ["person": .reference(id("p", .person)), "system": .text("AD"), "disabled": .flag(true)])
        count.add(.user, "c", ["person": .reference(id("q", .person))])
        let counted = count.recount.finish()
        #expect(counted.whole.accounts == ["AD": 1, "": 1] && counted.whole.disabledAccounts == ["AD": 1])
        #expect(counted.units[id("left")]?.figures.accounts == ["AD": 1])
        #expect(counted.units[id("root")]?.figures.accounts == ["AD": 1])
        #expect(
            counted.units[id("right")]?.figures
                == {
                    var figures = Figures()
                    figures.units = [.init(type: "", level: 1): 1]
                    figures.unitsWithoutManager = 1
                    return figures
                }())
    }

    @Test func unitAboveItself_isARoot() {
        var count = Count()
        count.unit("a", under: "b")
        count.unit("b", under: "a")
        count.unit("c", under: "a")
        count.unit("self", under: "self")
        let units = count.recount.finish().units
        #expect(["a", "b", "c", "self"].map { units[id($0)]?.level } == [0, 0, 1, 0])
        #expect(["a", "b", "c", "self"].map { units[id($0)]?.figures.unitCount } == [2, 1, 1, 1])
    }
}
