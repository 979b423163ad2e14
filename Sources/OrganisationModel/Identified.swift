/// Something about an object.
protocol Identified {
    var id: ObjectID { get }
}

extension Array where Element: Identified {
    /// Where the first element about an object stands in a list in the order of ids; nil when there is none. Ids are evenly
    /// spread, so the place is guessed from the number.
    func firstPlace(of id: ObjectID) -> Int? {
        var low = 0
        var high = count
        guard high > 0 else { return nil }
        var guess = Int(id.high.multipliedFullWidth(by: UInt64(high)).high)
        var step = 8
        while low < high {
            let found = self[guess].id
            if found == id {
                while guess > 0, self[guess - 1].id == id { guess -= 1 }
                return guess
            }
            if found < id { low = guess + 1 } else { high = guess }
            guard low < high else { return nil }
            // Widening steps around the guess end in halving once they leave the range.
            let next = found < id ? guess + step : guess - step
            guess = next > low && next < high - 1 ? next : low + (high - low) / 2
            step = Swift.min(step * 4, count)
        }
        return nil
    }

    /// All elements about an object.
    func all(of id: ObjectID) -> ArraySlice<Element> {
        guard let first = firstPlace(of: id) else { return [] }
        var end = first + 1
        while end < count, self[end].id == id { end += 1 }
        return self[first..<end]
    }
}
