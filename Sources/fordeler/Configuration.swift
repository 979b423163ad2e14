import Foundation
import Intake
import Mapping
import OrganisationModel
import Storage
import Validation
import Versioning
import Yams

/// The configuration: one YAML file. Unknown keys are errors; paths are relative to the file.
struct Configuration {
    struct Source {
        let name: String
        let mapping: MappingDocument
        /// A path whose last part may hold wildcards, also of what is downloaded; nil when files are always named by hand.
        let files: String?
        /// How its exports are fetched; nil when others put them there.
        let download: Download?
        let publish: PublishMode
        /// Whether exports name only what is new or altered.
        let deliversDeltas: Bool
        /// The number of exports, one after another, that must lack an object before it is removed; 1 to 10.
        let confirmRemovals: Int
        let rhythm: Rhythm

        /// An export of several files is a folder that holds them.
        var deliversFolders: Bool {
            mapping.documents.count > 1
        }

        /// What lies there that matches a pattern.
        func delivered(_ pattern: String) throws -> [DroppedFile] {
            try deliversFolders ? DropFolder.folders(matching: pattern) : DropFolder.files(matching: pattern)
        }
    }

    /// The file that it was read from, and what it said.
    let file: String
    let text: String
    /// The folder of the state.
    let state: String
    let timeZone: TimeZone
    let authority: Authority
    /// In the order of the file.
    let sources: [Source]
    let precedence: Precedence
    let brakes: BrakeRules
    let socket: Socket
    /// Nil when nothing is served.
    let http: HTTP?
    let notify: Notify
    /// The file to which the daemon appends where the audit ends; nil for none.
    let auditHead: String?
    /// How much of the past is kept; nil for all of it.
    let retention: Retention?
    /// In which rules are explained.
    var language = Language.english
    var editing = Editing()

    func source(_ name: String) throws -> Source {
        guard let source = sources.first(where: { $0.name == name }) else {
            let known = sources.map(\.name).joined(separator: ", ")
            throw FordelerError(
                .invalidConfiguration, "there is no source \(name) in the configuration; known: \(known)")
        }
        return source
    }

    /// - Throws: ``FordelerError`` `configuration.invalid` for what is neither a source nor what editors say.
    func requireSource(_ name: String) throws {
        if name != Correction.source { _ = try source(name) }
    }

    /// How the exports of some sources are published, and what editors say.
    func publishModes(_ names: [String]) -> [PublishMode] {
        sources.filter { names.contains($0.name) }.map(\.publish)
            + (names.contains(Correction.source) ? [editing.publish] : [])
    }

    /// A source whose claims are there but which the configuration does not name would lose its say without anybody's
    /// decision: what it owns, and what ties it to others.
    /// - Throws: ``FordelerError`` `configuration.source-missing`.
    func requireSources(of transaction: StateTransaction) throws {
        let known = sources.map(\.name)
        let missing = try transaction.sourcesWithClaims().first { $0 != Correction.source && !known.contains($0) }
        guard let missing else { return }
        throw FordelerError(
            .sourceMissing,
            "the register was made of the source \(missing), which the configuration does not name any more. Name it "
                + "again; a source that delivers nothing changes nothing")
    }
}

extension FordelerError.Code {
    static let invalidConfiguration = FordelerError.Code("configuration.invalid")
    static let sourceMissing = FordelerError.Code("configuration.source-missing")
    static let usage = FordelerError.Code("usage")
}

extension Configuration {
    /// Reads the configuration and every mapping that it names.
    /// - Throws: ``FordelerError`` `configuration.invalid` with file and line, or `mapping.invalid`.
    init(file: String) throws {
        guard let text = FileManager.default.contents(atPath: file).map({ String(decoding: $0, as: UTF8.self) }) else {
            throw FordelerError(.invalidConfiguration, "\(file) cannot be read. Name another with --config")
        }
        (self.file, self.text) = (file, text)
        let reader = ConfigurationReader(file: file, folder: (file as NSString).deletingLastPathComponent)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            let mistake = YAMLMistake(error)
            throw FordelerError(
                .invalidConfiguration, "\(file):\(mistake.line): no valid YAML: \(mistake.message)")
        }
        guard let node else { throw FordelerError(.invalidConfiguration, "\(file) is empty") }
        let top = try reader.fields(
            node,
            [
                "state", "timeZone", "authority", "sources", "brakes", "closed", "socket", "http", "notify",
                "auditHead", "retention", "rules", "language", "corrections",
            ])
        state = reader.path(try reader.text(top.required("state")))
        let zone = try top.required("timeZone")
        guard let timeZone = TimeZone(identifier: try reader.text(zone)) else {
            throw reader.mistake(zone, "the time zone is not known; write for example Europe/Copenhagen")
        }
        self.timeZone = timeZone
        let authority = try reader.fields(top.required("authority"), ["name", "cvr"])
        let cvr = try authority.required("cvr")
        let digits = try reader.text(cvr)
        guard digits.utf8.count == 8, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw reader.mistake(cvr, "cvr is eight digits in quotes")
        }
        self.authority = Authority(name: try reader.text(authority.required("name")), cvr: digits)
        let closed = try top.values["closed"].map(reader.closed) ?? .none
        let named = try reader.pairs(top.required("sources"))
        sources = try named.map { [state] in try reader.source($0, $1, closed: closed, state: state) }
        precedence = try Precedence(
            sources.map { ($0.name, $0.mapping) }, scopes: reader.scopes(named.map { (name: $0, node: $1) }),
            rules: reader.rules(top.values["rules"]))
        brakes = try top.values["brakes"].map { try reader.brakes($0) } ?? BrakeRules()
        socket = try reader.socket(top.values["socket"], state: state)
        http = try reader.http(top.values["http"])
        notify = try reader.notify(top.values["notify"])
        retention = try reader.retention(top.values["retention"])
        language = try top.values["language"].map(reader.language) ?? .english
        editing = try reader.editing(top.values["corrections"])
        auditHead = try top.values["auditHead"].map { reader.path(try reader.text($0)) }
    }
}

