import OrganisationModel
import Testing

struct TextDamageTests {
    private func findings(_ text: String) throws -> [String] {
        try Source(attributes: "name: a").findings("<a>\(text.replacing("&", with: "&amp;"))</a>")
    }

    @Test(arguments: [
        // A byte that was no text for some program.
        "S\u{FFFD}ren", "\u{FFFD}", "B\u{C3}\u{AF}\u{C2}\u{BF}\u{C2}\u{BD}rn",
        // UTF-8 taken for Windows-1252 ...
        "PÃ¦dagog", "SÃ¸ren", "Ã…gÃ¥rd", "BjÃ¶rn", "LÃ¤rare", "RenÃ©", "Ã†blehaven", "Ã˜stergade", "BJÃ–RN", "Ã„LVSBYN",
        "ANDRÃ‰",
        "bÃ¸rn â€“ unge", "Ã…", "Â§ 10", "MÃ¼ller", "Voil\u{C3}\u{A0}",
        // ... or for ISO-8859-1, where some of the letters are controls.
        "\u{C3}\u{85}rhus", "S\u{C3}\u{98}REN", "\u{E2}\u{80}\u{93}",
        // Windows PowerShell, ASCII.
        "S?ren", "?g?rd, S?ren", "B?rnehuset \"?blet\"", "P?dagog", "?stergade 12", "Skole p? ?en", "Skole (?rsted)",
        "G??rd",
        "L?rer/p?dagog", "CN=?g?rd\\, S?ren", "s?ren@by.example", "Bj?rn-?ge", "?LBORG", "R?DGIVNING", "Åse ?gård",
        "Vald. ?r?",
    ])
    func damagedText_isPublishedWithAWarning(_ text: String) throws {
        #expect(try findings(text) == ["record.text-damaged"])
        let source = try Source(attributes: "name: a")
        #expect(try source.period("<a>\(text)</a>")?["name"] != nil)
    }

    @Test(arguments: [
        "Søren Ågård", "PÆDAGOG", "René Müller", "Łukasz Żak", "Иван", "Ægir – Øst", "A–Å", "„Æblet“", "»Hvad?«",
        "‘Ås’", "5 €",
        "São Paulo", "SÃO PAULO", "IRMÃ MARIA", "Â", "Châtelet", "«Â»", "10 °C", "§ 10", "½ tid",
        "Hvad?", "what?", "A?", "?", "??", "Hvad? Nej", "Hvad?Nej", "Hvem?? Hvor?", "Er det (sikkert?)", "Ja/nej?",
        "Mål: ?", "? ukendt",
        "https://x?y=z", "https://by.example/a?q", "by.example/side.aspx?ask", "mailto:a@by.example?subject=hej",
        "x?a=1", "x?a&b",
        "A?1", "AB12?CD", "s_?g", "a*?b", "08?16", "3?",
    ])
    func textThatMayBeAsItShouldBe_isNoFinding(_ text: String) throws {
        #expect(try findings(text) == [])
    }

    @Test func warning_namesTheAttributeAndNeverTheValue() throws {
        let source = try Source(attributes: "givenName: a, surname: b", kind: "person")
        let organisation = try source.organisation("<u id='1'><a>S?ren</a><b>Ã…gÃ¥rd</b></u>")
        let found = organisation.recordFindings()
        #expect(found.map(\.rule.code) == ["record.text-damaged", "record.text-damaged"])
        #expect(found.allSatisfy { $0.rule.severity == .warning && $0.rule.fate == .none && $0.kind == .person })
        #expect(found.first?.message.hasPrefix("person.givenName ") ?? false)
        #expect(found.last?.message.hasPrefix("person.surname ") ?? false)
        for finding in found { #expect(!finding.message.contains("ren ") && !finding.message.contains("rd ")) }
    }

    @Test func warning_comesOnceForEachAttributeOfARecord() throws {
        let source = try Source(attributes: "name: {join: [a, b]}, address: a")
        #expect(try source.findings("<a>S?ren</a><b>?g?rd</b>").count == 2)
        #expect(try source.findings("<a>Søren</a><b>?g?rd</b>").count == 1)
    }

    @Test func valuesThatAreNoTexts_areNotLookedAt() throws {
        let source = try Source(attributes: "title: {text: a}, unit: b", kind: "engagement")
        #expect(try source.findings("<b>S?ren</b>") == [])
    }

    @Test func record_thatIsWithheldForAnotherReason_keepsTheWarning() throws {
        let source = try Source(attributes: "name: a")
        #expect(
            try Set(source.findings("<a>S?ren</a><f>2026-02-30</f>")).isSubset(
                of: ["record.text-damaged", "record.date-impossible"]))
    }
}
