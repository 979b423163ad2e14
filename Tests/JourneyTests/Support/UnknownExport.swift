import Foundation
import Testing

/// An invented export of a form that no mapping knows, and what a draft should find in it.
struct UnknownExport {
    struct File {
        let name: String
        let bytes: [UInt8]

        init(_ name: String, _ text: String) {
            (self.name, bytes) = (name, Array(text.utf8))
        }

        init(_ name: String, _ bytes: [UInt8]) {
            (self.name, self.bytes) = (name, bytes)
        }
    }

    let title: String
    let files: [File]
    /// Lines of the draft, without indentation and notes.
    let lines: [String]
    /// How many objects of each kind come of it.
    let objects: [String: Int]
    /// Texts that nobody may see unasked.
    let secrets: [String]

    static let all = [danishUnits, swedishStaff, norwegianPair, nestedUnits, linkedDepartments, directory]
}

extension UnknownExport: CustomTestStringConvertible {
    var testDescription: String { title }
}

extension UnknownExport {
    /// Semicolons, Windows-1252, dd-MM-yyyy, the parent of the root is 0.
    static let danishUnits = UnknownExport(
        title: "Danish units, semicolons, Windows-1252",
        files: [
            File(
                "enheder.csv",
                latin(
                    """
                    Enhedsnr;Betegnelse;Overordnet;Enhedstype;Gyldig fra;Gyldig til;Telefon\r
                    100;Søby Kommune;0;Kommune;01-01-2007;31-12-9999;99 11 22 33\r
                    210;Børn og Unge;100;Forvaltning;01-01-2010;31-12-9999;99112244\r
                    220;Ældre og Sundhed;100;Forvaltning;01-06-2012;31-12-9999;\r
                    2101;Skolen ved Åen;210;Skole;01-08-2015;31-12-9999;99112255\r
                    2102;Børnehuset Løven;210;Institution;01-08-2015;31-12-9999;99112266\r
                    2201;Plejehjemmet;220;Institution;15-09-2018;31-12-9999;99112277\r

                    """))
        ],
        lines: [
            "key: Enhedsnr", "name: Betegnelse", "parent: Overordnet", "unitType: Enhedstype",
            "effective: {from: {date: \"Gyldig fra\", forms: [\"dd-MM-yyyy\"]}, to: {date: \"Gyldig til\", forms: [\"dd-MM-yyyy\"]}}",
            "phone: {phone: Telefon}", "\"Overordnet\": [\"0\"]",
        ],
        objects: ["unit": 6], secrets: [])

    /// Tabs, a byte order mark, yyyyMMdd; departments have names only.
    static let swedishStaff = UnknownExport(
        title: "Swedish staff, tabs, no units of their own",
        files: [
            File(
                "personal.txt",
                "\u{FEFF}"
                    + [
                        [
                            "Anställningsnr", "Personnummer", "Förnamn", "Efternamn", "Befattning", "Avdelning",
                            "Sysselsättningsgrad",
                        ],
                        ["70011", "19700161-1111", "Åsa", "Löfqvistson", "Undersköterska", "Hemtjänst Öst", "75"],
                        ["70012", "19720262-2222", "Örjan", "Ekbladh", "Enhetschef", "Hemtjänst Öst", "100"],
                        ["70013", "19700161-1111", "Åsa", "Löfqvistson", "Vikarie", "Hemtjänst Väst", "25"],
                        ["70014", "19810363-3333", "Gun", "Tallbergh", "Sjuksköterska", "Hemtjänst Väst", "87,5"],
                    ].map { $0.joined(separator: "\t") + "\n" }.joined())
        ],
        lines: [
            "key: Anställningsnr", "key: {digits: Personnummer}", "givenName: Förnamn", "surname: Efternamn",
            "title: Befattning", "unit: Avdelning", "fraction: {percent: Sysselsättningsgrad}",
        ],
        objects: ["unit": 3, "person": 3, "engagement": 4],
        secrets: ["197001611111", "19700161", "1111", "Löfqvistson", "Ekbladh", "Tallbergh"])

