import FordelerTestKit
import Foundation
import Testing

/// What is told of 1,000 objects, and of 100 that are left out, is what the generators wrote, line for line.
struct ExplainTruthTests {
    /// Payroll and directory with the lines on which their records stand.
    private final class Town {
        let world: World
        var hr: OpusMunicipality
        var ad: ADMunicipality
        private(set) var payroll: [String: Int] = [:]
        private(set) var accounts: [String: Int] = [:]

        init(seed: UInt64, employees: Int) throws {
            world = try World.withTwoSources(brakes: World.withoutBrakes)
            hr = OpusMunicipality(seed: seed, employees: employees)
            ad = ADMunicipality(seed: seed, hr: hr)
        }

        func deliver() throws {
            let text = try world.write(hr, "hr.xml")
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                guard let match = line.firstMatch(of: #/<(?:orgUnit|employee) id="([0-9]+)"/#) else { continue }
                payroll[String(match.1)] = index + 1
            }
            let bytes = Array(try world.write(ad, "ad.csv").utf8)
            var (line, isQuoted, rows) = (1, false, [1])
            for byte in bytes {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                guard byte == UInt8(ascii: "\n") else { continue }
                line += 1
                if !isQuoted { rows.append(line) }
            }
            for (account, line) in zip(ad.accounts, rows.dropFirst()) { accounts[account.guid] = line }
            let imported = try world.importing("hr=hr.xml", "ad=ad.csv")
            #expect(imported.status == 0, "\(imported.errors)")
        }

        func explain(_ kind: String, _ keys: [String]) throws -> [JSON] {
            let outcome = try world.run(
                ["explain", kind, "-", "--json", "--protected"], input: keys.joined(separator: "\n"))
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome.lines
        }

        /// The employment that is believed about what several share: the one that lasts longest, begins last, has the least number.
        func believed(_ employments: [OpusMunicipality.Employment]) -> OpusMunicipality.Employment? {
            func end(_ employment: OpusMunicipality.Employment) -> String {
                employment.leaveDate.isEmpty ? "9999-12-31" : employment.leaveDate
            }
            return employments.min { left, right in
                if end(left) != end(right) { return end(left) > end(right) }
                if left.entryDate != right.entryDate { return left.entryDate > right.entryDate }
                return left.id < right.id
            }
        }
    }

    private struct Place: Equatable, CustomStringConvertible {
        let source: String
        let line: Int
        var description: String { "\(source):\(line)" }
    }

    private func mapping(_ name: String) throws -> [String] {
        try String(contentsOf: World.package.appendingPathComponent("Mappings/\(name).yaml"), encoding: .utf8)
            .components(separatedBy: "\n")
    }

