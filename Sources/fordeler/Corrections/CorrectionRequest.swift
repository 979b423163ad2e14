import OrganisationModel

/// A correction as somebody asks for it: in words, before anybody has looked whether it can be made.
struct CorrectionRequest {
    enum Statement: String, CaseIterable {
        case create, change, close, move, rekey, merge
    }

    let statement: Statement
    let kind: String
    let key: String
    /// Names of attributes and what they are to be; an empty text for no value.
    var values: [(name: String, text: String)] = []
    /// Of a move the unit, of a rekey the new key, of a merge the key of the object that stays.
    var target = ""
    /// Of a rekey, the source that has the new key.
    var source: String?
    var from: String?
    var until: String?
    /// The line of the file, from 1; 0 for a command.
    var line = 0
}

extension FordelerError.Code {
    static let correctionInvalid = FordelerError.Code("correction.invalid")
    static let correctionDenied = FordelerError.Code("correction.denied")
    static let correctionUnknown = FordelerError.Code("correction.unknown")
}
