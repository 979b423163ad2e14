import ArgumentParser
import ChangeEvents
import Foundation
import Intake
import OrganisationModel
import Storage
import Validation
import Versioning

/// Lines for people.
enum Table {
    static func counts(_ counts: ChangeCounts) -> [String] {
        Kind.allCases.compactMap { kind in
            guard counts.byKind[kind] != nil else { return nil }
            let labels = ChangeLabel.allCases.filter { counts[kind, $0] > 0 }
                .map { "\(counts[kind, $0]) \($0.rawValue)" }
            return "  \(kind.name): \(labels.joined(separator: ", "))"
        }
    }

    /// First and last day, as people count them; elsewhere the end of a period is the first day after it.
    static func days(_ period: EffectivePeriod) -> String {
        switch (period.from.isFinite, period.to.isFinite) {
        case (false, false): "always"
        case (true, false): "from \(period.from)"
        case (false, true): "through \(period.to.advanced(by: -1))"
        case (true, true): "from \(period.from) through \(period.to.advanced(by: -1))"
        }
    }

    static func finding(_ finding: Finding) -> String {
        let file = RunText.shown(finding.location.file)
        // What no export says has no file.
        let name = file.isEmpty ? finding.location.source : file
        let place = finding.location.line > 0 ? "\(name):\(finding.location.line)" : name
        let about = finding.kind.map { "\($0.name) \(finding.key) " } ?? ""
        return "\(place) [\(finding.rule.code)] \(about)\(finding.message)"
    }
}
