import Foundation
import Distribution
import OrganisationModel

/// A notice as a message in the form of RFC 5322, with CRLF at the end of every line.
struct MailMessage {
    let from: String
    let to: [String]
    let notice: Notice

    var bytes: [UInt8] {
        var lines = ["From: \(from)", "To: \(to.joined(separator: ",\r\n "))"]
        lines.append("Subject: \(Self.encoded(Foreign.oneLine(notice.subject)))")
        if let date { lines.append("Date: \(date)") }
        let domain = from.split(separator: "@").last.map(String.init) ?? from
        lines += [
            "Message-ID: <\(notice.headerID)@\(domain)>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n" + body + "\r\n").utf8)
    }

    private var body: String {
        let lines = notice.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let text = Data(lines.joined(separator: "\r\n").utf8)
        return text.base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
    }

    /// Without the name of the day, which may be left out; nil when the time of the notice cannot be read, and then the
    /// mail server adds a date.
    private var date: String? {
        guard let (day, second) = notice.instant else { return nil }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (year, month, date) = day.components
        let clock = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(date) \(months[month - 1]) \(year) \(clock.joined(separator: ":")) +0000"
    }

    /// A text without line breaks as the value of a header: as it is when it is short and plain ASCII, else in words of
    /// RFC 2047, so short that the first fits behind the header's name in a line of 76 characters.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        if isPlain, text.utf8.count <= 66, !text.contains("=?"), text == text.trimmingCharacters(in: .whitespaces) {
            return text
        }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > 39 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}
