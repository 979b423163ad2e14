import Foundation

extension World {
    /// A world for a daemon that reads the payroll from `drop`, at ten in the morning of the first day.
    /// - Parameters:
    ///   - hr: settings of the source beside its files.
    ///   - more: further lines of the configuration.
    static func forDaemon(hr: String = "publish: automatic", more: String = "") throws -> World {
        let world = try World()
        try world.configureDaemon(hr: hr, more: more)
        try world.makeDropFolder()
        try world.setClock("\(firstDay)T09:00:00Z")
        return world
    }

    /// Writes a configuration as ``forDaemon(hr:more:)`` does.
    func configureDaemon(hr: String = "publish: automatic", more: String = "", state: String = "state") throws {
        try configure(
            """
            state: \(state)
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(World.withoutBrakes)
            http: {port: 0}
            \(more)
            sources:
              hr: {mapping: kmd-opus, files: "drop/*.xml", \(hr)}
            """)
    }

    /// The path of something in the drop folder.
    func dropped(_ name: String) -> String {
        folder.appendingPathComponent("drop").appendingPathComponent(name).path
    }
}

extension Export {
    /// The small export with another name of the municipality.
    static func named(_ name: String) -> Export {
        var export = small
        export.alter(unit: "401") { $0.name = name }
        return export
    }

    /// The text of the small export without its end.
    static var cut: String {
        String(small.text.prefix(small.text.count * 2 / 3))
    }
}

extension String {
    /// Whether a terminal would obey something in the text; line breaks do not count.
    var steersTerminals: Bool {
        unicodeScalars.contains { $0 != "\n" && [.control, .format].contains($0.properties.generalCategory) }
    }
}
