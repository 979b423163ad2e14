import OrganisationModel
import Testing
import Validation

/// A register of which a part was put back.
struct RegisterValidatorTests {
    /// A root, a unit beneath it, and somebody employed there with an account.
    private static var sound: MemoryRegister {
        var register = MemoryRegister()
        register.hold(.unit, "r", ["name": .text("root")])
        register.hold(.unit, "a", ["name": .text("a"), "parent": .reference(id("r"))])
        register.hold(.person, "6101701234", ["givenName": .text("Åse")])
        register.hold(
            .engagement, "e",
            ["unit": .reference(id("a")), "person": .reference(id("6101701234", .person)), "title": .text("Clerk")])
        register.hold(.user, "u", ["accountName": .text("U"), "person": .reference(id("6101701234", .person))])
        return register
    }

    private func findings(
        _ altered: [ObjectID], before: MemoryRegister = sound, _ alter: (inout MemoryRegister) -> Void
    ) throws -> [Finding] {
        var register = before
        alter(&register)
        return try RegisterValidator(
            register: register, altered: Set(altered), today: day("2026-06-01"), remedy: "Do something.",
            known: { register.object($0) ?? before.object($0) }
        ).validate()
    }

    @Test func whatFitsTogether_hasNoFindings() throws {
        #expect(try findings([id("a"), id("e", .engagement)]) { _ in } == [])
        #expect(try findings([id("u", .user)]) { $0.objects[id("u", .user)] = nil } == [])
    }

    @Test func relationOfAnAlteredObject_toNothing_blocks_andNamesBoth() throws {
        let found = try findings([id("e", .engagement)]) { register in
            register.hold(.engagement, "e", ["unit": .reference(id("gone")), "title": .text("Clerk")])
        }
        #expect(found.map(\.rule) == [Rule("engagement.unit-unknown", .error, .block)])
        #expect(found.first?.key == "e" && found.first?.location.source == "hr")
        #expect(found.first?.message.hasSuffix("Do something.") == true)
    }

    @Test func objectThatGoes_blocks_whereOthersNameIt_andKeysOfPeopleAreMasked() throws {
        let person = id("6101701234", .person)
        let found = try findings([person]) { $0.objects[person] = nil }
        #expect(found.map(\.rule.code) == ["engagement.person-unknown", "user.person-unknown"])
        #expect(found.allSatisfy { $0.rule.fate == .block && $0.message.contains("**********") })
        #expect(!found.contains { $0.message.contains("6101701234") })
        let unit = try findings([id("a")]) { $0.objects[id("a")] = nil }
        #expect(unit.map(\.rule.code) == ["engagement.unit-unknown"] && unit[0].message.contains("unit a "))
    }

    @Test func missingParent_isNamedByTheKeyThatItHad() throws {
        let found = try findings([id("a"), id("b")]) { register in
            register.objects[id("a")] = nil
            register.objects[id("e", .engagement)] = nil
            register.hold(.unit, "b", ["name": .text("b"), "parent": .reference(id("a"))])
        }
        #expect(found.map(\.rule.code) == ["unit.parent-missing"] && found[0].rule.fate == .block)
        #expect(
            found[0].message == "Unit b b has the parent a, which is unknown or left out. Nothing is published. "
                + "Do something.")
    }

    @Test func cycles_selfParents_andSecondRoots_block() throws {
        let cycle = try findings([id("a"), id("b")]) { register in
            register.hold(.unit, "b", ["name": .text("b"), "parent": .reference(id("a"))])
            register.hold(.unit, "a", ["name": .text("a"), "parent": .reference(id("b"))])
        }
        #expect(cycle.map(\.rule.code) == ["unit.cycle"])
        #expect(cycle.first?.message.contains("a a -> b b -> a a. Nothing") == true)
        let own = try findings([id("a")]) {
            $0.hold(.unit, "a", ["name": .text("a"), "parent": .reference(id("a"))])
        }
        #expect(own.map(\.rule.code) == ["unit.self-parent"])
        let roots = try findings([id("a")]) { $0.hold(.unit, "a", ["name": .text("a")]) }
        #expect(Set(roots.map(\.rule.code)) == ["unit.several-roots"] && roots.count == 2)
    }

    @Test func namelessUnit_blocks_andNamelessPerson_isTold() throws {
        let person = id("6101701234", .person)
        let found = try findings([id("a"), person]) { register in
            register.hold(.unit, "a", ["parent": .reference(id("r"))])
            register.hold(.person, "6101701234", [:])
        }
        #expect(found.map(\.rule.code) == ["unit.name-empty", "person.name-empty"])
        #expect(found.map(\.rule.fate) == [.block, .none])
    }

    @Test func mistakesThatWereThereBefore_andAreNotTouched_holdNothingUp() throws {
        var before = Self.sound
        before.hold(.unit, "second", ["name": .text("second root")])
        before.hold(.function, "f", ["unit": .reference(id("nowhere"))])
        #expect(try findings([id("u", .user)], before: before) { $0.objects[id("u", .user)] = nil } == [])
    }
}
