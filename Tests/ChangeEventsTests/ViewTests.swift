import ChangeEvents
import OrganisationModel
import Testing

struct ViewTests {
    @Test(
        arguments: [
            (["units"], nil), (["unit", ""], nil), ([], nil), (["unit"], ["cpr"]), (["unit"], ["name", "nme"]),
            (["Unit"], nil),
            (["person"], ["parent"]),
        ] as [([String], [String]?)])
    func unknownNames_areRefused(_ kinds: [String], _ attributes: [String]?) {
        let error = #expect(throws: FordelerError(.invalidView, "")) {
            _ = try View(kinds: kinds, attributes: attributes)
        }
        #expect(error?.message.contains(": ") ?? false)
    }

    @Test func personalAttributes_areSeenOnlyWhenNamed() throws {
        let person = state(.person, ["givenName": .text("Åse"), "cpr": .text("0101701234")])
        let plain = try View(kinds: ["person", "task"], attributes: nil)
        #expect(plain.fields(of: person, .person, on: day("2026-01-01")) == [])
        #expect(throws: FordelerError(.invalidView, "")) { _ = try View(kinds: ["person"], attributes: nil) }
        let named = try View(kinds: ["person"], attributes: ["givenName"])
        #expect(named.fields(of: person, .person, on: day("2026-01-01"))?.map(\.value) == [.text("Åse")])
    }

    @Test func unnamedView_ofAnyKinds_showsNothingPersonal() throws {
        for bits in 1..<(1 << Kind.allCases.count) {
            let kinds = Kind.allCases.filter { bits & 1 << (Int($0.rawValue) - 1) != 0 }
            if kinds == [.person] { continue }
            let view = try View(kinds: kinds.map(\.name), attributes: nil)
            for kind in kinds {
                let shown = Schema.standard[kind].attributes.filter { view.attributes.contains($0.name) }
                #expect(shown.filter(\.isPersonal).isEmpty, "\(kinds) show \(shown.map(\.name)) of \(kind)")
            }
        }
    }

    @Test func definition_roundTrips() throws {
        for (kinds, attributes) in [
            (["unit"], nil), (["person", "unit", "unit"], ["surname", "name", "name"]), (["task"], []),
            (Kind.allCases.map(\.name), nil),
        ] as [([String], [String]?)] {
            let view = try View(kinds: kinds, attributes: attributes)
            #expect(try View(definition: view.definition) == view)
        }
        let secret = try View(kinds: ["unit"], attributes: [], seesProtected: true)
        #expect(secret.definition == "kinds=unit attributes= protected=yes")
        #expect(try View(definition: secret.definition) == secret && secret != View(kinds: ["unit"], attributes: []))
        let one = try View(kinds: ["unit", "person"], attributes: ["surname", "name"])
        #expect(
            try one.definition == View(kinds: ["person", "unit"], attributes: ["name", "surname", "name"]).definition)
        #expect(one.definition == "kinds=unit,person attributes=name,surname")
    }

    @Test(arguments: [
        "", "kinds=unit", "kinds= attributes=name", "kinds=unit attributes=name x=y", "unit name",
        "kinds=x attributes=", "kinds=unit attributes=name protected=no", "kinds=unit protected=yes",
    ])
    func damagedDefinition_isRefused(_ text: String) {
        #expect(throws: FordelerError(.invalidView, "")) { _ = try View(definition: text) }
    }

    @Test func object_notInEffect_isNotSeen() throws {
        let view = try View(kinds: ["unit"], attributes: ["name"])
        let school = unit("s", from: "2026-01-01", to: "2026-02-01")
        let seen = ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01"].map {
            view.fields(of: school, .unit, on: day($0)) != nil
        }
        #expect(seen == [false, true, true, false])
        #expect(view.fields(of: nil, .unit, on: day("2026-01-01")) == nil)
        #expect(view.sees(.unit) && !view.sees(.person))
    }
}
