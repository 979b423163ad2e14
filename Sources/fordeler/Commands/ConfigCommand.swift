import ArgumentParser
import Intake
import OrganisationModel
import Transports

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a configuration, and every mapping that it names, is in order. Changes nothing.",
            discussion: """
                Also tells, without failing, of folders that cannot be listed now and of a notify program that cannot be run.
                """)

        @Option(help: "The configuration file.")
        var config = "fordeler.yaml"

        func run() throws {
            let configuration = try Configuration(file: config)
            let names = configuration.sources.map(\.name).joined(separator: ", ")
            Output.process.line("\(config) is in order: sources \(names)")
            for source in configuration.sources {
                if let download = source.download {
                    Output.process.line("\(source.name): downloaded from \(download.server.place)")
                    continue
                }
                guard let pattern = source.files else { continue }
                do {
                    let count = try source.delivered(pattern).count
                    Output.process.line(
                        "\(source.name): \(count) \(source.deliversFolders ? "folders" : "files") match \(pattern) now")
                } catch let error as FordelerError {
                    Output.process.complain("\(source.name): \(error)")
                }
            }
            for channel in configuration.notify.senders.compactMap({ $0 as? CommandChannel }) where !channel.isThere {
                Output.process.complain("\(channel.name): the program cannot be run. Look at its path and rights")
            }
        }
    }
}
