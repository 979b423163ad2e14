import ArgumentParser
import ChangeEvents
import Foundation
import OrganisationModel

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "List the kinds of objects and their attributes: what mappings fill and subscriptions name.",
        discussion: """
            Sensitivity is public, internal, personal or cpr; a subscription must name what is personal or cpr. A protection of \
            "flag" says of a person that they are protected, and one of "whereabouts" that the attribute is withheld for \
            everybody who is.

            Example:
              fordeler schema person
            """)

    @Argument(help: "organisation, unit, person, engagement, user, function or task; all when it is left out.")
    var kind: String?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() throws {
        let wanted = try kind.map { try Kind(argument: $0) }
        for kind in Schema.standard.kinds where wanted.map({ $0 == kind.kind }) ?? true {
            if !json { Output.process.line(kind.kind.name) }
            for attribute in kind.attributes {
                Output.process.line(json ? line(kind.kind, attribute) : text(attribute))
            }
        }
    }

    private func text(_ attribute: Attribute) -> String {
        let more = protection(attribute).map { ", \($0)" } ?? ""
        let name = attribute.name.padding(toLength: 18, withPad: " ", startingAt: 0)
        return "  \(name) \(type(attribute)), \(attribute.sensitivity)\(more)"
    }

    private func line(_ kind: Kind, _ attribute: Attribute) -> String {
        var line = JSONBytes()
        line.object { line in
            line.pair("kind", kind.name)
            line.pair("attribute", attribute.name)
            line.pair("type", type(attribute))
            line.pair("sensitivity", "\(attribute.sensitivity)")
            line.pair("protection", protection(attribute))
        }
        return line.text
    }

    private func type(_ attribute: Attribute) -> String {
        switch attribute.type {
        case .reference(let kind): kind.name
        case .text, .day, .flag, .decimal: "\(attribute.type)"
        }
    }

    private func protection(_ attribute: Attribute) -> String? {
        attribute.protection == .none ? nil : "\(attribute.protection)"
    }
}
