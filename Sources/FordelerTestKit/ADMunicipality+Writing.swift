extension ADMunicipality {
    /// How the file is written; as made, the way PowerShell 5.1 does with `-NoTypeInformation -Encoding UTF8`.
    public struct Format: Sendable {
        /// The character sets of `Export-Csv` that keep Danish letters.
        public enum Encoding: String, Sendable, CaseIterable {
            /// UTF-8 with a byte order mark in front.
            case utf8WithMark = "utf-8-bom"
            /// UTF-8.
            case utf8 = "utf-8"
            /// Windows-1252, with a question mark for every character that it lacks.
            case windows1252 = "windows-1252"
        }

        /// The byte between two values: a comma or a semicolon.
        public var delimiter: UInt8
        /// The character set.
        public var encoding: Encoding
        /// Whether a line `#TYPE ...` stands in front of the names of the columns.
        public var hasTypeLine: Bool

        /// A way to write the file.
        public init(
            delimiter: UInt8 = UInt8(ascii: ","), encoding: Encoding = .utf8WithMark, hasTypeLine: Bool = false
        ) {
            precondition(delimiter == UInt8(ascii: ",") || delimiter == UInt8(ascii: ";"), "a comma or a semicolon")
            self.delimiter = delimiter
            self.encoding = encoding
            self.hasTypeLine = hasTypeLine
        }
    }

    /// The names of the columns in file order.
    public static let columns = [
        "DistinguishedName", "Enabled", "GivenName", "Name", "ObjectClass", "ObjectGUID", "SamAccountName", "SID",
        "Surname", "UserPrincipalName", "EmailAddress", "Title", "Department", "Manager", "EmployeeID", "OfficePhone",
        "StreetAddress", "whenChanged",
    ]

    /// Writes the accounts in array order as `Get-ADUser -Properties ... | Export-Csv` does.
    ///
    /// Values stand in quotation marks, with those within doubled, and may hold line breaks; an empty value is nothing
    /// between two delimiters. Every row ends with CR and LF.
    /// - Parameters:
    ///   - format: delimiter, character set and first line.
    ///   - sink: receives the bytes in order, in pieces of about 64 KB (65,536 bytes and at most one record more, the
    ///     last one shorter). A piece is only lent; the file is never held as a whole.
    /// - Throws: whatever `sink` throws; nothing further is written then.
    public func write(
        _ format: Format = Format(), to sink: (ArraySlice<UInt8>) throws -> Void
    ) rethrows {
        var csv = CSVBytes(format)
        csv.row(Self.columns)
        for account in accounts {
            csv.row(values(of: account))
            try csv.flush(to: sink, whenLongerThan: CSVBytes.pieceSize)
        }
        try csv.flush(to: sink, whenLongerThan: 0)
    }

    func values(of account: Account) -> [String] {
        [
            account.distinguishedName, account.isEnabled ? "True" : "False", account.givenName, account.displayName,
            "user", account.guid, account.samAccountName, domainSID + "-" + String(account.relativeID),
            account.surname, account.samAccountName + "@" + townDomain, account.email, account.title,
            account.department, account.managerDN, account.employeeID, account.officePhone, account.streetAddress,
            account.whenChanged,
        ]
    }
}

/// CSV rows on their way to a sink.
struct CSVBytes {
    static let pieceSize = 65_536
    let format: ADMunicipality.Format
    var bytes: [UInt8] = []

    init(_ format: ADMunicipality.Format) {
        self.format = format
        bytes.reserveCapacity(Self.pieceSize + 4096)
        if format.encoding == .utf8WithMark { bytes += [0xEF, 0xBB, 0xBF] }
        if format.hasTypeLine {
            bytes += Array("#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n".utf8)
        }
    }

    mutating func flush(to sink: (ArraySlice<UInt8>) throws -> Void, whenLongerThan limit: Int) rethrows {
        guard bytes.count > limit else { return }
        try sink(bytes[...])
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func row(_ values: [String]) {
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(format.delimiter) }
            append(value)
        }
        bytes += [0x0D, 0x0A]
    }

    mutating func append(_ value: String) {
        guard !value.isEmpty else { return }
        let mark = UInt8(ascii: "\"")
        bytes.append(mark)
        for scalar in value.unicodeScalars {
            if scalar == "\"" { bytes.append(mark) }
            if scalar.isASCII {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else if format.encoding == .windows1252 {
                bytes.append(Self.windows1252(scalar))
            } else {
                bytes.append(contentsOf: Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
            }
        }
        bytes.append(mark)
    }

    static func windows1252(_ scalar: Unicode.Scalar) -> UInt8 {
        if (0xA0...0xFF).contains(scalar.value) { return UInt8(scalar.value) }
        guard let place = betweenASCIIAndLatin.firstIndex(of: scalar.value) else { return UInt8(ascii: "?") }
        return UInt8(0x80 + place)
    }

    /// What the bytes from 80 to 9F mean; five of them mean nothing.
    static let betweenASCIIAndLatin: [UInt32?] = [
        0x20AC, nil, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, nil,
        0x017D, nil, nil, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, nil, 0x017E, 0x0178,
    ]
}
