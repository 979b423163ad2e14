import Intake
import Mapping
import OrganisationModel
import SourceExports

/// Corrections as the lines of a CSV file: the columns `statement`, `kind`, `key`, and as far as they are needed `to`, `source`,
/// `from`, `until` and the attributes of the kind. An empty cell says nothing.
struct CorrectionFile {
    private static let columns = ["statement", "kind", "key", "to", "source", "from", "until"]

    let name: String
    let requests: [CorrectionRequest]
    let mistakes: [Correcting.Mistake]

    /// - Throws: ``FordelerError`` `correction.invalid` when it cannot be read as a whole.
    init(path: String) throws {
        do {
            self = try CorrectionFile(reading: path)
        } catch let problem as ExportProblem {
            throw FordelerError(
                .correctionInvalid, "\(path):\(problem.line): [\(problem.rule.code)] \(problem.message)")
        }
    }

    private init(reading path: String) throws {
        let attributes = Set(Schema.standard.kinds.flatMap { $0.attributes.map(\.name) })
        let names = try CSVColumnNames(from: ExportInput(ExportFileHandle(path: path).fill).read).names
        for name in names where !Self.columns.contains(name) && !attributes.contains(name) {
            throw FordelerError(
                .correctionInvalid,
                "\(path): the column \(ShownText.cleaned(name)) is neither one of \(Self.columns.joined(separator: ", ")) nor an attribute"
            )
        }
        let fields =
            Self.columns.filter { ["statement", "kind", "key"].contains($0) || names.contains($0) }
            + names.filter { !Self.columns.contains($0) }
        var requests: [CorrectionRequest] = []
        var mistakes: [Correcting.Mistake] = []
        let handle = try ExportFileHandle(path: path)
        let input = ExportInput(handle.fill)
        try CSVExportReader(shape: RecordShape(element: "", fields: fields)).read(from: input.read) { record in
            let texts = Dictionary(
                uniqueKeysWithValues: fields.enumerated().compactMap { number, name in
                    record[number].map { (name, String(decoding: $0, as: UTF8.self)) }
                })
            guard let statement = texts["statement"].flatMap(CorrectionRequest.Statement.init) else {
                let known = CorrectionRequest.Statement.allCases.map(\.rawValue).joined(separator: ", ")
                let error = FordelerError(.correctionInvalid, "statement is one of \(known)")
                return mistakes.append(Correcting.Mistake(line: record.line, error: error))
            }
            requests.append(
                CorrectionRequest(
                    statement: statement, kind: texts["kind"] ?? "", key: texts["key"] ?? "",
                    values: fields.filter { !Self.columns.contains($0) }.compactMap { name in
                        texts[name].map { (name, $0) }
                    }, target: texts["to"] ?? "", source: texts["source"], from: texts["from"], until: texts["until"],
                    line: record.line))
        }
        try input.finish()
        (name, self.requests, self.mistakes) = (handle.name, requests, mistakes)
    }
}
