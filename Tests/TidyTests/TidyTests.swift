import Foundation
import Testing

/// The house rules that matter, as tests: they read `Sources` as text.
struct TidyTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct SourceFile: Sendable {
        let target: String
        let path: String
        let lines: [String]

        /// The lines without what follows `//`.
        var code: [String] {
            lines.map(Self.withoutComment)
        }

        private static func withoutComment(_ line: String) -> String {
            // A colon before the slashes belongs to an address inside a text.
            guard let comment = line.range(of: "(?<!:)//", options: .regularExpression) else { return line }
            return String(line[..<comment.lowerBound])
        }
    }

    private static func files(_ folder: String) throws -> [SourceFile] {
        let base = root.appending(path: folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: base.path).filter { $0.hasSuffix(".swift") }
        return try paths.sorted().map { path in
            let text = try String(contentsOf: base.appending(path: path), encoding: .utf8)
            let target = String(path.prefix { $0 != "/" })
            return SourceFile(target: target, path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n"))
        }
    }

    private func places(of words: [String], except targets: [String] = []) throws -> [String] {
        let files = try Self.files("Sources")
        #expect(files.count > 40)
        return files.filter { !targets.contains($0.target) }.flatMap { file in
            file.code.enumerated().filter { line in words.contains { Self.contains(line.element, $0) } }
                .map { "\(file.path):\($0.offset + 1)" }
        }
    }

    /// True when `word` stands in the line and is not the end of a longer name.
    private static func contains(_ line: String, _ word: String) -> Bool {
        var rest = line[...]
        while let found = rest.range(of: word) {
            let before = found.lowerBound == line.startIndex ? nil : line[line.index(before: found.lowerBound)]
            let isMethod = before == "." && !line[..<found.lowerBound].hasSuffix("Swift.")
            let isDeclaration = line[..<found.lowerBound].hasSuffix("func ")
            if !isMethod, !isDeclaration, before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? true {
                return true
            }
            rest = rest[found.upperBound...]
        }
        return false
    }

    @Test(arguments: ["try!", "as!", "fatalError("]) func sources_neverEndTheProgramByForce(_ word: String) throws {
        #expect(try places(of: [word]) == [])
    }

    @Test func print_standsOnlyInTools() throws {
        // A method of that name, such as `CandidateReport.print`, is none.
        #expect(try places(of: ["print("], except: ["fordeler-generate", "fordeler-measure"]) == [])
    }

    @Test func clockAndChance_areAskedOnlyAtTheEdges() throws {
        #expect(try places(of: ["Date()", "UUID()"], except: ["fordeler", "Storage"]) == [])
    }

    @Test func machinePaths_standNowhere() throws {
        let pattern = "/(home|work|Users|root)/"
        let files = try Self.files("Sources") + Self.files("Tests")
        let found = files.flatMap { file in
            file.lines.filter { $0.range(of: pattern, options: .regularExpression) != nil }.map {
                "\(file.path): \($0)"
            }
        }.filter { !$0.contains("let pattern = ") }
        #expect(found == [])
    }

    @Test func sourceFiles_haveAtMost600Lines() throws {
        let long = try Self.files("Sources").filter { $0.target != "FordelerTestKit" && $0.lines.count > 601 }
        #expect(long.map(\.path) == [])
    }

    @Test func testFiles_haveAtMost400Lines() throws {
        #expect(try Self.files("Tests").filter { $0.lines.count > 401 }.map(\.path) == [])
    }

    @Test(arguments: [
        "OrganisationModel", "SourceExports", "Mapping", "Validation", "Versioning", "ChangeEvents", "Distribution",
        "Intake", "Transports", "Storage", "AdminAPI",
    ])
    func stage_hasADesign(_ stage: String) throws {
        let path = Self.root.appending(path: "Sources/\(stage)/DESIGN.md")
        let lines = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n")
        #expect(lines.first == "# \(stage)")
        let headings = lines.filter { $0.hasPrefix("## ") }.map { $0.dropFirst(3) }
        for heading in ["Guarantee", "How", "Why not"] {
            #expect(headings.contains { $0.hasPrefix(heading) }, "\(stage)/DESIGN.md lacks \(heading)")
        }
        let words = lines.filter { !$0.hasPrefix("#") }.joined().count
        #expect(words > 200, "\(stage)/DESIGN.md says next to nothing")
    }
}

