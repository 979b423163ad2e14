import FordelerTestKit
import Foundation
import RegisterFixtures
import Versioning

/// What can happen to an export between the system that wrote it and us.
enum Damage: String, CaseIterable {
    // Payroll: the file.
    case nothingInFile, cutInTag, cutInText, cutBetweenRecords, closedTooEarly, halfIsNUL, twoDocuments, otherRoot
    case recordsRenamed, latinBytes, encodedTwice, lettersLost, unitNamesDamaged
    // Payroll: what it says.
    case noEmployments, noUnits, noAdministration, unitTwice, cycleOfThree, parentMissing, twoRoots, selfParent
    case unitsUnknown, datesImpossible, endBeforeBeginning, keysEmpty, employmentTwice, unitNamesEmpty, namesForNumbers
    case everybodyLeft, allInOneUnit, numbersOfNeighbours
    // Directory.
    case headerMissing, columnMissing, valuesShifted, cutInRow, cutBetweenRows, cutInQuotes, headerOnly, otherDelimiter
    case columnsSwapped, asciiOnly, mixedEncodings, nulBytes, allDisabled, numbersEmpty, uuidsDamaged, numbersRounded
    // The time.
    case yesterdaysFile

    /// Whether it happens to the directory's export and not to payroll's.
    var isOfDirectory: Bool {
        switch self {
        case .headerMissing, .columnMissing, .valuesShifted, .cutInRow, .cutBetweenRows, .cutInQuotes, .headerOnly,
            .otherDelimiter, .columnsSwapped, .asciiOnly, .mixedEncodings, .nulBytes, .allDisabled, .numbersEmpty,
            .uuidsDamaged,
            .numbersRounded:
            true
        default: false
        }
    }

    // MARK: What is to come of it

    /// What becomes of the candidate.
    var verdicts: Set<Verdict> {
        switch self {
        case .closedTooEarly, .recordsRenamed, .noEmployments, .noUnits, .noAdministration, .unitTwice, .unitsUnknown,
            .datesImpossible, .endBeforeBeginning, .keysEmpty, .employmentTwice, .unitNamesEmpty, .cutBetweenRows,
            .uuidsDamaged:
            // Records that are absent wait to be confirmed, wrong ones stay as they were; the others go on.
            [.published, .unchanged]
        case .encodedTwice, .lettersLost, .unitNamesDamaged, .asciiOnly, .everybodyLeft, .allInOneUnit,
            .namesForNumbers,
            .numbersOfNeighbours, .allDisabled, .numbersEmpty, .numbersRounded, .columnsSwapped:
            [.held]
        case .yesterdaysFile: [.unchanged]
        default: [.rejected]
        }
    }

    /// The findings, and the counters of the brakes, of which one at least tells what is wrong.
    var tells: Set<String> {
        switch self {
        case .nothingInFile, .cutInTag, .cutBetweenRecords: ["xml.truncated"]
        // Perhaps in the middle of a letter.
        case .cutInText: ["xml.truncated", "xml.not-well-formed"]
        case .closedTooEarly, .recordsRenamed, .noEmployments, .noAdministration, .cutBetweenRows:
            ["export.removals-unconfirmed"]
        case .halfIsNUL, .twoDocuments, .latinBytes: ["xml.not-well-formed"]
        case .otherRoot: ["xml.wrong-root"]
        case .encodedTwice, .lettersLost, .unitNamesDamaged, .asciiOnly: ["record.text-damaged", "damaged"]
        case .noUnits: ["export.removals-unconfirmed"]
        case .unitTwice: ["object.duplicate-key"]
        case .cycleOfThree: ["unit.cycle"]
        case .parentMissing: ["unit.parent-missing"]
        case .twoRoots: ["unit.several-roots"]
        case .selfParent: ["unit.self-parent"]
        case .unitsUnknown: ["engagement.unit-unknown"]
        case .datesImpossible: ["record.date-impossible"]
        case .endBeforeBeginning: ["record.end-before-beginning"]
        case .keysEmpty: ["record.key-missing"]
        case .employmentTwice: ["object.duplicate-key"]
        case .unitNamesEmpty: ["unit.name-empty"]
        case .everybodyLeft, .namesForNumbers, .allDisabled: ["removed"]
        case .allInOneUnit: ["moved"]
        case .numbersOfNeighbours: ["reassigned"]
        case .headerMissing, .columnMissing: ["csv.column-missing"]
        case .valuesShifted: ["csv.row-length"]
        case .cutInRow, .cutInQuotes: ["csv.truncated"]
        case .headerOnly: ["export.empty"]
        case .otherDelimiter: ["csv.quote"]
        case .mixedEncodings: ["csv.encoding"]
        case .nulBytes: ["csv.encoding", "csv.quote"]
        case .numbersEmpty, .numbersRounded: ["reassigned"]
        case .columnsSwapped: ["changed"]
        case .uuidsDamaged: ["record.uuid-impossible"]
        case .yesterdaysFile: []
        }
    }

