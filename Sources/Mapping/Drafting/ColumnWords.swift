/// The words by which columns are called in Danish, Swedish, Norwegian and English, without anything but letters a to z and
/// digits; the likeliest first.
enum ColumnWords {
    enum Role: CaseIterable {
        case unitID, unitName, parent, shortName, unitType, street, zip, city, ean, pNumber, cvr, costCentre
        case employeeID, personNumber, givenName, surname, fullName, title, fraction, hours, fullHours, isManager
        case account, enabled, disabled, accountControl
        case email, phone, mobile, from, to, protection, seNumber
        case taskCode, taskTitle
    }

    /// Words that say something only beside another.
    static let general: Set<String> = [
        "id", "ident", "identifier", "nr", "no", "nummer", "number", "kode", "kod", "code", "noegle", "nyckel", "key",
        "uuid", "guid", "name", "navn", "namn", "value", "type", "text", "tekst", "title",
    ]

    /// What may be the key of whatever the record is.
    static let keys: [String] = [
        "id", "uuid", "guid", "objectguid", "nr", "no", "nummer", "number", "noegle", "nyckel", "nokkel", "key",
        "identifier", "ident", "kode", "kod", "code",
    ]
    static let names: [String] = ["navn", "name", "namn", "betegnelse", "benaevnelse", "benaemning", "beskrivelse"]

    /// Words for a unit that may stand for its key or its name.
    static let units: [String] = [
        "enhed", "orgenhed", "afdeling", "afd", "department", "dept", "unit", "orgunit", "organisation", "organisasjon",
        "organization", "enhet", "avdeling", "avdelning", "avd", "tjenestested", "arbetsplats", "arbejdssted",
        "ansaettelsessted", "placering", "anstaellningsenhet",
    ]

    private static let unitStems = [
        "enheds", "enhed", "enhets", "enhet", "orgenheds", "orgenhed", "orgunit", "unit", "org", "organisations",
        "organisasjons", "organisation", "organization", "afdelings", "afdeling", "afd", "avdelings", "avdeling",
        "avdelnings", "avdelning", "avd", "department", "dept", "los", "tjenestested", "arbejdssted", "arbetsplats",
    ]

