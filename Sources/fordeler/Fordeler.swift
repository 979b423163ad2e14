import ArgumentParser
import Foundation
import OrganisationModel
import Versioning

/// The command line.
@main
struct Fordeler: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fordeler",
        abstract: "Keeps professional systems in step with an organisation: imports, versions, publishes, delivers.",
        discussion: """
            Exit status: 0 done, published or unchanged; 1 usage or start-up; 2 rejected by findings; 3 a source could not \
            be read; 4 conflict; 5 held until somebody decides; 6 the daemon: the disk failed.
            """,
        version: "0.1.0",
        subcommands: [
            Serve.self, Import.self, Runs.self, RunCommand.self, Retry.self, Publish.self, Reject.self, Candidates.self,
            RollbackCommand.self, HoldCommand.self, Holds.self,
            ReleaseCommand.self, Pins.self, Unpin.self, Versions.self, Diff.self, Findings.self, FindingCommand.self,
            Show.self, History.self, Explain.self, FiguresCommand.self,
            SubscriptionCommand.self, Events.self, Ack.self, Snapshot.self, StatusCommand.self, Verify.self,
            AuditCommand.self,
            Correct.self, Corrections.self, CorrectionGroup.self,
            Prune.self, Backup.self, Restore.self, PersonReport.self, Erase.self,
            SuppressionCommand.self,
            ConfigCommand.self, MappingCommand.self, SchemaCommand.self, RulesCommand.self,
        ])

    static func main() {
        // Everything written holds personal data: nobody else reads it, whatever the folder allows.
        umask(0o077)
        // A file size limit must be an error that can be explained, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            if exitCode(for: error) == .success { exit(withError: error) }
            Output.process.complain(fullMessage(for: error))
            Foundation.exit(ExitStatus.usage.rawValue)
        }
        Foundation.exit(
            Ending(.process) {
                do {
                    try run(command)
                } catch {
                    // Help, which is all that a group of commands has.
                    if exitCode(for: error) == .success { exit(withError: error) }
                    throw error
                }
            }.status)
    }

    private static func run(_ command: any ParsableCommand) throws {
        guard let command = command as? any Command else {
            var command = command
            return try command.run()
        }
        if let client = CommandClient(configuration: command.common.config) {
            let status = try client.run(
                Array(CommandLine.arguments.dropFirst()), readsAllInput: type(of: command).readsAllInput, .process)
            if status != ExitStatus.done.rawValue { throw ExitCode(status) }
            return
        }
        try command.run(
            in: Session(workplace: Workplace(command.common), output: .process, input: { readLine() }))
    }
}

extension CandidateOrVersion {
    /// Reads `candidate:7` or `3`.
    init(argument: String) throws {
        if argument.hasPrefix("candidate:"), let number = Int(argument.dropFirst("candidate:".count)) {
            self = .candidate(number)
        } else if let number = Int(argument), number >= 0 {
            self = .version(number)
        } else {
            throw FordelerError(.usage, "\(argument) is neither a version number nor candidate:ID")
        }
    }
}

extension CandidateID {
    /// Reads `candidate:7`.
    init(argument: String) throws {
        guard case .candidate(let number) = try CandidateOrVersion(argument: argument) else {
            throw FordelerError(.usage, "\(argument) is not candidate:ID")
        }
        self.init(number)
    }
}

/// What `diff` and `findings` look at.
enum CandidateOrVersion {
    case candidate(Int)
    case version(Int)
}
