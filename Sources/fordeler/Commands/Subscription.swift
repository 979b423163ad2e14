import ArgumentParser
import ChangeEvents
import Crypto
import Distribution
import OrganisationModel
import Storage
import Versioning

struct SubscriptionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscription", abstract: "Add and list subscriptions, and make their tokens.",
        subcommands: [Add.self, List.self, Token.self])

    struct Add: Command {
        static let configuration = CommandConfiguration(
            abstract: "Open a mailbox for a system. It begins with the next version or day turn.",
            discussion:
                "Example:\n  fordeler subscription add ky --kinds unit,engagement --attributes name,parent,unit,title")

        @Argument(help: "The subscription's name: letters, digits, - and _.")
        var name: String

        @Option(help: "Kinds, separated by commas.")
        var kinds: String

        @Option(help: "Attributes, separated by commas; by default all that are not personal.")
        var attributes: String?

        @Flag(help: "Also where people with a protected address can be found: their workplace, telephone and mail.")
        var protected = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        func run(in session: Session) throws {
            let output = session.output
            guard !name.isEmpty, name.utf8.allSatisfy({ Self.allowed.contains($0) }), Masking.redacted(name) == name
            else {
                throw FordelerError(
                    .usage, "a subscription's name is made of letters, digits, - and _, and is no CPR number")
            }
            func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
            let view = try View(kinds: list(kinds), attributes: attributes.map(list), seesProtected: protected)
            let workplace = session.workplace
            let state = try session.state(.writing)
            let mailbox = try state.write {
                try $0.addMailbox(
                    name, view: view, source: workplace.eventSource, actor: workplace.actor, time: workplace.time)
            }
            output.line("subscription \(mailbox.name): \(mailbox.view.definition), epoch \(mailbox.epoch)")
        }

        private static let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)
    }

    struct List: Command {
        static let configuration = CommandConfiguration(abstract: "List all subscriptions.")

        @Flag(help: "Print one JSON object a line.")
        var json = false

        @OptionGroup var common: CommonOptions

        static let access = State.Access.reading

        func run(in session: Session) throws {
            let output = session.output
            let state = try session.state(.reading)
            for mailbox in try state.read({ try $0.mailboxes() }) {
                guard json else {
                    output.line(
                        "\(mailbox.name): \(mailbox.view.definition), settled through \(mailbox.settledThrough)")
                    continue
                }
                var line = JSONBytes()
                line.object { line in
                    line.pair("name", mailbox.name)
                    line.key("kinds")
                    line.array { line in for kind in mailbox.view.kinds { line.value(kind.name) } }
                    line.key("attributes")
                    line.array { line in for name in mailbox.view.attributes { line.value(name) } }
                    line.key("protected")
                    line.value(mailbox.view.seesProtected)
                    line.pair("epoch", mailbox.epoch)
                    line.pair("startsafter", mailbox.startsAfter)
                    line.pair("settledthrough", mailbox.settledThrough)
                }
                output.line(line.text)
            }
        }
    }
}

extension SubscriptionCommand {
    struct Token: Command {
        static let configuration = CommandConfiguration(
            abstract: "Make the token with which a system reads its mailbox over HTTP. It is shown once.",
            discussion: "A token that the subscription had before is not valid any more.")

        @Argument(help: "The subscription.")
        var name: String

        @OptionGroup var common: CommonOptions

        static let access = State.Access.writing

        /// Bytes of chance in a token.
        private static let byteCount = 32

        func run(in session: Session) throws {
            let workplace = session.workplace
            let state = try session.state(.writing)
            let token = "fdl_" + Hexadecimal.text(State.randomBytes(Self.byteCount))
            try state.write { transaction in
                _ = try Delivery(log: transaction, source: workplace.eventSource).mailbox(name)
                try transaction.setToken(
                    digest: Array(SHA256.hash(data: Array(token.utf8))), subscription: name, actor: workplace.actor,
                    time: workplace.time)
            }
            session.output.line(token)
        }
    }
}
