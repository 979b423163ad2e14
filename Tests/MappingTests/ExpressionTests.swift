import Mapping
import OrganisationModel
import Testing

/// Each form of a value and of a condition, through the whole way from a YAML text to a value of the register.
@Suite struct ExpressionTests {
    /// The name that a unit gets by an expression.
    private func name(_ expression: String, _ inside: String, tables: String = "") throws -> String? {
        let source = try Source(
            """
            mapping: test
            format: xml
            root: r
            placeholders: {"*": [Empty], p: ["-"]}
            tables: {yesno: {J: ja, N: nej, X: ""}}
            records:
              u:
                kind: unit
                key: "@id"
                objects:
                  - {kind: unit, key: "@id", attributes: {name: \(expression)}}
            """)
        guard case .text(let text) = try source.period(inside)?["name"] else { return nil }
        return text
    }

    private func holds(_ condition: String, _ inside: String) throws -> Bool {
        let text = try name("{if: \(condition), then: {text: yes}, else: {text: no}}", inside)
        return try #require(text) == "yes"
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let expression: String
        let inside: String
        let value: String?

        init(_ expression: String, _ inside: String, _ value: String?) {
            (self.expression, self.inside, self.value) = (expression, inside, value)
        }

        var testDescription: String { "\(expression) of \(inside)" }
    }

    @Test(arguments: [
        Case("{firstOf: [a, b, {text: c}]}", "<b>2</b>", "2"), Case("{firstOf: [a, b, {text: c}]}", "", "c"),
        Case("{firstOf: [a, b]}", "<a>Empty</a>", nil), Case("{firstOf: [p, b]}", "<p>-</p><b>2</b>", "2"),
        Case("{if: {field: a, is: present}, then: b}", "<b>2</b>", nil),
        Case("{lower: a}", "<a>ÆRØ By</a>", "ærø by"), Case("{upper: a}", "<a>ærø</a>", "ÆRØ"),
        Case("{digits: a}", "<a>12-34 x</a>", "1234"), Case("{digits: a}", "<a>none</a>", nil),
        Case("{phone: a}", "<a>+45 33 34-94.00</a>", "+4533349400"),
        Case("{phone: a}", "<a>0045 12345678</a>", "+4512345678"),
        Case("{phone: a}", "<a>(12) 34</a>", "1234"), Case("{phone: a}", "<a>00</a>", "00"),
        Case("{percent: a}", "<a>56.0</a>", "0.56"), Case("{percent: a}", "<a>x</a>", "x"),
        Case("{lookup: a, in: yesno}", "<a>J</a>", "ja"), Case("{lookup: a, in: yesno}", "<a>Q</a>", nil),
        Case("{lookup: a, in: yesno}", "<a>X</a>", nil), Case("{lookup: a, in: yesno, else: keep}", "<a>Q</a>", "Q"),
        Case("{lookup: a, in: yesno, else: {text: \"?\"}}", "<a>Q</a>", "?"),
        Case("{lookup: a, in: yesno, else: keep}", "", nil),
        Case("{part: a, separator: \";\"}", "<a>1;2;3</a>", "1"),
        Case("{part: a, separator: \";\", number: -1}", "<a>1;2;3</a>", "3"),
        Case("{part: a, separator: \";\", number: 2}", "<a>1\\;x;2</a>", "2"),
        Case("{part: a, separator: \";\"}", "<a>1\\;x\\y;2</a>", "1;x\\y"),
        Case("{part: a, separator: \";\", number: 4}", "<a>1;2;3</a>", nil),
        Case("{part: a, separator: \";\", number: 2}", "<a>1;;3</a>", nil),
        Case("{name: a, attribute: ou}", "<a>CN=Bo\\, B,OU=Unge,OU=Brugere,DC=by</a>", "Unge"),
        Case("{name: a, attribute: OU, number: -1}", "<a>CN=Bo,OU=Unge, OU=Brugere,DC=by</a>", "Brugere"),
        Case("{name: a, attribute: CN}", "<a>CN=Bo\\, B\\2CC\\C3\\A6,DC=by</a>", "Bo, B,Cæ"),
        Case("{name: a, attribute: DC, number: 2}", "<a>CN=Bo,DC=by</a>", nil),
        Case("{slice: a, from: 2, to: 3}", "<a>æøåx</a>", "øå"), Case("{slice: a, from: 9}", "<a>abc</a>", nil),
        Case("{pad: a, to: 5}", "<a>42</a>", "00042"), Case("{pad: a, to: 1}", "<a>42</a>", "42"),
        Case("{not: a}", "<a>1</a>", "false"), Case("{not: {bit: a, mask: 2}}", "<a>514</a>", "false"),
        Case("{bit: a, mask: 2}", "<a>512</a>", "false"), Case("{bit: a, mask: 2}", "<a>x</a>", "x"),
        Case(
            "{guid: a}", "<a>X'2e9c1c5f531f1e4a9a570a2a6f1c0001'</a>", "5f1c9c2e-1f53-4a1e-9a57-0a2a6f1c0001"),
        Case(
            "{guid: a}", "<a>X'2E9C1C5F531F1E4A9A570A2A6F1C0001'</a>", "5f1c9c2e-1f53-4a1e-9a57-0a2a6f1c0001"),
        Case("{guid: a}", "<a>X'2e'</a>", "X'2e'"),
        Case("{guid: a}", "<a>X'zz9c1c5f531f1e4a9a570a2a6f1c0001'</a>", "X'zz9c1c5f531f1e4a9a570a2a6f1c0001'"),
        Case("{date: a}", "<a>2026-02-28</a>", "2026-02-28"),
        Case("{date: a}", "<a>22-05-2020 14:03:11</a>", "2020-05-22"),
        Case("{date: a}", "<a>01.12.2019</a>", "2019-12-01"), Case("{date: a}", "<a>01/12/2019</a>", "2019-12-01"),
        Case("{date: a}", "<a>20191231</a>", "2019-12-31"), Case("{date: a}", "<a>20140506150213.0Z</a>", "2014-05-06"),
        Case("{date: a}", "<a>2026-02-28T10:00:00</a>", "2026-02-28"),
        Case("{date: a}", "<a>31-02-2020</a>", "31-02-2020"),
        Case("{date: a}", "<a>132223680000000000</a>", "132223680000000000"),
        Case("{date: a, forms: fileTime}", "<a>132223680000000000</a>", "2020-01-01"),
        Case("{date: a, forms: fileTime}", "<a>9223372036854775807</a>", nil),
        Case("{date: a, forms: [fileTime]}", "<a>0</a>", nil), Case("{date: a, forms: fileTime}", "<a>-1</a>", "-1"),
        Case("{date: a, forms: dd-MM-yyyy}", "<a>2020-01-02</a>", "2020-01-02"),
        Case("{join: [{upper: a}, {firstOf: [p, b]}], with: \"/\"}", "<a>x</a><p>-</p><b>y</b>", "X/y"),
        Case("{lookup: {upper: {slice: a, from: 1, to: 1}}, in: yesno}", "<a>nej tak</a>", "nej"),
    ])
    func value_isMadeOfTheRecord(_ example: Case) throws {
        #expect(try name(example.expression, example.inside) == example.value)
    }

