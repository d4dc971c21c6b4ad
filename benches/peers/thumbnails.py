#!/usr/bin/python3
"""Holds Assay's preview thumbnails against those of independent renderers, by structural similarity.

usage: thumbnails.py [--assay BINARY] [--kind KIND] [--json] [--keep FOLDER] [FOLDER|FILE…]

Every file (of ../shared/truth/corpus where that is, else of fixtures/) is shown by `assay inspect` and by a renderer that shares no code with it:

  image          libvips: `vipsthumbnail --size WxH!`, upright, in sRGB
  document       poppler: `pdftoppm -cropbox`, page 1
  dicom          dcmtk: `dcmj2pnm` (`dcml2pnm` for JPEG-LS), the frame in the middle. The window is the one in our facts; without one the file's
                 own table; else dcmtk's histogram without 1 % at both ends, as ours. Files whose picture Assay withholds because they do not say
                 that no names are drawn into them are compared as copies to which `dcmodify` added that they do.
  tiled_imagery  GDAL: `gdal_translate -outsize W H -r cubic` of the bands that we show; of more than 8 bits stretched between the 2nd and the
                 98th percentile, which are taken here by numpy from what `gdal_translate` reads of the same overview

at the very size of our thumbnail (dcmtk's pictures and palettes are made smaller by Pillow), on white, as 8-bit luma. SSIM is that of Wang et al.
(2004): a Gaussian window of 11 x 11, sigma 1.5, K1 0.01, K2 0.03, the mean over all places where the window fits. Our JPEG's loss is in it.

Ends with 1 where a kind's median is below 0.95. `--keep` writes ours, theirs and the difference of each file below 0.85, side by side.
Installs what it needs by apt-get, as root or by sudo, and says so.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared/truth/corpus"
PEERS = {"vipsthumbnail": "libvips-tools", "pdftoppm": "poppler-utils", "dcmj2pnm": "dcmtk", "gdal_translate": "gdal-bin"}
# Without these poppler has no glyphs for the fonts that every reader has, and none for Chinese, Japanese and Korean.
FONTS = {"/usr/share/poppler/cMap": "poppler-data", "/usr/share/fonts/opentype/urw-base35": "fonts-urw-base35", "/usr/share/fonts/truetype/droid": "fonts-droid-fallback"}
LOW, WANTED = 0.85, 0.95
WINDOW = 11
BATCH = 40
PATIENCE_S = 120
CALM = os.environ | {"GDAL_PAM_ENABLED": "NO", "VIPS_WARNING": "0"}


def bring():
    """The renderers, numpy and Pillow: Debian's, so that no other Python is asked."""
    missing = [package for tool, package in PEERS.items() if not shutil.which(tool)]
    missing += [package for folder, package in FONTS.items() if not pathlib.Path(folder).is_dir()]
    for module, package in (("numpy", "python3-numpy"), ("PIL", "python3-pil")):
        if subprocess.run(["/usr/bin/python3", "-c", f"import {module}"], capture_output=True, check=False).returncode:
            missing.append(package)
    if missing:
        print(f"thumbnails: installing with apt: {' '.join(missing)}", file=sys.stderr, flush=True)
        root = [] if os.geteuid() == 0 else ["sudo"]
        for words in (["apt-get", "-q", "update"], ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "install", "-y", "--no-install-recommends", *missing]):
            subprocess.run([*root, *words], check=True, stdout=subprocess.DEVNULL)


bring()
import numpy  # noqa: E402
from PIL import Image  # noqa: E402


class NotShown(Exception):
    """Why there is nothing to compare."""


def run(*words):
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, env=CALM, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotShown(f"{words[0]} took more than {PATIENCE_S} s") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no word"]
        raise NotShown(f"{words[0]}: {said[-1][:120]}")
    return done.stdout


def by_vips(path, _, size, folder):
    out = folder / "peer.png"
    has_profile = subprocess.run(["vipsheader", "-f", "icc-profile-data", path], capture_output=True, env=CALM, check=False).returncode == 0
    # Without a profile in the file this would go to and fro by way of another white, and darken what is dark.
    to_srgb = ["--export-profile", "srgb"] if has_profile else []
    run("vipsthumbnail", path, "--size", f"{size[0]}x{size[1]}!", *to_srgb, "-o", f"{out}[bitdepth=8]")
    return Image.open(out)


