import OrganisationModel

/// The organisation that exports ask for, and what can stand of it beside pinned objects: written down from the rules,
/// for exports without mistakes.
struct Wish {
    private(set) var things: Things = [:]
    /// True when the units cannot stand as a tree.
    private(set) var isBlocked = false
    private let register: Things
    /// Objects that stay as the register has them, or out of it.
    private var kept: Set<String>
    /// Objects that stand in the register's state because what they ask for names something that is not there.
    private var waiting: Set<String> = []
    /// The other objects of the only record that speaks of an object, as far as no other record speaks of them.
    private var companions: [String: [String]] = [:]

    /// - Parameter pins: the objects that stay as they are in `register`.
    init(_ exports: Exports, pins: Set<String> = [], register: Things = [:]) {
        self.register = register
        kept = pins
        things["organisation/99000001"] = Thing(
            source: "configuration", from: .distantPast, to: .distantFuture,
            fields: ["name": "Søløkke", "cvr": "99000001"])
        if let town = exports.hr { add(town) }
        if let directory = exports.ad { add(directory) }
        for name in pins { things[name] = register[name] }
        keepTargets()
        if !pins.isEmpty {
            letUnitsWait()
            isBlocked = !isTree()
        }
        letWait()
        correlate(exports)
        letWait()
    }

    // MARK: What each source says

    private mutating func add(_ town: Town) {
        for (id, unit) in town.units {
            var fields = ["name": unit.name, "losId": id]
            fields["parent"] = unit.parent.map { "unit/\($0)" }
            things["unit/\(id)"] = Thing(source: "hr", from: .distantPast, to: .distantFuture, fields: fields)
        }
        var records: [String: [[String]]] = [:]
        for (id, employment) in town.employments {
            let record = objects(id, employment, town).map(\.0)
            for (name, fields) in objects(id, employment, town) {
                let thing = Thing(
                    source: "hr", from: employment.entry, to: employment.end ?? .distantFuture, fields: fields)
                records[name, default: []].append(record)
                // Several records of one object: it lasts from the earliest beginning to the latest end.
                things[name] =
                    things[name].map { other in
                        Thing(
                            source: "hr", from: min(other.from, thing.from), to: max(other.to, thing.to), fields: fields
                        )
                    } ?? thing
            }
        }
        for (name, own) in records where own.count == 1 {
            companions[name] = own[0].filter { $0 != name && records[$0]?.count == 1 }
        }
    }

    private func objects(
        _ id: String, _ employment: Town.Employment, _ town: Town
    ) -> [(String, [String: String])] {
        let person = "person/\(employment.cpr)"
        let known = town.people[employment.cpr]
        var engagement = [
            "title": employment.title, "unit": "unit/\(employment.unit)", "person": person, "employeeNumber": id,
        ]
        engagement["phone"] = employment.phone
        if employment.hasAccount { engagement["email"] = Town.email(employment.cpr) }
        var result = [
            (
                person,
                [
                    "givenName": known?.givenName ?? "", "surname": known?.surname ?? "", "cpr": employment.cpr,
                    "addressProtected": "\(known?.isProtected ?? false)",
                ]
            ),
            ("engagement/\(id)", engagement),
        ]
        if employment.hasAccount {
            result.append(
                (
                    "user/\(Town.account(employment.cpr))",
                    [
                        "accountName": Town.account(employment.cpr), "system": "OPUS", "person": person,
                        "email": Town.email(employment.cpr),
                    ]
                ))
        }
        if employment.isManager {
            result.append(
                (
                    "function/manager:\(id)",
                    ["functionType": "manager", "unit": "unit/\(employment.unit)", "engagement": "engagement/\(id)"]
                ))
        }
        return result
    }

    private mutating func add(_ directory: Directory) {
        for (uuid, account) in directory.accounts {
            var fields = [
                "accountName": account.name, "system": "AD", "disabled": account.isEnabled ? "false" : "true",
            ]
            fields["email"] = account.email
            things["user/\(uuid)"] = Thing(
                source: "ad", from: .distantPast, to: .distantFuture, fields: fields)
        }
    }

    /// Accounts find their people, and say how an employment is reached. Pinned objects take no part, but are found.
    private mutating func correlate(_ exports: Exports) {
        guard let directory = exports.ad else { return }
        for (uuid, account) in directory.accounts where !kept.contains("user/\(uuid)") {
            let person = person(of: account)
            things["user/\(uuid)"]?.fields["person"] = person
        }
        for account in directory.accounts.values where account.isEnabled {
            guard let number = account.employeeNumber, let name = engagement(number), !isFixed(name) else { continue }
            if let email = account.email { things[name]?.fields["email"] = email }
            if let phone = account.phone { things[name]?.fields["phone"] = phone }
        }
    }

    private func isFixed(_ name: String) -> Bool {
        kept.contains(name) || waiting.contains(name)
    }

    private func engagement(_ number: String) -> String? {
        things.first { kind(of: $0.key) == "engagement" && $0.value.fields["employeeNumber"] == number }?.key
    }

    private func person(of account: Directory.Account) -> String? {
        if let found = account.employeeNumber.flatMap(engagement) { return things[found]?.fields["person"] }
        let namesake = things.values.first { thing in
            thing.source == "hr" && thing.fields["accountName"]?.lowercased() == account.name.lowercased()
        }
        return namesake?.fields["person"]
    }

    // MARK: Beside pinned objects

    /// What a pinned object names stays, too.
    private mutating func keepTargets() {
        var rest = Array(kept)
        while let name = rest.popLast() {
            guard let thing = things[name] else { continue }
            for target in thing.targets + [thing.fields["parent"]].compactMap({ $0 }) where things[target] == nil {
                guard let known = register[target] else { continue }
                things[target] = known
                kept.insert(target)
                rest.append(target)
            }
        }
    }

    /// A unit under one that is not there stays where the register has it, or out of it.
    private mutating func letUnitsWait() {
        while true {
            let lost = things.filter { name, thing in
                kind(of: name) == "unit" && !kept.contains(name)
                    && thing.fields["parent"].map { things[$0] == nil } ?? false
            }
            guard let name = lost.keys.min() else { return }
            kept.insert(name)
            things[name] = register[name]
            keepTargets()
        }
    }

    private func isTree() -> Bool {
        for (name, thing) in things where kind(of: name) == "unit" {
            var (above, seen) = (thing.fields["parent"], Set([name]))
            while let parent = above {
                guard let unit = things[parent], seen.insert(parent).inserted else { return false }
                above = unit.fields["parent"]
            }
        }
        return true
    }

    /// What names something that is not there waits: as the register has it, with all that this names, or not at all.
    private mutating func letWait() {
        let order = ["person", "engagement", "user", "function"]
        while true {
            let broken = things.filter { name, thing in
                !isFixed(name) && thing.targets.contains { things[$0] == nil }
            }.keys.sorted {
                (order.firstIndex(of: kind(of: $0)) ?? 0, $0) < (order.firstIndex(of: kind(of: $1)) ?? 0, $1)
            }
            guard let name = broken.first else { return }
            waiting.insert(name)
            things[name] = register[name]
            if register[name] == nil {
                for companion in companions[name] ?? [] where register[companion] == nil && !isFixed(companion) {
                    waiting.insert(companion)
                    things[companion] = nil
                }
            } else {
                kept.insert(name)
                keepTargets()
            }
        }
    }
}
