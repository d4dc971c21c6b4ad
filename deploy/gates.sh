#!/usr/bin/env bash
# The gates: each blocks. `deploy/gates.sh` runs all, `deploy/gates.sh lints shell` runs those two.
#
# How each was seen to fail stands above it. A gate reads a command's output only after the command has succeeded.
set -euo pipefail
cd "$(dirname "$0")/.."

gates=(format lints documentation dependencies unused_dependencies decoder_trees product_trees shell)

# Fails on: a space too many before a `;`.
format() { cargo fmt --all --check; }

# Fails on: an `unwrap` outside tests (a warning in the lint table, an error here).
lints() { cargo clippy --locked --workspace --all-targets --quiet -- -D warnings; }

# Fails on: a link to an item that is not there.
documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet; }

# Fails on: native-tls in a Cargo.toml; a licence taken from the list in deny.toml.
# Advisories are not checked: their database is a git repository on a host that our CI can't reach.
dependencies() { cargo deny --locked --log-level error check --hide-inclusion-graph bans licenses sources; }

# Fails on: a dependency that no file of the crate names.
unused_dependencies() { cargo machete --with-metadata crates; }

# Fails on: tokio among the dependencies of a decoder.
decoder_trees() {
    local decoder
    for decoder in assay-image assay-media assay-document assay-dicom assay-geo assay-text assay-faulty; do
        forbid "$decoder" tokio mio hyper reqwest h2 rustls native-tls openssl openssl-sys aws-config aws-sigv4 aws-sdk-sts object_store lapin sqlx rusqlite \
            rayon rayon-core async-std smol
    done
}

# Fails on: webp among the dependencies of the worker.
product_trees() {
    local product
    for product in assay-worker assay-cli; do
        forbid "$product" turbojpeg turbojpeg-sys ffmpeg-next ffmpeg-sys-next webp libwebp-sys image png gif tiff image-webp fast_image_resize pdfium-render gdal-sys libheif-sys cosmic-text html5ever
    done
}

# Fails on: an unquoted variable in a script.
shell() {
    local scripts script first
    mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
    [[ ${#scripts[@]} -gt 3 ]] || { echo "only ${#scripts[@]} scripts found"; return 1; }
    for script in "${scripts[@]}"; do
        read -r first <"$script"
        # One without a first line that names its shell is handed to `sh`.
        if [[ $first == '#!'* ]]; then shellcheck --external-sources "$script"; else shellcheck --shell=sh "$script"; fi
    done
}

# forbid PACKAGE NAME…: the shipped dependency tree of PACKAGE holds none of the names.
forbid() {
    local package=$1 tree name found=0
    shift
    tree=$(cargo tree --locked --package "$package" --edges normal --prefix none --format '{p}' --no-dedupe)
    tree=$(cut -d ' ' -f 1 <<<"$tree" | sort -u)
    for name in "$@"; do
        if grep -qx -- "$name" <<<"$tree"; then
            echo "$package depends on $name; who brings it: cargo tree -p $package -e normal -i $name"
            found=1
        fi
    done
    return "$found"
}

if [[ ${1:-} == --one ]]; then
    "$2"
    exit
fi

failed=()
for gate in "${@:-${gates[@]}}"; do
    [[ " ${gates[*]} " == *" $gate "* ]] || { echo "no gate is called $gate; there are: ${gates[*]}" >&2; exit 2; }
    began=$SECONDS
    # A process of its own: inside an `if`, bash would ignore `set -e`.
    if "$0" --one "$gate"; then
        echo "gate $gate: passed, $((SECONDS - began)) s"
    else
        echo "gate $gate: FAILED, $((SECONDS - began)) s; again: deploy/gates.sh $gate" >&2
        failed+=("$gate")
    fi
done
[[ ${#failed[@]} == 0 ]] || { echo "failed: ${failed[*]}" >&2; exit 1; }