    static let words: [Role: [String]] = [
        .unitID: combine(unitStems, keys) + ["departmentuuididentifier"],
        .unitName: combine(unitStems, ["navn", "name", "namn"]) + ["longname", "langtnavn", "fuldtenhedsnavn"],
        .parent: [
            "parent", "parentid", "parentuuid", "parentcode", "parentunit", "parentunitid", "parentorgunit",
            "parentorgunitid",
            "parentdepartment", "parentdepartmentid", "overenhed", "overenhedid", "overenhedsid", "overenhedsnr",
            "overordnet", "overordnetid", "overordnetnr", "overordnetenhed", "overordnetenhedid", "overordnetenhedsid",
            "foraelder", "foraelderid", "foraeldreid", "foraeldreenhed", "moderenhed", "modernr", "hoererunder",
            "overordnetenhet", "overordnetenhetid", "overliggendeenhet", "morenhet", "overordnad", "overordnadid",
            "overordnadenhet", "foeraelder", "foeraelderid", "foeraeldraenhet", "tillhoer", "ingaari", "superior",
            "superiorunit", "belongsto", "reportsto", "parentkey", "parentkode", "parentnr",
        ],
        .shortName: [
            "kortnavn", "shortname", "forkortelse", "kortnamn", "foerkortning", "forkortelse", "abbreviation",
            "kaldenavnkort",
        ],
        .unitType: [
            "enhedstype", "enhetstype", "enhetstyp", "unittype", "orgtypetxt", "orgtype", "typetekst", "type", "typ",
            "niveau",
            "nivaa", "level", "departmentlevelidentifier", "unittypename",
        ],
        .street: [
            "gade", "vej", "vejnavn", "street", "streetaddress", "adresse", "adress", "address", "gatuadress",
            "gateadresse",
            "gadeadresse", "besoegsadresse", "besoeksadresse", "besoeksadress", "standardaddressidentifier",
            "postadresse",
        ],
        .zip: ["postnr", "postnummer", "zip", "zipcode", "postalcode", "postcode"],
        .city: ["by", "bynavn", "city", "postort", "poststed", "ort", "districtname", "postdistrikt"],
        .ean: ["ean", "eannr", "eannummer", "gln", "glnnummer"],
        .pNumber: ["pnummer", "pnr", "pnumber", "produktionsnummer", "productionunitidentifier", "produktionsenhed"],
        .cvr: ["cvr", "cvrnr", "cvrnummer"],
        .seNumber: ["senr", "senummer"],
        .protection: [
            "protected", "addressprotected", "adressebeskyttet", "adressebeskyttelse", "navneogadressebeskyttelse",
            "navnogadressebeskyttelse", "beskyttet", "beskyttetadresse", "skyddad", "skyddadidentitet", "skyddadadress",
            "sekretess", "sekretessmarkering", "sperretadresse", "skjermet", "hemmeligadresse", "skjultadresse",
        ],
        .costCentre: [
            "omkostningssted", "costcentre", "costcenter", "kostnadsstaelle", "kostnadssted", "kostnadsted", "psp",
        ],
        .employeeID: combine(
            [
                "medarbejder", "medarbeider", "medarbetar", "employee", "employment", "emp", "staff", "personnel",
                "ansat",
                "ansatt", "anst", "ansaettelses", "anstaellnings", "loen", "tjeneste", "ressurs", "personale",
            ], ["nr", "nummer", "no", "number", "id", "identifier"])
            + ["tjnr", "loenr", "payrollnumber"],
        .personNumber: [
            "cpr", "cprnr", "cprnummer", "personnummer", "personnr", "personcivilregistrationidentifier", "ssn",
            "foedselsnummer", "foedselsnr", "fodselsnummer", "civilregistrationnumber", "socialsecuritynumber", "pnr",
            "nationalid",
        ],
        .givenName: [
            "fornavn", "fornavne", "givenname", "firstname", "foernamn", "persongivenname", "tilltalsnamn",
        ],
        .surname: [
            "efternavn", "surname", "lastname", "familyname", "efternamn", "etternavn", "personsurnamename", "sn",
        ],
        .fullName: [
            "fuldtnavn", "fuldenavn", "fuldenavne", "medarbejdernavn", "displayname", "fullname", "personname",
            "personnavn",
            "personnamn", "fulltnamn", "fulltnavn", "employeename", "navn", "name", "namn", "medarbejder", "ansat",
            "ansatt",
            "employee", "anstaelld", "kaldenavn",
        ],
        .title: [
            "stillingsbetegnelse", "stillingstitel", "stillingstekst", "stilling", "titel", "jobtitel", "jobtitle",
            "title",
            "tittel", "position", "positionname", "befattning", "befattningsbenaemning", "yrke", "tjaenst",
            "employmentname",
            "professiontitle", "stillingsbenevnelse", "jobname",
        ],
        .fraction: [
            "beskaeftigelsesgrad", "ansaettelsesgrad", "fraktion", "fraction", "employmentpercentage",
            "stillingsprosent",
            "stillingsprocent", "sysselsaettningsgrad", "ansaettelsesprocent", "fte", "occupationrate", "procent",
            "percent",
            "tjaenstgoeringsgrad", "stillingsandel", "positionpercentage", "stillingsstoerrelse",
        ],
        .hours: [
            "numerator", "ugetimer", "timertal", "timetal", "timer", "weeklyhours", "hours", "timmar", "timerpruge",
        ],
        .fullHours: ["denominator", "fuldtid", "fuldtimer", "fullhours", "fulltime", "fuldtidstimer", "normtid"],
        .isManager: ["ismanager", "erleder", "leder", "aerchef", "chef", "iserleder", "lederkode"],
        .account: [
            "samaccountname", "brugernavn", "adkontonavn", "adbruger", "adkonto", "kontonavn", "konto", "brugerid",
            "bruger",
            "username", "userid", "login", "logon", "logonname", "accountname", "account", "anvaendarnamn",
            "anvaendarid",
            "anvaendare", "brukernavn", "brukerid", "bruker", "racf", "initialer",
        ],
        .enabled: ["enabled", "aktiv", "active", "isactive", "isenabled", "aktiveret"],
        .disabled: ["disabled", "deaktiveret", "spaerret", "laast", "inaktiv", "inactive", "isdisabled", "lukket"],
        .accountControl: ["useraccountcontrol"],
        .email: [
            "email", "mail", "epost", "emailaddress", "emailadresse", "mailadresse", "epostadress", "epostadresse",
            "emailaddressidentifier", "arbejdsmail", "upn",
        ],
        .phone: [
            "telefon", "telefonnr", "telefonnummer", "tlf", "tlfnr", "phone", "phonenumber", "officephone", "workphone",
            "telephone", "telephonenumber", "telephonenumberidentifier", "arbejdstelefon", "telefonarbete",
            "direktetelefon",
        ],
        .mobile: ["mobil", "mobilnummer", "mobilnr", "mobiltelefon", "mobilephone", "mobile"],
        .from: [
            "startdato", "startdate", "gyldigfra", "gyldigfradato", "fradato", "fra", "validfrom", "validfromdate",
            "fromdate",
            "from", "ansat", "ansatdato", "ansaettelsesdato", "ansatfra", "entrydate", "tiltraedelse",
            "tiltraedelsesdato",
            "tiltraadt", "startdatum", "giltigfraan", "giltigfran", "giltigfrom", "anstaellningsdatum",
            "anstaelldfraan",
            "fraan", "since", "siden", "sedan", "ansattfra", "ansattdato", "tiltredelse", "activationdate",
            "employmentdate", "hiredate",
            "positionstartdate", "begindate", "fom",
        ],
        .to: [
            "slutdato", "enddate", "gyldigtil", "gyldigtildato", "tildato", "til", "validto", "validtodate", "todate",
            "to",
            "fratraedelse", "fratraedelsesdato", "fratraadt", "ophoer", "ophoersdato", "ansattil", "leavedate",
            "slutdatum",
            "giltigtill", "giltigtom", "till", "sluttdato", "ansatttil", "deactivationdate", "terminationdate",
            "positionenddate", "enddatum", "tom",
        ],
        .taskCode: [
            "hovedgruppenr", "gruppenr", "emnenr", "klenr", "klenummer", "kle", "klekode", "emnekode",
            "handlingsfacetnr",
            "handlingsfacetkategorinr", "opgavekode", "opgavenr", "taskcode",
        ],
        .taskTitle: [
            "hovedgruppetitel", "gruppetitel", "emnetitel", "kletitel", "handlingsfacettitel",
            "handlingsfacetkategorititel",
            "opgavetitel", "opgave", "tasktitle",
        ],
    ]

