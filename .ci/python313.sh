#!/usr/bin/env bash
# Runs the suite with Python 3.13 of Debian trixie, in a chroot. Needs root and
# debootstrap.
#
#   .ci/python313.sh FOLDER [PYTEST ARGUMENT]...
#
# FOLDER is made, or used again: the system and the packages in it stay.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "python313: $*"; }
fail() { echo "python313: $*" >&2; exit 1; }

[ $# -ge 1 ] || fail "usage: $0 FOLDER [PYTEST ARGUMENT]..."
[ "$(id -u)" = 0 ] || fail "needs root, for the chroot"
# In a name space of its own: the mounts below end with this process.
if [ -z "${PYTHON313_INSIDE:-}" ]; then
  PYTHON313_INSIDE=1 exec unshare --mount "$0" "$@"
fi
mkdir -p "$1"
system=$(cd "$1" && pwd)
shift

if ! [ -x "$system/usr/bin/python3.13" ]; then
  command -v debootstrap >/dev/null || fail "debootstrap is missing"
  say "Debian trixie"
  debootstrap --variant=minbase \
    --include=python3.13,python3.13-venv,ca-certificates,git,openssl,procps \
    trixie "$system" >"$system.log" || fail "see $system.log"
fi
for name in proc sys dev; do
  mount --rbind "/$name" "$system/$name"
done
cp /etc/resolv.conf /etc/hosts "$system/etc/"

# pip finds packages as it does outside: its settings, the certificates, and
# the folders of packages that the settings name.
pip_settings=$(python3 -m pip config list)
for file in /etc/pip.conf /etc/xdg/pip/* "$HOME"/.config/pip/* \
  /etc/ssl/certs/ca-certificates.crt; do
  [ ! -f "$file" ] || install -D --mode=644 "$file" "$system$file"
done
{ grep -o "[ '/]/[^ ']*" <<<"$pip_settings" || true; } | sed "s#^[ '/]/*#/#" | sort -u |
  while read -r folder; do
    # An index in FOLDER/simple may point to files in FOLDER.
    [ "${folder##*/}" != simple ] || folder=${folder%/simple}
    if [ -d "$folder" ]; then
      mkdir -p "$system$folder"
      mount --bind "$folder" "$system$folder"
    fi
  done

# What git knows, and the data that lie beside the checkout.
rm -rf "$system/work/checkout"
mkdir -p "$system/work/checkout"
git ls-files -z |
  xargs -0 cp --parents --target-directory="$system/work/checkout"
if [ -d ../shared ]; then
  mkdir -p "$system/work/shared"
  mount --bind "$(readlink -f ../shared)" "$system/work/shared"
fi

say "tests"
chroot "$system" bash -euo pipefail -c '
  export HOME=/root LC_ALL=C.UTF-8 PIP_NO_CACHE_DIR=1
  cd /work
  # As make test does, with an environment that is used again.
  wanted=$(cat checkout/requirements*.txt | sha256sum)
  if [ "$(cat installed 2>/dev/null)" != "$wanted" ]; then
    [ -d env ] || python3.13 -m venv env
    env/bin/pip install --quiet --requirement checkout/requirements-dev.txt
    env/bin/pip install --quiet --no-deps \
      --requirement checkout/requirements-data.txt
    echo "$wanted" >installed
  fi
  cd checkout
  ../env/bin/python --version
  export TF_CPP_MIN_LOG_LEVEL=2
  exec ../env/bin/python -m pytest "$@"
' python313 "$@"
