import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel
import Storage
import Versioning

struct Versions: Command {
    static let configuration = CommandConfiguration(abstract: "List all versions.")

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let output = session.output
        let state = try session.state(.reading)
        let (versions, oldest) = try state.read { (try $0.versions(), try $0.oldestVersion()) }
        for version in versions {
            guard json else {
                let cause = CandidateReport.restored(version.target, version.scope) ?? version.cause.rawValue
                let counts = Table.counts(version.counts).map { $0.trimmingCharacters(in: .whitespaces) }
                output.line(
                    "\(version.number) \(version.time) \(cause) by \(version.actor.name)"
                        + (version.reason.isEmpty ? "" : " (\(version.reason))") + ": " + counts.joined(separator: "; ")
                        + (version.number < oldest ? " (pruned)" : "")
                )
                continue
            }
            var line = JSONBytes()
            line.object { line in
                line.pair("version", version.number)
                line.pair("time", version.time)
                line.pair("day", version.day)
                line.pair("cause", version.cause.rawValue)
                CandidateReport.restored(version.target, version.scope, to: &line)
                line.pair("actor", version.actor.name)
                line.pair("reason", version.reason)
                line.pair("candidate", version.candidate.description)
                line.pair("contentHash", Hexadecimal.text(version.contentHash))
                line.pair("chainHash", Hexadecimal.text(version.chainHash))
                if version.number < oldest {
                    line.key("pruned")
                    line.value(true)
                }
                line.key("changes")
                CandidateReport.write(version.counts, to: &line)
            }
            output.line(line.text)
        }
    }
}

extension StateTransaction {
    /// - Throws: ``FordelerError`` `version.unknown`; 0, the empty register, is always there.
    func requireVersion(_ number: Int) throws {
        guard try number == 0 || version(number) != nil else {
            throw FordelerError(.unknownVersion, "there is no version \(number). See: fordeler versions")
        }
    }

    /// - Throws: ``FordelerError`` `version.unknown`, `version.pruned`.
    func requireReadable(_ number: Int) throws {
        try requireVersion(number)
        try requireKept(number)
    }
}
