public import OrganisationModel

/// What a mapping reads and makes, in a form that can be shown.
public struct MappingOutline: Sendable {
    /// A file of the export.
    public struct Document: Sendable {
        public let name: String
        /// `xml` or `csv`.
        public let format: String
        /// The root element of xml; the form of the file's name of csv.
        public let sign: String
        public let isRequired: Bool
        public let records: [Record]
    }

    public struct Record: Sendable {
        /// Where it stands in the document; for csv a free name.
        public let element: String
        public let kind: Kind
        public let objects: [Object]
    }

    public struct Object: Sendable {
        public let kind: Kind
        /// False for values that are added to an object of another source.
        public let isMade: Bool
        /// Names, in the order of the schema.
        public let attributes: [String]
    }

    public let documents: [Document]
    /// `kind.attribute`, in order: what this source is heard about before all others.
    public let owns: [String]

    public init(_ mapping: MappingDocument, schema: Schema = .standard) {
        documents = mapping.documents.map { document in
            let (format, sign) =
                switch document.format {
                case .xml(let root): ("xml", root)
                case .csv(_, let file): ("csv", file)
                }
            return Document(
                name: document.name, format: format, sign: sign, isRequired: document.isRequired,
                records: document.records.map(Self.record))
        }
        owns = mapping.owns.compactMap { owned in
            schema[owned.kind].attribute(number: owned.attribute).map { "\(owned.kind.name).\($0.name)" }
        }.sorted()
    }

    private static func record(_ record: MappingDocument.RecordMapping) -> Record {
        Record(
            element: record.element, kind: record.kind,
            objects: record.objects.map { object in
                let filled = object.values.map(\.attribute) + object.lookups.map(\.relation)
                let attributes = Dictionary(
                    filled.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
                return Object(
                    kind: object.kind, isMade: object.addsBy == nil,
                    attributes: attributes.sorted { $0.key < $1.key }.map(\.value))
            })
    }
}
