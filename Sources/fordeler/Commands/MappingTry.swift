import ArgumentParser
import Foundation
import Intake
import OrganisationModel

extension MappingCommand {
    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a mapping makes of an export, and what an import into an empty register would find.",
            discussion: """
                Needs neither configuration nor state, and writes nothing. Each value is told with the line of the export \
                and the line of the mapping that it came from. Personal values are stars unless --reveal is given.

                Examples:
                  fordeler mapping try kmd-opus drop/ZLPE20260301.xml
                  fordeler mapping try my.yaml units.csv people.csv --kind engagement --limit 10
                  fordeler mapping try kmd-opus drop/ZLPE20260301.xml --kind unit --key 4711 --json
                """)

        @Argument(help: "A file, or the name of a mapping that comes with the program.")
        var mapping: String

        @Argument(help: "The files of one export, or the folder that holds them.")
        var export: [String]

        @Option(help: "How many objects of each kind, and findings of each rule, are shown.")
        var limit = 3

        @Option(help: "Show objects of this kind only.")
        var kind: String?

        @Option(help: "Show the objects with this key of the source; - reads it from standard input.")
        var key: String?

        @Option(
            help: ArgumentHelp(
                "Judge as if today were this day (yyyy-MM-dd).", valueName: "day"))
        var today: String?

        @Flag(help: "Show CPR numbers, names and other personal values.")
        var reveal = false

        @Flag(help: "Print one JSON object a line.")
        var json = false

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit is a number of objects, 0 or more") }
        }

        func run() throws {
            let output = Output.process
            let wanted = try kind.map { name in
                guard let kind = Kind(name: name) else { throw FordelerError(.usage, "\(name) is no kind of object") }
                return kind
            }
            let soughtKey = try self.soughtKey()
            let mapping = try MappingFile(named: mapping)
            do {
                let trial = try MappingTrial(mapping.document, paths: export, today: try day())
                let report = TrialReport(trial: trial, mapping: mapping, reveal: reveal, json: json, output: output)
                report.summarise(limit: limit)
                let objects = trial.objects().filter { entry in
                    (wanted.map { $0 == entry.kind } ?? true)
                        && (soughtKey.map { $0 == trial.organisation.key(of: entry) } ?? true)
                }
                if soughtKey != nil, objects.isEmpty {
                    throw FordelerError(.unknownObject, "the export makes no such object")
                }
                report.show(objects, limit: soughtKey == nil ? limit : objects.count)
                if trial.hasErrors { throw ExitCode(ExitStatus.rejected.rawValue) }
            } catch let unreadable as MappingTrial.Unreadable {
                TrialReport.unreadable(unreadable.finding, mapping, json: json, to: output)
                throw ExitCode(ExitStatus.unreadable.rawValue)
            }
        }

        private func soughtKey() throws -> String? {
            guard let key else { return nil }
            guard key == "-" else {
                guard Masking.redacted(key) == key else {
                    throw FordelerError(
                        .init("argument.personal"),
                        "a CPR number does not belong into a command. Write - in its place, and the key on standard input"
                    )
                }
                return key
            }
            guard let line = readLine(), !line.isEmpty else {
                throw FordelerError(.usage, "standard input holds no key")
            }
            return line
        }

        private func day() throws -> Day {
            guard let today else { return TimeZone.current.day(at: Date()) }
            guard let day = Day(parsing: today) else {
                throw FordelerError(.usage, "--today is a day such as 2026-03-01")
            }
            return day
        }
    }
}
