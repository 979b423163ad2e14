import FordelerTestKit
import Foundation

extension World {
    /// Payroll and directory of one municipality, with the brakes that every configuration has.
    /// - Parameter settings: more of the `ad` source, such as `confirmRemovals: 2`.
    static func withTwoSources(
        hr: String = "automatic", ad: String = "automatic", settings: String = "", brakes: String = ""
    ) throws -> World {
        let world = try World()
        try world.configure(
            """
            state: state
            timeZone: Europe/Copenhagen
            authority: {name: Søløkke Kommune, cvr: "99000001"}
            \(brakes)
            sources:
              hr: {mapping: kmd-opus, publish: \(hr)}
              ad: {mapping: ad-users-csv, publish: \(ad)\(settings.isEmpty ? "" : ", " + settings)}
            """)
        return world
    }

    /// Writes the accounts of a municipality, and answers with their text.
    @discardableResult
    func write(_ accounts: ADMunicipality, _ name: String) throws -> String {
        var bytes: [UInt8] = []
        accounts.write { bytes += $0 }
        try write(bytes, name)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The content hash of a version.
    func contentHash(_ version: Int) throws -> String? {
        try run("versions", "--json").lines.first { $0["version"].number == version }?["contentHash"].text
    }

    /// Everything that a mailbox's view holds, as it is written, in the order of the texts.
    func snapshot(_ mailbox: String, today: String = World.firstDay) throws -> [String] {
        try run("snapshot", mailbox, today: today).output.split(separator: "\n").dropFirst().map(String.init).sorted()
    }
}

/// A municipality of payroll and directory that lives from day to day.
struct TwoSourceMunicipality {
    var hr: OpusMunicipality
    var ad: ADMunicipality
    private var day: UInt64 = 0

    init(seed: UInt64, employees: Int = 120) {
        hr = OpusMunicipality(seed: seed, employees: employees)
        ad = ADMunicipality(seed: seed, hr: hr)
    }

    mutating func advance() {
        day += 1
        hr.advance(seed: day, fraction: 0.02)
        ad.advance(seed: day, hr: hr, fraction: 0.02)
    }

    /// The payroll without the last part of its employments.
    func losing(_ share: Double) -> OpusMunicipality {
        var lost = hr
        lost.employments.removeLast(Int(Double(hr.employments.count) * share))
        return lost
    }
}