    // MARK: Payroll

    /// - Parameters:
    ///   - hr: the export as it should be.
    ///   - before: the one of the day before.
    ///   - dice: decides what is left to chance.
    func payroll(_ hr: OpusMunicipality, before: OpusMunicipality, _ dice: inout SeededRandom) -> [UInt8] {
        if let said = saidOtherwise(hr, &dice) { return said.bytes }
        let text = hr.bytes
        switch self {
        case .nothingInFile: return []
        case .cutInTag: return Array(text[..<(dice.place(of: "<pos", in: text) + 3)])
        case .cutInText: return Array(text[..<(dice.place(of: "<lastName>", in: text) + 12)])
        case .cutBetweenRecords: return Array(text[..<dice.place(of: " <employee ", in: text)])
        case .closedTooEarly: return text[..<dice.place(of: " <employee ", in: text)] + Array("</kmd>\n".utf8)
        case .halfIsNUL:
            let half = text.count / 2
            return text[..<half] + [UInt8](repeating: 0, count: text.count - half)
        case .twoDocuments: return before.bytes + text
        case .otherRoot: return edited(text) { $0.replacingOccurrences(of: "kmd>", with: "personsXML>") }
        case .recordsRenamed: return edited(text) { $0.replacingOccurrences(of: "employee", with: "employment") }
        case .latinBytes: return Array(String(decoding: text, as: UTF8.self).data(using: .windowsCP1252) ?? Data())
        case .encodedTwice: return Self.encodedTwice(text)
        case .lettersLost: return edited(text) { Self.ascii($0) }
        case .yesterdaysFile: return before.bytes
        default: return text
        }
    }

    private func saidOtherwise(_ good: OpusMunicipality, _ dice: inout SeededRandom) -> OpusMunicipality? {
        var hr = good
        let parents = Dictionary(hr.units.map { ($0.id, $0.parentOrgUnit) }, uniquingKeysWith: { first, _ in first })
        let lower = hr.units.indices.filter { hr.units[$0].parentOrgUnit != "" }
        let some = lower[dice.below(lower.count)]
        switch self {
        case .unitNamesDamaged:
            for index in hr.units.indices { hr.units[index].longName = Self.ascii(hr.units[index].longName) }
        case .noEmployments: hr.employments = []
        case .noUnits: hr.units = []
        case .noAdministration:
            guard let root = hr.units.first(where: { $0.parentOrgUnit == "" })?.id else { return hr }
            let top = hr.units.map(\.id).first { parents[$0] == root } ?? ""
            func isBeneath(_ id: String) -> Bool {
                var current = id
                while current != "", current != top { current = parents[current] ?? "" }
                return current == top
            }
            hr.units.removeAll { isBeneath($0.id) }
            hr.employments.removeAll { isBeneath($0.orgUnit) }
        case .unitTwice:
            var other = hr.units[some]
            other.parentOrgUnit = hr.units[lower[dice.below(lower.count)]].id
            if other.parentOrgUnit == hr.units[some].parentOrgUnit || other.parentOrgUnit == other.id {
                other.parentOrgUnit =
                    hr.units.first { $0.parentOrgUnit == "" && $0.id != other.parentOrgUnit }?.id ?? ""
                other.longName += " II"
            }
            hr.units.append(other)
        case .cycleOfThree:
            let first = dice.below(lower.count)
            let three = [0, 1, 2].map { lower[(first + $0) % lower.count] }
            for place in 0..<3 { hr.units[three[place]].parentOrgUnit = hr.units[three[(place + 1) % 3]].id }
        case .parentMissing: hr.units[some].parentOrgUnit = "9999998"
        case .twoRoots: hr.units[some].parentOrgUnit = ""
        case .selfParent: hr.units[some].parentOrgUnit = hr.units[some].id
        case .unitsUnknown:
            for index in hr.employments.indices { hr.employments[index].orgUnit = "9" + hr.employments[index].orgUnit }
        case .datesImpossible:
            for index in hr.employments.indices { hr.employments[index].entryDate = "2019-02-30" }
        case .endBeforeBeginning:
            for index in hr.employments.indices {
                hr.employments[index].entryDate = "2024-05-01"
                hr.employments[index].leaveDate = "2023-05-01"
            }
        case .keysEmpty: for index in hr.employments.indices { hr.employments[index].id = "" }
        case .employmentTwice:
            for employment in hr.employments.prefix(20) where employment.action == nil {
                var other = employment
                other.position = "Noget andet"
                hr.employments.append(other)
            }
        case .unitNamesEmpty: for index in hr.units.indices { hr.units[index].longName = "" }
        case .namesForNumbers:
            for index in hr.employments.indices {
                let employment = hr.employments[index]
                hr.employments[index].cpr = employment.firstName
                hr.employments[index].firstName = employment.cpr
            }
        case .everybodyLeft: for index in hr.employments.indices { hr.employments[index].leaveDate = "2026-02-01" }
        case .allInOneUnit: for index in hr.employments.indices { hr.employments[index].orgUnit = hr.units[some].id }
        case .numbersOfNeighbours:
            let numbers = hr.employments.map(\.id)
            for index in hr.employments.indices { hr.employments[index].id = numbers[(index + 1) % numbers.count] }
        default: return nil
        }
        return hr
    }

