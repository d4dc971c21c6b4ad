#!/usr/bin/env bash
# Installs what is missing to build Assay on Debian 12, says what it does, and is silent when nothing is missing.
#
#   deploy/setup.sh              what building and the demo need
#   deploy/setup.sh --tests      also RabbitMQ, PostgreSQL, Chromium and cargo-nextest (neither server is started: tests run private ones)
#   deploy/setup.sh --gates      also shellcheck, cargo-deny and cargo-machete
#   deploy/setup.sh --fixtures   also the tools that make the fixtures anew
set -euo pipefail
cd "$(dirname "$0")/.."

# A C compiler, what libjpeg-turbo's and AWS-LC's builds want, what bindgen wants, what brings PDFium, FFmpeg's libraries, and
# CharLS, libheif and OpenJPEG.
packages=(gcc g++ make cmake nasm clang libclang-dev pkg-config ca-certificates python3-pip
    libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev
    libcharls-dev libheif-dev libopenjp2-7-dev libtiff-dev libgdal-dev)
# PDFium without JavaScript and XFA, which Debian has no package of: from a wheel on PyPI, pinned by the digests of both machines'
# wheels and of the library in each.
pdfium=5.15.2
wheels=(dc31aea5b0fb9fefc9b537a65f4113980b2c40798445736a7e6565bc85161e37 dd46e93c0c3a73f6cea8489baff6d77a5d0759dd53fbbce0aeb49c91830176fc)
declare -A libpdfium=(
    [x86_64]=c76dc0f7839644bfa7c3e3107a6068df714e339c861bb7d4519907b821d427f9
    [aarch64]=4378615ad9710397c96c112611be9018629bbfe38805d91a2663a534b99c28ca
)
# name=version: versions that were seen to build with our toolchain.
tools=()

for wanted in "$@"; do
    case $wanted in
    --tests)
        packages+=(rabbitmq-server postgresql util-linux chromium)
        tools+=(cargo-nextest=0.9.143)
        ;;
    --gates)
        packages+=(shellcheck)
        tools+=(cargo-deny=0.20.2 cargo-machete=0.9.2)
        ;;
    --fixtures)
        packages+=(dcmtk openjph-tools ffmpeg libheif-examples libopenjp2-tools poppler-utils libjxl-tools libimage-exiftool-perl webp libtiff-tools fonts-dejavu-core python3 python3-pil python3-numpy gdal-bin python3-gdal)
        ;;
    *)
        echo "setup: $wanted is not known; type: sed -n 2,8p deploy/setup.sh" >&2
        exit 2
        ;;
    esac
done

say() { echo "setup: $*"; }

# Ends with what is wrong and the line to type.
give_up() {
    echo "setup: $1" >&2
    echo "setup: type this, then try again:" >&2
    echo "    $2" >&2
    exit 1
}

# Undoes what was only for the time of this script.
take_back() {
    local command
    for command in "${undo[@]}"; do $command; done
}

missing_packages() {
    local present package
    present=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' 2>/dev/null) "
    for package in "${packages[@]}"; do
        [[ $present == *" installed:$package "* ]] || echo "$package"
    done
}

install_packages() {
    local missing=("$@") as_root=() line="apt-get update && apt-get install -y --no-install-recommends ${*}"
    if [[ $(id -u) != 0 ]]; then
        command -v sudo >/dev/null || give_up "these packages are missing, and installing needs root: ${missing[*]}" "su -c '$line'"
        # Without a terminal sudo can't ask for a password.
        sudo -n true 2>/dev/null || [[ -t 0 ]] || give_up "these packages are missing, and sudo wants a password: ${missing[*]}" "sudo sh -c '$line'"
        as_root=(sudo)
    fi
    say "installing with apt: ${missing[*]}"
    local log
    log=$(mktemp)
    "${as_root[@]}" apt-get update >"$log" 2>&1 || { tail -n 5 "$log" >&2; give_up "apt-get update failed: is there a network?" "sudo apt-get update"; }
    keep_servers_off "${as_root[@]}"
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        give_up "apt-get install failed" "sudo sh -c '$line'"
    fi
    rm -f "$log"
}

