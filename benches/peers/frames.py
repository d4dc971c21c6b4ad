#!/usr/bin/env python3
"""Holds what Assay says of videos against `ffprobe -count_frames`, which decodes every frame.

usage: benches/peers/frames.py FOLDER|FILE... [--assay target/release/assay] [--jobs 2] [--patience 120]

Frames shown, duration, average rate and size as shown of every file that Assay calls a video. Prints a table of what differs; a rate and a
duration may differ by one part in a hundred, and a duration by 0.06 s. Beside a count stands what explains it: packets by ffprobe, the count's
method and the issues by Assay. Ends with 1 when something differs. ffprobe is installed where it is missing and apt may be used.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

ENTRIES = "stream=width,height,avg_frame_rate,r_frame_rate,nb_frames,nb_read_frames,nb_read_packets,duration:stream_tags=rotate:stream_side_data=rotation:format=duration"


def set_up():
    """ffprobe, from Debian's package where there is none yet."""
    if shutil.which("ffprobe"):
        return
    if os.geteuid() != 0:
        sys.exit("ffprobe is missing: apt-get install ffmpeg")
    subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", "ffmpeg"], check=True, stdout=subprocess.DEVNULL)


def assayed(assay, files):
    """One record a file."""
    names = "\n".join(map(str, files))
    answer = subprocess.run([assay, "inspect", "--json", "--files-from", "-"], input=names, capture_output=True, text=True, check=False)
    records = [json.loads(line) for line in answer.stdout.splitlines()]
    if len(records) != len(files):
        sys.exit(f"{len(files)} files, {len(records)} records: {answer.stderr[-400:]}")
    return records


def probed(path, patience):
    """What ffprobe counts in the first video that is no cover; None where it finds none or takes too long."""
    command = ["ffprobe", "-v", "quiet", "-count_frames", "-count_packets", "-select_streams", "V:0", "-show_entries", ENTRIES, "-of", "json", f"file:{path}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)
        told = json.loads(answer.stdout or "{}")
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    streams = told.get("streams") or []
    return {**streams[0], "container": told.get("format", {})} if streams else None


def number(text):
    """A number or a ratio; None for N/A and x/0."""
    top, _, bottom = str(text).partition("/")
    try:
        return float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return None


def size(stream):
    """Width and height as shown: after the turn that a player makes."""
    turns = [side.get("rotation") for side in stream.get("side_data_list", [])] + [stream.get("tags", {}).get("rotate")]
    turn = next((int(float(turn)) for turn in turns if turn is not None), 0)
    sides = (stream.get("width"), stream.get("height"))
    return sides[::-1] if turn % 180 else sides


def near(ours, theirs, part, least=0.0):
    return abs(ours - theirs) <= max(least, part * abs(theirs))


def differences(record, stream):
    """Rows of what differs: field, ours, theirs, what explains it."""
    flat, details = record["media_attributes"], record["details"]
    issues = " ".join(issue["code"] for issue in record["issues"])
    ours, theirs = flat.get("frame_count"), number(stream.get("nb_read_frames"))
    if theirs is not None and ours != theirs:
        packets = f"{stream.get('nb_read_packets')} packets, {details.get('packet_count')} by us, {details.get('frame_count_method')}"
        yield "frame_count", ours, int(theirs), f"{packets} {issues}"
    ours, theirs = flat.get("duration"), number(stream["container"].get("duration"))
    if theirs is not None and (ours is None or not near(ours, theirs, 0.01, 0.06)):
        yield "duration", ours, theirs, f"stream {stream.get('duration')} {issues}"
    ours, theirs = flat.get("frame_rate"), number(stream.get("avg_frame_rate"))
    if theirs and (ours is None or not near(ours, theirs, 0.01)):
        yield "frame_rate", ours and round(ours, 3), round(theirs, 3), f"nominal {stream.get('r_frame_rate')} {issues}"
    ours, theirs = (flat.get("width"), flat.get("height")), size(stream)
    if ours != theirs:
        yield "size", "x".join(map(str, ours)), "x".join(map(str, theirs)), issues


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", type=pathlib.Path, nargs="+")
    parser.add_argument("--assay", default="target/release/assay")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--patience", type=float, default=120, help="seconds that ffprobe may take for a file")
    given = parser.parse_args()
    set_up()
    files = sorted({path for what in given.what for path in ([what] if what.is_file() else what.rglob("*")) if path.is_file()})
    videos = [(path, record) for path, record in zip(files, assayed(given.assay, files)) if (record["details"] or {}).get("kind") == "video"]
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        streams = list(pool.map(lambda video: probed(video[0], given.patience), videos))
    differ, agree, unknown = collections.Counter(), 0, []
    for (path, record), stream in zip(videos, streams):
        if stream is None:
            unknown.append(path.name)
            continue
        rows = list(differences(record, stream))
        agree += not rows
        for field, ours, theirs, why in rows:
            differ[field] += 1
            print(f"{path.name[:44]:44}  {field:11}  {ours!s:>12}  {theirs!s:>12}  {why}")
    print(f"\n{agree} of {len(videos) - len(unknown)} videos agree in everything; {', '.join(f'{n} differ in {field}' for field, n in differ.items()) or 'nothing differs'}")
    if unknown:
        print(f"not counted by ffprobe within {given.patience:.0f} s, or no video for it: {' '.join(unknown)}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
