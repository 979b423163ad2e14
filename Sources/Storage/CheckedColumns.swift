extension Migrations {
    /// The columns of each table that its checksum covers, in order; `verify` recomputes them all.
    static let checkedColumns: [(table: String, columns: [String])] = [
        ("setting", ["name", "value"]),
        (
            "object",
            ["id", "kind", "source", "key", "generation", "salt", "since", "ordinary", "personal", "digest"]
        ),
        ("pastState", ["id", "since", "ordinary", "personal"]),
        ("boundary", ["day", "id", "since"]),
        ("bucket", ["number", "hash"]),
        (
            "version",
            ["number", "cause", "actor", "reason", "time", "day", "candidate", "contentHash", "chainHash"]
        ),
        ("candidate", ["number", "base", "verdict", "version", "planHash", "summary", "actor", "time"]),
        (
            "finding",
            [
                "candidate", "number", "rule", "severity", "fate", "kind", "key", "source", "file", "line", "message",
            ]
        ),
        ("waitingChange", ["candidate", "number", "changes"]),
        ("waitingExport", ["candidate", "source", "seed", "records", "unchanged", "files", "absent"]),
        (
            "waitingClaim",
            ["candidate", "source", "number", "replaces", "key", "fingerprint", "file", "line", "body"]
        ),
        ("export", ["source", "seed", "records", "unconfirmed", "candidate"]),
        ("exportFile", ["id", "candidate", "source", "number", "name", "digest", "bytes"]),
        ("claim", ["row", "source", "key", "fingerprint", "body"]),
        ("claimPlaces", ["source", "places"]),
        ("claimIndex", ["number", "entries"]),
        ("idList", ["name", "ids"]),
        ("objectCount", ["source", "kind", "count"]),
        ("brakeTally", ["version", "source", "kind", "part", "count"]),
        ("pin", ["id", "since", "isReleased"]),
        ("hold", ["source", "version", "reason", "actor", "time", "remindedOn"]),
        ("logEntry", ["number", "version", "day", "cause", "time", "chain"]),
        ("view", ["id", "definition", "countedThrough", "highest"]),
        ("viewEntry", ["view", "entry", "first", "count"]),
        ("subscription", ["name", "view", "epoch", "offset", "startsAfter", "settledThrough", "time"]),
        (
            "run",
            [
                "number", "source", "path", "bytes", "modified", "inode", "stamp", "received", "attempts", "verdict",
                "candidate", "ended", "message",
            ]
        ),
        ("token", ["digest", "subscription", "time"]),
        (
            "notice",
            ["number", "id", "channel", "code", "subject", "text", "time", "attempts", "status", "failure"]
        ),
        ("service", ["number", "started", "ended"]),
        ("schedule", ["candidate", "instant", "actor", "reason", "given"]),
        ("erasure", ["id", "version", "time"]),
        ("suppression", ["id", "person", "time"]),
        ("referrer", ["target", "id"]),
        (
            "audit",
            ["number", "time", "actor", "action", "subject", "detail", "chain", "salt", "commitment"]
        ),
        ("correction", ["number", "actor", "time", "reason"]),
        ("figureName", ["number", "text"]),
        ("figureUnit", ["number", "id", "parent", "level", "type", "managers", "shared"]),
        ("figureLink", ["number", "entries"]),
        ("findingLife", ["rule", "kind", "key", "source", "since", "version", "gone", "goneVersion"]),
        (
            "acknowledgement",
            ["number", "rule", "kind", "key", "source", "digest", "until", "reason", "actor", "time"]
        ),
        ("figure", ["unit", "version", "day", "figures"]),
    ]
}
