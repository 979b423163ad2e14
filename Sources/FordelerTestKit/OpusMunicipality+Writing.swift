extension OpusMunicipality {
    /// Writes one OPUS document: the declaration of UTF-8, `<kmd>`, the units, then the employments, in array order.
    ///
    /// Each element stands on a line of its own, indented by one blank for each level.
    /// - Parameter sink: receives the bytes in order, in pieces of about 64 KB (65,536 bytes and at most one record
    ///   more, the last one shorter). A piece is only lent; the document is never held as a whole.
    /// - Throws: whatever `sink` throws; nothing further is written then.
    public func write(to sink: (ArraySlice<UInt8>) throws -> Void) rethrows {
        var xml = XMLBytes()
        xml.markup("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<kmd>\n")
        for unit in units {
            append(unit, to: &xml)
            try xml.flush(to: sink, whenLongerThan: XMLBytes.pieceSize)
        }
        for employment in employments {
            append(employment, to: &xml)
            try xml.flush(to: sink, whenLongerThan: XMLBytes.pieceSize)
        }
        xml.markup("</kmd>\n")
        try xml.flush(to: sink, whenLongerThan: 0)
    }

    func append(_ unit: Unit, to xml: inout XMLBytes) {
        xml.markup(" <orgUnit")
        xml.attribute("id", unit.id)
        xml.attribute("client", client)
        xml.attribute("lastChanged", unit.lastChanged)
        xml.markup(">\n")
        xml.element("startDate", unit.startDate)
        xml.element("endDate", unit.endDate)
        xml.element("parentOrgUnit", unit.parentOrgUnit)
        xml.element("shortName", unit.shortName)
        xml.element("longName", unit.longName)
        xml.element("street", unit.street)
        xml.element("zipCode", unit.zipCode)
        xml.element("city", unit.city)
        xml.element("phoneNumber", unit.phoneNumber)
        xml.element("cvrNr", unit.cvrNr)
        xml.element("eanNr", unit.eanNr)
        xml.element("seNr", unit.seNr)
        xml.element("pNr", unit.pNr)
        xml.element("costCenter", unit.costCenter)
        xml.element("orgType", unit.orgType)
        xml.element("orgTypeTxt", unit.orgTypeTxt)
        xml.markup(" </orgUnit>\n")
    }

    func append(_ employment: Employment, to xml: inout XMLBytes) {
        xml.markup(" <employee")
        xml.attribute("id", employment.id)
        xml.attribute("client", client)
        if let action = employment.action {
            xml.attribute("action", action)
            xml.markup("/>\n")
            return
        }
        xml.attribute("lastChanged", employment.lastChanged)
        xml.markup(">\n")
        appendPerson(employment, to: &xml)
        appendWork(employment, to: &xml)
        xml.markup(" </employee>\n")
    }

    func appendPerson(_ employment: Employment, to xml: inout XMLBytes) {
        xml.element("entryDate", employment.entryDate)
        xml.element("leaveDate", employment.leaveDate)
        xml.markup("  <cpr")
        xml.attribute("suppId", employment.suppId)
        xml.markup(">")
        xml.text(employment.cpr)
        xml.markup("</cpr>\n")
        xml.element("firstName", employment.firstName)
        xml.element("lastName", employment.lastName)
        if employment.isAddressProtected {
            xml.markup("  <address protected=\"true\">")
            xml.text(employment.address)
            xml.markup("</address>\n")
        } else {
            xml.element("address", employment.address)
        }
        xml.element("postalCode", employment.postalCode)
        xml.element("city", employment.city)
        xml.element("country", employment.country)
    }

    func appendWork(_ employment: Employment, to xml: inout XMLBytes) {
        xml.element("workPhone", employment.workPhone)
        xml.element("workContract", employment.workContract)
        xml.element("workContractText", employment.workContractText)
        xml.element("positionId", employment.positionId)
        xml.element("position", employment.position)
        xml.element("positionShort", employment.positionShort)
        xml.element("jobId", employment.jobId)
        xml.element("job", employment.job)
        xml.element("jobShort", employment.jobShort)
        xml.element("itUser", employment.itUser)
        xml.element("userId", employment.userId)
        xml.element("email", employment.email)
        xml.element("invoiceRecipient", employment.invoiceRecipient)
        xml.element("invoiceLevel1", employment.invoiceLevel1)
        xml.element("invoiceLevel1Text", employment.invoiceLevel1Text)
        xml.element("invoiceLevel2", employment.invoiceLevel2)
        xml.element("invoiceLevel2Text", employment.invoiceLevel2Text)
        xml.element("productionNumber", employment.productionNumber)
        xml.element("isManager", employment.isManager ? "true" : "false")
        xml.element("superiorLevel", employment.superiorLevel)
        xml.element("subordinateLevel", employment.subordinateLevel)
        xml.element("orgUnit", employment.orgUnit)
        xml.element("payGradeText", employment.payGradeText)
        xml.element("numerator", employment.numerator)
        xml.element("denominator", employment.denominator)
        xml.element("initialEntry", employment.initialEntry)
        xml.element("entryIntoGroup", employment.entryIntoGroup)
    }
}

/// XML text on its way to a sink.
struct XMLBytes {
    static let pieceSize = 65_536
    var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(Self.pieceSize + 4096)
    }

    mutating func flush(to sink: (ArraySlice<UInt8>) throws -> Void, whenLongerThan limit: Int) rethrows {
        guard bytes.count > limit else { return }
        try sink(bytes[...])
        bytes.removeAll(keepingCapacity: true)
    }

    /// Appends text that is markup already.
    mutating func markup(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func attribute(_ name: StaticString, _ value: String) {
        bytes.append(UInt8(ascii: " "))
        markup(name)
        markup("=\"")
        text(value)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a line with one element; nil appends nothing.
    mutating func element(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        markup("  <")
        markup(name)
        if value.isEmpty {
            markup("/>\n")
            return
        }
        bytes.append(UInt8(ascii: ">"))
        text(value)
        markup("</")
        markup(name)
        markup(">\n")
    }

    /// Appends character data, with the characters that mean something to XML replaced.
    mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            guard utf8.contains(where: Self.isSpecial) else {
                bytes.append(contentsOf: utf8)
                return
            }
            for byte in utf8 {
                switch byte {
                case UInt8(ascii: "&"): markup("&amp;")
                case UInt8(ascii: "<"): markup("&lt;")
                case UInt8(ascii: ">"): markup("&gt;")
                case UInt8(ascii: "\""): markup("&quot;")
                case UInt8(ascii: "\r"): markup("&#13;")
                default: bytes.append(byte)
                }
            }
        }
    }

    static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "&") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
            || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\r")
    }
}