    /// Two files; the root names itself; one column for the whole name.
    static let norwegianPair = UnknownExport(
        title: "Norwegian units and employees in two files",
        files: [
            File(
                "organisasjon_20260301.csv",
                """
                "orgnr","enhetsnavn","overordnet enhet","Kostnadssted"
                "1","Vik kommune","1","1000"
                "12","Oppvekst, kultur","1","1200"
                "121","Fjord skole","12","1210"
                "122","Nes barnehage","12","1220"

                """),
            File(
                "ansatte_20260301.csv",
                """
                ansattnr,fødselsnummer,navn,stilling,enhet,stillingsprosent,leder,brukernavn,fra,til
                5001,81017011111,"Haugsrud, Kari Ann",Rektor,121,100,Ja,hau121,01.08.2019,
                5002,81027022222,"Moenseth, Per",Lærer,121,60,Nei,moe121,01.08.2020,31.07.2027
                5003,81027022222,"Moenseth, Per",Assistent,122,40,Nei,moe121,01.01.2021,
                5004,81037033333,"Lidahl, Oda",Pedagogisk leder,122,100,Ja,lid122,15.02.2022,NULL

                """),
        ],
        lines: [
            "file: \"organisasjon_*.csv\"", "file: \"ansatte_*.csv\"", "key: orgnr", "name: enhetsnavn",
            "parent: {if: {not: {field: \"overordnet enhet\", sameAs: orgnr}}, then: \"overordnet enhet\"}",
            "costCentre: Kostnadssted",
            "key: ansattnr", "unit: enhet", "person: fødselsnummer",
            "surname: {part: navn, separator: \",\", number: 1}",
            "fraction: {percent: stillingsprosent}", "\"til\": [\"NULL\"]",
        ],
        objects: ["unit": 4, "person": 3, "engagement": 4, "user": 3, "function": 2],
        secrets: ["81017011111", "81027022222", "81037033333", "Haugsrud", "Moenseth", "Lidahl", "hau121"])

    /// The tree is that of the elements.
    static let nestedUnits = UnknownExport(
        title: "English units within units, with their staff",
        files: [
            File(
                "directory.xml",
                """
                <?xml version="1.0"?>
                <register created="2026-03-01">
                  <unit code="A" name="Town of Marl">
                    <unit code="B" name="Schools">
                      <unit code="C" name="Hill School">
                        <employee number="9001" since="2018-08-01">
                          <firstName>Ivy</firstName><lastName>Thornbury</lastName><jobTitle>Teacher</jobTitle>
                          <email>ivy@marl.example</email>
                        </employee>
                        <employee number="9002" since="2019-08-01">
                          <firstName>Noah</firstName><lastName>Ashcombe</lastName><jobTitle>Head</jobTitle>
                        </employee>
                      </unit>
                    </unit>
                    <unit code="D" name="Care">
                      <employee number="9003" since="2020-02-01">
                        <firstName>Mia</firstName><lastName>Pelworth</lastName><jobTitle>Nurse</jobTitle>
                      </employee>
                    </unit>
                  </unit>
                </register>
                """)
        ],
        lines: [
            "\"//unit\":", "key: \"@code\"", "name: \"@name\"", "parent: \"ancestor::unit/@code\"",
            "\"//unit/employee\":",
            "key: \"@number\"", "unit: \"ancestor::unit/@code\"", "title: jobTitle", "surname: lastName",
        ],
        objects: ["unit": 4, "person": 3, "engagement": 3], secrets: ["Thornbury", "Ashcombe", "Pelworth", "ivy@"])

