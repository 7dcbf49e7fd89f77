#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: a C compiler for the bundled SQLite and the file
# layer under test, and a browser with its driver and a Chinese font. Does nothing where all is there.
set -eu
missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need cc build-essential
need chromium chromium
need chromedriver chromium-driver
fc-list 2>/dev/null | grep -q 'Noto Sans CJK' || missing+=(fonts-noto-cjk fontconfig)
[ "${#missing[@]}" -eq 0 ] && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update --quiet --quiet
$as_root apt-get install --quiet --quiet --yes --no-install-recommends "${missing[@]}" >/dev/null
