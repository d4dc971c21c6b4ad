#!/usr/bin/env bash
# Makes the fonts of this folder anew from Debian 12's packages fonts-noto-core, fonts-droid-fallback, fonts-dejavu-core and fonts-nanum; wants fonttools.
#
# usage: make.sh FOLDER    FOLDER is where those packages lie: /usr/share/fonts/truetype
set -euo pipefail
from=$1
cd "$(dirname "$0")"

subset() { # FILE OUT UNICODES…
    pyftsubset "$1" --output-file="$2" --no-hinting --desubroutinize --drop-tables+=FFTM,MATH --layout-features='*' \
        --name-IDs=0,1,2,4,6,13,14 --notdef-outline "${@:3}"
}

# Latin, Greek, Cyrillic, Vietnamese, punctuation and currency.
common=U+0000-058F,U+1D00-1DBF,U+1E00-1FFF,U+2000-20CF,U+2100-218F,U+2212,U+25CC,U+FB00-FB06,U+FFFD
subset "$from/noto/NotoSans-Regular.ttf" NotoSans-Regular.ttf --unicodes=$common
subset "$from/noto/NotoSans-Bold.ttf" NotoSans-Bold.ttf --unicodes=$common
for script in Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Tamil Telugu Thai; do
    subset "$from/noto/NotoSans$script-Regular.ttf" "NotoSans$script-Regular.ttf" --unicodes='*'
done
# Arrows, mathematics, boxes, signs, and the faces that it has.
subset "$from/dejavu/DejaVuSans.ttf" DejaVuSans.ttf --unicodes=U+0020,U+2000-2BFF,U+1F000-1F7FF
# What the national standards of everyday writing hold: GB 2312, JIS X 0208, Big5.
python3 - >unicodes.txt <<'PY'
wanted = {0x20, *range(0x3000, 0x3100), *range(0x3100, 0x3130), *range(0x3131, 0x318F), *range(0xFF01, 0xFFEF)}
for codec in ("gb2312", "euc_jp", "big5"):
    for lead in range(0xA1, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                wanted.update(map(ord, bytes((lead, trail)).decode(codec)))
            except UnicodeDecodeError:
                pass
print(*(f"U+{code:04X}" for code in sorted(wanted) if code >= 0x2E80 or code == 0x20), sep="\n")
PY
subset "$from/droid/DroidSansFallbackFull.ttf" DroidSansFallback.ttf --unicodes-file=unicodes.txt
rm unicodes.txt
# Hangul: its licence wants another name for a changed font.
subset "$from/nanum/NanumSquareR.ttf" AssayHangul.ttf --unicodes=U+0020,U+1100-11FF,U+3131-318E,U+AC00-D7A3
python3 - <<'PY'
from fontTools.ttLib import TTFont
font = TTFont("AssayHangul.ttf")
names = {1: "Assay Hangul", 4: "Assay Hangul Regular", 6: "AssayHangul-Regular"}
for record in font["name"].names:
    if record.nameID in names:
        record.string = names[record.nameID]
font["name"].names = [record for record in font["name"].names if record.nameID in (0, 1, 2, 4, 6, 13, 14)]
font.save("AssayHangul.ttf")
PY