    /// Parents by id, persons with several employments, days with slashes.
    static let linkedDepartments = UnknownExport(
        title: "Danish departments and persons in one XML file",
        files: [
            File(
                "loen.xml",
                """
                <udtraek>
                  <afdelinger>
                    <afdeling><kode>K1</kode><navn>Ro Kommune</navn><hoererUnder/></afdeling>
                    <afdeling><kode>K2</kode><navn>Teknik</navn><hoererUnder>K1</hoererUnder></afdeling>
                    <afdeling><kode>K3</kode><navn>Vej og Park</navn><hoererUnder>K2</hoererUnder></afdeling>
                  </afdelinger>
                  <personer>
                    <person>
                      <cpr>610170-1111</cpr><fornavn>Bo</fornavn><efternavn>Klitgaardsen</efternavn><beskyttet>Ja</beskyttet>
                      <ansaettelse><loennummer>31</loennummer><afdelingskode>K3</afdelingskode><stilling>Gartner</stilling>
                        <ansat>01/04/2011</ansat><ugetimer>37</ugetimer></ansaettelse>
                      <ansaettelse><loennummer>32</loennummer><afdelingskode>K2</afdelingskode><stilling>Vagt</stilling>
                        <ansat>01/05/2015</ansat><ugetimer>5,5</ugetimer></ansaettelse>
                    </person>
                    <person>
                      <cpr>620270-2222</cpr><fornavn>Else</fornavn><efternavn>Højvangsen</efternavn><beskyttet>Nej</beskyttet>
                      <ansaettelse><loennummer>33</loennummer><afdelingskode>K2</afdelingskode><stilling>Ingeniør</stilling>
                        <ansat>01/09/2020</ansat><ugetimer>30</ugetimer></ansaettelse>
                    </person>
                  </personer>
                </udtraek>
                """)
        ],
        lines: [
            "afdelinger/afdeling:", "key: kode", "name: navn", "parent: hoererUnder", "personer/person:",
            "key: {digits: cpr}",
            "personer/person/ansaettelse:", "key: loennummer", "unit: afdelingskode",
            "person: {digits: \"ancestor::person/cpr\"}", "fraction: {ratio: [ugetimer, {text: \"37\"}]}",
            "effective: {from: {date: ansat, forms: [\"dd/MM/yyyy\"]}}",
            "addressProtected: {lookup: beskyttet, in: flags}",
            "\"Ja\": \"true\"",
        ],
        objects: ["unit": 3, "person": 2, "engagement": 3],
        secrets: ["6101701111", "610170", "6202702222", "Klitgaardsen", "Højvangsen"])

    /// A column without a name, one that stands twice, line breaks inside of values.
    static let directory = UnknownExport(
        title: "Accounts with an odd header",
        files: [
            File(
                "accounts.csv",
                """
                "","DN","sAMAccountName","objectGUID","userAccountControl","employeeID","mail","displayName","Telefon","Mobil","note","note"\r
                "1","CN=Vinge\\, Ida,OU=Ro,DC=ro,DC=example","idvi","X'00112233445566778899aabbccddeeff'","512","31","ida@ro.example","Ida Vinge","","99 11 22 33","a\r
                b","c"\r
                "2","CN=Svend Trolleby,OU=Ro,DC=ro,DC=example","svtr","X'10112233445566778899aabbccddeeff'","514","33","","Svend Trolleby","99112244","","",""\r

                """)
        ],
        lines: [
            "key: objectGUID", "key: sAMAccountName", "uuid: {guid: objectGUID}", "accountName: sAMAccountName",
            "displayName: displayName", "email: mail", "phone: Telefon", "mobile: {phone: Mobil}",
            "disabled: {bit: userAccountControl, mask: 2}",
            "person: {find: [{kind: engagement, attribute: employeeNumber, equals: employeeID}]}",
        ],
        objects: ["user": 2], secrets: ["Vinge", "Trolleby", "idvi", "svtr", "ida@"])

    /// Every letter here stands below U+0100, where Windows-1252 has the same numbers.
    private static func latin(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }
}
