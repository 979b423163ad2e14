import Crypto
import Distribution
import Foundation
import Intake
import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning

/// How files are named to people.
enum RunText {
    /// The file's name without its folder, as it may be shown.
    static func name(_ file: RunFile) -> String {
        shown(file.path.split(separator: "/").last.map(String.init) ?? file.path)
    }

    /// A name without what steers terminals and without what has the form of a CPR number.
    static func shown(_ name: String) -> String {
        Masking.redacted(ShownText.cleaned(name))
    }
}
