import Foundation

/// One `<orgUnit>` of an invented export.
struct UnitRecord {
    var id: String
    var parent: String
    var name: String
    var start = "1900-01-01"
    var end = "9999-12-31"
    var lastChanged = "2024-02-03"
    var street = "Kløvermarken 5"
    var ean = "9999999999999"
    var pNumber = "0000000000"

    init(_ id: String, under parent: String, _ name: String) {
        (self.id, self.parent, self.name) = (id, parent, name)
    }

    /// The record as OPUS writes it, one element a line.
    var text: String {
        """
         <orgUnit id="\(id)" client="917" lastChanged="\(lastChanged)">
          <startDate>\(start)</startDate>
          <endDate>\(end)</endDate>
          <parentOrgUnit>\(parent)</parentOrgUnit>
          <shortName>PRØV \(id)</shortName>
          <longName>\(name)</longName>
          <street>\(street)</street>
          <zipCode>5991</zipCode>
          <city>Søby Løkke</city>
          <phoneNumber>99112233</phoneNumber>
          <cvrNr>99000001</cvrNr>
          <eanNr>\(ean)</eanNr>
          <seNr>99000001</seNr>
          <pNr>\(pNumber)</pNr>
          <costCenter>4512345678</costCenter>
          <orgType>00001</orgType>
          <orgTypeTxt>Afdeling</orgTypeTxt>
         </orgUnit>

        """
    }
}

/// One `<employee>` of an invented export. No living person has a CPR number whose day is above sixty.
struct EmployeeRecord {
    var id: String
    var cpr: String
    var unit: String
    var firstName = "Åse"
    var lastName = "Brøndum"
    var entry = "2019-04-01"
    var leave = ""
    /// True writes the stub `action="leave"` instead of the record.
    var isStub = false
    var lastChanged = "2024-05-06"
    var title = "Pædagog"
    var userId: String?
    var isManager = false
    var isProtected = false

    init(_ id: String, cpr: String, in unit: String) {
        (self.id, self.cpr, self.unit) = (id, cpr, unit)
    }

    /// The stub of an employment that has ended.
    static func stub(_ id: String) -> EmployeeRecord {
        var record = EmployeeRecord(id, cpr: "", in: "")
        record.isStub = true
        return record
    }

    private var account: String {
        userId.map { "  <userId>\($0)</userId>\n  <email>\($0.lowercased())@kommune.example</email>\n" } ?? ""
    }

    /// The record as OPUS writes it, one element a line.
    var text: String {
        if isStub { return " <employee id=\"\(id)\" client=\"917\" action=\"leave\"/>\n" }
        return """
             <employee id="\(id)" client="917" lastChanged="\(lastChanged)">
              <entryDate>\(entry)</entryDate>
              <leaveDate>\(leave)</leaveDate>
              <cpr suppId="0">\(cpr)</cpr>
              <firstName>\(firstName)</firstName>
              <lastName>\(lastName)</lastName>
              <address\(isProtected ? " protected=\"true\"" : "")>Hybenvej 12</address>
              <workPhone>99445566</workPhone>
              <workContract>01</workContract>
              <workContractText>Månedsløn bagud</workContractText>
              <positionId>4101</positionId>
              <position>\(title)</position>
            \(account)  <isManager>\(isManager)</isManager>
              <superiorLevel>2</superiorLevel>
              <subordinateLevel>01</subordinateLevel>
              <orgUnit>\(unit)</orgUnit>
              <numerator>30 </numerator>
              <denominator>37 </denominator>
             </employee>

            """
    }
}

/// An invented OPUS export.
struct Export {
    var units: [UnitRecord]
    var employees: [EmployeeRecord]
    private static let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<kmd>\n"
    private static let tail = "</kmd>\n"

    var text: String {
        Export.head + units.map(\.text).joined() + employees.map(\.text).joined() + Export.tail
    }

    /// Alters the unit with this id.
    mutating func alter(unit id: String, _ body: (inout UnitRecord) -> Void) {
        for index in units.indices where units[index].id == id { body(&units[index]) }
    }

    /// Alters the employment with this id.
    mutating func alter(employee id: String, _ body: (inout EmployeeRecord) -> Void) {
        for index in employees.indices where employees[index].id == id { body(&employees[index]) }
    }

    /// The CPR numbers in the export.
    var cprs: Set<String> { Set(employees.map(\.cpr).filter { !$0.isEmpty }) }

    /// Three units and three employments, one of them with an account and one that leads a unit.
    static var small: Export {
        var one = EmployeeRecord("70001", cpr: "6101800011", in: "402")
        one.userId = "AABB01"
        var two = EmployeeRecord("70002", cpr: "6202810022", in: "402")
        (two.firstName, two.lastName, two.isManager, two.title) = ("Bjørn", "Æbelø", true, "Afdelingsleder")
        var three = EmployeeRecord("70003", cpr: "6303820033", in: "403")
        (three.firstName, three.lastName) = ("Cecilie", "Toft")
        return Export(
            units: [
                UnitRecord("401", under: "", "Søløkke Kommune"),
                UnitRecord("402", under: "401", "Center for Dagtilbud"),
                UnitRecord("403", under: "402", "Børnehuset Æblehaven"),
            ], employees: [one, two, three])
    }
}

extension String {
    /// The line, from 1, on which a text first occurs, or occurs for the given time; 0 when it does not.
    func line(of text: String, occurrence: Int = 1) -> Int {
        var found = 0
        for (index, line) in split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where line.contains(text) {
            found += 1
            if found == occurrence { return index + 1 }
        }
        return 0
    }
}
