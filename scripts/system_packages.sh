#!/usr/bin/env bash
# Installs the Debian packages that tests, demo or benchmarks can use, where they are missing and
# this user may. Never fails: a test whose server is absent skips and says so, and the demo goes on
# without a scanner.
#
# Usage: system_packages.sh test|demo|bench
set -u

purpose=${1:-test}
export DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/sbin:/sbin

missing=()
need() { # need PACKAGE CONDITION...
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
have_postgresql() { compgen -G "/usr/lib/postgresql/*/bin/initdb" || command -v initdb; }

need python3-venv "${PYTHON:-python3}" -c "import ensurepip"
need clamav-daemon command -v clamd
# Pillow shapes Arabic, Hebrew, Devanagari and their like for watermarks only where this is.
need libfribidi0 compgen -G "/usr/lib/*/libfribidi.so.0"
if [ "$purpose" = test ]; then
    need chromium command -v chromium
    need gettext command -v msgfmt
    need fonts-dejavu-core compgen -G "/usr/share/fonts/truetype/dejavu/*.ttf"
    need nginx-light command -v nginx
    need postgresql have_postgresql
    need redis-server command -v redis-server
    need strace command -v strace
    need logrotate command -v logrotate
    # A volume that fails on demand, in tests/faults.
    need libfuse2 compgen -G "/lib/*/libfuse.so.2"
fi
if [ "$purpose" = bench ]; then
    need libvips-tools command -v vipsthumbnail
    need nginx-light command -v nginx
    need wrk command -v wrk
    need postgresql have_postgresql
fi
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "Not installed, and this user may not install them: ${missing[*]}" >&2
        exit 0
    fi
    as_root=(sudo -n --preserve-env=DEBIAN_FRONTEND)
fi
if ! command -v apt-get >/dev/null; then
    echo "Not installed, and there is no apt-get here: ${missing[*]}" >&2
    exit 0
fi

echo "Installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Three tries: a package mirror that was busy a moment ago often answers the second time.
for attempt in 1 2 3; do
    if "${as_root[@]}" apt-get update >"$log" 2>&1 </dev/null &&
        "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null; then
        exit 0
    fi
    sleep $((attempt * 5))
done
echo "Could not install ${missing[*]}; the last lines of apt-get:" >&2
tail -n 5 "$log" >&2
exit 0
