import Foundation
import OrganisationModel
import Testing
@testable import Intake

struct DownloadFolderTests {
    private static let url = "https://example.dk/secret-path"
    private static let monday = Date(timeIntervalSince1970: 1_772_442_000)  // 2026-03-02T09:00:00Z

    /// A state folder of its own, gone when the test is over.
    private final class Place {
        let state: String
        let folder: DownloadFolder

        init() throws {
            state = FileManager.default.temporaryDirectory.path + "/downloads-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
            folder = DownloadFolder(state: state, source: "hr-2", ending: ".xml")
            try folder.create()
        }

        deinit {
            try? FileManager.default.removeItem(atPath: state)
        }

        @discardableResult
        func download(
            _ text: String, at time: Date = monday, from address: String = url, tag: String = "", modified: String = ""
        ) throws -> ArrivingFile.Placed {
            let file = try folder.begin()
            for byte in text.utf8 { try withUnsafeBytes(of: byte) { try file.append($0) } }
            return try file.place(at: time, from: address, tag: tag, modified: modified)
        }

        /// All names that a person would see or not see.
        var names: [String] {
            get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
        }

        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
    }

    private func code(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? FordelerError)?.code.name
        }
    }

    @Test func file_liesForItsOwnerUnderTheTimeAtWhichItCame() throws {
        let place = try Place()
        let path = place.folder.path + "/hr-2-20260302T090000Z.xml"
        #expect(try place.download("<kmd/>", tag: "\"1\"", modified: "then") == .file(path))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "<kmd/>")
        #expect(try place.names == [".last", "hr-2-20260302T090000Z.xml"])
        let modes = try [path, place.folder.path, place.state + "/downloads", place.folder.path + "/.last"].map(
            place.mode)
        #expect(modes == [0o600, 0o700, 0o700, 0o600])
        let file = try #require(try DropFolder.files(matching: place.folder.pattern).first)
        #expect(file.stamp(in: try #require(TimeZone(identifier: "Europe/Copenhagen"))) == Self.monday)
        let note = try #require(place.folder.last(from: Self.url))
        #expect(note.tag == "\"1\"" && note.modified == "then")
        let noted = try String(contentsOfFile: place.folder.path + "/.last", encoding: .utf8)
        #expect(!noted.contains("secret-path"))
    }

    @Test func fileThatDidNotComeWhole_leavesNothing() throws {
        let place = try Place()
        do {
            let file = try place.folder.begin()
            try "<kmd>".utf8.withContiguousStorageIfAvailable { try file.append(UnsafeRawBufferPointer($0)) }
            #expect(try place.names == [".part"] && DropFolder.files(matching: place.folder.pattern).isEmpty)
        }
        #expect(try place.names == [] && place.folder.last(from: Self.url) == nil)
    }

    @Test func whatACrashLeft_isOverwritten() throws {
        let place = try Place()
        try Data(repeating: 65, count: 1000).write(to: URL(filePath: place.folder.part))
        let path = place.folder.path + "/hr-2-20260302T090000Z.xml"
        #expect(try place.download("<kmd/>") == .file(path))
        #expect(try Data(contentsOf: URL(filePath: path)).count == 6)
    }

    @Test func clockThatStandsOrIsSetBack_makesLaterNamesAllTheSame() throws {
        let place = try Place()
        for (text, seconds) in [("a", 0.0), ("b", 0.4), ("c", -3600)] {
            try place.download(text, at: Self.monday + seconds)
        }
        let times = try DropFolder.files(matching: place.folder.pattern).map { $0.stamp(in: .gmt) }
        #expect(times == [Self.monday, Self.monday + 1, Self.monday + 2])
        let newest = try #require(try DropFolder.newest(DropFolder.files(matching: place.folder.pattern), in: .gmt))
        #expect(try String(contentsOfFile: newest, encoding: .utf8) == "c")
    }

    @Test func sameBytes_areNoFileOfTheirOwn() throws {
        let place = try Place()
        try place.download("a", tag: "\"1\"")
        let later = Self.monday + 900
        #expect(try place.download("a", at: later, tag: "\"1\"") == .same(isAnnounced: false))
        #expect(try place.download("a", at: later) == .same(isAnnounced: false))
        #expect(try place.download("a", at: later, tag: "\"2\"") == .same(isAnnounced: true))
        #expect(try place.names == [".last", "hr-2-20260302T090000Z.xml"])
        #expect(place.folder.last(from: Self.url)?.tag == "\"2\"")
        #expect(try place.download("b", at: later) == .file(place.folder.path + "/hr-2-20260302T091500Z.xml"))
        #expect(try place.download("a", at: later + 1) == .file(place.folder.path + "/hr-2-20260302T091501Z.xml"))
    }

    @Test func note_countsForItsAddressAndWhileItsFileIsThere() throws {
        let place = try Place()
        guard case .file(let path) = try place.download("a", tag: "\"1\"") else { throw CancellationError() }
        #expect(place.folder.last(from: Self.url + "2") == nil)
        #expect(unlink(path) == 0)
        #expect(place.folder.last(from: Self.url) == nil)
        #expect(try place.download("a", at: Self.monday + 900) == .file(path), "it comes back by its name")
        #expect(DownloadFolder(state: place.state, source: "hr-2", ending: ".csv").last(from: Self.url) == nil)
        try Data("{".utf8).write(to: URL(filePath: place.folder.path + "/.last"))
        #expect(place.folder.last(from: Self.url) == nil)
    }

    @Test func onlyTheNewestFiles_areKept() throws {
        let place = try Place()
        for number in 0..<6 { try place.download("\(number)", at: Self.monday + Double(number) * 60) }
        let texts = try DropFolder.files(matching: place.folder.pattern).map {
            try String(contentsOfFile: $0.path, encoding: .utf8)
        }
        #expect(texts == ["3", "4", "5"])
    }

    @Test func everythingOfAllSources_goesAtOnce_andADownloadUnderWayComesToNothing() throws {
        let place = try Place()
        let former = DownloadFolder(state: place.state, source: "ad", ending: ".csv")
        let old = try former.begin()
        _ = try old.place(at: Self.monday, from: Self.url, tag: "", modified: "")
        try place.download("a")
        let arriving = try place.folder.begin()
        #expect(try DownloadFolder.files(state: place.state).count == 3)
        try DownloadFolder.removeAll(state: place.state)
        #expect(try DownloadFolder.files(state: place.state) == [])
        #expect(
            code { _ = try arriving.place(at: Self.monday, from: Self.url, tag: "", modified: "") }
                == "download.unwritable")
        #expect(try DropFolder.files(matching: place.folder.pattern).isEmpty)
        #expect(place.folder.last(from: Self.url) == nil)
        try DownloadFolder.removeAll(state: place.state + "/none")
    }

    @Test func whatFormerSourcesLeft_isDeleted() throws {
        let place = try Place()
        try place.download("a")
        try DownloadFolder(state: place.state, source: "ad", ending: ".csv").create()
        try DownloadFolder.removeOthers(state: place.state, than: ["hr-2"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.state + "/downloads") == ["hr-2"])
        #expect(try place.names.count == 2)
    }

    @Test func folderThatCannotBeMade_isTold() throws {
        let place = try Place()
        let other = DownloadFolder(state: place.state, source: "ad", ending: ".csv")
        try Data().write(to: URL(filePath: other.path))
        #expect(code { _ = try other.begin() } == "download.unwritable")
        #expect(
            code { try DownloadFolder(state: place.state + "/none", source: "ad", ending: "").create() }
                == "download.unwritable")
    }
}
