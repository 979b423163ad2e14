import ArgumentParser
import ChangeEvents
import Distribution
import Foundation
import Intake
import OrganisationModel
import Storage

/// Not a command of the daemon, which must not run: it would be robbed of its state.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a backup in the place of the state. The daemon must be stopped.",
        discussion: """
            Whoever was erased since the backup is erased again. Every mailbox begins anew: each subscriber takes a snapshot \
            and goes on from there. Files that came after the backup are read again when the daemon starts.

            Examples:
              fordeler restore /var/backups/fordeler/2026-03-02 --dry-run
              fordeler restore /var/backups/fordeler/2026-03-02 --keep /var/backups/fordeler/replaced
            """)

    @Argument(help: "A folder that backup made.")
    var folder: String

    @Option(help: ArgumentHelp("Where the state goes that is replaced; on the same disk.", valueName: "folder"))
    var keep: String?

    @Flag(help: "Delete the state that is replaced.")
    var discard = false

    @Flag(help: "Only say whether the backup is in order, and what subscribers will see.")
    var dryRun = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        let status = Ending(.process) { try restore() }.status
        if status != ExitStatus.done.rawValue { throw ExitCode(status) }
    }

    private func restore() throws {
        let workplace = try Workplace(common)
        let restoring = try Restoring(backup: folder, into: workplace.configuration.state)
        let output = Output.process
        // Nothing of the copy stays, whatever happens.
        defer {
            do {
                try restoring.removeDraft()
            } catch {
                output.complain("\(error)")
            }
        }
        if restoring.replaces, !dryRun, keep == nil, !discard {
            throw FordelerError(
                .usage, "there is a state, which would be lost. Say --keep FOLDER, or --discard to delete it")
        }
        if let keep { try restoring.check(keeping: keep) }
        if let keep, FileManager.default.fileExists(atPath: keep + "/fordeler.sqlite") {
            throw FordelerError(.backupExists, "\(keep) holds a state already. Name another folder")
        }
        try prepare(restoring, workplace, output)
        guard !dryRun else { return output.line("nothing was changed") }
        try restoring.finish(keeping: keep)
        output.line("restored. Start the daemon: fordeler serve")
    }

    /// Brings the copy up to date: migrates it, erases who was erased since, and begins every mailbox anew.
    private func prepare(_ restoring: Restoring, _ workplace: Workplace, _ output: Output) throws {
        let report = try BackupReport(folder: restoring.draft, .writing)
        let state = try State(folder: restoring.draft, access: .writing)
        let day = try state.read { try $0.position().day }
        output.line(
            "\(folder): version \(report.version), day \(day.map(\.description) ?? "none yet"), \(report.objects) objects, all in "
                + "order")
        try state.ledger.append(try restoring.replacedLedger())
        do {
            let erased = try Erasure(workplace: workplace, state: state).finish()
            if erased > 0 { output.line("erased again, as they were since: \(erased)") }
            if erased > 0, !dryRun { try DownloadFolder.removeAll(state: workplace.configuration.state) }
        } catch let error as FordelerError where error.code == .erasureIncomplete {
            // Better a register with something to be seen to than none.
            output.complain("\(error). It is restored all the same: see to that")
        }
        for view in try state.read({ try $0.viewsToCount() }) {
            try state.write {
                try Delivery(log: $0, source: workplace.eventSource).countPending(view: view.view, id: view.id)
            }
        }
        let renewed = try state.write {
            try $0.renew(actor: workplace.actor, backup: folder, time: workplace.time)
        }
        for candidate in renewed.unscheduled {
            output.line(
                "candidate:\(candidate) is not scheduled any more; approve it anew if it is still to be published")
        }
        for (name, after) in renewed.mailboxes {
            output.line("\(name) takes a snapshot; its events go on after \(after), in a new epoch")
        }
        try state.checkpoint()
    }
}