def by_poppler(path, _, size, folder):
    # Of a page that is turned by a quarter some versions mean the sides before the turn.
    for width, height in (size, size[::-1]):
        run("pdftoppm", "-f", 1, "-l", 1, "-singlefile", "-cropbox", "-scale-to-x", width, "-scale-to-y", height, "-png", path, folder / "peer")
        if not (folder / "peer.png").exists():
            raise NotShown("pdftoppm: no picture")
        picture = Image.open(folder / "peer.png")
        if picture.size == size:
            break
    return picture


def by_dcmtk(path, record, _, folder):
    details = record["details"]
    tool = "dcml2pnm" if details.get("transfer_syntax", "").startswith("1.2.840.10008.1.2.4.8") else "dcmj2pnm"
    frame = details.get("frame_count", 1) // 2 + 1
    run(tool, "-q", "-O", "+Ma", "+F", frame, *window(path, details), "+on", path, folder / "peer.png")
    return Image.open(folder / "peer.png")


def window(path, details):
    """dcmtk's words for the window that we showed."""
    if not details.get("photometric", "MONOCHROME2").startswith("MONOCHROME"):
        return []
    center, width = details.get("window_center"), details.get("window_width")
    told = run("dcmdump", "-q", "+P", "0028,1056", "+P", "0028,3010", path).decode(errors="replace")
    if center is not None and width is not None and width > 0:
        if "LINEAR_EXACT" in told or ("SIGMOID" not in told and width < 1):
            # (x - c) / w + 0.5 is what the plain function makes of c + 0.5 and w + 1 (PS3.3, C.11.2.1.2 and C.11.2.1.3); dcmtk has that one only.
            center, width = center + 0.5, width + 1
        return ["+Ww", center, width]
    return ["+Wl", 1] if "(0028,3010)" in told else ["+Wh", 1]


def by_gdal(path, _, size, folder):
    # A link in a folder of its own: neither of us looks at the files beside it.
    alone = folder / "alone" / path.name
    alone.parent.mkdir()
    alone.symlink_to(path.resolve())
    return by_gdal_alone(alone, size, folder)


def by_gdal_alone(path, size, folder):
    seen = json.loads(run("gdalinfo", "-json", path))
    bands = seen["bands"]
    numbers = chosen([band["colorInterpretation"] for band in bands])
    first = bands[numbers[0] - 1]
    level = min((o["size"] for o in first.get("overviews", []) if max(o["size"]) >= max(size)), default=None, key=max) or seen["size"]
    if first["colorInterpretation"] == "Palette":
        planes = translated(path, level, folder, 4, "-b", 1, "-expand", "rgba")
        return Image.fromarray(planes.transpose(1, 2, 0), "RGBA").resize(size, Image.BICUBIC)
    names = [word for number in numbers for word in ("-b", number)]
    scales = []
    for place, number in enumerate(numbers, 1):
        bits = int(bands[number - 1].get("metadata", {}).get("IMAGE_STRUCTURE", {}).get("NBITS", 8))
        if any(bands[other - 1]["type"] != "Byte" for other in numbers):
            low, high = percentiles(path, level, folder, number)
            scales += [f"-scale_{place}", low, high, 0, 255]
        elif bits < 8:
            scales += [f"-scale_{place}", 0, (1 << bits) - 1, 0, 255]
    planes = translated(path, size, folder, len(numbers) + 1, "-r", "cubic", *names, "-b", "mask", "-ot", "Byte", *scales)
    # Of a JPEG's luma and chroma GDAL has made red, green and blue, and kept the names.
    is_ycc = first["colorInterpretation"] == "YCbCr_Y" and seen["metadata"].get("IMAGE_STRUCTURE", {}).get("COMPRESSION") != "JPEG"
    colours, mask = coloured(planes[:-1], is_ycc), planes[-1:]
    return Image.fromarray(numpy.concatenate([colours, mask]).transpose(1, 2, 0), "RGBA")


def chosen(kinds):
    """The bands that we show: by what they say they are, else the first three, else the first."""
    if kinds[0] == "Palette":
        return [1]
    for wanted in (["Red", "Green", "Blue"], ["YCbCr_Y", "YCbCr_Cb", "YCbCr_Cr"], ["Cyan", "Magenta", "Yellow", "Black"]):
        if all(kind in kinds for kind in wanted):
            return [kinds.index(kind) + 1 for kind in wanted]
    shown = [number for number, kind in enumerate(kinds, 1) if kind != "Alpha"]
    if not shown:
        raise NotShown("no band to show")
    return shown[:3] if len(shown) > 2 else shown[:1]


