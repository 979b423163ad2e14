public import OrganisationModel
public import SourceExports
import Yams

/// A mapping as it is written: a YAML document that says how the elements of an export become objects.
///
/// It is checked completely when it is read. Every mistake is an error with its line; unknown keys are mistakes too.
public struct MappingDocument: Sendable {
    public let name: String
    /// What an export consists of; incomplete without those that it requires.
    public let documents: [ExportDocument]
    /// The attributes about which this source is heard before all others.
    public let owns: Set<ForeignID>
    /// Texts that stand for "absent", by field; those of `*` by any.
    let placeholders: [String: Set<String>]
    /// The mapping's own bytes, part of every fingerprint's seed.
    public let text: String

    /// A file of an export.
    public struct ExportDocument: Sendable {
        /// How messages name it.
        public let name: String
        public let format: Format
        /// The root elements of documents that hold only what changed of these records.
        public let changes: [String]
        /// An export without it is incomplete.
        public let isRequired: Bool
        let records: [RecordMapping]
    }

    public enum Format: Sendable {
        case xml(root: String)
        /// - Parameter file: the form of the file's name, which tells it from the export's others.
        case csv(CSVExportReader.Format, file: String)
    }

    struct RecordMapping: Sendable {
        let element: String
        let key: Expression<String>
        let kind: Kind
        let ended: Condition<String>?
        /// Records for which it holds say nothing.
        let exception: Condition<String>?
        let timelines: [Timeline]
        let objects: [ObjectMapping]
    }

    /// An element that may stand in a record many times, and the fields that tell when each holds.
    struct Timeline: Sendable {
        let element: String
        let from: Expression<String>
        let to: Expression<String>
    }

    struct ObjectMapping: Sendable {
        let kind: Kind
        let key: Expression<String>
        /// The object's own UUID, where the source has one.
        let uuid: Expression<String>?
        /// When set, the record only adds to the object that has the key as a value of this attribute.
        let addsBy: Attribute?
        let sharing: Sharing
        /// It only fills in what the source's other records of the object do not say, and never makes one.
        let isFallback: Bool
        let condition: Condition<String>?
        let from: [Expression<String>]
        let to: Expression<String>?
        /// The last day is the first one that no longer counts.
        let endsBefore: Bool
        /// A record without a beginning is withheld; otherwise it has been there always.
        let needsBeginning: Bool
        /// In the order of attribute numbers.
        let values: [AttributeValue]
        /// In the order of preference within each attribute.
        let lookups: [Lookup]
    }

    /// What several records of the source that name one object make of it.
    enum Sharing: Sendable {
        /// Only one may.
        case none
        /// One period from the first day to the last, with the values of the record that lasts longest.
        case whole
        /// On every day what the records say that hold on it.
        case daily
    }

    struct AttributeValue: Sendable {
        let attribute: Attribute
        let expression: Expression<String>
        /// The text is the target's own UUID, not its key.
        let isUUID: Bool
    }

    /// A relation to what another source's object leads to.
    struct Lookup: Sendable {
        let relation: Attribute
        let among: ForeignID
        let equals: Expression<String>
    }

    var records: [RecordMapping] {
        documents.flatMap(\.records)
    }

    /// Whether some of its documents hold changes only, so that they themselves tell a delta from a full export.
    public var hasChanges: Bool {
        documents.contains { !$0.changes.isEmpty }
    }

    /// Whether these make a full export: none that holds changes only is among them, and none is missing that is required or
    /// of which there are changes.
    public func isFull(_ forms: [DocumentForm]) -> Bool {
        documents.indices.allSatisfy { index in
            forms.contains { $0.document == index }
                || !(documents[index].isRequired || !documents[index].changes.isEmpty)
        } && !forms.contains(where: \.isChanges)
    }

    /// Which of the documents a file of an XML export is.
    public struct DocumentForm: Sendable {
        /// Index among ``documents``.
        public let document: Int
        /// It holds only what changed.
        public let isChanges: Bool
    }

    /// All forms that a file may have, each with its root element.
    var forms: [(root: String, form: DocumentForm)] {
        documents.enumerated().flatMap { index, document -> [(root: String, form: DocumentForm)] in
            guard case .xml(let root) = document.format else { return [] }
            return [(root, DocumentForm(document: index, isChanges: false))]
                + document.changes.map { ($0, DocumentForm(document: index, isChanges: true)) }
        }
    }

    /// Looks at the root element of an XML file.
    /// - Parameter fill: as ``ExportReading/read(named:_:describe:)``.
    /// - Returns: nil when it is none of the documents.
    public func form(_ fill: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) -> DocumentForm? {
        let forms = forms
        let input = ExportInput(fill)
        return XMLExportReader(forms.map { DocumentShape(root: $0.root, records: []) }).document(from: input.read)
            .map { forms[$0].form }
    }

    /// Whether the source gives objects of a kind UUIDs of its own, so that nobody can compute them from their keys.
    public func givesUUIDs(to kind: Kind) -> Bool {
        records.contains { $0.objects.contains { $0.kind == kind && $0.uuid != nil } }
    }

    /// The attributes by whose values objects of other sources are found.
    public var lookedUp: Set<ForeignID> {
        var result: Set<ForeignID> = []
        for object in records.flatMap(\.objects) {
            if let attribute = object.addsBy {
                result.insert(ForeignID(kind: object.kind, attribute: attribute.number))
            }
            result.formUnion(object.lookups.map(\.among))
        }
        return result
    }
}

extension MappingDocument {
    /// Reads a mapping.
    /// - Parameter file: how errors name the document.
    /// - Throws: ``FordelerError`` `mapping.invalid`, with file, line and what to write instead.
    public init(yaml text: String, file: String, schema: Schema = .standard) throws {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            let mistake = YAMLMistake(error)
            throw FordelerError(
                .init("mapping.invalid"), "\(file):\(mistake.line): no valid YAML: \(mistake.message)")
        }
        guard let node else {
            throw FordelerError(.init("mapping.invalid"), "\(file): the document is empty")
        }
        var parser = MappingParser(file: file, schema: schema)
        let top = try parser.mapping(
            node,
            allowed: [
                "mapping", "describes", "format", "root", "delimiter", "encoding", "header", "shortRows", "mayLack",
                "owns", "placeholders", "tables", "records", "changes", "documents",
            ])
        parser.isCSV = top["format"]?.string == "csv"
        name = try parser.text(top.required("mapping"))
        owns = try parser.owns(top["owns"])
        var placeholders: [String: Set<String>] = [:]
        if let node = top["placeholders"] {
            for (field, values) in try parser.pairs(node) {
                placeholders[field] = Set(try parser.texts(values))
            }
        }
        self.placeholders = placeholders
        if let node = top["tables"] { parser.tables = try parser.tables(node) }
        documents = try parser.documents(top)
        self.text = text
    }
}
