import Crypto
import Distribution
import Foundation
import Intake
import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// The notices that people get: each says what happened and what to do, and holds no personal data.
struct Notices {
    private let workplace: Workplace
    /// Tells this register's notices from those of every other.
    private let register: String

    init(_ workplace: Workplace, _ state: State) {
        self.workplace = workplace
        register = Hexadecimal.text(Array(SHA256.hash(data: state.secret).prefix(4)))
    }

    private func notice(_ code: String, about: String, _ subject: String, _ text: String) -> Notice {
        let authority = workplace.configuration.authority
        return Notice(
            id: "\(register)-\(about)-\(code)", code: code,
            subject: "Fordeler, \(authority.name): \(Masking.redacted(subject))", text: Masking.redacted(text),
            time: workplace.time)
    }

    /// A file whose candidate waits or was refused; nil when all is well.
    func decided(_ outcome: Outcome, _ run: Run) -> Notice? {
        let candidate = outcome.candidate
        let what = "\(run.file.source), \(RunText.name(run.file)), candidate:\(candidate.id)"
        let findings = candidate.findingCounts.map { "  \($0.severity.rawValue) \($0.rule): \($0.count)" }
        switch candidate.verdict {
        case .held:
            let brakes = candidate.brakes.map { "  \($0.name): \($0.message)" }
            return notice(
                "candidate.held", about: "candidate-\(candidate.id)", "an export of \(run.file.source) waits",
                ([
                    "Held: \(what).",
                    "It waits for \(candidate.waitsFor.joined(separator: ", ")). Nothing was published.",
                ] + brakes + findings + [
                    "Look at it: fordeler diff \(outcome.version) candidate:\(candidate.id)",
                    "If the export is wrong, have a correct full one sent: it takes this one's place. To be done with it before: "
                        + "fordeler reject candidate:\(candidate.id) --reason \"...\"",
                    "If all of it is right: fordeler publish candidate:\(candidate.id) --approve --reason \"...\"",
                ]).joined(separator: "\n"))
        case .rejected:
            return notice(
                "candidate.rejected", about: "run-\(run.number)-\(candidate.id)",
                "an export of \(run.file.source) was refused",
                (["Refused: \(what). Nothing was changed; version \(outcome.version) stands."] + findings + [
                    "Look why: fordeler findings candidate:\(candidate.id)",
                    "Have it corrected at the source. To read the same file again: fordeler retry \(run.number)",
                ] + later(run)).joined(separator: "\n"))
        case .published, .unchanged, .superseded: return nil
        }
    }

    /// A file that is not read, such as a symbolic link.
    func refused(_ run: Run) -> Notice {
        let isLate = run.message == DeltaOrder.late
        let ways =
            isLate
            ? "Later deltas wait. Look whether they are to go on without it: fordeler run drop \(run.number) --reason \"...\". "
                + "Else have the source send what is missing under a new time, or a full export"
            : "Only regular files are read. Look at the file and at who put it there. To read it all the same: "
                + (["fordeler retry \(run.number)"] + later(run)).joined(separator: "\n")
        return notice(
            "file.refused", about: "run-\(run.number)", "a file of \(run.file.source) was refused",
            "Refused: \(run.file.source), \(RunText.name(run.file)): \(run.message)\n" + ways)
    }

    /// What a refused delta means for others.
    private func later(_ run: Run) -> [String] {
        guard workplace.configuration.deltaSources.contains(run.file.source) else { return [] }
        return [
            "Until then, or until somebody drops it, later deltas wait: fordeler run drop \(run.number) --reason \"...\""
        ]
    }

    /// - Parameter due: when it should have been there.
    func missed(_ source: String, due: Date, last: String?) -> Notice {
        notice(
            "source.file-missed", about: "\(source)-\(Int(due.timeIntervalSince1970))",
            "no export of \(source) has come",
            "An export of \(source) was expected by \(workplace.local(due)); the last one came "
                + "\(last.map(workplace.local) ?? "never"). Nothing was changed, and nothing is removed because of it.\n"
                + "Ask whoever sends it. What has come is told by: fordeler runs --source \(source)")
    }

    /// An approval whose time has come and that was not carried out.
    /// - Parameter isHeld: whether its candidate still waits.
    func notDone(_ scheduled: ScheduledPublish, _ problem: FordelerError, isHeld: Bool) -> Notice {
        let name = "candidate:\(scheduled.candidate)"
        return notice(
            "publish.not-done", about: "\(name)-\(scheduled.instant)", "\(name) is not published as it was scheduled",
            "\(name) was to be published at \(workplace.local(scheduled.instant)), approved by \(scheduled.actor.name). "
                + "Nothing was published: \(problem.message)\n"
                + (isHeld ? "It still waits, and is not scheduled any more.\n" : "")
                + "Look at what waits, and approve it again if it is right: fordeler candidates")
    }

    func stillOn(_ hold: Hold) -> Notice {
        notice(
            "hold.still-on", about: "\(hold.source)-\(workplace.today)", "\(hold.source) is still on hold",
            "\(hold.source) is on hold since version \(hold.version), \(workplace.local(hold.time)), and publishes nothing by itself.\n"
                + "To let go what is not pinned: fordeler release \(hold.source) --except pinned")
    }

    /// - Parameters:
    ///   - crashed: when the one that crashed had started.
    ///   - count: how often that happened within the last day.
    func restarted(service: Int, crashed: String, count: Int) -> Notice {
        notice(
            "daemon.restarted", about: "service-\(service)", "the daemon was restarted after a crash",
            "The daemon that started at \(workplace.local(crashed)) did not end by itself, and was started again; \(count) times within a "
                + "day. What it had answered is kept, what it had not finished is done again.\n"
                + "Look at its log: journalctl -u fordeler, and at: fordeler status")
    }

    /// What goes wrong with a source for a reason that is not its file's.
    func failed(_ source: String, _ problem: FordelerError) -> Notice {
        notice(
            "source.failed", about: "\(source)-\(workplace.today)", "nothing of \(source) can be read",
            "\(problem.message)\nNothing was changed; it is tried again by itself. Look how things are: fordeler status"
        )
    }

    /// A configuration that was to be taken while the daemon runs.
    func refusedConfiguration(_ problem: FordelerError) -> Notice {
        notice(
            "configuration.refused", about: "configuration-\(workplace.time)", "a new configuration was refused",
            "\(problem)\nThe one before stays in force. Correct the file, try it with fordeler config check, and reload."
        )
    }

    /// More days are due than are turned without asking.
    func dayWaits(_ days: Int) -> Notice {
        notice(
            "day.waits", about: "day-\(workplace.today)", "the clock lies far ahead of the register",
            "Today lies \(days) days after the register's day, so no day was turned. Check the clock of the machine.\n"
                + "If it is right, the next publish that somebody approves turns the days.")
    }
}
