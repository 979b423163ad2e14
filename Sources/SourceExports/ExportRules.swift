public import OrganisationModel

extension RuleEntry {
    /// All rules of reading exports. None of them can be otherwise: of a file that cannot be read nothing is known.
    public static let ofReading = ofFiles + ofXML + ofCSV

    /// The rules of files, whatever they hold.
    static let ofFiles: [RuleEntry] = [
        RuleEntry(
            .unreadable,
            da: RuleText(
                "Filen kunne ikke åbnes eller læses.",
                "Se efter filens rettigheder og disken, og importér igen."),
            sv: RuleText(
                "Filen kunde inte öppnas eller läsas.",
                "Kontrollera filens rättigheter och disken, och importera igen."),
            nb: RuleText(
                "Filen kunne ikke åpnes eller leses.",
                "Se etter filens rettigheter og disken, og importer igjen."),
            en: RuleText(
                "The file could not be opened or read.",
                "Look at the rights of the file and at the disk, and import again.")),
        RuleEntry(
            .incomplete,
            da: RuleText("Udtrækket mangler en fil, som mappingen kræver.", "Lever alle filer i udtrækket på én gang."),
            sv: RuleText("Exporten saknar en fil som mappningen kräver.", "Leverera exportens alla filer på en gång."),
            nb: RuleText("Eksporten mangler en fil som mappingen krever.", "Lever alle filene i eksporten på én gang."),
            en: RuleText(
                "The export lacks a file that the mapping requires.",
                "Deliver all files of the export together.")),
        RuleEntry(
            .unknownDocument,
            da: RuleText(
                "En fil har et navn, som mappingen ikke kender.",
                "Giv filen det navn, som mappingen nævner, eller fjern den."),
            sv: RuleText(
                "En fil har ett namn som mappningen inte känner till.",
                "Ge filen det namn som mappningen anger, eller ta bort den."),
            nb: RuleText(
                "En fil har et navn som mappingen ikke kjenner.",
                "Gi filen navnet som mappingen nevner, eller fjern den."),
            en: RuleText(
                "A file has a name that the mapping does not know.",
                "Give the file the name that the mapping says, or take it out.")),
        RuleEntry(
            .changesOnly,
            da: RuleText(
                "Filen indeholder kun ændringer, hvor der ventes et fuldt udtræk.",
                "Importér et fuldt udtræk fra kilden."),
            sv: RuleText(
                "Filen innehåller bara ändringar där en fullständig export väntas.",
                "Importera en fullständig export från källan."),
            nb: RuleText(
                "Filen inneholder bare endringer der det ventes en fullstendig eksport.",
                "Importer en fullstendig eksport fra kilden."),
            en: RuleText(
                "The file holds only changes, where a full export is expected.",
                "Import a full export of the source.")),
        RuleEntry(
            .baseMissing,
            da: RuleText(
                "En ændring gælder en post, hvis indhold ikke er kendt.",
                "Importér et fuldt udtræk fra kilden."),
            sv: RuleText(
                "En ändring gäller en post vars innehåll inte är känt.",
                "Importera en fullständig export från källan."),
            nb: RuleText(
                "En endring gjelder en post med ukjent innhold.",
                "Importer en fullstendig eksport fra kilden."),
            en: RuleText(
                "A change is about a record of which nobody knows what it said.",
                "Import a full export of the source.")),
        RuleEntry(
            .keysMissing,
            da: RuleText(
                "Så mange poster mangler nøgle, at mappingen ikke kan passe til udtrækket.",
                "Ret mappingen eller udtrækket, så de passer sammen."),
            sv: RuleText(
                "Så många poster saknar nyckel att mappningen inte kan passa exporten.",
                "Rätta mappningen eller exporten så att de stämmer överens."),
            nb: RuleText(
                "Så mange poster mangler nøkkel at mappingen ikke kan passe til eksporten.",
                "Rett mappingen eller eksporten, så de passer sammen."),
            en: RuleText(
                "So many records lack a key that the mapping cannot fit the export.",
                "Correct the mapping or the export, so that they fit together.")),
        RuleEntry(
            .empty,
            da: RuleText(
                "Et fuldt udtræk uden en eneste post ville fjerne alt.",
                "Spørg kilden, hvorfor udtrækket er tomt."),
            sv: RuleText(
                "En fullständig export utan en enda post skulle ta bort allt.",
                "Fråga källan varför exporten är tom."),
            nb: RuleText(
                "En fullstendig eksport uten en eneste post ville fjerne alt.",
                "Spør kilden hvorfor eksporten er tom."),
            en: RuleText(
                "A full export without a single record would remove everything.",
                "Ask the source why the export is empty.")),
        RuleEntry(
            .gzipTruncated,
            da: RuleText(
                "Den komprimerede fil holder op, før den er færdig.",
                "Vent, til filen er skrevet færdig, eller bed om den igen."),
            sv: RuleText(
                "Den komprimerade filen tar slut innan den är fullständig.",
                "Vänta tills filen är färdigskriven, eller be om den igen."),
            nb: RuleText(
                "Den komprimerte filen slutter før den er ferdig.",
                "Vent til filen er ferdig skrevet, eller be om den på nytt."),
            en: RuleText(
                "The compressed file ends before it is complete.",
                "Wait until the file is written to its end, or ask for it again.")),
        RuleEntry(
            .gzipDamaged,
            da: RuleText("Den komprimerede fil er beskadiget.", "Bed leverandøren om en ny fil, og importér den."),
            sv: RuleText("Den komprimerade filen är skadad.", "Be leverantören om en ny fil och importera den."),
            nb: RuleText("Den komprimerte filen er skadet.", "Be leverandøren om en ny fil, og importer den."),
            en: RuleText("The compressed file is damaged.", "Ask the supplier for a new file and import that.")),
        RuleEntry(
            .gzipTooLarge,
            da: RuleText(
                "Den komprimerede fil indeholder mere, end noget udtræk gør.",
                "Se efter, om filen er den rette, og bed ellers om en ny."),
            sv: RuleText(
                "Den komprimerade filen innehåller mer än någon export gör.",
                "Kontrollera att det är rätt fil, och be annars om en ny."),
            nb: RuleText(
                "Den komprimerte filen inneholder mer enn noen eksport gjør.",
                "Se etter om filen er den rette, og be ellers om en ny."),
            en: RuleText(
                "The compressed file holds more than any export does.",
                "Look whether it is the right file, and else ask for a new one.")),
    ]
}
