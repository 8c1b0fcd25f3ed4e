#!/bin/sh
# Makes the virtual environment of the given folder with the first Python here that Copyist runs on.
#
#   make-environment.sh FOLDER        PYTHON=/path/to/python chooses one
set -eu
folder="$1"
fits='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))'
for python in ${PYTHON:-python3 python3.12 python3.11}; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c "$fits" 2>/dev/null; then
        "$python" -c 'import ensurepip' 2>/dev/null || "$(dirname "$0")/install-system-packages.sh" host
        echo "Making the Python environment in $folder ($("$python" --version))"
        "$python" -m venv "$folder"
        exit
    fi
done
echo "Copyist runs on Python 3.11 or 3.12, and none was found. Install one, or name it: make run PYTHON=/path/to/python" >&2
exit 1
