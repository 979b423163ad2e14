// Whom claims name.
extension Organisation {
    /// Each relation of each period of an object, with the key by which the record named the target.
    public func forEachReference(
        of entry: Entry,
        _ body: (_ attribute: Attribute, _ target: ObjectID, _ key: UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        if isCorrected(entry.id) { return try forEachCorrectedReference(of: entry, body) }
        try forEachClaimedReference(of: entry, body)
    }

    /// Without corrections.
    func forEachClaimedReference(
        of entry: Entry,
        _ body: (_ attribute: Attribute, _ target: ObjectID, _ key: UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        for index in entry.first..<entry.end {
            var object = object(at: index)
            try forEachReference(of: &object, body)
        }
    }

    func forEachReference(
        of object: inout Claim.ObjectReader,
        _ body: (_ attribute: Attribute, _ target: ObjectID, _ key: UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard object.flags & Claim.withheld == 0 else { return }
        let kindSchema = schema[object.kind]
        for _ in 0..<object.periodCount {
            let (_, _, fieldCount) = object.period()
            for _ in 0..<fieldCount {
                let (number, value) = object.field()
                guard kindSchema.isReference(number), let attribute = kindSchema.attribute(number: number),
                    value.count >= 16, let target = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: value[..<16]))
                else { continue }
                try body(attribute, target, UnsafeRawBufferPointer(rebasing: value[16...]))
            }
        }
    }

    /// The ids of all objects with a relation to something that is not there, found claim by claim in the order of memory.
    /// The hierarchy of a kind is not looked at.
    public func objectsWithUnknownTargets() throws -> Set<ObjectID> {
        var result: Set<ObjectID> = []
        // Records of one unit stand together, and the person and the account stand in the employment's own record.
        var lastKnown = ObjectID(high: 0, low: 0)
        for origin in origins {
            var reader = Claim.Reader(buffer[origin.reference])
            reader.skipHead()
            var own: [ObjectID] = []
            for _ in 0..<reader.objectCount() where reader.isIntact {
                var object = reader.object()
                if object.flags & Claim.adds != 0 || Claim.isCorrection(object.flags) || isCorrected(object.id) {
                    continue
                }
                let (kind, id) = (object.kind, object.id)
                let isUsable = object.flags & Claim.withheld == 0 && object.periodCount > 0
                try forEachReference(of: &object) { attribute, target, _ in
                    if attribute == schema[kind].hierarchy || target == lastKnown { return }
                    if replacements.isEmpty && own.contains(target) { return }
                    if try contains(target) { lastKnown = target } else { result.insert(id) }
                }
                if isUsable { own.append(id) }
            }
        }
        for entry in Set(corrections.map(\.id)).compactMap({ entry($0) }) where !isReplaced(entry.id) {
            try forEachCorrectedReference(of: entry) { attribute, target, _ in
                if attribute != schema[entry.kind].hierarchy, try !contains(target) { result.insert(entry.id) }
            }
        }
        return result
    }
}
