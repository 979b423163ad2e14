import CCurl
import CLinux
import Foundation
import OrganisationModel

/// One transfer by libcurl: a connection of its own that is closed at the end, without proxy, password files and
/// redirects, and only by the named protocol.
final class Transfer {
    /// How a transfer ended.
    struct End {
        let result: CURLcode
        /// The status of the last HTTP answer; 0 when there is none.
        let status: Int
        /// The last line of the header, or of the dialogue, that the other side sent; the answer to QUIT is left out.
        let line: String
        /// libcurl's words for what went wrong.
        let problem: String
        /// The same without figures that differ from attempt to attempt.
        let sort: String
        /// The whole address to which the last HTTP answer redirects; nil when it does not.
        let redirect: String?
    }

    /// What is done with an answer that is more than its status.
    struct Reception {
        /// Each line of the header, with its end; the status line begins a new header.
        let header: (String) -> Void
        /// Each piece of the body, with the status of its answer. False ends the transfer.
        let body: (Int, UnsafeRawBufferPointer) -> Bool
        /// Asked about once a second; true ends the transfer.
        let isStopping: () -> Bool
    }

    /// The bytes of an answer that are read, and dropped.
    static let answerLimit = 65_536
    private static let isReady = curl_start() == CURLE_OK

    private let curl: UnsafeMutableRawPointer
    private let body: [UInt8]
    private let reception: Reception?
    private var sent = 0
    private var received = 0
    private var line = ""
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    /// libcurl cannot do what it is asked to, and why.
    private struct Unable: Error {
        let reason: String
    }

    private init(_ body: [UInt8], _ reception: Reception?) throws {
        guard Self.isReady, let curl = curl_easy_init() else { throw Unable(reason: "libcurl cannot start") }
        (self.curl, self.body, self.reception) = (curl, body, reception)
    }

    deinit {
        curl_easy_cleanup(curl)
        for list in lists { curl_slist_free_all(list) }
    }

    /// Sends `body` as the options say.
    /// - Parameters:
    ///   - timeout: of the whole transfer. Saying goodbye to a mail server may take as long again.
    ///   - authority: the PEM file of the certificates that are trusted in place of the system's.
    ///   - reception: nil to drop what is answered.
    static func run(
        _ url: String, protocols: String, body: [UInt8] = [], timeout: Duration, authority: String?,
        reception: Reception? = nil, options: (Transfer) throws -> Void
    ) -> End {
        withoutBrokenPipeSignal {
            do {
                let transfer = try Transfer(body, reception)
                try transfer.prepare(url, protocols, timeout, authority)
                try options(transfer)
                return try transfer.perform()
            } catch {
                let reason = (error as? Unable)?.reason ?? "\(error)"
                return End(
                    result: CURLE_FAILED_INIT, status: 0, line: "", problem: reason, sort: reason, redirect: nil)
            }
        }
    }

    private func prepare(_ url: String, _ protocols: String, _ timeout: Duration, _ authority: String?) throws {
        try set(CURLOPT_PROTOCOLS_STR, protocols)
        try set(CURLOPT_URL, url)
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NETRC, 0)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FRESH_CONNECT, 1)
        try set(CURLOPT_FORBID_REUSE, 1)
        try set(CURLOPT_TIMEOUT_MS, timeout.milliseconds)
        try set(CURLOPT_SERVER_RESPONSE_TIMEOUT, (timeout.milliseconds + 999) / 1000)
        // A name server that does not answer would otherwise be waited for beyond the timeout.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let authority {
            try set(CURLOPT_CAINFO, authority)
            try check(curl_set_text(curl, CURLOPT_CAPATH, nil))
        }
    }

    func set(_ option: CURLoption, _ value: Int) throws {
        try check(curl_set_number(curl, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws {
        try check(curl_set_text(curl, option, value))
    }

    /// For the options that count bytes.
    func set(_ option: CURLoption, large value: Int) throws {
        try check(curl_set_large_number(curl, option, curl_off_t(value)))
    }

    func set(_ option: CURLoption, _ values: [String]) throws {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = curl_slist_append(list, value) else {
                curl_slist_free_all(list)
                return try check(CURLE_OUT_OF_MEMORY)
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        try check(curl_set_list(curl, option, list))
    }

    private func check(_ result: CURLcode) throws {
        guard result == CURLE_OK else {
            throw Unable(reason: "libcurl does not take an option: \(Self.words(result))")
        }
    }

    private static func words(_ result: CURLcode) -> String {
        curl_easy_strerror(result).map { String(cString: $0) } ?? "error \(result.rawValue)"
    }

    private func perform() throws -> End {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
            try check(curl_set_pointer(curl, option, context))
        }
        try check(curl_set_function(curl, CURLOPT_READFUNCTION) { Transfer.at($3)?.give($0, $1 * $2) ?? 0 })
        try check(curl_set_function(curl, CURLOPT_WRITEFUNCTION) { Transfer.at($3)?.take($0, $1 * $2) ?? 0 })
        try check(curl_set_function(curl, CURLOPT_HEADERFUNCTION) { Transfer.at($3)?.note($0, $1 * $2) ?? 0 })
        if reception != nil {
            try check(
                curl_set_progress(
                    curl, { context, _, _, _, _ in Transfer.at(context)?.isStopping ?? true ? 1 : 0 }, context))
        }
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        return try reason.withUnsafeMutableBufferPointer { reason in
            try check(curl_set_pointer(curl, CURLOPT_ERRORBUFFER, reason.baseAddress))
            let result = curl_easy_perform(curl)
            try check(curl_set_pointer(curl, CURLOPT_ERRORBUFFER, nil))
            let told = reason.baseAddress.map { String(cString: $0) } ?? ""
            return End(
                result: result, status: curl_status(curl), line: line,
                problem: Foreign.line(told.isEmpty ? Self.words(result) : told), sort: Self.words(result),
                redirect: curl_redirect(curl).map { String(cString: $0) })
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func give(_ bytes: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        guard let bytes else { return 0 }
        let part = body[sent...].prefix(room)
        UnsafeMutableRawBufferPointer(start: bytes, count: room).copyBytes(from: part)
        sent += part.count
        return part.count
    }

    private var isStopping: Bool { reception?.isStopping() ?? false }

    private func take(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        if let reception {
            return reception.body(curl_status(curl), UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        received += count
        return received > Self.answerLimit ? 0 : count
    }

    private func note(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if !text.hasPrefix("221") { line = text }
        reception?.header(text)
        return count
    }

    /// Writing to a connection that the other side has closed sends the thread a signal that ends the program. It is kept
    /// away from this thread alone.
    private static func withoutBrokenPipeSignal<T>(_ body: () throws -> T) rethrows -> T {
        var signals = sigset_t()
        var before = sigset_t()
        var pending = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        sigpending(&pending)
        let wasPending = sigismember(&pending, SIGPIPE) == 1
        defer {
            var atOnce = timespec()
            if !wasPending { while sigtimedwait(&signals, nil, &atOnce) < 0, errno == EINTR {} }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return try body()
    }
}