/// Which target may import which: the table in Package.swift, and the order of the journey.
struct ArrowTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every target imports only targets that stand before it.
    private static let journey = [
        "CLibXML2", "CZlib", "CCurl", "CLinux", "OrganisationModel", "SourceExports", "Mapping", "Validation",
        "Versioning",
        "ChangeEvents",
        "Distribution",
        "Intake", "Transports", "Storage", "AdminAPI", "fordeler", "FordelerTestKit", "fordeler-generate",
        "fordeler-measure",
    ]

    /// Targets and the names of their own dependencies, read from Package.swift.
    private static func declared() throws -> [String: Set<String>] {
        let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        var result: [String: Set<String>] = [:]
        for part in text.components(separatedBy: "arget(").dropFirst() {
            let quoted = part.components(separatedBy: "\"")
            guard quoted.count > 1, part.range(of: "^\\s*name:", options: .regularExpression) != nil else { continue }
            var dependencies = ""
            if let start = part.range(of: "dependencies: [") {
                var depth = 1
                for character in part[start.upperBound...] {
                    depth += character == "[" ? 1 : character == "]" ? -1 : 0
                    if depth == 0 { break }
                    dependencies.append(character)
                }
            }
            let own = dependencies.replacingOccurrences(
                of: "\\.product\\([^)]*\\)", with: "", options: .regularExpression)
            let names = own.components(separatedBy: "\"").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            result[quoted[1]] = Set(names)
        }
        return result
    }

    private static func imports() throws -> [(target: String, file: String, module: String)] {
        let base = root.appending(path: "Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: base.path).filter { $0.hasSuffix(".swift") }
        return try paths.flatMap { path in
            let lines = try String(contentsOf: base.appending(path: path), encoding: .utf8).components(
                separatedBy: "\n")
            return lines.compactMap { line -> (String, String, String)? in
                let words = line.split(separator: " ").map(String.init)
                guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                    words[..<place].allSatisfy({
                        ["public", "internal", "package", "private", "@testable"].contains($0)
                    })
                else { return nil }
                return (String(path.prefix { $0 != "/" }), path, words[place + 1])
            }
        }
    }

    @Test func journey_namesEveryTarget() throws {
        let targets = try Self.declared().keys.filter {
            !$0.hasSuffix("Tests") && $0 != "RegisterFixtures"
        }
        let libraries = ["CLibXML2", "CZlib", "CCurl", "CLinux"]
        #expect(targets.sorted() == Self.journey.filter { !libraries.contains($0) }.sorted())
    }

    @Test func imports_ofOurModules_areDeclared() throws {
        let declared = try Self.declared()
        let imports = try Self.imports().filter { Self.journey.contains($0.module) }
        #expect(imports.count > 50)
        let undeclared = imports.filter { !(declared[$0.target]?.contains($0.module) ?? false) }
        #expect(undeclared.map { "\($0.file) imports \($0.module)" } == [])
    }

    @Test func imports_ofOurModules_followTheJourney() throws {
        let order = Dictionary(uniqueKeysWithValues: Self.journey.enumerated().map { ($1, $0) })
        let backwards = try Self.imports().filter { one in
            guard let from = order[one.target], let to = order[one.module] else { return false }
            return to >= from
        }
        #expect(backwards.map { "\($0.file) imports \($0.module)" } == [])
    }

    @Test func edges_doNotImportEachOther() throws {
        let edges = ["Intake", "Transports", "Storage", "AdminAPI"]
        #expect(try Self.imports().filter { edges.contains($0.target) && edges.contains($0.module) }.map(\.file) == [])
    }
}
