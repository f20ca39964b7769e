"""Make the samples in this folder anew from the emulator. Its data are invented."""

from __future__ import annotations

from pathlib import Path

import engagement_kit as ek

HERE = Path(__file__).parent
CLOCK = "2026-06-01T12:30:00Z"


def main() -> None:
    """Write tweet ids, one raw answer of each endpoint, and the Parquet that they become."""
    with ek.connect("emulator", clock=CLOCK) as client:
        ids = ek.sample_ids(client, 40)[::10]
        gone = ek.sample_ids(client, 1, kind="unavailable")
        (HERE / "tweet_ids.csv").write_text("\n".join(["tweet_id", *ids, *gone]) + "\n")
        period = ek.between("2026-05-28", "2026-06-01")
        metrics = ["impressions", "engagements", "favorites"]
        queries = {
            "totals": ek.Query("totals", ids + gone, metrics),
            "28hr": ek.Query("28hr", ids + gone, metrics),
            "historical": ek.Query("historical", ids + gone, metrics, period=period),
        }
        for name, query in queries.items():
            result = client.run(query, progress=False)
            (ref,) = result.refs
            (HERE / f"{name}.json").write_bytes(result.store.load(ref).body + b"\n")
            result.to_parquet(HERE / f"{name}.parquet")


if __name__ == "__main__":
    main()
