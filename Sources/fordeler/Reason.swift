import Mapping
import OrganisationModel
import Storage
import Versioning

/// Why something is not there, or not as its sources say, and what to do.
struct Reason {
    /// Stable; shown to people and programs.
    let code: String
    /// One sentence.
    let message: String
    let remedy: String
    var location: SourceLocation?
    /// The line of a mapping.
    var mapping: (name: String, line: Int)?
    var version: Int?
    var candidate: CandidateID?
}

extension Reason {
    static func withheld(_ naming: Explaining.Naming, isThere: Bool) -> [Reason] {
        naming.withholding.map { finding in
            Reason(
                code: finding.code,
                message: "\(finding.message)\(isThere ? " The object stays as it was." : "")",
                remedy: "Correct the record in \(naming.claim.source) and import it again.",
                location: naming.claim.location)
        }
    }

    static func rule(_ finding: Finding, isThere: Bool) -> Reason {
        Reason(
            code: finding.rule.code, message: "\(finding.message)\(isThere ? " It stays as it was." : "")",
            remedy: "Correct it in \(finding.location.source) and import it again.", location: finding.location)
    }

    static func ended(_ naming: Explaining.Naming) -> Reason {
        Reason(
            code: "ended",
            message: naming.periodCount == 0
                ? "A record that says only that it ended came before it began."
                : "A record that says only that it ended ended it.",
            remedy: "Nothing need be done. If it is wrong, have it corrected in \(naming.claim.source).",
            location: naming.claim.location)
    }

    static func unconfirmed(_ naming: Explaining.Naming) -> Reason {
        Reason(
            code: "unconfirmed",
            message:
                "The last \(naming.claim.absences) exports of \(naming.claim.source) lacked its record, which still counts.",
            remedy:
                "When enough exports in a row lack it (confirmRemovals), it goes. Look whether the export is complete.",
            location: naming.claim.location)
    }

    static func pinned(_ pin: Pin) -> Reason {
        Reason(
            code: "pinned",
            message:
                "A rollback set it apart from what its sources say with version \(pin.since), and it stays so until both agree.",
            remedy: "Look at it in: fordeler pins; let it follow the sources with: fordeler unpin.", version: pin.since)
    }

    static func outdated(isThere: Bool) -> Reason {
        Reason(
            code: "next-import",
            message: isThere
                ? "The accepted exports say something else now, as the configuration, a setting or the day changed since."
                : "The accepted exports name it now, as the configuration, a setting or the day changed since.",
            remedy: "The next import makes a candidate of it: fordeler import.")
    }

    static func leftOut(
        _ condition: Lineage.Condition?, _ element: String, _ location: SourceLocation, _ mapped: Explaining.Mapped?
    ) -> Reason {
        guard let condition, let mapped, mapped.isCurrent else {
            return Reason(
                code: "left-out",
                message: "The record (\(element)) is there, and the mapping that read it makes nothing of it.",
                remedy: "The mapping changed since: import again, and ask again.", location: location)
        }
        let sense = condition.word == "except" ? "holds" : "does not hold"
        return Reason(
            code: "left-out",
            message:
                "The mapping leaves it out: of the record (\(element)) `\(condition.word): \(condition.expression)` \(sense).",
            remedy:
                "Nothing need be done if that is meant. Else correct the record in \(location.source), or the mapping.",
            location: location, mapping: (mapped.name, condition.mappingLine))
    }

    static func otherwise(_ record: String, _ made: [String], _ location: SourceLocation) -> Reason {
        Reason(
            code: "other-key",
            message: "It is the key of a record (\(record)), which makes others: \(made.joined(separator: ", ")).",
            remedy: "Ask for one of these.", location: location)
    }
}
