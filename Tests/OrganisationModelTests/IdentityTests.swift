import Crypto
import OrganisationModel
import Testing

struct ObjectIDTests {
    @Test func text_roundTrips() throws {
        var chance = Chance(1)
        for _ in 0..<1000 {
            let id = chance.id()
            #expect(id.description.count == 36)
            #expect(ObjectID(id.description) == id && ObjectID(id.description.uppercased()) == id)
            #expect(id.bytes.withUnsafeBytes { ObjectID(bytes: $0) } == id)
        }
        #expect(ObjectID(high: 0x0123_4567_89AB_CDEF, low: 1).description == "01234567-89ab-cdef-0000-000000000001")
    }

    @Test(arguments: [
        "", "0", "00000000000000000000000000000000", "00000000-0000-0000-0000-00000000000", "----",
        "00000000-0000-0000-0000-0000000000000", "0000000-00000-0000-0000-000000000000",
        "00000000000000000000000000000000----", "+0000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-+000-000000000000", "-00000000-0000-0000-0000000000000000",
        "g0000000-0000-0000-0000-000000000000", "{0000000-0000-0000-0000-00000000000}",
    ])
    func text_ofAnyOtherForm_isRefused(_ text: String) {
        #expect(ObjectID(text) == nil)
    }

    @Test func bytes_ofAnotherLength_areRefused() {
        for count in [0, 15, 17] {
            #expect([UInt8](repeating: 0, count: count).withUnsafeBytes { ObjectID(bytes: $0) } == nil)
        }
    }

    @Test func order_isThatOfTheBytes() {
        var chance = Chance(2)
        let ids = (0..<500).map { _ in ObjectID(high: chance.next() % 3 << 62, low: chance.next()) }
        #expect(ids.sorted() == ids.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) })
    }
}

struct IdentityTests {
    private let secret = [UInt8](0..<32)

    /// The definition, written down once more.
    private func expected(_ authority: String, _ kind: UInt8, _ source: String, _ key: String, _ generation: UInt32)
        -> String
    {
        func length(_ text: String) -> [UInt8] {
            let count = text.utf8.count
            return [0, 8, 16, 24].map { UInt8(count >> $0 & 255) }
        }
        let input =
            length(authority) + Array(authority.utf8) + [kind] + length(source) + Array(source.utf8) + length(key)
            + Array(key.utf8) + [0, 8, 16, 24].map { UInt8(generation >> $0 & 255) }
        var uuid = Array(HMAC<SHA256>.authenticationCode(for: input, using: SymmetricKey(data: secret)).prefix(16))
        uuid[6] = uuid[6] & 0x0F | 0x40
        uuid[8] = uuid[8] & 0x3F | 0x80
        let digits = uuid.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }

    @Test func id_isTheHMACOfItsFields() {
        let identity = Identity(secret: secret, authority: "29189846")
        for (kind, key, generation) in [
            (Kind.unit, "1001", UInt32(0)), (.person, "0101701234", 0), (.task, "æ", 70_000),
        ] {
            let id = identity.id(kind: kind, source: "opus", key: key, generation: generation)
            #expect(id.description == expected("29189846", kind.rawValue, "opus", key, generation))
        }
    }

    @Test func id_carriesVersionFourAndItsVariant() {
        let identity = Identity(secret: secret, authority: "29189846")
        for number in 0..<2000 {
            let bytes = identity.id(kind: .unit, source: "opus", key: String(number)).bytes
            #expect(bytes[6] >> 4 == 4 && bytes[8] >> 6 == 2)
        }
    }

    @Test func lengthPrefixes_keepFieldsApart() {
        let ids = [
            ("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("abcd", "", ""), ("", "abcd", ""), ("", "", "abcd"),
        ]
        .map { Identity(secret: secret, authority: $0).id(kind: .unit, source: $1, key: $2) }
        #expect(Set(ids).count == 6)
    }

    @Test func everyField_countsForTheID() {
        let identity = Identity(secret: secret, authority: "1")
        let ids = [
            identity.id(kind: .unit, source: "s", key: "k"), identity.id(kind: .person, source: "s", key: "k"),
            identity.id(kind: .unit, source: "t", key: "k"), identity.id(kind: .unit, source: "s", key: "l"),
            identity.id(kind: .unit, source: "s", key: "k", generation: 1),
            Identity(secret: secret, authority: "2").id(kind: .unit, source: "s", key: "k"),
            Identity(secret: Array(secret.reversed()), authority: "1").id(kind: .unit, source: "s", key: "k"),
        ]
        #expect(Set(ids).count == 7)
    }
}
