import Foundation
import Logging
import Mapping
import OrganisationModel
import Storage
import Yams

/// Reads the configuration again. One that is in order takes the place of the old one, and what differs is logged; a bad one
/// is refused, and the daemon goes on with the one that it has.
struct Reloading {
    private let daemon: Daemon

    init(_ daemon: Daemon) {
        self.daemon = daemon
    }

    func run() {
        ServiceManager().reloading()
        defer { ServiceManager().ready() }
        do {
            let new = try Configuration(file: daemon.configuration.file)
            let old = daemon.configuration
            let differences = ConfigurationDifference.between(old.text, new.text)
            for difference in differences { daemon.log.notice("configuration: \(difference)") }
            for (source, mapping) in new.sources.map({ ($0.name, $0.mapping) })
            where old.sources.first(where: { $0.name == source }).map({ $0.mapping.text != mapping.text }) ?? false {
                daemon.log.notice("configuration: the mapping of \(source) is another one")
            }
            guard old.state == new.state, old.socket == new.socket, old.http == new.http else {
                throw FordelerError(
                    .invalidConfiguration,
                    "state, socket and http are taken when the daemon starts. Restart it for that")
            }
            try daemon.state.read { try new.requireSources(of: $0) }
            daemon.use(new)
            daemon.health.clear(.configuration)
            daemon.log.notice("configuration reloaded", metadata: ["differences": "\(differences.count)"])
        } catch {
            daemon.log.error("configuration refused, the old one stays in force: \(error)")
            if let error = error as? FordelerError, daemon.health.report(.configuration, error) { tell(error) }
        }
    }

    private func tell(_ problem: FordelerError) {
        do {
            try daemon.tell { $0.refusedConfiguration(problem) }
        } catch {
            daemon.log.error("nobody could be told: \(error)")
        }
    }
}