    private static func combine(_ stems: [String], _ ends: [String]) -> [String] {
        stems.flatMap { stem in ends.map { stem + $0 } }
    }

    /// How likely a label is what the role is called: 0 the likeliest; nil when it is not.
    static func rank(_ label: String, _ role: Role) -> Int? {
        words[role]?.firstIndex(of: label)
    }

    /// What a sort of record may be called.
    enum Sort: CaseIterable {
        case unit, engagement, account, person, task
    }

    private static let sorts: [Sort: [String]] = [
        .unit: [
            "enhed", "enhet", "unit", "afdeling", "avdel", "department", "dept", "organisation", "organisasjon",
            "organization", "forvaltning",
        ],
        .engagement: [
            "employ", "medarbejder", "medarbeider", "medarbetar", "ansaettelse", "ansat", "anstaell", "staff",
            "stilling",
            "personale", "personal", "loen", "position", "befattning", "person",
        ],
        .account: ["account", "konto", "bruger", "anvaendar", "bruker", "user", "login"],
        .person: ["person", "borger", "individ"],
        .task: ["kle", "emne", "gruppe", "opgave", "task", "facet"],
    ]

    static func sounds(_ word: String, like sort: Sort) -> Bool {
        let plain = plain(word)
        return sorts[sort]?.contains { plain.contains($0) } ?? false
    }

    /// Lower case, `ae`, `oe` and `aa` for the letters that the alphabets differ in, and nothing else.
    static func plain(_ text: String) -> String {
        var result = ""
        for character in text.lowercased() {
            switch character {
            case "æ", "ä": result += "ae"
            case "ø", "ö": result += "oe"
            case "å": result += "aa"
            case "é", "è": result += "e"
            case "a"..."z", "0"..."9": result.append(character)
            default: break
            }
        }
        return result
    }
}