    // MARK: Directory

    /// - Parameters:
    ///   - ad: the export as it should be.
    ///   - dice: decides what is left to chance.
    func directory(_ ad: ADMunicipality, _ dice: inout SeededRandom) -> [UInt8] {
        var said = ad
        switch self {
        case .allDisabled: for index in said.accounts.indices { said.accounts[index].isEnabled = false }
        case .numbersEmpty: for index in said.accounts.indices { said.accounts[index].employeeID = "" }
        case .uuidsDamaged:
            for index in said.accounts.indices {
                said.accounts[index].guid = String(said.accounts[index].guid.dropLast())
            }
        case .numbersRounded:
            for index in said.accounts.indices where said.accounts[index].employeeID.count > 3 {
                said.accounts[index].employeeID = said.accounts[index].employeeID.dropLast(3) + "000"
            }
        default: break
        }
        let text = said.bytes
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        func joined(_ lines: some Sequence<[UInt8]>) -> [UInt8] { Array(lines.joined(separator: [0x0A])) }
        switch self {
        case .headerMissing: return joined(lines.dropFirst())
        case .columnsSwapped:
            return edited(text) { text in
                text.replacingOccurrences(of: "\"GivenName\",\"Name\"", with: "\"Name\",\"GivenName\"")
            }
        case .columnMissing: return edited(text) { $0.replacingOccurrences(of: "EmployeeID", with: "Employee") }
        case .valuesShifted:
            return edited(text) { text in
                text.components(separatedBy: "\r\n").enumerated().map { number, line in
                    number == 0 || line.isEmpty ? line : "\"\"," + line
                }.joined(separator: "\r\n")
            }
        case .cutInRow: return Array(text[..<(text.count * 2 / 3 + dice.below(40))])
        case .cutBetweenRows: return joined(lines.prefix(lines.count * 2 / 3)) + [0x0A]
        case .cutInQuotes: return Array(text[..<(dice.place(of: ",\"S-1-5", in: text) + 8)])
        case .headerOnly: return joined(lines.prefix(1)) + [0x0A]
        case .otherDelimiter:
            return lines[0] + [0x0A]
                + edited(joined(lines.dropFirst())) { $0.replacingOccurrences(of: "\",\"", with: "\";\"") }
        case .asciiOnly: return edited(text) { Self.ascii($0) }
        case .mixedEncodings:
            let half = lines.count / 2
            let latin = edited(joined(lines.dropFirst(half))) { $0 }
            return joined(lines.prefix(half)) + [0x0A]
                + Array(String(decoding: latin, as: UTF8.self).data(using: .windowsCP1252) ?? Data())
        case .nulBytes:
            var text = text
            for _ in 0..<20 { text[text.count / 4 + dice.below(text.count / 2)] = 0 }
            return text
        default: return text
        }
    }

    // MARK: Letters

    private func edited(_ bytes: [UInt8], _ edit: (String) -> String) -> [UInt8] {
        Array(edit(String(decoding: bytes, as: UTF8.self)).utf8)
    }

    private static func ascii(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII || $0 == "\u{FEFF}" ? $0 : "?" }))
    }

    private static func encodedTwice(_ text: [UInt8]) -> [UInt8] {
        Array(String(String.UnicodeScalarView(text.map { Unicode.Scalar($0) })).utf8)
    }
}

extension SeededRandom {
    fileprivate mutating func below(_ bound: Int) -> Int {
        number(0...max(0, bound - 1))
    }

    /// One of the places at which a text begins, neither near the beginning nor near the end.
    fileprivate mutating func place(of text: String, in bytes: [UInt8]) -> Int {
        let wanted = Array(text.utf8)
        let places = bytes.indices.filter { bytes[$0] == wanted[0] && bytes[$0...].starts(with: wanted) }
        return places.isEmpty ? bytes.count / 2 : places[places.count / 8 + below(places.count * 3 / 4)]
    }
}

extension OpusMunicipality {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write { bytes += $0 }
        return bytes
    }
}

extension ADMunicipality {
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write { bytes += $0 }
        return bytes
    }
}
