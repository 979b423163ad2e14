import Foundation
import Logging
import OrganisationModel
import Storage

/// Tells those outside where the audit ends, at the start and after each midnight: the log, and the file that the
/// configuration names. What was told once cannot be cut off without anybody noticing.
struct AuditExport {
    private let daemon: Daemon
    private let file: AuditHeadFile?
    private var doneOn: Day?
    private var told: AuditHead?
    /// Whether nobody knows if the last line has reached the disk.
    private var isUncertain = false

    init(_ daemon: Daemon) {
        self.daemon = daemon
        file = daemon.configuration.auditHead.map { AuditHeadFile(path: $0) }
    }

    /// A failure is told and tried again; it stops nothing else.
    mutating func run(today: Day) throws {
        guard doneOn != today else { return }
        let head = try daemon.state.read { try $0.auditHead() }
        do {
            let isNews = try append(head)
            if isNews, let head, told != head { tell(head) }
        } catch let error as FordelerError where [.headFailed, .auditDamaged].contains(error.code) {
            isUncertain = error.code == .headFailed
            daemon.complain(.auditHead, error)
            return
        }
        (doneOn, isUncertain) = (today, false)
        daemon.health.clear(.auditHead)
    }

    private func append(_ head: AuditHead?) throws -> Bool {
        guard let file else { return true }
        return try file.append(head, always: isUncertain) { [daemon] old in
            try daemon.state.read { try $0.auditHead(at: old.number) } == old
        }
    }

    private mutating func tell(_ head: AuditHead) {
        // In groups, because the log takes ten digits in a row for a number of somebody.
        let chain = Hexadecimal.text(head.chain)
        let groups = stride(from: 0, to: chain.count, by: 8).map { chain.dropFirst($0).prefix(8) }
        daemon.log.notice(
            "audit head", metadata: ["number": "\(head.number)", "chain": "\(groups.joined(separator: " "))"])
        told = head
    }
}
