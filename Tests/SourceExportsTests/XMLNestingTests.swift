import OrganisationModel
import SourceExports
import Testing

/// Records that are not children of the root, and fields that lie deeper, around the record, or come many times.
@Suite struct XMLNestingTests {
    private func fields(_ text: String, _ shapes: [RecordShape], root: String = "r") throws -> [[String?]] {
        try read(Array(text.utf8), root: root, shapes: shapes).map(\.fields)
    }

    @Test func recordsInRecords_comeInnermostFirstWithTheFieldsOfTheirAncestors() throws {
        let shapes = [
            RecordShape(element: "group", fields: ["no", "title"]),
            RecordShape(element: "group/topic", fields: ["no", "ancestor::group/no"]),
        ]
        let seen = try read(
            Array(
                """
                <r><group><no>01</no><title>First</title>
                <topic><no>01.02</no></topic><topic><no>01.03</no></topic></group>
                <group><no>02</no><title>Second</title></group></r>
                """.utf8), root: "r", shapes: shapes)
        #expect(
            seen == [
                Seen(shape: 1, line: 2, fields: ["01.02", "01"]), Seen(shape: 1, line: 2, fields: ["01.03", "01"]),
                Seen(shape: 0, line: 1, fields: ["01", "First"]), Seen(shape: 0, line: 3, fields: ["02", "Second"]),
            ])
    }

    @Test func aTreeWrittenFromLeafToRoot_givesEachUnitItsParent() throws {
        let unit = RecordShape(
            element: "tree//unit", fields: ["id", "unit/id", "ancestor::tree/from", "unit/unit/id"])
        let seen = try fields(
            """
            <r><tree><from>2026-01-01</from>
            <unit><id>leaf</id><unit><id>middle</id><unit><id>root</id></unit></unit></unit>
            <unit><id>other</id><unit><id>root</id></unit></unit></tree></r>
            """, [unit])
        #expect(
            seen == [
                ["root", nil, "2026-01-01", nil], ["middle", "root", "2026-01-01", nil],
                ["leaf", "middle", "2026-01-01", "root"], ["root", nil, "2026-01-01", nil],
                ["other", "root", "2026-01-01", nil],
            ])
    }

    @Test func theNearestAncestorCounts_andTheRecordItselfIsNone() throws {
        let seen = try fields(
            "<r><a id='1'><a id='2'><b/></a></a></r>",
            [RecordShape(element: "//a", fields: ["@id", "ancestor::a/@id"])])
        #expect(seen == [["2", "1"], ["1", nil]])
    }

    @Test func aChildNamedLikeARecord_isNone() throws {
        let shapes = [
            RecordShape(element: "unit", fields: ["@id"]), RecordShape(element: "job", fields: ["unit"]),
        ]
        #expect(try fields("<r><unit id='1'/><job><unit>1</unit></job></r>", shapes) == [["1"], ["1"]])
    }

    @Test func theRootItself_mayBeARecord() throws {
        let shape = RecordShape(element: ".", fields: ["@made", "place"])
        #expect(try fields("<r made='today'><place>here</place></r>", [shape]) == [["today", "here"]])
    }

    @Test func theSecondOfManyChildren_isReadByItsNumber() throws {
        let shape = RecordShape(element: "p", fields: ["c/tel", "c/tel[2]", "c/tel[3]", "c/tel[2]/@kind"])
        let seen = try fields("<r><p><c><tel>1</tel><tel kind='home'>2</tel></c><c><tel>3</tel></c></p></r>", [shape])
        #expect(seen == [["1", "2", "3", "home"]])
    }

    @Test func textOfDeeperElements_belongsToTheFieldAroundThem() throws {
        let shape = RecordShape(element: "p", fields: ["note", "note/b", "."])
        let seen = try fields("<r><p><note>all <b>of</b> it</note> and more</p></r>", [shape])
        #expect(seen == [["all of it", "of", "all of it and more"]])
    }

    @Test func aFieldBehindTheRecordsThatReadIt_isRefused() throws {
        let shape = RecordShape(element: "p/job", fields: ["id", "ancestor::p/cpr"])
        let good = "<p><cpr>1</cpr><job><id>7</id></job></p>"
        #expect(throws: ExportProblem.self) {
            try fields("<r>\(good)\n<p><job><id>8</id></job>\n<cpr>2</cpr></p></r>", [shape])
        }
        do {
            _ = try fields("<r>\(good)\n<p><job><id>8</id></job>\n<cpr>2</cpr></p></r>", [shape])
        } catch let problem as ExportProblem {
            #expect(problem.rule == .lateField && problem.line == 3)
        }
        #expect(try fields("<r>\(good)<p><job><id>8</id></job></p></r>", [shape]) == [["7", "1"], ["8", nil]])
    }

    @Test func occurrencesOfTimelines_areReadEachByItself() throws {
        let shape = RecordShape(
            element: "job", fields: ["id", "place/from", "place/unit", "rate/from", "rate/@value"],
            timelines: ["place", "rate"])
        let text = """
            <r><job><id>7</id><place><from>1</from><unit>a</unit></place><rate value='0.5'><from>1</from></rate>
            <place><from>2</from></place></job><job><id>8</id></job></r>
            """
        var seen: [[String?]] = []
        var offset = 0
        let bytes = Array(text.utf8)
        try XMLExportReader(root: "r", shapes: [shape]).read(from: { buffer in
            let count = min(buffer.count, bytes.count - offset)
            buffer.copyBytes(from: bytes[offset..<offset + count])
            offset += count
            return count
        }) { record in
            let show = { (bytes: UnsafeRawBufferPointer?) in bytes.map { String(decoding: $0, as: UTF8.self) } }
            seen.append(shape.fields.indices.map { show(record[$0]) })
            for occurrence in 0..<record.occurrenceCount {
                seen.append(
                    ["\(record.timeline(ofOccurrence: occurrence))"]
                        + shape.fields.indices.map { show(record.field($0, ofOccurrence: occurrence)) })
            }
            guard record.occurrenceCount > 0 else { return }
            record.with([0, 1]) { chosen in seen.append(shape.fields.indices.map { show(chosen[$0]) }) }
        }
        #expect(
            seen == [
                ["7", nil, nil, nil, nil], ["0", nil, "1", "a", nil, nil], ["1", nil, nil, nil, "1", "0.5"],
                ["0", nil, "2", nil, nil, nil], ["7", "1", "a", "1", "0.5"], ["8", nil, nil, nil, nil],
            ])
    }

    @Test func documentsOfSeveralRoots_areToldApart() throws {
        let reader = XMLExportReader([
            DocumentShape(root: "first", records: [RecordShape(element: "a", fields: ["@id"])]),
            DocumentShape(root: "second", records: [RecordShape(element: "a", fields: ["@id"])]),
        ])
        func shapes(_ text: String) throws -> (document: Int, shapes: [Int]) {
            var bytes = Array(text.utf8)[...]
            var shapes: [Int] = []
            let document = try reader.read(from: { buffer in
                let count = min(buffer.count, bytes.count)
                buffer.copyBytes(from: bytes.prefix(count))
                bytes = bytes.dropFirst(count)
                return count
            }) { shapes.append($0.shape) }
            return (document, shapes)
        }
        #expect(try shapes("<second><a id='1'/></second>") == (1, [1]))
        #expect(try shapes("<first><a id='1'/></first>") == (0, [0]))
        #expect(throws: ExportProblem.self) { try shapes("<third/>") }
    }

    @Test func scopesInScopes_shareOneBoundOfText() throws {
        let long = String(repeating: "x", count: 600_000)
        let nested = String(repeating: "<u><t>\(long)</t>", count: 8) + String(repeating: "</u>", count: 8)
        let shape = RecordShape(element: "//u", fields: ["t"])
        #expect(throws: ExportProblem.self) { try fields("<r>\(nested)</r>", [shape]) }
    }

    @Test(arguments: ["a/b", "a//b", "//b", "."]) func wayToARecord_isRead(_ path: String) {
        #expect(FieldPath.isElementPath(path))
    }

    @Test(arguments: ["", "/", "/a", "a/", "a///b", "///a", "@a", "a/..", "a b"]) func noWayToARecord_isRefused(
        _ path: String
    ) {
        #expect(!FieldPath.isElementPath(path))
    }

    @Test(arguments: [
        "a", "a/b/c", "a[2]", "a/b[3]/@c", "@a", ".", "ancestor::x/a", "ancestor::x/@a", "ancestor::x/a[2]",
    ])
    func fieldPath_isRead(_ path: String) {
        #expect(FieldPath(path) != nil)
    }

    @Test(arguments: [
        "", "/a", "a/", "a//b", "a[0]", "a[x]", "a[2]/b", "@", "a/@", "@a/b", "..", "../a", "ancestor::/a",
    ])
    func noFieldPath_isRefused(_ path: String) {
        #expect(FieldPath(path) == nil)
    }
}
