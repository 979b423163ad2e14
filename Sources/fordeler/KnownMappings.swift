import Foundation
import Mapping
import OrganisationModel

extension ShippedMappings {
    /// The names of those that read these files, which are one export, to their end; in the order of the alphabet.
    /// - Parameter today: the day on which they are read.
    static func reading(_ paths: [String], today: Day) -> [String] {
        var names: Set<String> = []
        for folder in folders(configuration: "") {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            names.formUnion(files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) })
        }
        return names.sorted().filter { name in
            guard let mapping = try? MappingFile(named: name) else { return false }
            return MappingTrial.reads(paths, mapping.document, today: today)
        }
    }
}
