import Versioning
import Yams

extension Configuration {
    /// How corrections by editors are published, and who may make which.
    struct Editing {
        var publish = PublishMode.manual
        /// The key of the unit beneath which an actor may correct, nil for everything. Without any, everybody may.
        var editors: [String: String?] = [:]
    }
}

extension ConfigurationReader {
    func editing(_ node: Node?) throws -> Configuration.Editing {
        guard let node else { return Configuration.Editing() }
        let fields = try fields(node, ["publish", "editors"])
        var editing = Configuration.Editing()
        if let node = fields.values["publish"] {
            guard let mode = PublishMode(rawValue: try text(node)) else {
                throw mistake(node, "publish is automatic or manual")
            }
            editing.publish = mode
        }
        for (actor, node) in try fields.values["editors"].map(pairs) ?? [] {
            let editor = try self.fields(node, ["unit"])
            let unit = try editor.values["unit"].map(text)
            guard unit?.isEmpty != true else { throw mistake(node, "unit is the key of a unit") }
            editing.editors.updateValue(unit, forKey: actor)
        }
        return editing
    }
}
