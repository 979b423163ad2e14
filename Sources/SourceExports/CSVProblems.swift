import OrganisationModel

/// What the scanner says when it refuses a file. No message repeats anything that a row holds.
extension CSVScanner {
    static let howToSplit =
        "A text that holds the delimiter or a line break must stand in quotation marks. Let the source write it so."
    static let quoteInside =
        "A quotation mark stands inside a field that does not begin with one. Let the source put quotation marks around "
        + "such a text, and write those inside it twice."
    static let textBehindQuote =
        "Text follows the closing quotation mark of a field. Let the source write quotation marks inside a text twice."

    static func isTooLong(_ rowBytes: Int) -> Bool {
        rowBytes > CSVExportReader.rowBytesMax
    }

    static func truncated(line: Int, _ what: String) -> ExportProblem {
        ExportProblem(
            rule: .csvTruncated, line: line,
            message: "\(what) The file breaks off, or its last line is not ended. Fetch or send the file again.")
    }

    static func loneReturn(line: Int) -> ExportProblem {
        ExportProblem(
            rule: .lineEnd, line: line,
            message: "A carriage return stands alone. Let the source end its lines with CR LF or with LF.")
    }

    static func rowTooLarge(line: Int) -> ExportProblem {
        ExportProblem(
            rule: .csvTooLarge, line: line,
            message:
                "The row that begins here is longer than \(CSVExportReader.rowBytesMax) bytes. A quotation mark may be "
                + "missing. Ask the source for a correct file.")
    }

    static func recordTooLarge(line: Int) -> ExportProblem {
        ExportProblem(
            rule: .csvTooLarge, line: line,
            message:
                "The fields that the mapping reads hold more than \(CSVExportReader.recordBytesMax) bytes in the row "
                + "that begins here. A quotation mark may be missing. Ask the source for a correct file.")
    }

    static func headerTooLarge(line: Int) -> ExportProblem {
        ExportProblem(
            rule: .csvTooLarge, line: line,
            message:
                "The first row is longer than \(CSVExportReader.recordBytesMax) bytes. This is no export with a header."
        )
    }

    static func tooManyColumns(line: Int) -> ExportProblem {
        ExportProblem(
            rule: .csvTooLarge, line: line,
            message: "The header names more than \(CSVExportReader.columnsMax) columns. Let the source write fewer.")
    }

    static func longRow(line: Int, columns: Int) -> ExportProblem {
        ExportProblem(
            rule: .rowLength, line: line,
            message: "The row has more than \(columns) fields, as many as there are columns. \(howToSplit)")
    }

    static func shortRow(line: Int, fields: Int, columns: Int) -> ExportProblem {
        ExportProblem(
            rule: .rowLength, line: line,
            message:
                "The row has \(fields) fields, but there are \(columns) columns. \(howToSplit) If it leaves out empty "
                + "fields at the end, write `shortRows: accept` in the mapping.")
    }

    static func markInside(line: Int) -> ExportProblem {
        ExportProblem(
            rule: .csvEncoding, line: line,
            message:
                "A byte order mark stands at the beginning of this row: files were joined. Let the source write one "
                + "file, or import them side by side.")
    }
}
