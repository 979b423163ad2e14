import OrganisationModel
import SourceExports

private let documents: [[DocumentShape]] = [
    [
        DocumentShape(
            root: "r",
            records: [
                RecordShape(element: "p", fields: ["@id", "n", "n[2]", "a/b", "a/@k", "n/@k", ".", "n"])
            ])
    ],
    [
        DocumentShape(
            root: "r",
            records: [
                RecordShape(element: "//p", fields: ["@id", "ancestor::p/@id", "ancestor::p/n", "ancestor::r/n", "n"]),
                RecordShape(element: "a//b", fields: [".", "n", "@k", "ancestor::a/@id"]),
            ])
    ],
    [
        DocumentShape(
            root: "r",
            records: [
                RecordShape(
                    element: "p", fields: ["@id", "n", "t/f", "t/u", "t/n/@k", "a/t/f"], timelines: ["t", "a/t"])
            ]),
        DocumentShape(root: "s", records: [RecordShape(element: ".", fields: ["@id", "n", "."])]),
    ],
]

/// The first byte chooses what is read, the rest is the document.
func testXML(_ input: [UInt8]) {
    var rest = input[...]
    let shapes = documents[takeChoice(&rest, below: documents.count)]
    let bytes = Array(rest)

    let whole = readXML(bytes, shapes, chunk: .max)
    for chunk in [1, 2 + choice(input, below: 60)] {
        demandSame(whole, readXML(bytes, shapes, chunk: chunk), "in pieces of \(chunk)")
    }
    guard whole.refusal == nil else { return }

    // A document that was cut is refused, or lost nothing that matters.
    let cut = readXML(Array(bytes.prefix(choice(input, below: bytes.count))), shapes, chunk: .max)
    demand(cut.refusal != nil || cut.records == whole.records, "a cut document lost records: \(cut)")

    let outline = outcome(bytes, chunk: .max) { fill, _ in
        let outline = try XMLOutline(from: fill)
        demand(shapes.contains { $0.root == outline.elements.first?.name }, "the outline has another root")
    }
    demand(
        outline.refusal == nil || outline.refusal?.code == "xml.too-large",
        "what is read has no outline: \(outline)")
}

private func readXML(_ bytes: [UInt8], _ shapes: [DocumentShape], chunk: Int) -> Outcome {
    let records = shapes.flatMap(\.records)
    return outcome(bytes, chunk: chunk, lines: lineCount(bytes)) { fill, result in
        let input = ExportInput(fill)
        var seen: [Seen] = []
        defer { result.records = seen }
        let number = try XMLExportReader(shapes).read(from: input.read) { record in
            seen.append(Seen(record, fieldCount: records[record.shape].fields.count))
        }
        try input.finish()
        result.form = "\(number) \(input.xmlForm(root: shapes[number].root))"
    }
}