    /// Looks at each value of some objects.
    /// - Parameter place: where the generators wrote a value, and what it is when the text is taken as it is.
    /// - Returns: how many objects were told.
    private func check(
        _ lines: [JSON], _ mappings: [String: [String]],
        _ place: (_ key: String, _ attribute: String, _ id: String) -> (Place, String?)?
    ) -> Int {
        var told: Set<String> = []
        for line in lines where line["type"].text != "subscription" {
            let (key, attribute, id) = (line["key"].text ?? "", line["attribute"].text ?? "", line["id"].text ?? "")
            if line["type"].text == "missing" { continue }
            guard line["type"].text == "value" else {
                Issue.record("\(key): \(line["code"].text ?? "") \(line["message"].text ?? "")")
                continue
            }
            told.insert(id)
            let found = Place(source: line["source"].text ?? "", line: line["line"].number ?? 0)
            guard let (truth, text) = place(key, attribute, id) else {
                Issue.record("\(key) \(attribute): nothing was expected")
                continue
            }
            #expect(found == truth, "\(key) \(attribute)")
            if let text { #expect(line["value"].text == text, "\(key) \(attribute)") }
            #expect(line["file"].text == (truth.source == "hr" ? "hr.xml" : "ad.csv"))
            #expect(line["since"]["version"].number == 1)
            let numbers = line["mappingLines"].list.compactMap { $0["line"].number }
            #expect(numbers.count == 1, "\(key) \(attribute)")
            let written = mappings[line["mapping"].text ?? ""] ?? []
            for number in numbers {
                #expect(written[number - 1].trimmingCharacters(in: .whitespaces).hasPrefix("\(attribute):"))
            }
        }
        return told.count
    }

    @Test(.timeLimit(.minutes(5)))
    func `1,000 objects of payroll and directory are explained as they were written`() throws {
        let town = try Town(seed: 11, employees: 900)
        try town.deliver()
        let mappings = ["kmd-opus": try mapping("kmd-opus"), "ad-users-csv": try mapping("ad-users-csv")]
        var random = SystemRandomNumberGenerator()
        let payroll = town.payroll
        func hr(_ id: String) -> Place { Place(source: "hr", line: payroll[id] ?? -1) }
        func ad(_ account: ADMunicipality.Account) -> Place {
            Place(source: "ad", line: town.accounts[account.guid] ?? -1)
        }

        let units = Dictionary(uniqueKeysWithValues: town.hr.units.map { ($0.id, $0) })
        var count = check(try town.explain("unit", units.keys.sorted()), mappings) { key, attribute, _ in
            (hr(key), attribute == "name" ? units[key]?.longName : attribute == "losId" ? key : nil)
        }
        #expect(count == units.count)

        let employments = Dictionary(uniqueKeysWithValues: town.hr.employments.map { ($0.id, $0) })
        let adding = Dictionary(
            town.ad.accounts.filter { $0.isEnabled && !$0.employeeID.isEmpty }.map { ($0.employeeID, $0) },
            uniquingKeysWith: { first, _ in first })
        let numbers = Array(employments.keys.sorted().shuffled(using: &random).prefix(400))
        let engagements = try town.explain("engagement", numbers)
        count += check(engagements, mappings) { key, attribute, _ in
            guard let employment = employments[key] else { return nil }
            if let account = adding[key] {
                if attribute == "email", !account.email.isEmpty { return (ad(account), account.email) }
                if attribute == "phone", !account.officePhone.isEmpty { return (ad(account), account.officePhone) }
            }
            return (hr(key), attribute == "title" ? employment.position : attribute == "email" ? employment.email : nil)
        }
        expectLosers(engagements, employments, adding, hr, ad)

        let functions = town.hr.employments.filter(\.isManager).map { "manager:\($0.id)" }
        count += check(try town.explain("function", functions), mappings) { key, _, _ in
            (hr(String(key.dropFirst("manager:".count))), nil)
        }

        let people = Dictionary(grouping: town.hr.employments, by: \.cpr)
        // Keys of people are stars, so each is asked for by itself.
        for cpr in people.keys.sorted().shuffled(using: &random).prefix(20) {
            let believed = people[cpr].flatMap(town.believed)
            count += check(try town.explain("person", [cpr]), mappings) { _, attribute, _ in
                believed.map { (hr($0.id), attribute == "surname" ? $0.lastName : nil) }
            }
        }
        let ids = engagements.filter { $0["attribute"].text == "person" }.compactMap { $0["value"].text }
        let persons = Dictionary(
            engagements.filter { $0["attribute"].text == "person" }.map {
                ($0["value"].text ?? "", employments[$0["key"].text ?? ""]?.cpr ?? "")
            }, uniquingKeysWith: { first, _ in first })
        count += check(try town.explain("person", Set(ids).sorted()), mappings) { _, attribute, id in
            people[persons[id] ?? ""].flatMap(town.believed).map {
                (hr($0.id), attribute == "givenName" ? $0.firstName : nil)
            }
        }

        let owners = Dictionary(grouping: town.hr.employments.filter { $0.userId != nil }, by: { $0.userId ?? "" })
        let accounts = Dictionary(uniqueKeysWithValues: town.ad.accounts.map { ($0.guid, $0) })
        let names = Set(owners.keys).union(town.ad.accounts.map(\.samAccountName)).sorted().shuffled(using: &random)
        count += check(try town.explain("user", Array(names.prefix(200))), mappings) { key, attribute, id in
            if let account = accounts[id] {
                return (ad(account), attribute == "email" ? account.email : nil)
            }
            return owners[key].flatMap(town.believed).map { (hr($0.id), attribute == "accountName" ? $0.userId : nil) }
        }
        #expect(count >= 1000, "\(count) objects were told")
    }

    /// The mail and telephone of payroll do not count where the directory has them, and its title does not count where payroll has one.
    private func expectLosers(
        _ lines: [JSON], _ employments: [String: OpusMunicipality.Employment],
        _ adding: [String: ADMunicipality.Account], _ hr: (String) -> Place, _ ad: (ADMunicipality.Account) -> Place
    ) {
        var (owned, made) = (0, 0)
        for line in lines where line["type"].text == "value" {
            guard let key = line["key"].text, let employment = employments[key], let account = adding[key] else {
                continue
            }
            let lost = line["lost"].list.map {
                ($0["why"].text, $0["value"].text, Place(source: $0["source"].text ?? "", line: $0["line"].number ?? 0))
            }
            switch line["attribute"].text {
            case "email" where !account.email.isEmpty && !(employment.email ?? "").isEmpty:
                let isSame = account.email == employment.email
                #expect(lost.map(\.0) == [isSame ? "agrees" : "owner"] && lost.map(\.2) == [hr(key)])
                #expect(lost.map(\.1) == [employment.email])
                owned += isSame ? 0 : 1
            case "title" where !account.title.isEmpty:
                let isSame = account.title == employment.position
                #expect(lost.map(\.0) == [isSame ? "agrees" : "maker"] && lost.map(\.2) == [ad(account)])
                made += isSame ? 0 : 1
            default: break
            }
        }
        #expect(owned > 10 && made > 0)
    }

    @Test(.timeLimit(.minutes(5)))
    func `100 left-out records are told with their rule, condition, file and line`() throws {
        let town = try Town(seed: 12, employees: 900)
        let mapping = try mapping("ad-users-csv").flatMap { line in
            line == "    key: ObjectGUID" ? [line, "    except: {field: Enabled, equals: \"False\"}"] : [line]
        }
        try town.world.write(mapping.joined(separator: "\n"), "ad.yaml")
        let configuration = try String(contentsOfFile: town.world.path("fordeler.yaml"), encoding: .utf8)
        try town.world.configure(configuration.replacing("ad-users-csv", with: "ad.yaml"))
        var broken: [String: String] = [:]
        for index in stride(from: 3, to: 400, by: 10) {
            let (entry, leave, rule) = [
                ("", "", "record.beginning-missing"), ("2026-02-30", "", "record.date-impossible"),
                ("2020-03-01", "2019-12-31", "record.end-before-beginning"),
            ][index % 3]
            (town.hr.employments[index].entryDate, town.hr.employments[index].leaveDate) = (entry, leave)
            broken[town.hr.employments[index].id] = rule
        }
        for index in town.ad.accounts.indices.prefix(300) where index % 10 == 0 {
            town.ad.accounts[index].isEnabled = false
        }
        try town.deliver()
        var count = 0
        for line in try town.explain("engagement", broken.keys.sorted()) where line["type"].text == "absent" {
            guard line["code"].text != "on-hold" else { continue }
            let key = line["key"].text ?? ""
            #expect(line["code"].text == broken[key] && line["line"].number == town.payroll[key])
            #expect(line["source"].text == "hr" && line["file"].text == "hr.xml")
            count += 1
        }
        #expect(count == broken.count)

        let staff = town.hr.employments.filter { !$0.isManager && broken[$0.id] == nil }.prefix(40)
        let condition = try ExplainTests.line("kmd-opus", "when: {field: isManager")
        let functions = try town.explain("function", staff.map { "manager:\($0.id)" })
        #expect(functions.count == 40)
        for (line, employment) in zip(functions, staff) {
            #expect(line["code"].text == "left-out" && line["line"].number == town.payroll[employment.id])
            #expect(line["file"].text == "hr.xml" && line["mappingLine"].number == condition)
        }

        let disabled = Dictionary(
            uniqueKeysWithValues: town.ad.accounts.filter { !$0.isEnabled }.map { ($0.samAccountName, $0) })
        // The account of a broken employment has the same name.
        let users = try town.explain("user", disabled.keys.sorted()).filter {
            $0["type"].text == "absent" && $0["source"].text == "ad"
        }
        let except = (mapping.firstIndex { $0.contains("except:") } ?? -1) + 1
        #expect(users.count == disabled.count)
        for line in users {
            let account = try #require(disabled[line["key"].text ?? ""])
            #expect(line["code"].text == "left-out" && line["line"].number == town.accounts[account.guid])
            #expect(line["file"].text == "ad.csv" && line["mappingLine"].number == except)
            #expect(line["message"].text?.contains("except: {field: Enabled, equals: \"False\"}") == true)
        }
        #expect(count + functions.count + users.count >= 100)
        try town.world.expectVerified()
    }
}
