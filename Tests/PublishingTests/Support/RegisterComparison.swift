@testable import fordeler
import Mapping
import OrganisationModel
import RegisterFixtures
import Storage
import Validation
import Versioning

/// The register against the accepted exports: they ask for nothing more, and an empty office makes the same of them.
struct RegisterComparison {
    let office: Office

    /// - Parameter isNew: whether a version was published since the last time.
    func check(isNew: Bool, _ what: String) throws {
        let isComparable = try office.state.read { transaction in
            if isNew { try demand(try transaction.verify().problems, equals: [], "\(what): verify") }
            return try isSettled(transaction)
        }
        guard isComparable else { return }
        try checkThatNothingIsAskedFor(what)
        if isNew, try !hasMemory() { try compareWithNewOffice(what) }
    }

    /// Nothing is pinned, and the mappings are those by which the accepted exports were read.
    private func isSettled(_ transaction: StateTransaction) throws -> Bool {
        let configuration = try office.workplace().configuration
        guard try transaction.position().version > 0, try transaction.pins().isEmpty,
            try transaction.resolvedPrecedence() == configuration.precedence.digest
        else { return false }
        return true
    }

    private func checkThatNothingIsAskedFor(_ what: String) throws {
        try office.state.read { transaction in
            var proposing = Proposing(
                workplace: try office.workplace(), state: office.state, transaction: transaction)
            proposing.isWhole = true
            var asked: [String] = []
            try proposing.resolve(Proposing.Round(buffer: ClaimBuffer())).whole.changes.forEach {
                asked.append(ResolveComparison.text($0))
            }
            try demand(asked, equals: [], "\(what): the accepted exports ask for more than is published")
        }
    }

    /// True when the register knows more than the files that were accepted last: records that ended with a stub or whose
    /// absence is not confirmed yet, and objects that stay as they were.
    private func hasMemory() throws -> Bool {
        let configuration = try office.workplace().configuration
        return try office.state.read { transaction in
            for name in try transaction.sourcesWithClaims() {
                guard let source = configuration.sources.first(where: { $0.name == name }),
                    try transaction.acceptedExport(of: name)?.seed
                        == MappingProgram(
                            source.mapping, source: name, secret: office.state.secret,
                            authority: configuration.authority
                        ).seed
                else { return true }
                if try transaction.claimPlaces(of: name).contains(where: { $0.line == 0 }) { return true }
                var hasEnded = false
                try transaction.forEachClaim(of: name) { if Claim.isEnded($1) { hasEnded = true } }
                if hasEnded { return true }
            }
            return false
        }
    }

    private func compareWithNewOffice(_ what: String) throws {
        let other = try Office(office.settings, secret: office.state.secret)
        other.settings.brakes = .off
        other.settings.publish = .automatic
        other.today = office.today
        var files: [String: String] = [:]
        for source in office.settings.sources {
            let name = try office.state.read { try $0.acceptedExport(of: source)?.files.first?.name }
            files[source] = try name.map { try other.write(office.text($0), source) }
        }
        let outcome = try other.importFiles(files)
        let findings = try other.state.read { try $0.findings(outcome.candidate.findingsFrom) }
        // What is withheld stays as it was here, and is not there in an empty office.
        guard !findings.contains(where: { $0.rule.fate == .withhold }) else {
            // Even the root of the units may be withheld; then an empty office refuses everything.
            return outcome.candidate.verdict == .published ? try compareUnwithheld(other, findings, what) : ()
        }
        try compare(office.objects(), other.objects(), what)
    }

    private func compare(_ here: [RegisteredObject], _ there: [RegisteredObject], _ what: String) throws {
        let texts = (here.map(Self.text), there.map(Self.text))
        guard texts.0 != texts.1 else { return }
        throw Mismatch(
            "\(what): the register is not what a new office makes of the same files\n"
                + "  only here:  \(texts.0.filter { !texts.1.contains($0) })\n"
                + "  only there: \(texts.1.filter { !texts.0.contains($0) })")
    }

    /// Units hang on nothing but themselves, so those without findings are the same.
    private func compareUnwithheld(_ other: Office, _ findings: [Finding], _ what: String) throws {
        let keys = Set(findings.map(\.key))
        let ids = try other.state.read { try $0.idsWithFindings() }
        func units(_ office: Office) throws -> [RegisteredObject] {
            try office.objects().filter { $0.kind == .unit && !keys.contains($0.key) && !ids.contains($0.id) }
        }
        try compare(units(office), units(other), "\(what), units")
    }

    private static func text(_ object: RegisteredObject) -> String {
        "\(object.kind.name) \(object.id): \(ResolveComparison.text(object.state, object.kind))"
    }
}
