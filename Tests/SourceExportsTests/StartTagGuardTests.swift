import OrganisationModel
import Testing

@testable import SourceExports

struct StartTagGuardTests {
    private static let long = String(repeating: "x", count: XMLExportReader.startTagBytesMax + 100)

    private static let many = String(repeating: "<a b='>'>x</a>\n", count: 6000)

    private func isRefused(_ bytes: [UInt8], chunk: Int = .max) -> Bool {
        var guardian = StartTagGuard()
        var offset = 0
        while offset < bytes.count {
            let end = chunk > bytes.count - offset ? bytes.count : offset + chunk
            if bytes[offset..<end].withUnsafeBytes({ guardian.check($0) })?.rule == .tooLarge { return true }
            offset = end
        }
        return false
    }

    /// Refused or passed: as bytes, in both orders of UTF-16, whole and in chunks.
    private func verdicts(_ text: String) -> Set<Bool> {
        let forms = [Array(text.utf8), utf16(text), utf16(text, bigEndian: true), utf16(text, mark: false)]
        return Set(forms.flatMap { form in [Int.max, 4096, 1021, 7].map { isRefused(form, chunk: $0) } })
    }

    @Test(arguments: [
        "<a b='\(long)'>", "<a b=\"\(long)\">", "<a \(long)>", "<\(long)>", "</\(long)>", "<?\(long)?>",
        "<!DOCTYPE \(long)>",
        "<a b='>\(long)'>", "<a b='\"' c='>' d=\"'>\" \(long)>", "<a/><!-- x --><b \(long)>",
        "<![CDATA[ ]] > ]> ]]><b \(long)>",
        "<a b='<\(long)'>", "\(many)<b \(long)>\(many)", "\(many)<!-- -->\(many)<b c='\(long)",
        "<!-- <x y=\" --><b \(long)>", "<a>text</a><!-- - -- -> --><b c='\(long)",
    ])
    func longTag_isRefused(_ text: String) {
        #expect(verdicts(text) == [true])
    }

    @Test(arguments: [
        "<a>\(long)</a>", "<a b='<'>\(long)</a>", "<!-- \(long) -->", "<!-- > \(long) -->",
        "<!-- <x y=\" --><a/>\(long)",
        "<![CDATA[ < \" ]] > \(long)]]>", "<a><![CDATA[<b c=\"]]>\(long)</a>", "<a b='>' c=\">\" d='\"'>\(long)",
        "<a>\"'\(long)</a>", "<?x it's?><a>\(long)</a>", "\(many)\(long)\(many)!\(long)<!-- \(long) -->\(many)",
        "<a>]]-->\(long)<b/>\(long)</a>", "<a b=\"it's\">\(long)</a>",
    ])
    func longText_passes(_ text: String) {
        #expect(verdicts(text) == [false])
    }

    @Test func lengthIsCountedPerTag_notForAllOfThem() {
        let tag = "<a b='\(String(repeating: "x", count: 30_000))'>"
        #expect(verdicts(String(repeating: tag, count: 10)) == [false])
    }

    // In UTF-16 the bytes of U+213C U+2D2D spell "<!--", and those of U+013C begin with "<".
    @Test func otherCharacters_neverPassForMarkup() {
        for text in ["<k>\u{213C}\u{2D2D}<a b='\(Self.long)'>", "<k>\u{2D21}\u{3C2D}<a \(Self.long)>"] {
            #expect(isRefused(utf16(text)) && isRefused(utf16(text, bigEndian: true)))
        }
        for text in ["<k>\u{013C} \" \(Self.long)</k>", "<k>\u{3C01} ' \(Self.long)</k>"] {
            #expect(!isRefused(utf16(text)) && !isRefused(utf16(text, bigEndian: true)))
        }
    }

    @Test(arguments: 1...20) func tagAcrossChunks_isMeasuredWhole(_ chunk: Int) {
        let text = "<k><!-- <x y=\" --><![CDATA[<z \"]]><a b='>' c=\">\(Self.long)"
        #expect(isRefused(Array(text.utf8), chunk: chunk) && isRefused(utf16(text), chunk: chunk))
    }

    // The guard must not refuse what the reader can read.
    @Test func commentsWithMarkup_areReadThroughToTheEnd() throws {
        let text = "<kmd><!-- > <x y=\" \(Self.long) --><person id='1'/><!-- <! <![CDATA[ --><person id='2'/></kmd>"
        #expect(try read(text).map { $0.fields[0] } == ["1", "2"])
    }
}
