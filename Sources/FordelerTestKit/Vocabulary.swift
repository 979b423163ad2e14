struct Title {
    let positionId: String
    let position: String
    let short: String
    let payGrade: String
    var jobId: String?
    var job: String?
}

let titles = [
    Title(positionId: "4101", position: "Pædagog", short: "PÆD", payGrade: "BUPL trin 31"),
    Title(positionId: "4102", position: "Pædagogmedhjælper", short: "PÆDMHJ", payGrade: "FOA trin 17"),
    Title(
        positionId: "4210", position: "Lærer", short: "LÆRER", payGrade: "DLF trin 35",
        jobId: "21040", job: "Folkeskolelærer"),
    Title(positionId: "4215", position: "Børnehaveklasseleder", short: "BHKL", payGrade: "DLF trin 31"),
    Title(
        positionId: "5110", position: "Social- og sundhedsassistent", short: "SSA", payGrade: "FOA trin 24",
        jobId: "33020", job: "Omsorgspersonale"),
    Title(positionId: "5111", position: "Social- og sundhedshjælper", short: "SSH", payGrade: "FOA trin 20"),
    Title(
        positionId: "5120", position: "Sygeplejerske", short: "SYPL", payGrade: "DSR trin 6",
        jobId: "33010", job: "Sygeplejepersonale"),
    Title(positionId: "5130", position: "Fysioterapeut", short: "FYS", payGrade: "DF trin 5"),
    Title(positionId: "5131", position: "Ergoterapeut", short: "ERGO", payGrade: "ETF trin 5"),
    Title(positionId: "5140", position: "Sundhedsplejerske", short: "SUNDPL", payGrade: "DSR trin 7"),
    Title(
        positionId: "6010", position: "Administrativ medarbejder", short: "ADM", payGrade: "HK trin 28",
        jobId: "41010", job: "Kontorpersonale"),
    Title(positionId: "6020", position: "Sagsbehandler", short: "SAGSB", payGrade: "HK trin 30"),
    Title(
        positionId: "6030", position: "Specialkonsulent", short: "SPKONS", payGrade: "AC trin 8",
        jobId: "42010", job: "Akademisk medarbejder"),
    Title(positionId: "6040", position: "Økonomikonsulent", short: "ØKKONS", payGrade: "AC trin 7"),
    Title(positionId: "6050", position: "It-medarbejder", short: "IT", payGrade: "PROSA trin 33"),
    Title(positionId: "6110", position: "Socialrådgiver", short: "SOCRÅD", payGrade: "DS trin 34"),
    Title(positionId: "6120", position: "Jobkonsulent", short: "JOBK", payGrade: "HK trin 31"),
    Title(positionId: "7010", position: "Rengøringsassistent", short: "RENG", payGrade: "3F trin 13"),
    Title(positionId: "7020", position: "Teknisk servicemedarbejder", short: "TEKSERV", payGrade: "3F trin 21"),
    Title(positionId: "7030", position: "Gartner", short: "GARTN", payGrade: "3F trin 19"),
    Title(positionId: "7040", position: "Køkkenassistent", short: "KØKASS", payGrade: "FOA trin 15"),
    Title(positionId: "7050", position: "Ingeniør", short: "ING", payGrade: "IDA trin 8"),
    Title(positionId: "8010", position: "Bibliotekar", short: "BIBL", payGrade: "BF trin 6"),
    Title(positionId: "8020", position: "Musikskolelærer", short: "MUSIK", payGrade: "DMF trin 4"),
]

let managerTitles = [
    Title(positionId: "1010", position: "Direktør", short: "DIR", payGrade: "Chefløn 55"),
    Title(positionId: "1020", position: "Centerchef", short: "CCHEF", payGrade: "Chefløn 51"),
    Title(positionId: "1030", position: "Afdelingsleder", short: "AFDL", payGrade: "Lederløn 46"),
    Title(positionId: "1040", position: "Institutionsleder", short: "INSTL", payGrade: "Lederløn 43"),
    Title(positionId: "1050", position: "Skoleleder", short: "SKOLEL", payGrade: "Lederløn 48"),
    Title(positionId: "1060", position: "Teamleder", short: "TEAML", payGrade: "Lederløn 40"),
]

let contracts = [
    (code: "01", text: "Månedsløn bagud"),
    (code: "00", text: "Månedsløn forud"),
    (code: "03", text: "Måneds-/timeløn"),
    (code: "99", text: "Ikke defineret"),
]

let partTimes = [
    (part: "32 ", whole: "37 "), (part: "30 ", whole: "37 "), (part: "28 ", whole: "37 "),
    (part: "18.5 ", whole: "37 "), (part: "80 ", whole: "100 "), (part: "15 ", whole: "37 "),
]

let unitKinds = [
    (short: "KOM", text: "Kommune"), (short: "FORV", text: "Forvaltning"), (short: "CTR", text: "Center"),
    (short: "AFD", text: "Afdeling"), (short: "AFS", text: "Afsnit"), (short: "TEAM", text: "Team"),
]

