import Foundation
import Testing

/// What a monitoring system is told.
struct DaemonMetricsTests {
    /// Expects a text to be in the Prometheus text format 0.0.4: each family once, described before its samples, no sample twice.
    /// - Returns: sample: value.
    private func samples(_ text: String) throws -> [String: Double] {
        var (samples, types): ([String: Double], [String: String]) = ([:], [:])
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.wholeMatch(of: /# HELP [a-z_]+ [^\n]+/) != nil { continue }
            if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) (gauge|counter)/) {
                #expect(
                    types.updateValue(String(type.2), forKey: String(type.1)) == nil, "\(type.1) stands there twice")
                continue
            }
            let sample = try #require(
                line.wholeMatch(of: /([a-z_]+)(\{[a-z]+="[A-Za-z0-9_-]*"(?:,[a-z]+="[A-Za-z0-9_-]*")*\})? (-?[0-9.]+)/),
                "\(line)")
            let name = String(sample.1)
            let type = try #require(types[name], "\(name) is not described")
            #expect((type == "counter") == name.hasSuffix("_total"))
            #expect(samples.updateValue(try #require(Double(sample.3)), forKey: name + (sample.2 ?? "")) == nil)
        }
        return samples
    }

    @Test func `metrics are in the text format and say what has happened`() throws {
        let world = try World.forDaemon()
        #expect(try world.run("subscription", "add", "ky", "--kinds", "unit").status == 0)
        let daemon = try RunningDaemon(world)
        let first = try samples(try daemon.get("/metrics").body)
        #expect(first["fordeler_version"] == 0 && first["fordeler_ready"] == 1)
        try world.drop(Export.small, "ZLPE20260302.xml")
        try daemon.settle()
        try world.drop(Export.cut, "ZLPE20260302T1300.xml")
        try daemon.settle()
        #expect(try daemon.run("hold", "hr", "--reason", "x").status == 0)
        let told = try samples(try daemon.get("/metrics").body)
        #expect(told["fordeler_version"] == 1)
        #expect(told["fordeler_runs_total{source=\"hr\",verdict=\"published\"}"] == 1)
        #expect(told["fordeler_runs_total{source=\"hr\",verdict=\"rejected\"}"] == 1)
        #expect(told["fordeler_source_hold{source=\"hr\"}"] == 1)
        #expect(told["fordeler_mailbox_unsettled_events{subscription=\"ky\"}"] == 5)
        #expect(told["fordeler_last_file_timestamp_seconds{source=\"hr\"}"] == 1_772_442_000)
        #expect(told["fordeler_crashes_day"] == 0)
        daemon.end(SIGKILL)
        let next = try RunningDaemon(world)
        #expect(try samples(try next.get("/metrics").body)["fordeler_crashes_day"] == 1)
    }
}
