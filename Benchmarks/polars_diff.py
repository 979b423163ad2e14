"""Compares two CSV snapshots with polars and writes what was created, removed and changed, attribute by attribute."""
import sys

import polars


def main():
    before, after = (polars.read_csv(path, infer_schema=False) for path in sys.argv[1:3])
    created = after.join(before, on="subject", how="anti")
    removed = before.join(after, on="subject", how="anti")
    both = before.join(after, on="subject", suffix=" after")
    names = [name for name in before.columns if name != "subject" and name in after.columns]
    changed = both.filter(
        polars.any_horizontal([polars.col(name).ne_missing(polars.col(f"{name} after")) for name in names]))
    places = {name: place for place, name in enumerate(changed.columns)}
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        for word, rows in (("created", created), ("removed", removed)):
            for row in rows.iter_rows():
                out.write(f"{word} {row[0]}\n")
        for row in changed.iter_rows():
            pairs = [(name, row[places[name]], row[places[f"{name} after"]]) for name in names]
            out.write(" ".join([row[0]] + [f"{name}:{old}->{new}" for name, old, new in pairs if old != new]) + "\n")


if __name__ == "__main__":
    main()
