import OrganisationModel

/// The lines of a mapping, with notes.
struct DraftText {
    private(set) var lines: [String] = []
    private static let widthMax = 120

    mutating func add(_ indent: Int, _ text: String, note: String? = nil) {
        let space = String(repeating: "  ", count: indent)
        guard let note else {
            lines.append(space + text)
            return
        }
        let shown = SampledFile.shown(note)
        if space.count + text.count + shown.count + 4 <= Self.widthMax {
            lines.append("\(space)\(text)  # \(shown)")
        } else {
            comment(indent, shown)
            lines.append(space + text)
        }
    }

    /// Whether more than comments stand from a line on.
    func hasValues(from line: Int) -> Bool {
        lines[line...].contains { !$0.drop { $0 == " " }.hasPrefix("#") }
    }

    /// A comment of its own, on as many lines as it takes.
    mutating func comment(_ indent: Int, _ text: String) {
        let start = String(repeating: "  ", count: indent) + "# "
        var line = ""
        for word in SampledFile.shown(text).split(separator: " ") {
            if !line.isEmpty, start.count + line.count + word.count + 1 > Self.widthMax {
                lines.append(start + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(start + line) }
    }
}
