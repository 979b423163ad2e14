public import OrganisationModel

/// The register, its versions and its candidates, as Versioning needs them. All calls of one transaction see one state.
public protocol VersionStore: Register {
    /// (0, nil) for the empty register.
    func position() throws -> (version: Int, day: Day?)
    func version(_ number: Int) throws -> Version?
    /// All versions in order.
    func versions() throws -> [Version]
    func candidate(_ id: CandidateID) throws -> Candidate?
    /// The candidate's findings in the order in which rules made them.
    func findings(_ candidate: CandidateID) throws -> [Finding]
    /// The change set of a candidate that waits.
    func changeSet(_ candidate: CandidateID) throws -> (any ChangeSet)?
    func object(_ id: ObjectID, version: Int) throws -> RegisteredObject?
    /// What differs between two versions, in the order of ids.
    func changes(from: Int, to: Int) throws -> any ChangeSet
}