def coloured(planes, is_ycc):
    if len(planes) == 4:
        paper = 255 - planes[3].astype(int)
        return ((255 - planes[:3].astype(int)) * paper // 255).astype("u1")
    if is_ycc and len(planes) == 3:
        return numpy.asarray(Image.fromarray(planes.transpose(1, 2, 0), "YCbCr").convert("RGB")).transpose(2, 0, 1)
    return planes if len(planes) == 3 else numpy.repeat(planes[:1], 3, axis=0)


def translated(path, size, folder, count, *words, kind="u1"):
    """What gdal_translate reads, as planes."""
    out = folder / "peer.raw"
    # Without a place on earth: the driver of the plainest format wants an upright one.
    run("gdal_translate", "-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-a_ullr", 0, 1, 1, 0, "-nogcp", "-outsize", *size, *words, path, out)
    return numpy.fromfile(out, kind).reshape(count, size[1], size[0])


def percentiles(path, level, folder, number):
    values = translated(path, level, folder, 1, "-b", number, "-ot", "Float32", kind="<f4")[0]
    mask = translated(path, level, folder, 1, "-b", f"mask,{number}", "-ot", "Byte")[0]
    shown = numpy.sort(values[(mask > 0) & numpy.isfinite(values)])
    if not shown.size:
        raise NotShown("nothing but nodata")
    low, high = (shown[round((shown.size - 1) * part)] for part in (0.02, 0.98))
    return (low, high) if low < high else (shown[0], max(shown[-1], shown[0] + 1))


BY_KIND = {"image": by_vips, "document": by_poppler, "dicom": by_dcmtk, "tiled_imagery": by_gdal}


def luma(picture, size):
    """On white, 8 bits (BT.601)."""
    if picture.mode.startswith("I"):
        picture = Image.fromarray((numpy.asarray(picture).astype(int) >> 8).clip(0, 255).astype("u1"))
    picture = picture.convert("RGBA")
    picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("L")
    return picture if picture.size == size else picture.resize(size, Image.BICUBIC)


def ssim(one, other):
    one, other = (numpy.asarray(picture, numpy.float64) for picture in (one, other))
    at = numpy.arange(-5, 6)
    weights = numpy.exp(-(at**2) / (2 * 1.5**2))
    weights /= weights.sum()

    def mean(values):
        rows, columns = values.shape
        across = sum(weight * values[:, n : columns - 10 + n] for n, weight in enumerate(weights))
        return sum(weight * across[n : rows - 10 + n] for n, weight in enumerate(weights))

    mean_one, mean_other = mean(one), mean(other)
    spread_one, spread_other = mean(one * one) - mean_one**2, mean(other * other) - mean_other**2
    shared = mean(one * other) - mean_one * mean_other
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    places = (2 * mean_one * mean_other + c1) * (2 * shared + c2) / ((mean_one**2 + mean_other**2 + c1) * (spread_one + spread_other + c2))
    return float(places.mean())


def inspected(assay, files, folder):
    """A record for each file, in order; exit codes 1 and 3 only say that some are failed or partial."""
    records = []
    for at in range(0, len(files), BATCH):
        pictures = folder / str(at)
        done = subprocess.run([assay, "inspect", "--json", "--thumbnails", pictures, *files[at : at + BATCH]], capture_output=True, check=False)
        records += [json.loads(line) for line in done.stdout.decode().splitlines()]
    if len(records) != len(files):
        raise SystemExit(f"thumbnails: {len(files)} files, {len(records)} records")
    return records


def declared(files, records, folder):
    """Copies of the instances that are withheld only because they say nothing, which now say that no names are drawn into them."""
    copies = {}
    for path, record in zip(files, records):
        silent = [issue for issue in record["issues"] if issue["code"] == "burned-in-annotation" and "YES" not in issue["message"]]
        if silent:
            copy = folder / f"{len(copies):03}-{path.name}"
            shutil.copy(path, copy)
            try:
                run("dcmodify", "-q", "-nb", "-i", "(0028,0301)=NO", copy)
                copies[path] = copy
            except NotShown:
                continue
    return copies


def compared(job):
    """What came of one file: (kind, name, similarity or None, why not)."""
    name, path, record, keep = job
    kind = record["details"]["kind"]
    ours = next((made for made in record["thumbnails"] if made["name"] == "preview"), None)
    if ours is None:
        codes = [issue["code"] for issue in record["issues"]] or ["nothing to show"]
        return kind, name, None, f"no thumbnail of ours: {', '.join(codes)}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            picture = Image.open(ours["uri"].removeprefix("file:")).convert("L")
            if min(picture.size) < WINDOW:
                raise NotShown(f"smaller than the window of {WINDOW} x {WINDOW}")
            theirs = luma(BY_KIND[kind](path, record, picture.size, pathlib.Path(folder)), picture.size)
            value = ssim(picture, theirs)
        except (NotShown, OSError, ValueError) as why:
            return kind, name, None, f"not compared: {why}"
    if keep and value < LOW:
        side_by_side(picture, theirs, keep / f"{value:.3f}-{kind}-{name.replace('/', '_')}.png")
    return kind, name, value, None


def side_by_side(ours, theirs, out):
    difference = numpy.abs(numpy.asarray(ours, int) - numpy.asarray(theirs, int)).astype("u1")
    sheet = Image.new("L", (ours.width * 3 + 20, ours.height), 128)
    for place, picture in enumerate((ours, theirs, Image.fromarray(difference))):
        sheet.paste(picture, (place * (ours.width + 10), 0))
    sheet.save(out)


def told(results, as_json):
    """The table, and whether every median is high enough."""
    kinds, well = {}, True
    for kind in BY_KIND:
        values = sorted((value, name) for found, name, value, _ in results if found == kind and value is not None)
        apart = sorted((name, why) for found, name, value, why in results if found == kind and value is None)
        if not values and not apart:
            continue
        numbers = [value for value, _ in values]
        row = {"files": len(values), "apart": dict(apart), "low": {name: round(value, 4) for value, name in values if value < LOW}}
        if values:
            row |= {"median": round(float(numpy.median(numbers)), 4), "percentile_5": round(float(numpy.percentile(numbers, 5)), 4)}
            well &= row["median"] >= WANTED
        kinds[kind] = row
    if as_json:
        print(json.dumps({"kinds": kinds, "files": {name: round(value, 4) for _, name, value, _ in sorted(results, key=lambda r: r[1]) if value is not None}}))
        return well
    print(f"{'kind':14} {'files':>5} {'median':>7} {'5 %':>7} {'below ' + str(LOW):>10} {'apart':>6}")
    for kind, row in kinds.items():
        print(f"{kind:14} {row['files']:5} {row.get('median', 0):7.4f} {row.get('percentile_5', 0):7.4f} {len(row['low']):10} {len(row['apart']):6}")
    for kind, row in kinds.items():
        for name, value in row["low"].items():
            print(f"below: {kind:14} {value:.4f} {name}")
    for kind, row in kinds.items():
        for name, why in row["apart"].items():
            print(f"apart: {kind:14} {name}: {why}")
    return well


def newest_assay():
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = [path for path in (built / "release/assay", built / "debug/assay") if path.exists()]
    if not found:
        raise SystemExit("thumbnails: no `assay` is built; type `make build`")
    return max(found, key=lambda path: path.stat().st_mtime)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", nargs="*", type=pathlib.Path)
    words.add_argument("--assay", type=pathlib.Path)
    words.add_argument("--kind", choices=BY_KIND)
    words.add_argument("--json", action="store_true")
    words.add_argument("--keep", type=pathlib.Path)
    words = words.parse_args()
    wanted = words.what or [CORPUS if CORPUS.is_dir() else ROOT / "fixtures"]
    files = sorted(path for what in wanted for path in (what.rglob("*") if what.is_dir() else [what]) if path.is_file() and path.suffix not in {".py", ".md", ".jsonl"})
    base = pathlib.Path(os.path.commonpath([path.parent for path in files]))
    if words.keep:
        words.keep.mkdir(parents=True, exist_ok=True)
    assay = words.assay or newest_assay()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        records = inspected(assay, files, folder / "ours")
        copies = declared(files, records, folder)
        again = dict(zip(copies, inspected(assay, list(copies.values()), folder / "again"))) if copies else {}
        jobs = []
        for path, record in zip(files, records):
            kind = (record["details"] or {}).get("kind")
            if kind in BY_KIND and words.kind in (None, kind):
                jobs.append((str(path.relative_to(base)), copies.get(path, path), again.get(path, record), words.keep))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            well = told(list(pool.map(compared, jobs)), words.json)
    raise SystemExit(not well)


if __name__ == "__main__":
    main()
