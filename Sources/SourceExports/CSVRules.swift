import OrganisationModel

extension RuleEntry {
    /// The rules of reading CSV.
    static let ofCSV: [RuleEntry] = [
        RuleEntry(
            .headerMissing,
            da: RuleText(
                "CSV-filen har ingen række med kolonnernes navne.",
                "Lad kilden skrive overskrifterne, eller ret mappingen."),
            sv: RuleText(
                "CSV-filen saknar raden med kolumnnamn.",
                "Låt källan skriva rubrikraden, eller rätta mappningen."),
            nb: RuleText(
                "CSV-filen har ingen rad med kolonnenavn.",
                "La kilden skrive overskriftene, eller rett mappingen."),
            en: RuleText(
                "The CSV file has no row that names its columns.",
                "Let the source write the header, or correct the mapping.")),
        RuleEntry(
            .headerUnexpected,
            da: RuleText(
                "Den første række i CSV-filen er ikke den, som mappingen venter.",
                "Ret mappingen eller udtrækket, så de passer sammen."),
            sv: RuleText(
                "Första raden i CSV-filen är inte den som mappningen väntar sig.",
                "Rätta mappningen eller exporten så att de stämmer överens."),
            nb: RuleText(
                "Første rad i CSV-filen er ikke den som mappingen venter.",
                "Rett mappingen eller eksporten, så de passer sammen."),
            en: RuleText(
                "The first row of the CSV file is not the one that the mapping expects.",
                "Correct the mapping or the export, so that they fit together.")),
        RuleEntry(
            .columnMissing,
            da: RuleText(
                "CSV-filen mangler en kolonne, som mappingen læser.",
                "Ret mappingen eller udtrækket, så de passer sammen."),
            sv: RuleText(
                "CSV-filen saknar en kolumn som mappningen läser.",
                "Rätta mappningen eller exporten så att de stämmer överens."),
            nb: RuleText(
                "CSV-filen mangler en kolonne som mappingen leser.",
                "Rett mappingen eller eksporten, så de passer sammen."),
            en: RuleText(
                "The CSV file lacks a column that the mapping reads.",
                "Correct the mapping or the export, so that they fit together.")),
        RuleEntry(
            .columnRepeated,
            da: RuleText(
                "CSV-filen nævner en kolonne, som mappingen læser, to gange.",
                "Lad kilden give kolonnerne hver sit navn."),
            sv: RuleText(
                "CSV-filen har en kolumn som mappningen läser två gånger.",
                "Låt källan ge varje kolumn ett eget namn."),
            nb: RuleText(
                "CSV-filen nevner en kolonne som mappingen leser, to ganger.",
                "La kilden gi hver kolonne sitt eget navn."),
            en: RuleText(
                "The CSV file names a column twice that the mapping reads.",
                "Let the source give each column a name of its own.")),
        RuleEntry(
            .rowLength,
            da: RuleText(
                "En række i CSV-filen har flere eller færre felter, end der er kolonner.",
                "Sæt felter, der indeholder skilletegnet, i anførselstegn."),
            sv: RuleText(
                "En rad i CSV-filen har fler eller färre fält än det finns kolumner.",
                "Sätt fält som innehåller skiljetecknet inom citattecken."),
            nb: RuleText(
                "En rad i CSV-filen har flere eller færre felter enn det er kolonner.",
                "Sett felter som inneholder skilletegnet, i anførselstegn."),
            en: RuleText(
                "A row of the CSV file has more or fewer fields than there are columns.",
                "Put fields that hold the separator into quotation marks.")),
        RuleEntry(
            .misplacedQuote,
            da: RuleText(
                "Et anførselstegn i CSV-filen står et forkert sted.",
                "Lad kilden skrive anførselstegn inde i felter dobbelt."),
            sv: RuleText(
                "Ett citattecken i CSV-filen står på fel plats.",
                "Låt källan dubblera citattecken inne i fält."),
            nb: RuleText(
                "Et anførselstegn i CSV-filen står på feil sted.",
                "La kilden skrive anførselstegn inne i felter dobbelt."),
            en: RuleText(
                "A quotation mark in the CSV file stands in a wrong place.",
                "Let the source write quotation marks inside of fields twice.")),
        RuleEntry(
            .lineEnd,
            da: RuleText(
                "En linje i CSV-filen ender på en måde, som ikke læses.",
                "Lad kilden skrive almindelige linjeskift."),
            sv: RuleText(
                "En rad i CSV-filen slutar på ett sätt som inte läses.",
                "Låt källan skriva vanliga radbrytningar."),
            nb: RuleText(
                "En linje i CSV-filen slutter på en måte som ikke leses.",
                "La kilden skrive vanlige linjeskift."),
            en: RuleText(
                "A line of the CSV file ends in a way that is not read.",
                "Let the source write ordinary line ends.")),
        RuleEntry(
            .csvTruncated,
            da: RuleText(
                "CSV-filen holder op midt i et felt eller en række.",
                "Vent, til filen er skrevet færdig, eller bed om den igen."),
            sv: RuleText(
                "CSV-filen tar slut mitt i ett fält eller en rad.",
                "Vänta tills filen är färdigskriven, eller be om den igen."),
            nb: RuleText(
                "CSV-filen slutter midt i et felt eller en rad.",
                "Vent til filen er ferdig skrevet, eller be om den på nytt."),
            en: RuleText(
                "The CSV file ends in the middle of a field or a row.",
                "Wait until the file is written to its end, or ask for it again.")),
        RuleEntry(
            .csvEncoding,
            da: RuleText(
                "CSV-filen indeholder tegn, som ikke passer til dens tegnsæt.",
                "Lad kilden skrive UTF-8, eller nævn det rette tegnsæt i mappingen."),
            sv: RuleText(
                "CSV-filen innehåller tecken som inte passar dess teckenkodning.",
                "Låt källan skriva UTF-8, eller ange rätt kodning i mappningen."),
            nb: RuleText(
                "CSV-filen inneholder tegn som ikke passer til tegnsettet.",
                "La kilden skrive UTF-8, eller nevn rett tegnsett i mappingen."),
            en: RuleText(
                "The CSV file holds bytes that are no text in its encoding.",
                "Let the source write UTF-8, or name the right encoding in the mapping.")),
        RuleEntry(
            .csvTooLarge,
            da: RuleText(
                "Noget i CSV-filen er større, end noget udtræk har brug for.",
                "Se efter, om filen er den rette, og bed ellers om en ny."),
            sv: RuleText(
                "Något i CSV-filen är större än vad någon export behöver.",
                "Kontrollera att det är rätt fil, och be annars om en ny."),
            nb: RuleText(
                "Noe i CSV-filen er større enn noen eksport trenger.",
                "Se etter om filen er den rette, og be ellers om en ny."),
            en: RuleText(
                "Something in the CSV file is larger than any export needs.",
                "Look whether it is the right file, and else ask for a new one.")),
    ]
}
