import OrganisationModel
import SourceExports

extension Rule {
    /// Two occurrences of one timeline hold on one day.
    static let timelineOverlap = Rule("record.timeline-overlap", .warning, .none)
}

/// Objects whose values come from elements with days of their own.
extension RecordMapper {
    /// An occurrence and the days on which it holds.
    private struct Span {
        let occurrence: Int
        let timeline: Int
        let from: Day
        let to: Day
    }

    /// The periods of an object: it begins anew wherever one of the timelines that it reads begins or ends, and is not in effect
    /// where its condition does not hold. Periods that say the same and touch are one.
    mutating func pieces(
        of object: MappingProgram.ObjectProgram, _ record: SourceRecord, within period: (from: Day, to: Day),
        _ kind: Kind
    ) -> [Claim.Piece] {
        let spans = spans(of: object, record, kind)
        var days: Set<Day> = [period.from, period.to]
        for span in spans { days.formUnion([span.from, span.to].filter { period.from < $0 && $0 < period.to }) }
        let cuts = days.sorted()
        var pieces: [Claim.Piece] = []
        for (from, to) in zip(cuts, cuts.dropFirst()) {
            let holding = chosen(spans.filter { $0.from <= from && to <= $0.to }, kind)
            record.with(holding) { view in
                if let condition = object.condition, !holds(condition, view) { return }
                writer.beginPiece(from: from, to: to)
                writeValues(object, view)
                let piece = writer.endPiece()
                if let last = pieces.last, let joined = last.joined(with: piece) {
                    pieces[pieces.count - 1] = joined
                } else {
                    pieces.append(piece)
                }
            }
        }
        return pieces
    }

    private mutating func spans(
        of object: MappingProgram.ObjectProgram, _ record: SourceRecord, _ kind: Kind
    ) -> [Span] {
        let timelines = program.records[record.shape].timelines
        var spans: [Span] = []
        for occurrence in 0..<record.occurrenceCount {
            let timeline = record.timeline(ofOccurrence: occurrence)
            guard object.timelines.contains(timeline) else { continue }
            record.with([occurrence]) { view in
                var (from, to) = (Day.distantPast, Day.distantFuture)
                if let read = beginning(timelines[timeline].from, view, kind) { from = read }
                if let read = end(timelines[timeline].to, view, kind) { to = read }
                if from < to { spans.append(Span(occurrence: occurrence, timeline: timeline, from: from, to: to)) }
            }
        }
        return spans
    }

    /// Of each timeline the occurrence that begins last; of several the last in the record.
    private mutating func chosen(_ holding: [Span], _ kind: Kind) -> [Int] {
        Set(holding.map(\.timeline)).sorted().compactMap { timeline in
            let rivals = holding.filter { $0.timeline == timeline }
            if rivals.count > 1 {
                note(
                    .timelineOverlap, kind,
                    "Two periods of the same element overlap. The one that begins last counts. Correct it in the source."
                )
            }
            return rivals.max { ($0.from, $0.occurrence) < ($1.from, $1.occurrence) }?.occurrence
        }
    }
}
