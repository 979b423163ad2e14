@testable import fordeler
import Foundation
import Mapping
import OrganisationModel
import RegisterFixtures
import Validation
import Versioning

/// A configuration in short: which mapping each source has, and what a candidate waits for.
struct Settings {
    /// The sources in the order of the configuration.
    var sources = ["hr", "ad"]
    var hr = MappingVariant.asShipped
    var ad = MappingVariant.asShipped
    var brakes = BrakeRules.off
    var publish = PublishMode.automatic
    var confirmRemovals = 1
    var scopes = UnitScopes()
    /// The sources that deliver deltas.
    var deltaSources: Set<String> = []
    var editing = Configuration.Editing()

    func configuration(state: String) throws -> Configuration {
        let configured = try sources.map { name in
            Configuration.Source(
                name: name, mapping: try mapping(of: name), files: nil, download: nil, publish: publish,
                deliversDeltas: deltaSources.contains(name),
                confirmRemovals: confirmRemovals, rhythm: Configuration.Rhythm())
        }
        return Configuration(
            file: "", text: "", state: state, timeZone: .gmt,
            authority: Authority(name: "Testkommune", cvr: "12345678"),
            sources: configured, precedence: try Precedence(configured.map { ($0.name, $0.mapping) }, scopes: scopes),
            brakes: brakes,
            socket: Configuration.Socket(path: "", users: []), http: nil, notify: Configuration.Notify(),
            auditHead: nil, retention: nil, editing: editing
        )
    }
}

extension Settings {
    private func mapping(of source: String) throws -> MappingDocument {
        switch source {
        case "hr": try hr.document(of: source)
        case "ad": try ad.document(of: source)
        default: try MappingDocument(yaml: SchoolWorld.mapping, file: "schools.yaml")
        }
    }
}

extension BrakeRules {
    /// Everything passes.
    static let off = BrakeRules([
        BrakeRule(counter: .removed, window: .publish, limit: .off),
        BrakeRule(counter: .removed, window: .sevenDays, limit: .off),
        BrakeRule(counter: .moved, window: .publish, limit: .off),
        BrakeRule(counter: .reassigned, window: .publish, limit: .off),
        BrakeRule(counter: .changed, window: .publish, limit: .off),
    ])

    /// Only this many objects of a kind may be lost, or moved.
    static func only(_ count: Int) -> BrakeRules {
        BrakeRules([
            BrakeRule(counter: .removed, window: .publish, limit: .absolute(count)),
            BrakeRule(counter: .removed, window: .sevenDays, limit: .absolute(count * 2)),
            BrakeRule(counter: .moved, window: .publish, limit: .absolute(count)),
            BrakeRule(counter: .changed, window: .publish, limit: .off),
        ])
    }
}

/// A shipped mapping with something changed in it.
enum MappingVariant: CaseIterable {
    case asShipped
    /// A word more in the description: every record is read anew, and says what it said.
    case anotherText
    /// Nothing is owned.
    case ownsNothing
    /// The directory owns the telephone only; payroll the mail of accounts.
    case ownsOther
    /// The first lookup of the directory is left out; payroll has no titles.
    case lessRead
    /// The directory adds nothing to engagements; payroll does not know who is a manager.
    case fewerObjects
    /// A lookup more: the directory finds people by mail, payroll those of its accounts through the directory.
    case moreLookups
    /// The number of an employment is not its key, so that several may have it; the directory adds to whoever has the mail.
    case numbersApart

    func document(of source: String) throws -> MappingDocument {
        try (source == "hr" ? Self.hr : Self.ad).get()[self] ?? MappingDocument(yaml: "", file: source)
    }

    private static let hr = documents("kmd-opus") { text, variant in
        switch variant {
        case .asShipped, .ownsNothing: text
        case .anotherText: try replace("(ZLPE XML)", "(ZLPE XML, daily)", in: text)
        case .ownsOther: try replace("root: kmd", "root: kmd\nowns: [user.email]", in: text)
        case .lessRead: try replace("          title: position\n", "", in: text)
        case .fewerObjects: try replace("equals: \"true\"}", "equals: \"never\"}", in: text)
        case .numbersApart: try replace("employeeNumber: \"@id\"", "employeeNumber: positionId", in: text)
        case .moreLookups:
            try replace(
                "system: {text: OPUS}\n          person: cpr\n",
                "system: {text: OPUS}\n          person:\n            find:\n"
                    + "              - {kind: user, attribute: accountName, equals: userId}\n", in: text)
        }
    }

    private static let ad = documents("ad-users-csv") { text, variant in
        let byNumber = "              - {kind: engagement, attribute: employeeNumber, equals: EmployeeID}\n"
        return switch variant {
        case .asShipped: text
        case .anotherText: try replace("(Get-ADUser,", "(daily, Get-ADUser,", in: text)
        case .ownsNothing: try replace("owns: [engagement.email, engagement.phone]", "", in: text)
        case .ownsOther: try replace("owns: [engagement.email, ", "owns: [", in: text)
        case .lessRead: try replace(byNumber, "", in: text)
        case .fewerObjects: try replace("equals: \"True\"}", "equals: \"Never\"}", in: text)
        case .numbersApart:
            try replace(
                "find: {attribute: employeeNumber, equals: EmployeeID}",
                "find: {attribute: email, equals: EmailAddress}",
                in: text)
        case .moreLookups:
            try replace(
                byNumber,
                byNumber + "              - {kind: engagement, attribute: email, equals: EmailAddress}\n", in: text)
        }
    }

    private static func documents(
        _ name: String, _ change: (String, MappingVariant) throws -> String
    ) -> Result<[MappingVariant: MappingDocument], any Error> {
        Result {
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
            let text = try String(contentsOf: root.appending(path: "Mappings/\(name).yaml"), encoding: .utf8)
            return Dictionary(
                uniqueKeysWithValues: try allCases.map {
                    ($0, try MappingDocument(yaml: change(text, $0), file: "\(name)-\($0).yaml"))
                })
        }
    }

    private static func replace(_ old: String, _ new: String, in text: String) throws -> String {
        try demand(text.contains(old), "the mapping holds \(old)")
        return text.replacingOccurrences(of: old, with: new)
    }
}
