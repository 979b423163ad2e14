import OrganisationModel

extension Rule {
    static let cprForm = Rule("record.cpr-form", .warning, .none)
    static let cprCheck = Rule("record.cpr-check", .warning, .none)
    static let eanCheck = Rule("record.ean-check", .warning, .none)
    static let pNumberForm = Rule("record.p-number-form", .warning, .none)
    static let cvrCheck = Rule("record.cvr-check", .warning, .none)
    static let emailForm = Rule("record.email-form", .warning, .none)
    static let phoneForm = Rule("record.phone-form", .warning, .none)
    static let textLong = Rule("record.text-long", .warning, .none)
    static let keyLong = Rule("record.key-long", .warning, .none)
}

extension RuleEntry {
    /// Numbers that people get who have no CPR number, and those of people who do not exist: 60 is added to the day.
    private static let replacementNumbers = ["6?????????", "7?????????", "8?????????", "9?????????"]

    /// The longest key that FK Organisation can hold.
    static let keyLong = ofValues.first { $0.rule == .keyLong }

    /// What single values must look like; real files are dirty, so these warn. No company has a CVR number that begins with 99.
    static let ofValues: [RuleEntry] = [
        RuleEntry(
            .cprForm, .any(asError: .withhold), exceptions: replacementNumbers,
            da: RuleText(
                "Et CPR-nummer er ikke ti cifre, der begynder med en dag i kalenderen.",
                "Ret nummeret i kilden, eller undtag erstatningsnumre i konfigurationen."),
            sv: RuleText(
                "Ett CPR-nummer är inte tio siffror som börjar med en dag i kalendern.",
                "Rätta numret i källan, eller undanta reservnummer i konfigurationen."),
            nb: RuleText(
                "Et CPR-nummer er ikke ti sifre som begynner med en dag i kalenderen.",
                "Rett nummeret i kilden, eller unnta erstatningsnumre i konfigurasjonen."),
            en: RuleText(
                "A CPR number is not ten digits that begin with a day of the calendar.",
                "Correct the number in the source, or except replacement numbers in the configuration.")),
        RuleEntry(
            .cprCheck, .any(asError: .withhold), exceptions: replacementNumbers,
            da: RuleText(
                "Et CPR-nummers kontrolciffer passer ikke (modulus 11; 1. januar er undtaget).",
                "Sammenlign nummeret med CPR-registret; det kan være tastet forkert."),
            sv: RuleText(
                "Ett CPR-nummers kontrollsiffra stämmer inte (modulus 11; 1 januari undantagen).",
                "Jämför numret med CPR-registret; det kan vara felskrivet."),
            nb: RuleText(
                "Et CPR-nummers kontrollsiffer stemmer ikke (modulus 11; 1. januar er unntatt).",
                "Sammenlign nummeret med CPR-registeret; det kan være tastet feil."),
            en: RuleText(
                "The check digit of a CPR number is wrong (modulus 11; 1 January is exempt).",
                "Compare the number with the CPR register; it may be a typing error.")),
        RuleEntry(
            .eanCheck, .any(asError: .withhold), exceptions: [],
            da: RuleText(
                "Et EAN-nummer (GLN) er ikke 13 cifre med det rette kontrolciffer.",
                "Ret nummeret i kilden; regninger går ellers forkert."),
            sv: RuleText(
                "Ett EAN-nummer (GLN) är inte 13 siffror med rätt kontrollsiffra.",
                "Rätta numret i källan; annars hamnar fakturor fel."),
            nb: RuleText(
                "Et EAN-nummer (GLN) er ikke 13 sifre med riktig kontrollsiffer.",
                "Rett nummeret i kilden; ellers går fakturaer feil."),
            en: RuleText(
                "An EAN number (GLN) is not 13 digits with the right check digit.",
                "Correct the number in the source; else invoices go astray.")),
        RuleEntry(
            .pNumberForm, .any(asError: .withhold), exceptions: [],
            da: RuleText("Et P-nummer er ikke ti cifre.", "Ret nummeret i kilden; virksomhed.dk kender det rette."),
            sv: RuleText("Ett P-nummer är inte tio siffror.", "Rätta numret i källan; virksomhed.dk har det rätta."),
            nb: RuleText("Et P-nummer er ikke ti sifre.", "Rett nummeret i kilden; virksomhed.dk har det rette."),
            en: RuleText(
                "A P-number is not ten digits.",
                "Correct the number in the source; virksomhed.dk knows the right one.")),
        RuleEntry(
            .cvrCheck, .any(asError: .withhold), exceptions: ["99??????"],
            da: RuleText(
                "Et CVR-nummer er ikke otte cifre med det rette kontrolciffer.",
                "Ret nummeret i kilden; virksomhed.dk kender det rette."),
            sv: RuleText(
                "Ett CVR-nummer är inte åtta siffror med rätt kontrollsiffra.",
                "Rätta numret i källan; virksomhed.dk har det rätta."),
            nb: RuleText(
                "Et CVR-nummer er ikke åtte sifre med riktig kontrollsiffer.",
                "Rett nummeret i kilden; virksomhed.dk har det rette."),
            en: RuleText(
                "A CVR number is not eight digits with the right check digit.",
                "Correct the number in the source; virksomhed.dk knows the right one.")),
        RuleEntry(
            .emailForm, .any(asError: .withhold), exceptions: [],
            da: RuleText(
                "En e-mailadresse har ikke formen navn@domæne.",
                "Ret adressen i kilden; post når ellers ikke frem."),
            sv: RuleText(
                "En e-postadress har inte formen namn@domän.",
                "Rätta adressen i källan; annars kommer posten inte fram."),
            nb: RuleText(
                "En e-postadresse har ikke formen navn@domene.",
                "Rett adressen i kilden; ellers kommer posten ikke fram."),
            en: RuleText(
                "An e-mail address does not have the form name@domain.",
                "Correct the address in the source; else mail does not arrive.")),
        RuleEntry(
            .phoneForm, .any(asError: .withhold), exceptions: [],
            da: RuleText("Et telefonnummer har færre end 3 eller flere end 15 cifre.", "Ret nummeret i kilden."),
            sv: RuleText("Ett telefonnummer har färre än 3 eller fler än 15 siffror.", "Rätta numret i källan."),
            nb: RuleText("Et telefonnummer har færre enn 3 eller flere enn 15 sifre.", "Rett nummeret i kilden."),
            en: RuleText(
                "A telephone number has fewer than 3 digits or more than 15.",
                "Correct the number in the source.")),
        RuleEntry(
            .textLong, .any(asError: .withhold),
            da: RuleText(
                "Et navn eller en adresse er længere, end FK Organisation kan rumme.",
                "Forkort den i kilden: navne 200 tegn, personnavne 100, adresser 200."),
            sv: RuleText(
                "Ett namn eller en adress är längre än FK Organisation rymmer.",
                "Korta den i källan: namn 200 tecken, personnamn 100, adresser 200."),
            nb: RuleText(
                "Et navn eller en adresse er lengre enn FK Organisation har plass til.",
                "Forkort den i kilden: navn 200 tegn, personnavn 100, adresser 200."),
            en: RuleText(
                "A name or an address is longer than FK Organisation can hold.",
                "Shorten it in the source: names 200 characters, names of people 100, addresses 200.")),
        RuleEntry(
            .keyLong, .any(asError: .withhold), limit: 50,
            da: RuleText(
                "En nøgle er længere, end FK Organisation kan rumme (BrugervendtNoegle, 50 tegn).",
                "Lad mappingen tage en kortere nøgle."),
            sv: RuleText(
                "En nyckel är längre än FK Organisation rymmer (BrugervendtNoegle, 50 tecken).",
                "Låt mappningen ta en kortare nyckel."),
            nb: RuleText(
                "En nøkkel er lengre enn FK Organisation har plass til (BrugervendtNoegle, 50 tegn).",
                "La mappingen ta en kortere nøkkel."),
            en: RuleText(
                "A key is longer than FK Organisation can hold (BrugervendtNoegle, 50 characters).",
                "Let the mapping take a shorter key.")),
    ]
}