let areas = [
    "Børn & Unge", "Teknik & Miljø", "Social & Sundhed", "Kultur & Fritid", "Økonomi & Digitalisering",
    "Beskæftigelse & Borgerservice", "Ældre & Omsorg", "By & Landskab", "Læring & Trivsel", "Erhverv & Vækst",
]

let fields = [
    "Dagtilbud", "Skoler", "Sundhedsfremme", "Hjemmepleje", "Sygepleje", "Genoptræning", "Voksne med handicap",
    "Familier", "Borgerservice", "Ydelser", "Job og uddannelse", "Løn og personale", "Økonomi", "Indkøb",
    "It og data", "Byggesager", "Veje og trafik", "Natur og vandløb", "Affald og genbrug", "Ejendomme",
    "Biblioteker", "Idræt", "Musik og kunst", "Politisk sekretariat", "Tandpleje", "Psykologisk rådgivning",
    "Køkken og måltider", "Rengøring",
]

let houseKinds = [
    "Børnehuset", "Vuggestuen", "Skolen ved", "Plejecenter", "Bofællesskabet", "Værestedet", "Dagcenter",
    "Fritidshjemmet", "Værkstedet", "Hjælpemiddeldepotet",
]

let houseNames = [
    "Solsikken", "Bøgelunden", "Åkanden", "Mælkevejen", "Kløvermarken", "Egetræet", "Lærken", "Hyldebusken",
    "Rønnebærret", "Søstjernen", "Møllehjulet", "Tårnfalken", "Brombærkrattet", "Grævlingen", "Skovbrynet",
    "Fyrtårnet", "Ørnereden", "Æblehaven", "Kastanjen", "Mosegården", "Sneglehuset", "Vandmøllen", "Blåklokken",
    "Pilekvisten", "Humlebien", "Regnbuen", "Stenbroen", "Klitrosen", "Gærdesmutten", "Åbrinken",
]

let womenNames = [
    "Anne", "Mette", "Kirsten", "Hanne", "Anna", "Susanne", "Lene", "Maria", "Marianne", "Inge", "Karen", "Lone",
    "Camilla", "Pia", "Louise", "Charlotte", "Bente", "Tina", "Gitte", "Åse", "Jytte", "Sofie", "Ida", "Emma",
    "Freja", "Maja", "Signe", "Sørine", "Bodil", "Birgit", "Dorthe", "Rikke", "Trine", "Line", "Julie", "Katrine",
    "Astrid", "Fatima", "Zeynep", "Amina",
]

let menNames = [
    "Peter", "Michael", "Lars", "Jens", "Thomas", "Henrik", "Søren", "Christian", "Martin", "Jan", "Morten",
    "Jesper", "Anders", "Niels", "Mads", "Rasmus", "Per", "Hans", "Jørgen", "Kåre", "Bjørn", "Åge", "Øjvind",
    "Torben", "Kjeld", "Frederik", "Mikkel", "Emil", "Oscar", "Magnus", "Jeppe", "Esben", "Asger", "Troels", "Ali",
    "Mehmet", "Ebbe", "Aksel",
]

let surnames = [
    "Nielsen", "Jensen", "Hansen", "Pedersen", "Andersen", "Christensen", "Larsen", "Sørensen", "Rasmussen",
    "Jørgensen", "Madsen", "Kristensen", "Olsen", "Thomsen", "Poulsen", "Knudsen", "Mortensen", "Møller",
    "Østergaard", "Kjær", "Lund", "Holm", "Schmidt", "Bæk", "Dahl", "Skov", "Nørgaard", "Søgaard", "Ågård", "Æbelø",
    "Krogh", "Bech", "Friis", "Lauridsen", "Toft", "Winther", "Overgaard", "Højgaard", "Brøndum", "Kragh", "Ibsen",
    "Yilmaz", "Ahmed", "Petersen", "Vestergaard",
]

let streetNames = [
    "Kirkevej", "Skolegade", "Møllevej", "Bøgevej", "Egevej", "Søndergade", "Nørregade", "Østergade", "Vestergade",
    "Åvej", "Rådhuspladsen", "Stationsvej", "Engdraget", "Hasselvænget", "Lærkevej", "Mosevej", "Strandvejen",
    "Ternevej", "Ærtevej", "Hybenvej", "Grønningen", "Havnegade", "Fælledvej", "Gl. Landevej",
]

let placeBeginnings = [
    "Lyngmose", "Birkeå", "Østerkær", "Åbæks", "Havlunds", "Bøgesø", "Ellekær", "Rugmarks", "Hvidsø", "Tranemose",
    "Krogå", "Stenløkke",
]

let placeEndings = ["ørred", "lunde", "hede", "strup", "næs", "dal", "købing", "rød", "holt", "vang"]

let townNames = ["Lyngmosehede", "Nørre Ellekær", "Søby Løkke", "Åbækstrup", "Hvidsø Bro", "Øster Kroghede"]

let townCodes = ["5991", "5992", "5993", "5994", "5996", "5997"]

let townDomain = "kommune.example"

let titleAdditions = ["; fung.", " – vikar", ", barselsvikar", " \"flex\""]

let servicePurposes = [
    "scan", "backup", "sql", "print", "web", "mail", "kiosk", "deploy", "monitor", "sync",
]
