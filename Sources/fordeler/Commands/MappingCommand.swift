import ArgumentParser
import ChangeEvents
import Foundation
import Mapping
import OrganisationModel

/// Commands on mappings. They need no configuration and no state, and change nothing.
struct MappingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mapping", abstract: "Check a mapping, try it on an export, or draft one for an unknown export.",
        subcommands: [Check.self, Try.self, Draft.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what mappings read and fill, or what is wrong with them and in which line.",
            discussion: """
                Examples:
                  fordeler mapping check kmd-opus
                  fordeler mapping check Mappings/*.yaml --json
                """)

        @Argument(help: "A file, or the name of a mapping that comes with the program.")
        var mapping: [String]

        @Flag(help: "Print one JSON object a line.")
        var json = false

        func run() throws {
            let output = Output.process
            var isInOrder = true
            for name in mapping {
                do {
                    let found = try MappingFile(named: name)
                    report(found, to: output)
                } catch let error as FordelerError {
                    isInOrder = false
                    report(error, name, to: output)
                }
            }
            if !isInOrder { throw ExitCode(ExitStatus.usage.rawValue) }
        }

        private func report(_ error: FordelerError, _ name: String, to output: Output) {
            guard json else { return output.complain(error.description) }
            var line = JSONBytes()
            line.object { line in
                line.pair("file", name)
                line.key("valid")
                line.value(false)
                line.pair("code", error.code.name)
                line.pair("line", MappingFile.line(error))
                line.pair("message", error.message)
            }
            output.line(line.text)
        }

        private func report(_ found: MappingFile, to output: Output) {
            let outline = MappingOutline(found.document)
            guard json else {
                output.line("\(found.path) is in order: \(found.document.name)")
                for document in outline.documents { describe(document).forEach(output.line) }
                if !outline.owns.isEmpty { output.line("  owns \(outline.owns.joined(separator: ", "))") }
                return
            }
            var line = JSONBytes()
            line.object { line in
                line.pair("file", found.path)
                line.key("valid")
                line.value(true)
                line.pair("mapping", found.document.name)
                line.key("documents")
                line.array { line in
                    for document in outline.documents { Self.write(document, to: &line) }
                }
                line.key("owns")
                line.array { line in
                    for owned in outline.owns { line.value(owned) }
                }
            }
            output.line(line.text)
        }

        private func describe(_ document: MappingOutline.Document) -> [String] {
            let sign = document.format == "xml" ? "<\(document.sign)>" : document.sign
            let optional = document.isRequired ? "" : ", not required"
            return ["  \(document.name): \(document.format) \(sign)\(optional)"]
                + document.records.flatMap { record in
                    ["    \(record.element), a record of \(record.kind.name)"]
                        + record.objects.map { object in
                            let verb = object.isMade ? "makes" : "adds to"
                            return "      \(verb) \(object.kind.name): \(object.attributes.joined(separator: ", "))"
                        }
                }
        }

        private static func write(_ document: MappingOutline.Document, to line: inout JSONBytes) {
            line.object { line in
                line.pair("name", document.name)
                line.pair("format", document.format)
                line.pair(document.format == "xml" ? "root" : "file", document.sign)
                line.key("required")
                line.value(document.isRequired)
                line.key("records")
                line.array { line in
                    for record in document.records { write(record, to: &line) }
                }
            }
        }

        private static func write(_ record: MappingOutline.Record, to line: inout JSONBytes) {
            line.object { line in
                line.pair("element", record.element)
                line.pair("kind", record.kind.name)
                line.key("objects")
                line.array { line in
                    for object in record.objects {
                        line.object { line in
                            line.pair("kind", object.kind.name)
                            line.key("makes")
                            line.value(object.isMade)
                            line.key("attributes")
                            line.array { line in
                                for attribute in object.attributes { line.value(attribute) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A mapping that somebody named on the command line.
struct MappingFile {
    let path: String
    let document: MappingDocument

    /// - Parameter name: a path, or the name of a mapping that comes with the program.
    /// - Throws: ``FordelerError`` `mapping.unknown`, `mapping.unreadable` or `mapping.invalid`.
    init(named name: String) throws {
        let isPath = name.contains("/") || name.hasSuffix(".yaml") || FileManager.default.fileExists(atPath: name)
        let candidates = isPath ? [name] : ShippedMappings.folders(configuration: "").map { "\($0)/\(name).yaml" }
        guard let path = candidates.first(where: FileManager.default.fileExists) else {
            throw FordelerError(
                .mappingUnknown, "there is no mapping \(name); looked for \(candidates.joined(separator: ", "))")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FordelerError(
                .mappingUnreadable, "\(path) cannot be read. Look at its rights, and whether it is a file")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw FordelerError(.mappingInvalid, "\(path):0: the file is no text in UTF-8")
        }
        self.path = path
        document = try MappingDocument(yaml: text, file: path)
    }

    /// The line that a mistake names; nil when it names none.
    static func line(_ error: FordelerError) -> Int? {
        guard let found = error.message.firstMatch(of: #/:([0-9]+):\s/#), let line = Int(found.1), line > 0 else {
            return nil
        }
        return line
    }
}

extension FordelerError.Code {
    static let mappingUnknown = FordelerError.Code("mapping.unknown")
    static let mappingUnreadable = FordelerError.Code("mapping.unreadable")
    static let mappingInvalid = FordelerError.Code("mapping.invalid")
}
