import Foundation

/// Answers of SD-Loen's services for an invented institution, with the elements that the shipped mapping reads.
enum PayrollAnswers {
    static let cprs = ["6101800011", "6202810022"]
    private static let request =
        "<RequestStructure><InstitutionIdentifier>AB</InstitutionIdentifier></RequestStructure>"

    private static func uuid(_ number: Int) -> String {
        "7d9c29bd-1ed8-4800-b600-00000000000\(number)"
    }

    /// Two departments beneath the institution.
    static var organisation: String {
        let references = [1, 2].map { number in
            "<DepartmentReference><DepartmentIdentifier>D\(number)</DepartmentIdentifier>"
                + "<DepartmentUUIDIdentifier>\(uuid(number))</DepartmentUUIDIdentifier>"
                + "<DepartmentLevelIdentifier>Afdelings-niveau</DepartmentLevelIdentifier></DepartmentReference>"
        }.joined()
        return """
            <GetOrganization20111201>\(request)<InstitutionIdentifier>AB</InstitutionIdentifier>
            <InstitutionUUIDIdentifier>\(uuid(0))</InstitutionUUIDIdentifier>
            <DepartmentStructureName>Søløkke</DepartmentStructureName>
            <Organization><ActivationDate>1900-01-01</ActivationDate><DeactivationDate>9999-12-31</DeactivationDate>
            \(references)</Organization></GetOrganization20111201>
            """
    }

    /// What the departments are called.
    static func departments(_ names: [Int: String] = [1: "Skole", 2: "Drift"]) -> String {
        let departments = names.sorted { $0.key < $1.key }.map { number, name in
            "<Department><ActivationDate>1900-01-01</ActivationDate><DeactivationDate>9999-12-31</DeactivationDate>"
                + "<DepartmentIdentifier>D\(number)</DepartmentIdentifier>"
                + "<DepartmentUUIDIdentifier>\(uuid(number))</DepartmentUUIDIdentifier>"
                + "<DepartmentLevelIdentifier>Afdelings-niveau</DepartmentLevelIdentifier>"
                + "<DepartmentName>\(name)</DepartmentName></Department>"
        }.joined()
        return """
            <GetDepartment20111201>\(request)<InstitutionUUIDIdentifier>\(uuid(0))</InstitutionUUIDIdentifier>
            \(departments)</GetDepartment20111201>
            """
    }

    /// A part of an employment with its days.
    static func part(_ name: String, from: String, to: String = "9999-12-31", _ elements: String) -> String {
        "<\(name)><ActivationDate>\(from)</ActivationDate><DeactivationDate>\(to)</DeactivationDate>\(elements)</\(name)>"
    }

    static func place(_ number: Int, from: String, to: String = "9999-12-31") -> String {
        part(
            "EmploymentDepartment", from: from, to: to,
            "<DepartmentIdentifier>D\(number)</DepartmentIdentifier>"
                + "<DepartmentUUIDIdentifier>\(uuid(number))</DepartmentUUIDIdentifier>")
    }

    static func profession(_ name: String, from: String, to: String = "9999-12-31") -> String {
        part("Profession", from: from, to: to, "<EmploymentName>\(name)</EmploymentName>")
    }

    static func status(_ code: String, from: String, to: String = "9999-12-31") -> String {
        part("EmploymentStatus", from: from, to: to, "<EmploymentStatusCode>\(code)</EmploymentStatusCode>")
    }

    static func employments(_ root: String, _ parts: [(person: Int, parts: String)]) -> String {
        let people = parts.map { person, parts in
            "<Person><PersonCivilRegistrationIdentifier>\(cprs[person])</PersonCivilRegistrationIdentifier>\n"
                + "<Employment><EmploymentIdentifier>0000\(person)</EmploymentIdentifier>\(parts)</Employment></Person>\n"
        }.joined()
        return "<\(root)>\(request)\n\(people)</\(root)>"
    }

    static func people(_ root: String, _ parts: [(person: Int, parts: String)]) -> String {
        let people = parts.map { person, parts in
            "<Person><PersonCivilRegistrationIdentifier>\(cprs[person])</PersonCivilRegistrationIdentifier>\(parts)"
                + "<Employment><EmploymentIdentifier>0000\(person)</EmploymentIdentifier></Employment></Person>\n"
        }.joined()
        return "<\(root)>\(request)\n\(people)</\(root)>"
    }

    /// Two people, both at the first department since 2020.
    static func full(title: String = "Lærer") -> [String: String] {
        let parts =
            "<EmploymentDate>2020-01-01</EmploymentDate>" + place(1, from: "2020-01-01")
            + profession(title, from: "2020-01-01") + status("1", from: "2020-01-01")
        return [
            "organisation.xml": organisation, "departments.xml": departments(),
            "employments.xml": employments("GetEmployment20111201", [(0, parts), (1, parts)]),
            "people.xml": people(
                "GetPerson20111201",
                [0, 1].map {
                    ($0, "<PersonGivenName>Åse</PersonGivenName><PersonSurnameName>Brøndum</PersonSurnameName>")
                }),
        ]
    }
}