# Debian starts a server as soon as it is installed; a policy that answers 101 forbids it (invoke-rc.d(8)).
keep_servers_off() {
    local policy=/usr/sbin/policy-rc.d
    [[ -e $policy ]] && return
    undo+=("$* rm -f $policy")
    printf '#!/bin/sh\nexit 101\n' | "$@" tee "$policy" >/dev/null
    "$@" chmod 755 "$policy"
}

system_libraries() {
    local listed missing release
    if ! command -v dpkg-query >/dev/null; then
        give_up "this is not Debian; install what these Debian packages hold: ${packages[*]}" "ASSAY_SETUP=skip make help    # when they are there"
    fi
    listed=$(missing_packages)
    [[ -z $listed ]] && return
    mapfile -t missing <<<"$listed"
    release=$(. /etc/os-release && echo "$ID $VERSION_ID")
    if [[ $release != "debian 12" ]]; then
        give_up "this is $release; only Debian 12 is tried, so nothing is installed here" "sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
    install_packages "${missing[@]}"
}

rust() {
    local channel
    channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    if ! command -v cargo >/dev/null; then
        give_up "Rust is missing" "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain none && . \"\$HOME/.cargo/env\""
    fi
    # A cargo that is not rustup's can't choose a toolchain: its version must be the one we pin.
    if ! command -v rustup >/dev/null; then
        [[ $(cargo --version) == "cargo $channel"* ]] || give_up "Rust $channel is needed, $(cargo --version) is here" "curl -sSf https://sh.rustup.rs | sh"
    elif [[ $'\n'$(rustup toolchain list) != *$'\n'"$channel-"* ]]; then
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal --component rustfmt --component clippy ||
            give_up "Rust $channel can't be installed: is there a network?" "rustup toolchain install $channel --profile minimal -c rustfmt -c clippy"
    fi
}

cargo_tools() {
    local tool name version profile folder=
    for tool in "${tools[@]}"; do
        name=${tool%=*} version=${tool#*=}
        command -v "$name" >/dev/null && continue
        say "compiling $name $version, once; this takes some minutes"
        # One folder for all tools, so that they share what they have in common; its own, so that two runs don't meet.
        if [[ -z $folder ]]; then
            folder=$(mktemp -d)
            undo+=("rm -rf $folder")
        fi
        # cargo-deny is large and has little to do: unoptimised it compiles in half the time. The others read every file or run every test.
        profile=release
        [[ $name == cargo-deny ]] && profile=dev
        cargo install --quiet --locked --profile "$profile" --target-dir "$folder" "$name@$version" ||
            give_up "$name could not be installed; cargo says why above" "cargo install --locked $name@$version"
    done
}

# Beside the decoders of both builds: from there alone is it loaded.
document_library() {
    local folder wanted=${libpdfium[$(uname -m)]:-} scratch=
    [[ -n $wanted ]] || give_up "PDFium is pinned for x86-64 and arm64 only, this is $(uname -m)" "uname -m"
    for folder in "${CARGO_TARGET_DIR:-target}"/{debug,release}; do
        [[ -e $folder/libpdfium.so && $(sha256sum <"$folder/libpdfium.so") == "$wanted "* ]] && continue
        if [[ -z $scratch ]]; then
            say "downloading PDFium from PyPI (pypdfium2 $pdfium)"
            scratch=$(mktemp -d)
            undo+=("rm -rf $scratch")
            echo "pypdfium2==$pdfium ${wheels[*]/#/--hash=sha256:}" >"$scratch/wanted"
            python3 -m pip --quiet download --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
                --dest "$scratch" -r "$scratch/wanted" || give_up "PDFium could not be downloaded; pip says why above" "deploy/setup.sh"
            python3 -m zipfile --extract "$scratch"/pypdfium2-*.whl "$scratch"
            [[ $(sha256sum <"$scratch/pypdfium2_raw/libpdfium.so") == "$wanted "* ]] || give_up "the wheel holds another PDFium than is pinned" "deploy/setup.sh"
        fi
        mkdir -p "$folder"
        # In one step: a decoder that runs keeps the one that it has.
        cp "$scratch/pypdfium2_raw/libpdfium.so" "$folder/libpdfium.so.new"
        mv "$folder/libpdfium.so.new" "$folder/libpdfium.so"
    done
}

undo=()
trap take_back EXIT

[[ ${ASSAY_SETUP:-} == skip ]] && exit 0
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
system_libraries
rust
cargo_tools
document_library
