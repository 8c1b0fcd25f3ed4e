#!/bin/sh
# Installs the Debian packages of system-packages.txt for the given purposes, only those that are missing.
#
#   install-system-packages.sh run [test] [host]
#
# Where apt may not be used without asking, says in one sentence what is missing and what will not work, and goes on
# (with MUST=1, as in the image, that is an error).
set -eu
list="$(dirname "$0")/system-packages.txt"
wanted=" $* "

is_there() { # package command
    if command -v dpkg-query >/dev/null 2>&1 \
        && dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; then
        return 0
    fi
    [ "$2" != "-" ] && command -v "$2" >/dev/null 2>&1
}

missing="" cost=""
while IFS='|' read -r package purpose command without; do
    package=$(echo "$package" | tr -d ' ') purpose=$(echo "$purpose" | tr -d ' ') command=$(echo "$command" | tr -d ' ')
    case "$package" in '' | '#'*) continue ;; esac
    case "$wanted" in *" $purpose "*) ;; *) continue ;; esac
    if ! is_there "$package" "$command"; then
        missing="$missing $package"
        case "$cost" in *"$without"*) ;; *) cost="$cost${cost:+;}$without" ;; esac
    fi
done <"$list"

[ -n "$missing" ] || exit 0

as_root=""
if ! command -v apt-get >/dev/null 2>&1; then
    as_root="no"
elif [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ "$as_root" != "no" ]; then
    echo "Installing system packages:$missing"
    # shellcheck disable=SC2086 # both are lists of words
    if { DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq update \
        && DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install --no-install-recommends -y $missing; } \
        >"$log" 2>&1 </dev/null; then
        exit 0
    fi
    tail -n 5 "$log" >&2
fi
echo "Missing system packages:$missing. Without them:$cost. Install them with: apt install$missing" >&2
[ -z "${MUST:-}" ]
