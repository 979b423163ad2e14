import Foundation
import OrganisationModel
import Yams

/// Hands a command to the daemon that owns the state, where one runs.
struct CommandClient {
    private let stream: FrameStream

    /// - Parameter configuration: the configuration file. Only the place of the socket is read of it: the daemon has its own.
    /// - Returns: nil when no daemon listens.
    init?(configuration: String) {
        guard let path = SocketPlace.path(configuration: configuration), let socket = UnixSocket.connect(to: path)
        else { return nil }
        stream = FrameStream(descriptor: socket)
    }

    /// Has the daemon run a command, and passes on what it answers.
    /// - Returns: the exit status.
    /// - Throws: ``FordelerError`` `daemon.gone`.
    func run(_ arguments: [String], readsAllInput: Bool, _ output: Output) throws -> Int32 {
        defer { close(stream.descriptor) }
        let request = CommandRequest(
            arguments: arguments, folder: FileManager.default.currentDirectoryPath,
            input: arguments.contains("-") ? Self.input(isWhole: readsAllInput) : nil)
        do {
            try stream.send(.request(request))
            while let frame = try stream.receive() {
                switch frame {
                case .results(let bytes): output.results(bytes)
                case .complaints(let bytes): output.complaints(bytes)
                case .ended(let status): return status
                case .request: throw FrameStream.Failure.broken
                }
            }
        } catch is FrameStream.Failure {
            // Told below: the daemon went away, at whichever point.
        }
        throw FordelerError(
            .init("daemon.gone"),
            "the daemon ended before it had answered. What it had finished is kept, what it had not left nothing. Look "
                + "first: fordeler status")
    }
}

extension CommandClient {
    private static func input(isWhole: Bool) -> String? {
        guard isWhole else { return readLine() }
        var lines: [String] = []
        while let line = readLine() { lines.append(line) }
        return lines.joined(separator: "\n")
    }
}

/// Where the daemon listens for commands.
enum SocketPlace {
    /// The socket in a state folder.
    static func path(state: String) -> String {
        state + "/socket"
    }

    /// What a configuration says, read as leniently as can be: whether it is in order is said by whoever uses the rest.
    static func path(configuration file: String) -> String? {
        guard let data = FileManager.default.contents(atPath: file),
            let fields = try? Yams.compose(yaml: String(decoding: data, as: UTF8.self))?.mapping
        else { return nil }
        let folder = (file as NSString).deletingLastPathComponent
        func place(_ text: String) -> String { text.hasPrefix("/") || folder.isEmpty ? text : folder + "/" + text }
        if let socket = fields["socket"]?.mapping?["path"]?.string { return place(socket) }
        return fields["state"]?.string.map { path(state: place($0)) }
    }
}
