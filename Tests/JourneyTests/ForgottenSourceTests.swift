import Testing

/// A source that the configuration forgets does not lose its say unnoticed.
struct ForgottenSourceTests {
    @Test func `an import without a source that made the register is refused and changes nothing`() throws {
        let world = try World.withTwoSources()
        var town = TwoSourceMunicipality(seed: 31)
        try world.write(town.hr, "hr1.xml")
        try world.write(town.ad, "ad1.csv")
        #expect(try world.importing("hr=hr1.xml", "ad=ad1.csv").status == 0)
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            sources:
              hr: {mapping: kmd-opus, publish: automatic}
            """)
        town.advance()
        try world.write(town.hr, "hr2.xml")
        let outcome = try world.importing("hr=hr2.xml", today: World.secondDay)
        #expect(outcome.status == 1 && outcome.errors.contains("configuration.source-missing"))
        #expect(outcome.errors.contains("the source ad"))
        #expect(try world.version() == 1)
        try world.expectVerified()
    }
}
