import ArgumentParser
import Foundation
import OrganisationModel
import Storage

/// A command on the state. The process that was started carries it out, or the daemon that owns the state does, with the
/// same answers.
protocol Command: ParsableCommand {
    /// Commands that write have the state to themselves.
    static var access: State.Access { get }
    /// Whether a command that writes waits for others at first and calls ``Session/alone(_:)`` itself.
    static var beginsBesideOthers: Bool { get }
    /// Whether `-` stands for all of standard input, and not for its first line.
    static var readsAllInput: Bool { get }
    var common: CommonOptions { get }
    func run(in session: Session) throws
}

extension Command {
    static var beginsBesideOthers: Bool { false }
    static var readsAllInput: Bool { false }
}

/// What a command works with: the state, where its answers go, and what its caller has that the daemon has not.
struct Session {
    let workplace: Workplace
    let output: Output
    /// The folder to which relative paths of the caller belong; empty for that of the process.
    var folder = ""
    /// The next line of the caller's standard input, without its end; nil when there is none.
    let input: () -> String?
    /// The daemon's state; nil for a process that opens it itself.
    var shared: State?
    /// The daemon that runs the command; nil when none does.
    var daemon: Daemon?

    /// The state, opened for this command unless the daemon has it open.
    func state(_ access: State.Access) throws -> State {
        try shared ?? workplace.state(access)
    }

    /// Runs `body` while nobody else works on the register.
    func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        try daemon.map { try $0.desk.alone(body) } ?? body()
    }

    /// A path of the caller's as this process can use it.
    func path(_ text: String) -> String {
        text.hasPrefix("/") || folder.isEmpty ? text : folder + "/" + text
    }
}

/// How a command ended.
struct Ending {
    let status: Int32

    /// Runs `body`; what it throws is told to `output`.
    init(_ output: Output, _ body: () throws -> Void) {
        do {
            try body()
            status = ExitStatus.done.rawValue
        } catch let error as FordelerError {
            output.complain(error.description)
            status = ExitStatus(error).rawValue
        } catch let code as ExitCode {
            status = code.rawValue
        } catch {
            output.complain(Fordeler.fullMessage(for: error))
            status = ExitStatus.usage.rawValue
        }
    }
}
