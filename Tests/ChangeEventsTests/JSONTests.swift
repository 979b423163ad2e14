import ChangeEvents
import Foundation
import OrganisationModel
import Testing
import Versioning

struct JSONBytesTests {
    private func parsed(_ json: JSONBytes) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(json.bytes), options: .fragmentsAllowed)
    }

    @Test func texts_areReadBackAsTheyWere() throws {
        let texts =
            (0...0x17F).compactMap { Unicode.Scalar($0).map { "a\(String($0))b" } } + [
                "", "\"", "\\", "\\\"", "\\u0041", "</script>", "😀", "\u{2028}\u{2029}", "\u{10FFFF}", "e\u{301}",
                "\r\n",
            ]
        for text in texts {
            var json = JSONBytes()
            json.array { $0.value(text) }
            let found = try #require(try parsed(json) as? [String])
            #expect(found.map { Array($0.utf16) } == [Array(text.utf16)])
        }
    }

    @Test func keys_areEscapedToo() throws {
        var json = JSONBytes()
        json.object { $0.pair("a\"b\n", "c") }
        #expect(try parsed(json) as? [String: String] == ["a\"b\n": "c"])
    }

    @Test func nesting_setsCommasBetweenAllThings() {
        var json = JSONBytes()
        json.object { json in
            json.pair("a", 1)
            json.key("b")
            json.array { json in
                json.value(1)
                json.object { _ in }
                json.array { $0.value(true) }
                json.value(String?.none)
                json.value(Int?.none)
            }
            json.pair("c", Day.distantFuture)
            json.pair("d", Day(number: 0))
            json.pair("e", Value.decimal("0.5"))
            json.pair("f", Value.flag(false))
            json.pair("g", Value?.none)
        }
        #expect(
            json.text == #"{"a":1,"b":[1,{},[true],null,null],"c":null,"d":"1970-01-01","e":"0.5","f":false,"g":null}"#)
    }
}

struct ChangeEventTests {
    private let context = DeliveryContext(
        epoch: "0a1b2c3d", settledThrough: 3, startsAfter: 1, source: "urn:oio:cvr-nr:29189846")

    private func json(_ content: ChangeEvent.Content) throws -> [String: Any] {
        let entry = LogEntry(
            number: 4, position: Position(version: 2, day: day("2026-06-01")), cause: .import,
            time: "2026-06-01T05:00:00Z")
        var json = JSONBytes()
        ChangeEvent(number: 5, entry: entry, content: content).write(to: &json, context)
        return try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    }

    private var contents: [ChangeEvent.Content] {
        let before = state(.unit, ["name": .text("a\"b"), "parent": .reference(id(1))]).periods(Schema.standard[.unit])[
            0
        ].fields
        let after = state(.unit, ["name": .text("c"), "ean": .text("1")]).periods(Schema.standard[.unit])[0].fields
        return [
            .begins, .completed(count: 1, hash: "00"),
            .change(kind: .unit, id: id(7), type: .updated, before: before, after: after),
            .change(kind: .unit, id: id(7), type: .created, before: nil, after: after),
            .change(kind: .unit, id: id(7), type: .removed, before: before, after: nil),
        ]
    }

    // CloudEvents 1.0.2, sections "Naming conventions", "Type system" and "Required attributes".
    @Test func everyEvent_isAValidCloudEvent() throws {
        for content in contents {
            let event = try json(content)
            #expect(
                event["specversion"] as? String == "1.0" && event["datacontenttype"] as? String == "application/json")
            for name in ["id", "source", "type", "subject", "time"] {
                #expect(!(event[name] as? String ?? "").isEmpty, "\(name)")
            }
            #expect(URL(string: event["source"] as? String ?? "")?.scheme == "urn")
            #expect((try? Date(event["time"] as? String ?? "", strategy: .iso8601)) != nil)
            for (name, value) in event where name != "data" {
                #expect(
                    !name.isEmpty && name.count <= 20
                        && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }, "\(name)")
                if !(value is String) { #expect(Int32(exactly: try #require(value as? NSNumber)) != nil, "\(name)") }
            }
            #expect(event["data"] is [String: Any])
        }
    }

    @Test func ids_areEpochAndNumber_andExtensionsTellThePlace() throws {
        let event = try json(.begins)
        #expect(
            event["id"] as? String == "0a1b2c3d-5" && event["sequence"] as? Int == 5 && event["version"] as? Int == 2)
        #expect(event["effectivedate"] as? String == "2026-06-01" && event["cause"] as? String == "import")
        #expect(event["settledthrough"] as? Int == 3 && event["startsafter"] as? Int == 1)
        #expect(event["partitionkey"] as? String == "version/2" && event["source"] as? String == context.source)
    }

    @Test func changes_nameEachAttributeThatDiffers() throws {
        let data = try #require(try json(contents[2])["data"] as? [String: Any])
        #expect(data["before"] as? [String: String] == ["name": "a\"b", "parent": id(1).description])
        #expect(data["after"] as? [String: String] == ["name": "c", "ean": "1"])
        let changes = try #require(data["changes"] as? [[String: Any]])
        #expect(changes.map { $0["attribute"] as? String } == ["name", "parent", "ean"])
        #expect(changes.map { $0["from"] as? String } == ["a\"b", id(1).description, nil])
        #expect(changes.map { $0["to"] as? String } == ["c", nil, "1"])
        #expect(changes[1]["to"] is NSNull)
    }

    @Test func createdAndRemoved_haveANullSide() throws {
        let created = try #require(try json(contents[3])["data"] as? [String: Any])
        #expect(created["before"] is NSNull && created["after"] is [String: Any])
        let removed = try #require(try json(contents[4])["data"] as? [String: Any])
        #expect(removed["after"] is NSNull && (removed["changes"] as? [Any])?.count == 2)
    }

    @Test(arguments: [EventType.created, .updated, .moved, .closed, .removed]) func typeNames_carryKindAndRevision(
        _ type: EventType
    ) {
        #expect(type.name(.engagement) == "dk.fordeler.engagement.\(type.rawValue).v1")
    }
}
