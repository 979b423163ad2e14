import ArgumentParser
import Foundation
import Intake
import Mapping
import OrganisationModel
import SourceExports

extension MappingCommand {
    struct Draft: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Propose a mapping for the files of an unknown export, CSV or XML.",
            discussion: """
                Prints a mapping whose notes tell how sure each choice is, and why, and above it which mapping that comes with \
                the program reads the files already. No value of a person is printed. Look at every line, then try it.

                Example:
                  fordeler mapping draft units.csv people.csv > my.yaml
                  fordeler mapping try my.yaml units.csv people.csv
                """)

        @Argument(help: "The files of one export, or the folder that holds them.")
        var export: [String]

        func run() throws {
            var name = ""
            do {
                let files = try DeliveredFiles.at(export).map { path in
                    SampleFile(name: ShownText.cleaned((path as NSString).lastPathComponent)) {
                        let handle = try ExportFileHandle(path: path)
                        return { try handle.fill($0) }
                    }
                }
                if files.isEmpty {
                    throw ExportProblem(rule: .unreadable, line: 0, message: "The folder holds no file.")
                }
                let draft = try MappingDraft(files) { name = $0 }
                for known in ShippedMappings.reading(export, today: TimeZone.current.day(at: Date())) {
                    Output.process.line(
                        "# \(known) reads these files already. Try it first: fordeler mapping try \(known) EXPORT...")
                }
                Output.process.results(Array(draft.yaml.utf8))
            } catch let problem as ExportProblem {
                let finding = Finding(
                    rule: problem.rule, kind: nil, key: "",
                    location: SourceLocation(source: "", file: name, line: problem.line), message: problem.message)
                Output.process.complain(Table.finding(finding))
                throw ExitCode(ExitStatus.unreadable.rawValue)
            }
        }
    }
}
