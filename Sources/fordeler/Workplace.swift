import ArgumentParser
import Distribution
import Foundation
import Intake
import Mapping
import OrganisationModel
import Storage
import Transports
import Versioning

/// What every command needs to know first.
struct CommonOptions: ParsableArguments {
    @Option(help: "The configuration file.")
    var config = "fordeler.yaml"

    @Option(
        help: ArgumentHelp(
            "Act as if today were this day (yyyy-MM-dd), for tests and demonstrations.", valueName: "day"))
    var today: String?

    @Option(help: "Who does this; by default the user of the operating system.")
    var actor: String?
}

/// The configuration, the clock and the actor of one command.
struct Workplace {
    let configuration: Configuration
    let today: Day
    /// The instant, UTC, RFC 3339.
    let time: String
    let actor: Actor

    func state(_ access: State.Access) throws -> State {
        try State(folder: configuration.state, access: access)
    }

    func identity(_ state: State) -> Identity {
        Identity(secret: state.secret, authority: configuration.authority.cvr)
    }

    /// The same for somebody else.
    func acting(as actor: Actor) -> Workplace {
        Workplace(configuration: configuration, today: today, time: time, actor: actor)
    }

    /// An instant as the clocks of the municipality show it.
    func local(_ instant: Date) -> String {
        instant.formatted(
            Date.ISO8601FormatStyle(timeZoneSeparator: .colon, timeZone: configuration.timeZone))
    }

    /// - Parameter time: RFC 3339.
    func local(_ time: String) -> String {
        (try? Date(time, strategy: .iso8601)).map(local) ?? time
    }

    /// The authority as the `source` of events.
    var eventSource: String {
        "urn:oio:cvr-nr:\(configuration.authority.cvr)"
    }
}

extension Workplace {
    init(_ options: CommonOptions) throws {
        let configuration = try Configuration(file: options.config)
        let now = Date()
        let today: Day
        if let text = options.today {
            guard let day = Day(parsing: text) else {
                throw FordelerError(.usage, "--today is a day such as 2026-03-01")
            }
            today = day
        } else {
            today = configuration.timeZone.day(at: now)
        }
        let actor = options.actor ?? "cli:" + NSUserName()
        // Everybody who may look at versions and audit reads it, and it stays there.
        guard Masking.redacted(actor) == actor else {
            throw FordelerError(
                .init("actor.number"),
                "--actor holds ten digits in a row, as a CPR number has. Name who acts by an account or a role")
        }
        self.init(
            configuration: configuration, today: today, time: now.formatted(.iso8601), actor: Actor(actor))
    }
}

/// How commands end. Scripts and the systemd unit rely on these numbers.
enum ExitStatus: Int32 {
    case done = 0
    case usage = 1
    case rejected = 2
    case unreadable = 3
    case conflict = 4
    case held = 5
    /// The daemon: the disk failed or the state is damaged.
    case storage = 6

    init(_ error: FordelerError) {
        switch error.code {
        case .conflict, .ackAhead, .renderingChanged, .mailboxRenewed, .stillSent, .candidateWaits, .stateInUse,
            .subscriptionExists, .deltaOrder:
            self = .conflict
        case .downloadFailed, .downloadRefused, .downloadUnwritable, .downloadInterrupted: self = .unreadable
        default: self = .usage
        }
    }
}
