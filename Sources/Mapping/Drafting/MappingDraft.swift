import OrganisationModel
import SourceExports

/// A mapping proposed for files of unknown form: YAML with notes on what speaks for each choice. No value of a person stands in
/// it.
public struct MappingDraft {
    /// It reads as a mapping.
    public let yaml: String

    /// - Parameter files: together one export.
    /// - Throws: ``ExportProblem`` when a file cannot be read to its end, ``FordelerError`` `draft.impossible` when nothing can be
    ///   made of them; or what opening them threw. `inFile` hears which file is read.
    public init(_ files: [SampleFile], inFile: (String) -> Void = { _ in }) throws {
        var sampled: [SampledFile] = []
        for (number, file) in files.enumerated() {
            inFile(file.name)
            sampled.append(try SampledFile(file, number: number))
        }
        let formats = Set(sampled.map(\.formName))
        guard formats.count == 1 else {
            throw FordelerError(
                .draftImpossible, "one mapping reads either xml or csv. Draft one for each, and let them be two sources"
            )
        }
        let meanings = sampled.flatMap(\.tables).map(TableMeaning.init)
        let relations = UnitRelations(meanings)
        let drafts = sampled.indices.map { number in
            meanings.filter { $0.table.file == number && $0.sort != nil && $0.key != nil }
        }
        guard drafts.contains(where: { !$0.isEmpty }) else {
            let found = meanings.map { meaning in
                "\(meaning.table.element) (\(meaning.table.columns.prefix(12).map { SampledFile.shown($0.field) }.joined(separator: ", ")))"
            }
            throw FordelerError(
                .draftImpossible,
                "no record looks like a unit, an employment, an account or a task. Found: "
                    + found.prefix(5).joined(separator: "; "))
        }
        yaml = Self.write(sampled, meanings, drafts, relations)
        do {
            _ = try MappingDocument(yaml: yaml, file: "draft")
        } catch let error as FordelerError {
            throw FordelerError(
                .draftImpossible, "the draft is no mapping, which is a mistake of this program: \(error.message)")
        }
    }

    private static func write(
        _ files: [SampledFile], _ meanings: [TableMeaning], _ drafts: [[TableMeaning]], _ relations: UnitRelations
    ) -> String {
        var text = DraftText()
        text.comment(
            0,
            "A draft. Look at every line before it is used, and try it: fordeler mapping try THIS-FILE EXPORT... A note says sure "
                + "where the values show it, likely where values and names together do, guess where a name alone does.")
        for file in files { text.comment(0, file.summary) }
        text.add(0, "mapping: \(YAMLText.word(files[0].stem))")
        text.add(
            0,
            "describes: \(YAMLText.quoted("Drafted from " + SampledFile.shown(files.map(\.name).joined(separator: ", "))))"
        )
        text.add(0, "format: \(files[0].formName)")
        // The records tell which texts stand for nothing, and those come first.
        var body = DraftText()
        var notes = DraftNotes()
        let used = files.indices.filter { !drafts[$0].isEmpty }
        if used.count == 1, case .xml(let root) = files[used[0]].form { text.add(0, "root: \(YAMLText.quoted(root))") }
        if used.count == 1 {
            body.add(0, "records:")
            write(drafts[used[0]], 1, relations, &body, &notes)
        } else {
            body.add(0, "documents:")
            var names: Set<String> = []
            for number in used {
                var name = YAMLText.word(files[number].stem)
                while !names.insert(name).inserted { name += "-next" }
                body.add(1, "\(name):")
                switch files[number].form {
                case .xml(let root): body.add(2, "root: \(YAMLText.quoted(root))")
                case .csv: body.add(2, "file: \(YAMLText.quoted(files[number].namePattern))")
                }
                body.add(2, "records:")
                write(drafts[number], 3, relations, &body, &notes)
            }
        }
        if !notes.placeholders.isEmpty {
            text.comment(0, "Texts that stand where there is no value.")
            text.add(0, "placeholders:")
            for (field, values) in notes.placeholders.sorted(by: { $0.key < $1.key }) {
                let list = values.sorted().map(YAMLText.quoted).joined(separator: ", ")
                text.add(1, "\(YAMLText.quoted(field)): [\(list)]")
            }
        }
        if !notes.flags.isEmpty {
            text.add(0, "tables:")
            text.add(1, "flags:")
            for (word, value) in notes.flags.sorted(by: { $0.key < $1.key }) {
                text.add(2, "\(YAMLText.quoted(word)): \"\(value)\"")
            }
        }
        for number in files.indices {
            for meaning in meanings where meaning.table.file == number && (meaning.sort == nil || meaning.key == nil) {
                let fields = meaning.table.columns.prefix(20).map(\.field).joined(separator: ", ")
                text.comment(
                    0,
                    "Not drafted: \(meaning.table.element), \(meaning.table.rows) records with \(fields). "
                        + (meaning.sort == nil ? "What they are was not recognised." : "They have no key."))
            }
        }
        return (text.lines + body.lines).joined(separator: "\n") + "\n"
    }

    private static func write(
        _ meanings: [TableMeaning], _ indent: Int, _ relations: UnitRelations, _ text: inout DraftText,
        _ notes: inout DraftNotes
    ) {
        for meaning in meanings {
            var writer = RecordDraft(meaning, relations, notes)
            writer.write(indent, &text)
            notes = writer.notes
        }
    }
}

/// What the records of a draft need elsewhere in it.
struct DraftNotes {
    /// Texts that stand for nothing, by field.
    var placeholders: [String: Set<String>] = [:]
    /// Words for yes and no that are no flags by themselves.
    var flags: [String: Bool] = [:]
}

extension SampledFile {
    var formName: String {
        if case .xml = form { "xml" } else { "csv" }
    }

    var summary: String {
        let shown = Self.shown(name)
        switch form {
        case .xml(let root):
            return "\(shown): <\(root)>, "
                + tables.map { "\($0.rows) of \($0.element)" }.prefix(12).joined(separator: ", ") + "."
        case .csv(let delimiter, let unnamed):
            let mark = delimiter == 0x3B ? "a semicolon" : delimiter == 0x09 ? "a tab" : "a comma"
            let more = unnamed > 0 ? " \(unnamed) columns have no name of their own and are not read." : ""
            return
                "\(shown): \(tables[0].rows) rows, \(tables[0].columns.count + unnamed) columns with \(mark) between them.\(more)"
        }
    }

    /// The file's name with `*` for what is a date or a number in it.
    var namePattern: String {
        var result = ""
        var digits = ""
        func flush() {
            result += digits.count >= 4 ? "*" : digits
            digits = ""
        }
        for character in name {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }
}
