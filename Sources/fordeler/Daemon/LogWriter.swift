import ChangeEvents
import Foundation
import Intake
import Logging
import OrganisationModel

/// Writes one line to standard error for each event: for people on a terminal, else as one JSON object, before which the
/// journal finds the priority when it is the one that reads.
struct LogWriter: LogHandler {
    enum Form: Sendable {
        case text, json, journal
    }

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    let form: Form
    let label: String
    /// Takes one line, with its end.
    let write: @Sendable ([UInt8]) -> Void

    init(label: String, form: Form, write: @escaping @Sendable ([UInt8]) -> Void = LogWriter.toStandardError) {
        self.label = label
        self.form = form
        self.write = write
    }

    /// The form for whatever standard error is.
    static var form: Form {
        if isatty(STDERR_FILENO) == 1 { return .text }
        return ProcessInfo.processInfo.environment["JOURNAL_STREAM"] == nil ? .json : .journal
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        guard event.level >= logLevel else { return }
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
            .map { ($0, Masking.redacted("\($1)")) }.sorted { $0.0 < $1.0 }
        let message = Masking.redacted(event.message.description)
        write(Array(line(event.level, message, fields, time: Date().formatted(.iso8601)).utf8))
    }

    private func line(_ level: Logger.Level, _ message: String, _ fields: [(String, String)], time: String) -> String {
        if form == .text {
            let tail = fields.map { " \($0)=\($1)" }.joined()
            return "\(time) \(level.rawValue) \(ShownText.cleaned(message + tail))\n"
        }
        var json = JSONBytes()
        json.object { json in
            json.pair("time", time)
            json.pair("level", level.rawValue)
            json.pair("logger", label)
            json.pair("message", message)
            for (name, value) in fields { json.pair(name, value) }
        }
        return (form == .journal ? "<\(Self.priority(level))>" : "") + json.text + "\n"
    }

    /// The priorities of syslog, RFC 5424, table 2.
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    @Sendable static func toStandardError(_ bytes: [UInt8]) {
        // There is nobody left to tell when this fails.
        try? FileHandle.standardError.write(contentsOf: Data(bytes))
    }
}
