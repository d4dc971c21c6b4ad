#!/usr/bin/env python3
"""The slowest files of a folder, and the ones whose child took most memory.

usage: benches/peers/slowest.py FOLDER [--assay target/release/assay] [--most 20]

Every file goes through `assay inspect --json`. Ends with 1 when one took over 10 s of CPU time, or a child was stopped for its memory.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

CPU_MS = 10_000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--assay", default="target/release/assay")
    parser.add_argument("--most", type=int, default=20)
    given = parser.parse_args()
    files = sorted(path for path in given.folder.rglob("*") if path.is_file())
    names = "\n".join(map(str, files))
    command = [given.assay, "inspect", "--json", "--files-from", "-"]
    answer = subprocess.run(command, input=names, capture_output=True, text=True, check=False)
    records = [json.loads(line) for line in answer.stdout.splitlines()]
    if len(records) != len(files):
        print(f"{len(files)} files, {len(records)} records: {answer.stderr[-400:]}", file=sys.stderr)
        return 1
    rows = list(zip(files, records))
    codes = collections.Counter(record["failure"]["code"] if record["failure"] else record["status"] for _, record in rows)
    print(", ".join(f"{count} {code}" for code, count in codes.most_common()))
    for title, key, shown in (
        ("CPU time", lambda cost: cost["cpu_ms"], lambda cost: f"{cost['cpu_ms'] / 1000:8.2f} s"),
        ("memory of the child", lambda cost: cost["peak_memory_bytes"], lambda cost: f"{cost['peak_memory_bytes'] / 1e6:7.0f} MB"),
    ):
        print(f"\n{title}")
        for path, record in sorted(rows, key=lambda row: -key(row[1]["cost"]))[: given.most]:
            print(f"{shown(record['cost'])}  {path.stat().st_size:>13,}  {record['asset']['detected_type'] or '-':24} {path.name}")
    slow = [path for path, record in rows if record["cost"]["cpu_ms"] > CPU_MS]
    return 1 if slow or codes["decoder-out-of-memory"] else 0


if __name__ == "__main__":
    sys.exit(main())
