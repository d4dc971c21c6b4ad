#!/usr/bin/env python3
"""A 2-GB COG and two 1-GB multi-frame DICOM instances through `assay inspect`: facts, thumbnail, time, and the child's memory.

usage: benches/peers/large.py [--assay target/release/assay] [--folder DIR]

The files are made here (GDAL's command line tools for the COG), in DIR or a temporary folder, and removed at the end: 5 GB of room. Ends
with 1 when a record is not complete, lacks its thumbnail, or its child took more than its default limit allows.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

# `profiles.default.decode.memory_bytes`: what a child may have beyond its libraries. The asset itself is mapped, not copied.
LIMIT = 768 << 20
SIDE = 26_000
FRAMES, ROWS, COLUMNS = 2_048, 512, 512


def cog(folder):
    """Three bands of a gradient with some texture, uncompressed, tiled, with overviews, in UTM zone 33."""
    raw = folder / "raw.bin"
    ramp = bytes(x * 255 // SIDE for x in range(SIDE))
    turned = bytes(255 - value for value in ramp)
    with raw.open("wb") as out:
        for _band in range(3):
            for y in range(SIDE):
                shift = y * 7 % SIDE
                row = ramp if (y // 512) % 2 else turned
                out.write(row[shift:] + row[:shift])
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band + 1}" subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="1">raw.bin</SourceFilename>'
        f"<ImageOffset>{band * SIDE * SIDE}</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>{SIDE}</LineOffset></VRTRasterBand>"
        for band in range(3)
    )
    vrt = folder / "raw.vrt"
    vrt.write_text(f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="{SIDE}">{bands}</VRTDataset>')
    path = folder / "large-cog.tif"
    place = ["-a_srs", "EPSG:32633", "-a_ullr", "300000", "5900000", "560000", "5640000"]
    options = ["-co", "COMPRESS=NONE", "-co", "BIGTIFF=YES"]
    subprocess.run(["gdal_translate", "-q", "-of", "COG", *options, *place, str(vrt), str(path)], check=True)
    raw.unlink()
    vrt.unlink()
    return path


def element(tag, vr, value):
    value = value.encode() if isinstance(value, str) else value
    value += (b"\0" if vr in ("UI", "OB") else b" ") * (len(value) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (struct.pack("<HI", 0, len(value)) if vr in ("OB", "OW", "UN") else struct.pack("<H", len(value))) + value


def heading(syntax):
    sop_class = "1.2.840.10008.5.1.4.1.1.2.1"
    meta = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", sop_class) + element(0x00020003, "UI", "2.25.7")
    meta += element(0x00020010, "UI", syntax) + element(0x00020012, "UI", "2.25.1")
    start = bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta
    number = lambda value: struct.pack("<H", value)
    fields = [
        (0x00080016, "UI", sop_class), (0x00080018, "UI", "2.25.7"), (0x00080060, "CS", "CT"), (0x00280002, "US", number(1)),
        (0x00280004, "CS", "MONOCHROME2"), (0x00280008, "IS", str(FRAMES)), (0x00280010, "US", number(ROWS)),
        (0x00280011, "US", number(COLUMNS)), (0x00280100, "US", number(16)), (0x00280101, "US", number(12)),
        (0x00280102, "US", number(11)), (0x00280103, "US", number(0)), (0x00281050, "DS", "1024"), (0x00281051, "DS", "2048"),
    ]
    return start + b"".join(element(*field) for field in fields)


def frame(index):
    """A disc that wanders."""
    middle = 100 + index * 312 // FRAMES
    rows = []
    for y in range(ROWS):
        half = max(0, 80 * 80 - (y - 256) ** 2) ** 0.5
        left, right = max(0, int(middle - half)), min(COLUMNS, int(middle + half))
        rows.append(struct.pack("<H", 300) * left + struct.pack("<H", 1_800) * (right - left) + struct.pack("<H", 300) * (COLUMNS - right))
    return b"".join(rows)


def native(folder):
    """Frames as they are, one after the other: explicit little endian."""
    path = folder / "large-native.dcm"
    length = FRAMES * ROWS * COLUMNS * 2
    with path.open("wb") as out:
        out.write(heading("1.2.840.10008.1.2.1") + struct.pack("<HH", 0x7FE0, 0x0010) + b"OW" + struct.pack("<HI", 0, length))
        for index in range(0, FRAMES, 64):
            out.write(frame(index) * 64)
    return path


def runs(index):
    """A frame by RLE (PS3.5, annex G) that is not packed at all: literal runs of 128 bytes, so that the file is as large as its pixels."""
    pixels = frame(index)
    segments = []
    for plane in (pixels[1::2], pixels[0::2]):
        segments.append(b"".join(b"\x7f" + plane[at : at + 128] for at in range(0, len(plane), 128)))
    offsets = [64, 64 + len(segments[0])]
    return struct.pack("<16I", 2, *offsets, *([0] * 13)) + b"".join(segments)


def encapsulated(folder):
    """A fragment for each frame, without a table of offsets: the frame in the middle has to be walked to."""
    path = folder / "large-rle.dcm"
    with path.open("wb") as out:
        out.write(heading("1.2.840.10008.1.2.5") + struct.pack("<HH", 0x7FE0, 0x0010) + b"OB" + struct.pack("<HI", 0, 0xFFFFFFFF))
        out.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        for index in range(0, FRAMES, 64):
            piece = runs(index)
            piece += bytes(len(piece) % 2)
            out.write((struct.pack("<HHI", 0xFFFE, 0xE000, len(piece)) + piece) * 64)
        out.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assay", default="target/release/assay")
    parser.add_argument("--folder", type=pathlib.Path)
    given = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print(f"{'file':20} {'bytes':>14} {'status':9} {'seconds':>8} {'decode CPU':>10} {'peak MB':>8}  thumbnail, facts")
        for make in (cog, native, encapsulated):
            path = make(pathlib.Path(folder))
            began = time.monotonic()
            answer = subprocess.run([given.assay, "inspect", "--json", str(path)], capture_output=True, text=True, check=False)
            seconds = time.monotonic() - began
            record = json.loads(answer.stdout)
            cost, pictures = record["cost"], record["thumbnails"]
            picture = max(pictures, key=lambda it: it["width"]) if pictures else None
            is_good = record["status"] == "complete" and picture is not None and cost["peak_memory_bytes"] <= LIMIT + path.stat().st_size
            failed += not is_good
            shown = f"{picture['width']}x{picture['height']}" if picture else "none"
            print(f"{path.name:20} {path.stat().st_size:14,} {record['status']:9} {seconds:8.1f} {cost['cpu_ms'] / 1000:9.2f}s "
                  f"{cost['peak_memory_bytes'] / 1e6:8.0f}  {shown}, {json.dumps(record['media_attributes'])[:200]}")
            for issue in [record["failure"], *record["issues"]]:
                if issue:
                    print(f"    {issue['code']}: {issue.get('message', '')[:160]}")
            path.unlink()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
