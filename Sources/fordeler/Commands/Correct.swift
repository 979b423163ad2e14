import ArgumentParser
import ChangeEvents
import Foundation
import Intake
import OrganisationModel
import Storage
import Versioning

struct Correct: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what sources do not: editors are heard before all of them.",
        discussion: """
            A correction holds from a day, until a day, or until it is withdrawn, whatever the sources deliver meanwhile. It \
            becomes a candidate like an export. Attributes are those of fordeler schema, keys those that fordeler show takes.

            Examples:
              fordeler correct change unit 4711 name="Skovbrynet" --reason "HR corrects it in May"
              fordeler correct move unit 4711 402 --from 2026-04-01 --reason "decided by the board"
              fordeler correct rekey unit 4711 5711 --reason "HR gave it a new number"
              fordeler correct --file corrections.csv --reason "list of 2 March"
            """,
        subcommands: [
            CorrectCreate.self, CorrectChange.self, CorrectClose.self, CorrectMove.self, CorrectRekey.self,
            CorrectMerge.self, CorrectFile.self,
        ], defaultSubcommand: CorrectFile.self)
}

struct CorrectionOptions: ParsableArguments {
    @Option(help: "Why; it stays in the audit.")
    var reason = ""

    @Flag(help: "Show what would change, and write nothing.")
    var dryRun = false

    @Flag(help: "Print one JSON object.")
    var json = false
}

struct CorrectionDays: ParsableArguments {
    @Option(help: ArgumentHelp("The first day on which it counts; by default today.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("The first day on which it counts no more.", valueName: "day"))
    var until: String?
}

/// A command that makes one correction.
protocol CorrectionCommand: Command {
    var options: CorrectionOptions { get }
    func request(_ session: Session) throws -> CorrectionRequest
}

extension CorrectionCommand {
    static var access: State.Access { .writing }

    func run(in session: Session) throws {
        let request = try request(session)
        let state = try session.state(.writing)
        let report = try Correcting(workplace: session.workplace, state: state).make(
            [request], reason: options.reason, file: "editor", isDryRun: options.dryRun)
        try CorrectionReport.finish(report, options, state, session)
    }

    /// A key as commands take it: those of people stand on standard input.
    func key(_ kind: String, _ key: String, _ session: Session) throws -> String {
        try ObjectLookup(kind: kind, key: key, session).key
    }

    /// Reads `name=value` of an object of a kind; `-` reads the value from standard input.
    func values(_ texts: [String], of kind: String, _ session: Session) throws -> [(name: String, text: String)] {
        let schema = Schema.standard[try Kind(argument: kind)]
        return try texts.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw FordelerError(.usage, "\(Masking.redacted(text)) is not ATTRIBUTE=VALUE")
            }
            let attribute = schema.attribute(named: parts[0])
            if case .reference(let target) = attribute?.type, !parts[1].isEmpty {
                return (parts[0], try key(target.name, parts[1], session))
            }
            if parts[1] == "-" { return (parts[0], session.input() ?? "") }
            guard attribute?.sensitivity != .cpr || parts[1].isEmpty else {
                throw FordelerError(
                    .init("argument.personal"),
                    "a CPR number does not belong into a command: everybody on this machine can see it. Write \(parts[0])=- and "
                        + "give it on standard input")
            }
            return (parts[0], parts[1])
        }
    }
}

struct CorrectCreate: CorrectionCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an object that no source has.",
        discussion:
            "Example:\n  fordeler correct create unit P-12 name=\"Projekt Havn\" parent=402 --reason \"decided\"")

    @Argument(help: "unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "A key that no object of this kind has, or - to read it from standard input.")
    var key: String

    @Argument(help: ArgumentHelp("What it is.", valueName: "attribute=value"))
    var values: [String] = []

    @OptionGroup var days: CorrectionDays
    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    func request(_ session: Session) throws -> CorrectionRequest {
        CorrectionRequest(
            statement: .create, kind: kind, key: try self.key(kind, key, session),
            values: try self.values(values, of: kind, session), from: days.from, until: days.until)
    }
}

struct CorrectChange: CorrectionCommand {
    static let configuration = CommandConfiguration(
        commandName: "change", abstract: "Give an object other values than the sources do.",
        discussion: """
            An empty value takes away what the sources say. A relation is given by the key of its target.

            Examples:
              fordeler correct change unit 4711 name="Skovbrynet" phone= --reason "..." --until 2026-06-01
              fordeler correct change user ABC12 person=- --reason "not her" < key.txt
            """)

