#!/bin/sh
# Starts one part of Copyist. The image runs it, `make run` runs it, and so may you.
#
#   serve [option ...]     everything on one machine: the database brought up to date, web and workers in one command
#   web                    only the web process, on HOST:PORT
#   worker [option ...]    only a worker, for example: worker --cluster gpu
#   migrate                bring the database up to date, and make the bucket where files are kept on S3
#   alive | ready          ask this host's web process /healthz or /readyz; not 0 where the answer is no
#   working                not 0 where no worker of this host was seen lately
#   manage COMMAND ...     any other command of manage.py
#
# DEMO=1 with serve: make a demo login first, and its recording's tab while you watch.
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-python}"
export PORT="${PORT:-8000}"

manage() { "$python" manage.py "$@"; }

migrate() {
    manage migrate --verbosity 0
    if [ "${STORAGE:-files}" = "s3" ]; then manage bucket; fi
}

ask() {
    "$python" -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)' \
        "http://127.0.0.1:$PORT/$1" >/dev/null 2>&1
}

part="${1:-serve}"
[ $# -eq 0 ] || shift
case "$part" in
serve)
    migrate
    if [ -n "${DEMO:-}" ]; then manage demo; fi
    exec "$python" manage.py serve --port "$PORT" "$@"
    ;;
web)
    # Trust the proxy in front for the scheme and address of the visitor only where TLS is spoken there.
    if [ -n "${HTTPS:-}" ]; then set -- --forwarded-allow-ips "${PROXIES:-*}" "$@"; else set -- --no-proxy-headers "$@"; fi
    exec "$python" -m uvicorn config.asgi:application --host "${HOST:-0.0.0.0}" --port "$PORT" \
        --no-access-log --no-server-header --timeout-graceful-shutdown 10 "$@"
    ;;
worker) exec "$python" manage.py worker "$@" ;;
migrate) migrate ;;
alive) ask healthz ;;
ready) ask readyz ;;
working) exec "$python" manage.py doctor --working ;;
manage) exec "$python" manage.py "$@" ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' docker/entrypoint.sh >&2
    exit 2
    ;;
esac
