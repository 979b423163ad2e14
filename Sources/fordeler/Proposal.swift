import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// A candidate that is not written yet, with all that it needs to become what it is to become.
struct Proposal {
    var candidate: Candidate
    var findings: [Finding] = []
    /// What is published, or what waits.
    var changes: (any ChangeSet)?
    let acceptance: Acceptance
    /// What waits for `pin` when a part is published.
    var rest: (any ChangeSet)?
    var tally: BrakeTally?
    /// The sources that go on hold when it is published.
    var holds: [String] = []
    /// False when nothing is to be written at all.
    var isWritten = true
    var isUnreadable = false
}
