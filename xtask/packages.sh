#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: a C compiler for the bundled SQLite and the file
# layer under test, PostgreSQL, a browser with its driver and a Chinese font, and npm, by which the checker of
# accessibility is fetched. Does nothing where all is there.
set -eu
missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need cc build-essential
need psql postgresql
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
need chromium chromium
need chromedriver chromium-driver
need npm npm
fc-list 2>/dev/null | grep -q 'Noto Sans CJK' || missing+=(fonts-noto-cjk fontconfig)
[ "${#missing[@]}" -eq 0 ] && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update --quiet --quiet
install() { $as_root apt-get install --quiet --quiet --yes --no-install-recommends "$@" >/dev/null; }
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    # Each test run starts a server of its own; the one that Debian makes with the package is not wanted.
    install postgresql-common
    $as_root sed --in-place --regexp-extended 's/^#?create_main_cluster .*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
fi
install "${missing[@]}"
