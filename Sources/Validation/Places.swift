import OrganisationModel

extension Collection<SourceLocation> {
    /// File and line of each, for a message: the first ones, and how many more there are. A key may repeat a million times.
    var shown: String {
        let most = 10
        let places = prefix(most).map { "\($0.file):\($0.line)" }.joined(separator: ", ")
        return count > most ? "\(places) and \(count - most) more" : places
    }
}