struct ConfigurationReader {
    let file: String
    let folder: String

    struct Fields {
        let reader: ConfigurationReader
        let node: Node
        let values: [String: Node]

        func required(_ key: String) throws -> Node {
            guard let value = values[key] else { throw reader.mistake(node, "\(key) is missing") }
            return value
        }
    }

    func mistake(_ node: Node, _ message: String) -> FordelerError {
        FordelerError(.invalidConfiguration, "\(file):\(node.mark?.line ?? 0): \(message)")
    }

    func text(_ node: Node) throws -> String {
        guard let scalar = node.scalar else { throw mistake(node, "expected a text") }
        return scalar.string
    }

    func pairs(_ node: Node) throws -> [(String, Node)] {
        guard let mapping = node.mapping else { throw mistake(node, "expected keys and values") }
        return try mapping.map { key, value in (try text(key), value) }
    }

    func fields(_ node: Node, _ allowed: [String]) throws -> Fields {
        var values: [String: Node] = [:]
        for (key, value) in try pairs(node) {
            guard allowed.contains(key) else {
                throw mistake(value, "\(key) is not known here; allowed: \(allowed.joined(separator: ", "))")
            }
            values[key] = value
        }
        return Fields(reader: self, node: node, values: values)
    }

    func path(_ text: String) -> String {
        text.hasPrefix("/") || folder.isEmpty ? text : folder + "/" + text
    }

    func source(
        _ name: String, _ node: Node, closed: ClosedHours, state: String
    ) throws -> Configuration.Source {
        guard name != Authority.source, name != Correction.source, !name.isEmpty,
            name.allSatisfy({ $0.isLetter || $0.isNumber || "-_".contains($0) })
        else { throw mistake(node, "\(name) cannot be the name of a source") }
        let fields = try fields(
            node,
            [
                "mapping", "files", "download", "exports", "schedule", "closed", "expected", "quiet", "publish",
                "confirmRemovals", "scope", "exclude", "beneath",
            ])
        let deliversDeltas = try fields.values["exports"].map { try isDelta($0, fields) } ?? false
        var publish = PublishMode.manual
        if let node = fields.values["publish"] {
            guard let mode = PublishMode(rawValue: try text(node)) else {
                throw mistake(node, "publish is automatic or manual")
            }
            publish = mode
        }
        var confirmRemovals = 1
        if let node = fields.values["confirmRemovals"] {
            guard let count = Int(try text(node)), (1...10).contains(count) else {
                throw mistake(node, "confirmRemovals is a number of exports from 1 to 10")
            }
            confirmRemovals = count
        }
        let mapping = try mapping(fields.required("mapping"))
        let download = try fields.values["download"].map { try self.download($0, name, mapping, fields, state) }
        return Configuration.Source(
            name: name, mapping: mapping,
            files: try download?.folder.pattern
                ?? fields.values["files"].map {
                    DeliveredFiles.known(path(try text($0)))
                },
            download: download, publish: publish, deliversDeltas: deliversDeltas, confirmRemovals: confirmRemovals,
            rhythm: try rhythm(fields, closed: closed))
    }

    private func isDelta(_ node: Node, _ fields: Fields) throws -> Bool {
        let exports = try text(node)
        guard ["full", "delta"].contains(exports) else { throw mistake(node, "exports is full or delta") }
        if exports == "delta", let download = fields.values["download"] {
            throw mistake(
                download, "of what is downloaded only the newest is kept, so deltas would be lost. Put them into files")
        }
        return exports == "delta"
    }

    /// A path, relative to the configuration, or the name of a shipped mapping.
    private func mapping(_ node: Node) throws -> MappingDocument {
        let name = try text(node)
        let candidates =
            name.contains("/") || name.hasSuffix(".yaml")
            ? [path(name)] : ShippedMappings.folders(configuration: folder).map { "\($0)/\(name).yaml" }
        for candidate in candidates {
            guard let data = FileManager.default.contents(atPath: candidate) else { continue }
            return try MappingDocument(yaml: String(decoding: data, as: UTF8.self), file: candidate)
        }
        throw mistake(node, "there is no mapping \(name); looked for \(candidates.joined(separator: ", "))")
    }
}

/// Where the mappings lie that come with the program.
enum ShippedMappings {
    static func folders(configuration: String) -> [String] {
        let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        var folders = [(configuration.isEmpty ? "" : configuration + "/") + "Mappings"]
        if let named = ProcessInfo.processInfo.environment["FORDELER_MAPPINGS"] { folders.insert(named, at: 0) }
        let real = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? program.path
        var folder = URL(fileURLWithPath: real).deletingLastPathComponent()
        // Installed as PREFIX/bin/fordeler, the mappings lie in PREFIX/share/fordeler; built in place, beside the sources.
        folders.append(folder.deletingLastPathComponent().path + "/share/fordeler/Mappings")
        while folder.path != "/" {
            // Only a folder that is our source tree; any other ancestor may be writable by strangers.
            if FileManager.default.fileExists(atPath: folder.path + "/Package.swift") {
                folders.append(folder.path + "/Mappings")
                break
            }
            folder = folder.deletingLastPathComponent()
        }
        return folders
    }
}
