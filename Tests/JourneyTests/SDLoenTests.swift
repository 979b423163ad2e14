import Foundation
import Testing

/// The answers of SD-Loen's services, of an invented institution.
struct SDLoenTests {
    private static let institution = "11111111-2222-4333-8444-000000000001"
    private static let department = "11111111-2222-4333-8444-000000000002"
    private static let request =
        "<RequestStructure><InstitutionIdentifier>XX</InstitutionIdentifier><DeactivationDate>9999-12-31</DeactivationDate></RequestStructure>"

    private static func answer(_ root: String, _ content: String) -> String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<\(root)>\n\(request)\n\(content)\n</\(root)>\n"
    }

    private static func group(_ name: String, _ from: String, _ to: String, _ values: String) -> String {
        "<\(name)><ActivationDate>\(from)</ActivationDate><DeactivationDate>\(to)</DeactivationDate>\(values)</\(name)>\n"
    }

    private static let files = [
        "organisation.xml": answer(
            "GetOrganization20111201",
            """
            <InstitutionIdentifier>XX</InstitutionIdentifier>
            <InstitutionUUIDIdentifier>\(institution)</InstitutionUUIDIdentifier>
            <DepartmentStructureName>Søløkke</DepartmentStructureName>
            <Organization><ActivationDate>2020-01-01</ActivationDate><DeactivationDate>9999-12-31</DeactivationDate>
            <DepartmentReference><DepartmentIdentifier>AB1</DepartmentIdentifier>
            <DepartmentUUIDIdentifier>\(department)</DepartmentUUIDIdentifier>
            <DepartmentLevelIdentifier>Afdelings-niveau</DepartmentLevelIdentifier></DepartmentReference></Organization>
            """),
        "departments.xml": answer(
            "GetDepartment20111201",
            "<InstitutionUUIDIdentifier>\(institution)</InstitutionUUIDIdentifier>"
                + group(
                    "Department", "2020-01-01", "9999-12-31",
                    """
                    <DepartmentIdentifier>AB1</DepartmentIdentifier>
                    <DepartmentUUIDIdentifier>\(department)</DepartmentUUIDIdentifier>
                    <DepartmentLevelIdentifier>Afdelings-niveau</DepartmentLevelIdentifier>
                    <DepartmentName>Skolen</DepartmentName>
                    """)),
        "employments.xml": answer(
            "GetEmployment20111201",
            """
            <Person><PersonCivilRegistrationIdentifier>6101800011</PersonCivilRegistrationIdentifier>
            <Employment><EmploymentIdentifier>12345</EmploymentIdentifier>
            <EmploymentDate>2020-08-01</EmploymentDate>
            """
                + group(
                    "EmploymentDepartment", "2020-08-01", "9999-12-31",
                    "<DepartmentUUIDIdentifier>\(department)</DepartmentUUIDIdentifier>")
                + group("Profession", "2020-08-01", "2026-05-31", "<EmploymentName>Lærer</EmploymentName>")
                + group("Profession", "2026-06-01", "9999-12-31", "<EmploymentName>Leder</EmploymentName>")
                + group(
                    "EmploymentStatus", "2020-08-01", "9999-12-31", "<EmploymentStatusCode>1</EmploymentStatusCode>")
                + "</Employment></Person>"),
        "persons.xml": answer(
            "GetPerson20111201",
            """
            <Person><PersonCivilRegistrationIdentifier>6101800011</PersonCivilRegistrationIdentifier>
            <PersonGivenName>Åse</PersonGivenName><PersonSurnameName>Brøndum</PersonSurnameName>
            <Employment><EmploymentIdentifier>12345</EmploymentIdentifier>
            <ContactInformation><EmailAddressIdentifier>aase@kommune.example</EmailAddressIdentifier></ContactInformation>
            </Employment></Person>
            """),
    ]

    @Test func `an employment keeps its periods beside what another document adds to it`() throws {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            sources:
              hr: {mapping: sd-loen, publish: automatic}
            """)
        try FileManager.default.createDirectory(atPath: world.path("export"), withIntermediateDirectories: true)
        for (name, text) in Self.files { try world.write(text, "export/" + name) }
        let imported = try world.run("import", "hr=" + world.path("export"), "--json")
        #expect(imported.status == 0, "\(imported.output) \(imported.errors)")
        let periods = try #require(try world.periods("engagement", "XX.12345"))
        #expect(periods.map { $0["attributes"]["title"].text } == ["Lærer", "Leder"])
        #expect(periods.map { $0["from"].text } == ["2020-08-01", "2026-06-01"])
        for period in periods {
            #expect(period["attributes"]["email"].text == "aase@kommune.example")
            #expect(period["attributes"]["unit"].text == Self.department)
        }
    }
}