    @Argument(help: "unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "The source's key, the UUID, or - to read the key from standard input.")
    var key: String

    @Argument(help: ArgumentHelp("What is to change.", valueName: "attribute=value"))
    var values: [String] = []

    @OptionGroup var days: CorrectionDays
    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    func request(_ session: Session) throws -> CorrectionRequest {
        CorrectionRequest(
            statement: .change, kind: kind, key: try self.key(kind, key, session),
            values: try self.values(values, of: kind, session), from: days.from, until: days.until)
    }
}

struct CorrectClose: CorrectionCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Let an object be gone from a day on, although a source still has it.",
        discussion: "Example:\n  fordeler correct close engagement 10042 --from 2026-03-01 --reason \"she left\"")

    @Argument(help: "unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "The source's key, the UUID, or - to read the key from standard input.")
    var key: String

    @OptionGroup var days: CorrectionDays
    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    func request(_ session: Session) throws -> CorrectionRequest {
        CorrectionRequest(
            statement: .close, kind: kind, key: try self.key(kind, key, session), from: days.from, until: days.until)
    }
}

struct CorrectMove: CorrectionCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Put a unit beneath another one, or an engagement or function into another unit.",
        discussion: "Example:\n  fordeler correct move engagement 10042 4711 --reason \"HR is late\" --until 2026-04-01"
    )

    @Argument(help: "unit, engagement, function or task.")
    var kind: String

    @Argument(help: "The source's key, or the UUID.")
    var key: String

    @Argument(help: "The key or UUID of the unit (of a task: the task) beneath which it belongs.")
    var target: String

    @OptionGroup var days: CorrectionDays
    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    func request(_ session: Session) throws -> CorrectionRequest {
        CorrectionRequest(
            statement: .move, kind: kind, key: try self.key(kind, key, session), target: target, from: days.from,
            until: days.until)
    }
}

struct CorrectRekey: CorrectionCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Say that a source gave an object a new key: it goes on being the same object.",
        discussion: """
            It may be said before the source delivers the new key.

            Example:
              fordeler correct rekey unit 4711 5711 --reason "new numbers in HR"
            """)

    @Argument(help: "unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "The old key, the UUID, or - to read it from standard input.")
    var key: String

    @Argument(help: "The new key, or - to read it from standard input.")
    var newKey: String

    @Option(help: "The source that has the new key; by default the one that has the old one.")
    var source: String?

    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    func request(_ session: Session) throws -> CorrectionRequest {
        CorrectionRequest(
            statement: .rekey, kind: kind, key: try self.key(kind, key, session),
            target: try self.key(kind, newKey, session), source: source)
    }
}

struct CorrectMerge: CorrectionCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Say that two objects are one: what is said of the first counts for the second.",
        discussion: "Example:\n  fordeler correct merge unit 4711 --into 5711 --reason \"twice in HR\"")

    @Argument(help: "unit, person, engagement, user, function or task.")
    var kind: String

    @Argument(help: "The key or UUID of the object that goes, or - to read it from standard input.")
    var key: String

    @Option(help: "The key or UUID of the object that stays, or - to read it from standard input.")
    var into: String

    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    func request(_ session: Session) throws -> CorrectionRequest {
        CorrectionRequest(
            statement: .merge, kind: kind, key: try self.key(kind, key, session),
            target: try self.key(kind, into, session))
    }
}

struct CorrectFile: Command {
    static let configuration = CommandConfiguration(
        commandName: "file", abstract: "Make the corrections of a CSV file, all of them or none.",
        discussion: """
            Columns: statement (create, change, close, move, rekey, merge), kind, key, and as far as they are needed to (of move, \
            rekey and merge), source, from, until and the attributes. An empty cell says nothing.
            """)

    @Option(help: "The file.")
    var file: String

    @OptionGroup var options: CorrectionOptions
    @OptionGroup var common: CommonOptions

    static let access = State.Access.writing

    func run(in session: Session) throws {
        try Approval.require(options.reason)
        let list = try CorrectionFile(path: session.path(file))
        guard !list.requests.isEmpty || !list.mistakes.isEmpty else {
            throw FordelerError(.correctionInvalid, "\(file) holds no correction")
        }
        let state = try session.state(.writing)
        do {
            // Every line is judged, also when one is wrong already.
            let report = try Correcting(workplace: session.workplace, state: state).make(
                list.requests, reason: options.reason, file: list.name,
                isDryRun: options.dryRun || !list.mistakes.isEmpty)
            if !list.mistakes.isEmpty { throw Correcting.Mistakes(all: []) }
            try CorrectionReport.finish(report, options, state, session)
        } catch let mistakes as Correcting.Mistakes {
            for mistake in (list.mistakes + mistakes.all).sorted(by: { $0.line < $1.line }) {
                session.output.complain("\(RunText.shown(list.name)):\(mistake.line): \(mistake.error)")
            }
            session.output.complain("nothing was changed: correct the file and send all of it again")
            throw ExitCode(ExitStatus.usage.rawValue)
        }
    }
}
