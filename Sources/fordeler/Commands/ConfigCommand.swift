import ArgumentParser
import OrganisationModel

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a configuration, and every mapping that it names, is in order. Changes nothing.")

        @Option(help: "The configuration file.")
        var config = "fordeler.yaml"

        func run() throws {
            let configuration = try Configuration(file: config)
            let names = configuration.sources.map(\.name).joined(separator: ", ")
            Output.process.line("\(config) is in order: sources \(names)")
        }
    }
}
