#!/bin/sh
# Installs what pyproject.toml asks for, in the versions of constraints.txt, quietly.
#
#   install-python-packages.sh PYTHON [extra ...]        extras as named in pyproject.toml: dev, separation, training
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
python="$1"
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pip() {
    if ! "$python" -m pip --disable-pip-version-check install --quiet --no-input --progress-bar off "$@" \
        >"$work/log" 2>&1; then
        cat "$work/log" >&2
        echo "The Python packages could not be installed; the lines above say why." >&2
        exit 1
    fi
}

"$python" - "$here/../pyproject.toml" "$@" >"$work/requirements.txt" <<'END'
import sys, tomllib

project = tomllib.load(open(sys.argv[1], "rb"))["project"]
print(*project["dependencies"], sep="\n")
for extra in sys.argv[2:]:
    print(*project["optional-dependencies"][extra], sep="\n")
END
echo "Installing Python packages${*:+ (with $*)}"
pip --requirement "$work/requirements.txt" --constraint "$here/constraints.txt"
# It asks for TensorFlow and an old numpy; we only want the network that lies in it, and run that with onnxruntime.
pip --no-deps basic-pitch==0.4.0
