import ArgumentParser
import ChangeEvents
import OrganisationModel
import Storage

struct Backup: Command {
    static let configuration = CommandConfiguration(
        abstract: "Copy the state as of this moment into a new folder, and look whether the copy is in order.",
        discussion: """
            Others may read and write meanwhile. The copy holds the register secret and personal data: guard it like the state.

            Example:
              fordeler backup /var/backups/fordeler/2026-03-02
            """)

    @Argument(help: "The folder, which must not exist.")
    var folder: String

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    static let access = State.Access.reading

    func run(in session: Session) throws {
        let target = session.path(folder)
        let state = try session.state(.reading)
        try state.backUp(to: target)
        let report = try BackupReport(folder: target, .reading)
        guard json else {
            return session.output.line(
                "\(target): version \(report.version), \(report.objects) objects, \(report.rows) rows, all in order")
        }
        var line = JSONBytes()
        line.object { line in
            line.pair("folder", target)
            line.pair("version", report.version)
            line.pair("objects", report.objects)
            line.pair("rows", report.rows)
        }
        session.output.line(line.text)
    }
}

/// A backup that was looked at and is in order; one that nobody has read is none.
struct BackupReport {
    let version: Int
    let objects: Int
    let rows: Int

    /// - Throws: ``FordelerError`` `backup.damaged`, `state.too-new`.
    init(folder: String, _ access: State.Access) throws {
        let state = try State(folder: folder, access: access)
        let (report, version) = try state.read { (try $0.verify(), try $0.position().version) }
        if let problem = report.problems.first {
            throw FordelerError(.backupDamaged, "\(folder) is damaged: \(problem). Use another backup")
        }
        (self.version, objects, rows) = (version, report.objects, report.rows)
    }
}
