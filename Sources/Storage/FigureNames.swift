import GRDB

/// The texts by which units and accounts are grouped, with their numbers.
struct FigureNames {
    private let transaction: StateTransaction
    private var numbers: [String: Int] = [:]
    /// Neighbours often are of one group.
    private var last: (text: String, number: Int)?

    init(_ transaction: StateTransaction) throws {
        self.transaction = transaction
        try Self.forEach(transaction) { numbers[$1] = $0 }
    }

    private static func forEach(_ transaction: StateTransaction, _ body: (Int, String) -> Void) throws {
        let statement = try BulkStatement(transaction.db, "SELECT number, text FROM figureName")
        defer { statement.reset() }
        while try statement.step() { body(statement.int(0), statement.text(1)) }
    }

    /// The number of a text, which is written down when it is new.
    mutating func number(_ text: String) throws -> Int {
        if let last, last.text == text { return last.number }
        let number = numbers[text] ?? numbers.count + 1
        if numbers.updateValue(number, forKey: text) == nil {
            try transaction.db.execute(sql: BulkStatement.insertion(into: "figureName"), arguments: [number, text])
        }
        last = (text, number)
        return number
    }

    /// The text of a number.
    static func texts(_ transaction: StateTransaction) throws -> (Int) -> String {
        var texts: [Int: String] = [:]
        try forEach(transaction) { texts[$0] = $1 }
        return { [texts] in texts[$0] ?? "" }
    }
}
