import FordelerTestKit
import Testing

/// The generated Active Directory: what it promises about itself and about the municipality it belongs to.
struct ADMunicipalityTests {
    private let town = OpusMunicipality(seed: 7, employees: 1000)

    private func bytes(_ directory: ADMunicipality, _ format: ADMunicipality.Format = .init()) -> [UInt8] {
        var result: [UInt8] = []
        directory.write(format) { result += $0 }
        return result
    }

    /// Reads rows ended by CR and LF; nil stands for a value that is not in quotation marks at all.
    private func rows(_ bytes: some Sequence<UInt8>, delimiter: UInt8 = UInt8(ascii: ",")) -> [[String?]] {
        var rows: [[String?]] = []
        var row: [String?] = []
        var value: [UInt8] = []
        var isQuoted = false
        var isInside = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""):
                if isQuoted && !isInside { value.append(byte) }
                isInside.toggle()
                isQuoted = true
            case delimiter where !isInside, 0x0A where !isInside:
                row.append(isQuoted ? String(decoding: value, as: UTF8.self) : nil)
                (value, isQuoted) = ([], false)
                guard byte == 0x0A else { continue }
                rows.append(row)
                row = []
            case 0x0D where !isInside: continue
            default: value.append(byte)
            }
        }
        return rows
    }

    private func active(in town: OpusMunicipality) -> [String: OpusMunicipality.Employment] {
        let present = town.employments.filter {
            $0.action == nil && !$0.entryDate.isEmpty && $0.entryDate <= town.day
                && ($0.leaveDate.isEmpty || $0.leaveDate >= town.day)
        }
        return Dictionary(uniqueKeysWithValues: present.map { ($0.id, $0) })
    }

    @Test func sameSeedAndTown_giveTheSameBytes() {
        let first = ADMunicipality(seed: 3, hr: town)
        #expect(bytes(first) == bytes(ADMunicipality(seed: 3, hr: town)))
        #expect(bytes(first) != bytes(ADMunicipality(seed: 4, hr: town)))
    }

    @Test(arguments: [UInt8(ascii: ","), UInt8(ascii: ";")])
    func file_readsBackAsWritten(delimiter: UInt8) {
        let directory = ADMunicipality(seed: 3, hr: town)
        let written = bytes(directory, .init(delimiter: delimiter))
        #expect(written.prefix(3) == [0xEF, 0xBB, 0xBF])
        #expect(written.suffix(2) == [0x0D, 0x0A])
        let rows = rows(written.dropFirst(3), delimiter: delimiter)
        #expect(rows.first == ADMunicipality.columns)
        #expect(rows.count == directory.accounts.count + 1)
        for (row, account) in zip(rows.dropFirst(), directory.accounts) {
            #expect(row.count == ADMunicipality.columns.count)
            #expect(!row.contains(""), "an empty value stands without quotation marks")
            #expect(row[0] == account.distinguishedName && row[1] == (account.isEnabled ? "True" : "False"))
            #expect(row[5] == account.guid && row[12] ?? "" == account.department)
            #expect(row[14] ?? "" == account.employeeID && row[16] ?? "" == account.streetAddress)
        }
    }

    @Test func values_holdEverythingThatMustBeQuoted() {
        let rows = rows(bytes(ADMunicipality(seed: 3, hr: town)).dropFirst(3)).dropFirst()
        for piece: Character in [",", ";", "\"", "\r\n", "\n", "–", "æ"] {
            #expect(rows.contains { $0.contains { $0?.contains(piece) ?? false } }, "no value holds \(piece)")
        }
    }

    @Test func encodings_sayTheSame() throws {
        let directory = ADMunicipality(seed: 3, hr: town)
        let marked = bytes(directory)
        #expect(bytes(directory, .init(encoding: .utf8)) == Array(marked.dropFirst(3)))
        let narrow = bytes(directory, .init(encoding: .windows1252))
        let decoded = narrow.map { $0 == 0x96 ? "–" : Unicode.Scalar($0) }
        #expect(!narrow.contains(UInt8(ascii: "?")))
        #expect(decoded.contains("–") && decoded.contains("ø"))
        var text = String.UnicodeScalarView()
        text.append(contentsOf: decoded)
        #expect(Array(String(text).utf8) == Array(marked.dropFirst(3)))
        let typed = bytes(directory, .init(encoding: .utf8, hasTypeLine: true))
        #expect(typed.starts(with: "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n\"Disti".utf8))
    }

    @Test func accounts_belongToTheEmployed() {
        let directory = ADMunicipality(seed: 3, hr: town)
        let active = active(in: town)
        let accounts = directory.accounts
        for names in [accounts.map(\.guid), accounts.map(\.samAccountName), accounts.map(\.distinguishedName)] {
            #expect(Set(names).count == accounts.count)
        }
        let emails = accounts.map(\.email).filter { !$0.isEmpty }
        #expect(Set(emails).count == emails.count)
        let people = Set(active.values.map(\.cpr))
        let named = accounts.compactMap { active[$0.employeeID] }
        #expect(named.count == people.count && Set(named.map(\.cpr)) == people)
        let services = accounts.filter(\.employeeID.isEmpty)
        #expect((15...25).contains(services.count) && services.allSatisfy { $0.displayName.hasPrefix("svc-") })
        #expect((3...25).contains(accounts.count { !$0.isEnabled }))
        #expect(
            accounts.allSatisfy {
                $0.guid.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) != nil
            })
        let byName = Dictionary(uniqueKeysWithValues: accounts.map { ($0.distinguishedName, $0) })
        let managed = accounts.filter { !$0.managerDN.isEmpty }
        #expect(managed.count > 50 && managed.allSatisfy { byName[$0.managerDN] != nil })
        #expect(
            accounts.contains { account in
                active[account.employeeID].map { $0.email != account.email && !account.email.isEmpty } ?? false
            })
    }

    @Test func days_followTheTown() throws {
        var town = town
        var directory = ADMunicipality(seed: 3, hr: town)
        for day in 1...5 as ClosedRange<UInt64> {
            let before = Dictionary(uniqueKeysWithValues: directory.accounts.map { ($0.guid, $0) })
            let personBefore = active(in: town).mapValues(\.cpr)
            town.advance(seed: day, fraction: 0.02)
            directory.advance(seed: day, hr: town, fraction: 0.02)
            let active = active(in: town)
            #expect(directory.accounts.count >= before.count)
            #expect(Set(directory.accounts.map(\.distinguishedName)).count == directory.accounts.count)
            let named = directory.accounts.compactMap { active[$0.employeeID] }
            #expect(
                Set(named.map(\.cpr)) == Set(active.values.map(\.cpr)) && Set(named.map(\.cpr)).count == named.count)
            var stamped = 0
            var disabled = 0
            for account in directory.accounts {
                guard let old = before[account.guid] else { continue }
                #expect(old.samAccountName == account.samAccountName && old.relativeID == account.relativeID)
                if let person = personBefore[old.employeeID], let now = active[account.employeeID] {
                    #expect(person == now.cpr, "an account never changes hands")
                }
                let isAsBefore =
                    old.title == account.title && old.email == account.email && old.isEnabled == account.isEnabled
                    && old.officePhone == account.officePhone && old.department == account.department
                    && old.distinguishedName == account.distinguishedName && old.employeeID == account.employeeID
                    && old.streetAddress == account.streetAddress && old.surname == account.surname
                if !isAsBefore { #expect(old.whenChanged != account.whenChanged) }
                if isAsBefore && old.whenChanged != account.whenChanged { stamped += 1 }
                if old.isEnabled && !account.isEnabled { disabled += 1 }
            }
            #expect(stamped > 5 && disabled > 0)
        }
        #expect(directory.day == "2025-10-05")
    }

    @Test func advance_withoutOwnChanges_leavesAnUnchangedTownAlone() {
        var directory = ADMunicipality(seed: 3, hr: town)
        let before = bytes(directory)
        directory.advance(seed: 9, hr: town, fraction: 0)
        #expect(bytes(directory) == before)
    }

    @Test func touch_altersNothingButTheStamp() {
        var directory = ADMunicipality(seed: 3, hr: town)
        let before = rows(bytes(directory))
        directory.touch()
        let after = rows(bytes(directory))
        #expect(after.map { $0.dropLast() } == before.map { $0.dropLast() })
        #expect(zip(after, before).dropFirst().allSatisfy { $0.last != $1.last })
    }

    @Test func emptyTown_hasNoAccounts() {
        let directory = ADMunicipality(seed: 3, hr: OpusMunicipality(seed: 1, employees: 0))
        #expect(directory.accounts.isEmpty)
        #expect(rows(bytes(directory)).count == 1)
    }
}
