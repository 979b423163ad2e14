import OrganisationModel

extension RuleEntry {
    /// The rules of reading XML.
    static let ofXML: [RuleEntry] = [
        RuleEntry(
            .notWellFormed,
            da: RuleText(
                "Filen er ikke velformet XML, så intet af den er brugt.",
                "Bed leverandøren om en ny fil, og importér den."),
            sv: RuleText(
                "Filen är inte välformad XML, så inget av den har använts.",
                "Be leverantören om en ny fil och importera den."),
            nb: RuleText(
                "Filen er ikke velformet XML, så ingenting av den er brukt.",
                "Be leverandøren om en ny fil, og importer den."),
            en: RuleText(
                "The file is no well-formed XML, so nothing of it is used.",
                "Ask the supplier for a new file and import that.")),
        RuleEntry(
            .truncated,
            da: RuleText(
                "XML-filen holder op, før den er færdig.",
                "Vent, til filen er skrevet færdig, eller bed om den igen."),
            sv: RuleText(
                "XML-filen tar slut innan den är fullständig.",
                "Vänta tills filen är färdigskriven, eller be om den igen."),
            nb: RuleText(
                "XML-filen slutter før den er ferdig.",
                "Vent til filen er ferdig skrevet, eller be om den på nytt."),
            en: RuleText(
                "The XML file ends before it is complete.",
                "Wait until the file is written to its end, or ask for it again.")),
        RuleEntry(
            .doctype,
            da: RuleText(
                "XML-filen har en dokumenttypeerklæring (DOCTYPE), som ingen lønudtræk behøver.",
                "Bed leverandøren om at udelade den."),
            sv: RuleText(
                "XML-filen har en dokumenttypsdeklaration (DOCTYPE), som ingen personalexport behöver.",
                "Be leverantören att utelämna den."),
            nb: RuleText(
                "XML-filen har en dokumenttypeerklæring (DOCTYPE), som ingen personaleksport trenger.",
                "Be leverandøren om å utelate den."),
            en: RuleText(
                "The XML file has a document type declaration (DOCTYPE), which no HR export needs.",
                "Ask the supplier to leave it out.")),
        RuleEntry(
            .encoding,
            da: RuleText("XML-filen er skrevet i et tegnsæt, der ikke læses.", "Lad kilden skrive UTF-8."),
            sv: RuleText("XML-filen är skriven i en teckenkodning som inte läses.", "Låt källan skriva UTF-8."),
            nb: RuleText("XML-filen er skrevet i et tegnsett som ikke leses.", "La kilden skrive UTF-8."),
            en: RuleText("The XML file is written in an encoding that is not read.", "Let the source write UTF-8.")),
        RuleEntry(
            .tooLarge,
            da: RuleText(
                "Noget i XML-filen er større, end noget udtræk har brug for.",
                "Se efter, om filen er den rette, og bed ellers om en ny."),
            sv: RuleText(
                "Något i XML-filen är större än vad någon export behöver.",
                "Kontrollera att det är rätt fil, och be annars om en ny."),
            nb: RuleText(
                "Noe i XML-filen er større enn noen eksport trenger.",
                "Se etter om filen er den rette, og be ellers om en ny."),
            en: RuleText(
                "Something in the XML file is larger than any export needs.",
                "Look whether it is the right file, and else ask for a new one.")),
        RuleEntry(
            .wrongRoot,
            da: RuleText(
                "XML-filens yderste element er et andet, end mappingen venter.",
                "Se efter, om filen hører til denne kilde."),
            sv: RuleText(
                "XML-filens yttersta element är ett annat än mappningen väntar sig.",
                "Kontrollera att filen hör till den här källan."),
            nb: RuleText(
                "XML-filens ytterste element er et annet enn mappingen venter.",
                "Se etter om filen hører til denne kilden."),
            en: RuleText(
                "The outermost element of the XML file is another than the mapping expects.",
                "Look whether the file belongs to this source.")),
        RuleEntry(
            .lateField,
            da: RuleText(
                "Et felt, som poster læser, står bagefter dem i XML-filen.",
                "Ret mappingen eller udtrækket, så de passer sammen."),
            sv: RuleText(
                "Ett fält som poster läser står efter dem i XML-filen.",
                "Rätta mappningen eller exporten så att de stämmer överens."),
            nb: RuleText(
                "Et felt som poster leser, står etter dem i XML-filen.",
                "Rett mappingen eller eksporten, så de passer sammen."),
            en: RuleText(
                "A field that records read stands behind them in the XML file.",
                "Correct the mapping or the export, so that they fit together.")),
    ]
}
