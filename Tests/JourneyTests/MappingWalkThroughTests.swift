import Foundation
import Testing

/// The walk-through in Mappings/README.md does what it says, command by command.
struct MappingWalkThroughTests {
    /// A fenced block.
    struct Block {
        let language: String
        var lines: [String] = []
    }

    private static func blocks() throws -> [Block] {
        let file = World.package.appendingPathComponent("Mappings/README.md")
        let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n## ")
        let walk = try #require(parts.first { $0.hasPrefix("From an unknown file to a published version\n") })
        var blocks: [Block] = []
        var isInside = false
        for line in walk.components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                isInside.toggle()
                if isInside { blocks.append(Block(language: String(line.dropFirst(3)))) }
            } else if isInside {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        return blocks
    }

    @Test func everyCommandOfTheWalkThrough_endsAndAnswersAsPrinted() throws {
        let world = try World()
        let folder = world.folder.appendingPathComponent("walk")
        let programs = world.folder.appendingPathComponent("bin")
        for new in [folder, programs] {
            try FileManager.default.createDirectory(at: new, withIntermediateDirectories: false)
        }
        try FileManager.default.createSymbolicLink(
            atPath: programs.appendingPathComponent("fordeler").path, withDestinationPath: World.program)
        var answer = ""
        var commands = 0
        for block in try Self.blocks() {
            guard block.language == "sh" else {
                #expect(block.language == "text")
                expect(block.lines, in: answer)
                continue
            }
            let script = block.lines.joined(separator: "\n")
            let wanted = script.firstMatch(of: #/# exit status ([0-9]+)/#).flatMap { Int32($0.1) } ?? 0
            let outcome = try Spawn.run(
                "sh", ["-c", "set -e\ncd '\(folder.path)'\nPATH='\(programs.path)':$PATH\n\(script)"],
                folder: world.folder)
            #expect(outcome.status == wanted, "\(script)\n\(outcome.output)\(outcome.errors)")
            answer = outcome.output + outcome.errors
            commands += block.lines.count { $0.hasPrefix("fordeler ") }
        }
        #expect(commands > 8)
    }

    /// Each line is answered; `...` stands for anything.
    private func expect(_ lines: [String], in answer: String) {
        let answered = answer.components(separatedBy: "\n")
        for line in lines where line != "..." && !line.isEmpty {
            let parts = line.components(separatedBy: "...")
            let isThere = answered.contains { found in
                parts.count == 1 ? found == line : found.hasPrefix(parts[0]) && found.hasSuffix(parts[1])
            }
            #expect(isThere, "\(line) is not in:\n\(answer)")
        }
    }
}
