import OrganisationModel

extension RuleEntry {
    /// The rules of single records that hold whatever a record says.
    static let ofRecords: [RuleEntry] = [
        RuleEntry(
            .keyMissing,
            da: RuleText("En post har ingen nøgle, så den kan ikke kendes igen i morgen.", "Ret posten i kilden."),
            sv: RuleText("En post saknar nyckel, så den kan inte kännas igen i morgon.", "Rätta posten i källan."),
            nb: RuleText("En post har ingen nøkkel, så den kan ikke kjennes igjen i morgen.", "Rett posten i kilden."),
            en: RuleText(
                "A record has no key, so nobody can know it again tomorrow.",
                "Correct the record in the source.")),
        RuleEntry(
            .changeOfUnknown,
            da: RuleText(
                "Et ændringsudtræk ændrer en post, som aldrig er læst, og siger ikke, hvornår den begyndte.",
                "Importér et fuldt udtræk, som har posten."),
            sv: RuleText(
                "En ändringsexport ändrar en post som aldrig har lästs, och säger inte när den började.",
                "Importera en fullständig export som har posten."),
            nb: RuleText(
                "En endringseksport endrer en post som aldri er lest, og sier ikke når den begynte.",
                "Importer en fullstendig eksport som har posten."),
            en: RuleText(
                "A delta changes a record that was never read, and does not say when it began.",
                "Import a full export that has the record.")),
        RuleEntry(
            .beginningMissing,
            da: RuleText(
                "En post mangler den første dag, som mappingen kræver.",
                "Ret posten i kilden, eller lad mappingen tage en anden dag."),
            sv: RuleText(
                "En post saknar den första dag som mappningen kräver.",
                "Rätta posten i källan, eller låt mappningen ta en annan dag."),
            nb: RuleText(
                "En post mangler den første dagen som mappingen krever.",
                "Rett posten i kilden, eller la mappingen ta en annen dag."),
            en: RuleText(
                "A record lacks the first day that the mapping demands.",
                "Correct the record in the source, or let the mapping take another day.")),
        RuleEntry(
            .dateImpossible,
            da: RuleText("En dato findes ikke i kalenderen eller er ikke skrevet åååå-mm-dd.", "Ret posten i kilden."),
            sv: RuleText(
                "Ett datum finns inte i kalendern eller är inte skrivet åååå-mm-dd.",
                "Rätta posten i källan."),
            nb: RuleText("En dato finnes ikke i kalenderen eller er ikke skrevet åååå-mm-dd.", "Rett posten i kilden."),
            en: RuleText(
                "A date is no day of the calendar, or is not written yyyy-mm-dd.",
                "Correct the record in the source.")),
        RuleEntry(
            .endBeforeBeginning,
            da: RuleText("En posts sidste dag ligger før dens første.", "Ret posten i kilden."),
            sv: RuleText("En posts sista dag ligger före dess första.", "Rätta posten i källan."),
            nb: RuleText("En posts siste dag ligger før dens første.", "Rett posten i kilden."),
            en: RuleText("The last day of a record lies before its first.", "Correct the record in the source.")),
        RuleEntry(
            .uuidImpossible,
            da: RuleText(
                "Det UUID, som mappingen tager fra posten, mangler eller er intet UUID.",
                "Ret posten i kilden."),
            sv: RuleText(
                "Det UUID som mappningen tar från posten saknas eller är inget UUID.",
                "Rätta posten i källan."),
            nb: RuleText(
                "Den UUID-en som mappingen tar fra posten, mangler eller er ingen UUID.",
                "Rett posten i kilden."),
            en: RuleText(
                "The UUID that the mapping takes from the record is missing, or is none.",
                "Correct the record in the source.")),
        RuleEntry(
            .valueImpossible, .any(asError: .withhold),
            da: RuleText("En værdi passer ikke til feltets type og er udeladt.", "Ret værdien i kilden."),
            sv: RuleText("Ett värde passar inte fältets typ och är utelämnat.", "Rätta värdet i källan."),
            nb: RuleText("En verdi passer ikke til feltets type og er utelatt.", "Rett verdien i kilden."),
            en: RuleText(
                "A value does not fit the type of its field and is left out.",
                "Correct the value in the source.")),
        RuleEntry(
            .textDamaged, .any(asError: .withhold),
            da: RuleText(
                "En tekst har mistet bogstaver, før den nåede hertil.",
                "Lad kilden skrive UTF-8, og se efter værdien i kilden."),
            sv: RuleText(
                "En text har förlorat bokstäver innan den kom hit.",
                "Låt källan skriva UTF-8, och kontrollera värdet i källan."),
            nb: RuleText(
                "En tekst har mistet bokstaver før den kom hit.",
                "La kilden skrive UTF-8, og se etter verdien i kilden."),
            en: RuleText(
                "A text lost letters before it reached us.",
                "Let the source write UTF-8, and look at the value in the source.")),
        RuleEntry(
            .timelineOverlap, .any(asError: .withhold),
            da: RuleText(
                "To perioder af den samme oplysning overlapper; den, der begynder sidst, gælder.",
                "Ret perioderne i kilden."),
            sv: RuleText(
                "Två perioder av samma uppgift överlappar; den som börjar sist gäller.",
                "Rätta perioderna i källan."),
            nb: RuleText(
                "To perioder av samme opplysning overlapper; den som begynner sist, gjelder.",
                "Rett periodene i kilden."),
            en: RuleText(
                "Two periods of one fact overlap; the one that begins last counts.",
                "Correct the periods in the source.")),
    ]
}
