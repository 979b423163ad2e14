/// Text from outside as it may be shown in logs and on terminals.
public enum ShownText {
    /// Characters that steer terminals, break lines or turn the direction of writing become `?`.
    public static func cleaned(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { steers($0) ? "?" : $0 }))
    }

    /// Cleaned, cut to a length that fits into a sentence, and in quotation marks.
    static func quoted(_ text: String) -> String {
        "\"" + cleaned(String(text.prefix(60))) + "\""
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
