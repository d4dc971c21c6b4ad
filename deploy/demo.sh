#!/usr/bin/env bash
# Builds Assay, shows its real job on real files, and leaves a gallery of them: see crates/testkit/src/bin/demo.
#
# usage: deploy/demo.sh [OUT]                OUT is the folder that is left; ./demo-out by default.
#        ASSAY_BUILD=release deploy/demo.sh  the build that is shipped, instead of the one that `make test` shares.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${ASSAY_BUILD:-debug}
profile=()
[ "$build" = release ] && profile=(--release)

echo "Building Assay and its decoders ($build build; the first one takes some minutes) …"
target=${CARGO_TARGET_DIR:-target}
if [[ $build = debug && -x $target/debug/with-servers ]]; then
    # The tests' build is there: Cargo would build half of it again for a choice of packages, since features differ.
    cargo build --locked --workspace --bins --tests
    exec "$target/debug/demo" --binaries "$target/debug" --fixtures fixtures --out "${1:-demo-out}"
fi
cargo build --quiet --locked "${profile[@]}" -p assay-cli -p assay-image -p assay-media -p assay-document -p assay-dicom -p assay-geo -p assay-text -p assay-faulty
cargo build --quiet --locked "${profile[@]}" -p assay-testkit --bin demo --bin stand-in-cloud

exec "$target/$build/demo" --binaries "$target/$build" --fixtures fixtures --out "${1:-demo-out}"