    @Test(arguments: [
        ("{field: a, equals: [\"1\", \"2\"]}", "<a>2</a>", true),
        ("{field: a, equals: [\"1\", \"2\"]}", "<a>3</a>", false),
        ("{field: a, matches: \"ann*\"}", "<a>Annulleret</a>", true),
        ("{field: a, matches: \"*LLE*\"}", "<a>Annulleret</a>", true),
        ("{field: a, matches: \"ann?\"}", "<a>Annulleret</a>", false), ("{field: a, matches: \"*\"}", "", false),
        ("{field: a, matches: \"*a*b*a\"}", "<a>xxabxxba</a>", true),
        ("{field: a, matches: \"*a*b*c\"}", "<a>xxabxxba</a>", false),
        ("{field: a, is: absent}", "", true), ("{field: a, is: absent}", "<a>Empty</a>", true),
        ("{field: a, is: present}", "<a>x</a>", true), ("{field: a, sameAs: b}", "<a>x</a><b>x</b>", true),
        ("{field: a, sameAs: b}", "<a>x</a><b>y</b>", false), ("{field: a, sameAs: b}", "", false),
        ("{value: {lower: a}, equals: x}", "<a>X</a>", true),
        ("{all: [{field: a, is: present}, {field: b, is: present}]}", "<a>1</a>", false),
        ("{any: [{field: a, is: present}, {field: b, is: present}]}", "<a>1</a>", true),
        ("{not: {any: [{field: a, is: present}, {field: b, is: present}]}}", "<a>1</a>", false),
    ])
    func condition_isJudged(_ condition: String, _ inside: String, _ expected: Bool) throws {
        #expect(try holds(condition, inside) == expected)
    }

    @Test(arguments: [
        ("{lookup: a, in: nowhere}", "there is no such table; tables: yesno"), ("{lookup: a}", "in is missing"),
        ("{date: a, forms: MM/dd/yyyy}", "no form of a day; known: yyyy-MM-dd"),
        ("{bit: a, mask: 0}", "mask is a whole number"),
        ("{part: a, separator: \"||\"}", "separator is one character"),
        ("{part: a, separator: \";\", number: 0}", "number counts from 1"),
        ("{slice: a, from: 3, to: 2}", "to is a whole number from 3"), ("{pad: a}", "to is missing"),
        ("{if: {field: a, is: maybe}, then: b}", "is is present or absent"),
        ("{if: {field: a, equals: x, is: present}, then: b}", "one of equals, matches, sameAs and is"),
        ("{if: {all: []}, then: b}", "all is a list of conditions"),
        ("{if: {not: {field: a, is: absent}, field: b}, then: b}", "not stands alone"),
        ("{if: {field: a, is: present}}", "then is missing"), ("{shout: a}", "expected a field, or one of"),
        ("{upper: a, with: b}", "with is not known here; allowed: upper"),
    ])
    func mistakeInAnExpression_isToldWithItsLine(_ expression: String, _ words: String) {
        let error = #expect(throws: FordelerError(.init("mapping.invalid"), "")) { _ = try name(expression, "") }
        #expect(
            error?.message.hasPrefix("m.yaml:11: ") == true && error?.message.contains(words) == true,
            "\(error?.message ?? "")")
    }
}
