import ChangeEvents
import OrganisationModel
import Storage

/// How an object is told, with the periods of one version.
struct ObjectReport {
    let transaction: StateTransaction
    /// Whether keys of people and CPR numbers are shown.
    let reveal: Bool
    let whereabouts: Whereabouts
    let json: Bool
    let output: Output

    private func shown(_ field: StatePeriod.Field) -> Value {
        field.attribute.sensitivity == .cpr && !reveal ? .text(Masking.mask(field.value.description)) : field.value
    }

    /// A relation is told by the key and name of its target; its UUID stands in the JSON.
    private func title(_ field: StatePeriod.Field, version: Int) throws -> String {
        guard case .reference(let id) = field.value, case .reference(let kind) = field.attribute.type,
            let target = try transaction.object(id, version: version)
        else { return shown(field).description }
        let period = target.state.periods(transaction.schema[kind]).last
        let name = transaction.schema[kind].nameAttributes.compactMap { period?[$0]?.description }
        return ([reveal ? target.key : Masking.shown(target.key, kind: kind)] + name).joined(separator: " ")
    }

    /// - Parameter day: only what is in effect on it; nil for all periods.
    func write(_ object: RegisteredObject, version: Int, on day: Day? = nil) throws {
        let schema = transaction.schema
        let isMasked = try whereabouts.areMasked(object.kind, object.id, [object.state])
        let periods = object.state.periods(schema[object.kind]).filter { period in
            day.map { period.period.contains($0) } ?? true
        }.map { isMasked ? $0.masked : $0 }
        let key = reveal ? object.key : Masking.shown(object.key, kind: object.kind, schema: schema)
        guard json else {
            output.line("\(object.kind.name) \(key) from \(object.source), \(object.id), version \(version)")
            if periods.isEmpty { output.line("  not in effect on that day") }
            for period in periods {
                output.line("  \(Table.days(period.period))")
                for field in period.fields {
                    output.line("    \(field.attribute.name): \(try title(field, version: version))")
                }
            }
            return
        }
        var line = JSONBytes()
        line.object { line in
            line.pair("kind", object.kind.name)
            line.pair("id", object.id.description)
            line.pair("key", key)
            line.pair("source", object.source)
            line.pair("version", version)
            line.key("periods")
            line.array { line in
                for period in periods {
                    line.object { line in
                        line.pair("from", period.period.from)
                        line.pair("to", period.period.to)
                        line.key("attributes")
                        line.object { line in
                            for field in period.fields { line.pair(field.attribute.name, shown(field)) }
                        }
                    }
                }
            }
        }
        output.line(line.text)
    }
}

extension StatePeriod {
    /// Without where its person can be found.
    fileprivate var masked: StatePeriod {
        StatePeriod(
            period: period,
            fields: fields.map { field in
                Field(attribute: field.attribute, value: field.attribute.masked(field.value) ?? field.value)
            })
    }
}
