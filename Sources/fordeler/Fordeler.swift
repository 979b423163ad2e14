import ArgumentParser
import Foundation
import OrganisationModel

/// The command line.
@main
struct Fordeler: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fordeler",
        abstract: "Keeps professional systems in step with an organisation: imports, versions, publishes, delivers.",
        discussion: """
            Exit status: 0 done, published or unchanged; 1 usage or start-up; 2 rejected by findings; 3 a source could not \
            be read; 4 conflict; 5 held until somebody decides.
            """,
        version: "0.1.0",
        subcommands: [
            Import.self, Publish.self, Candidates.self, RollbackCommand.self, HoldCommand.self, Holds.self,
            ReleaseCommand.self, Pins.self, Unpin.self, Versions.self, Diff.self, Findings.self, Show.self,
            SubscriptionCommand.self, Events.self, Ack.self, Snapshot.self, Verify.self,
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
        Foundation.exit(Ending(.process) { try run(command) }.status)
    }

    private static func run(_ command: any ParsableCommand) throws {
        guard let command = command as? any Command else {
            // Help, which is all that a group of commands has.
            var command = command
            do {
                try command.run()
            } catch {
                exit(withError: error)
            }
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

/// What `diff` and `findings` look at.
enum CandidateOrVersion {
    case candidate(Int)
    case version(Int)
}
