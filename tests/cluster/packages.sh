#!/usr/bin/env bash
# Installs the Debian packages that the cluster test needs, where they are missing. Their services are not
# started: the test runs its own processes in its own namespaces.
set -eu
missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need patroni patroni
need etcd etcd-server
need haproxy haproxy
need ip iproute2
need setpriv util-linux
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import etcd' 2>/dev/null || missing+=(python3-etcd)
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing+=(postgresql)
[ "${#missing[@]}" -eq 0 ] && exit 0
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update --quiet --quiet
apt-get install --quiet --quiet --yes --no-upgrade --no-install-recommends "${missing[@]}" >/dev/null
