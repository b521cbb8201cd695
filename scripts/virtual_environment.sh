#!/usr/bin/env bash
# Makes the virtual environment and installs the package into it, editable, with extras.
#
# Usage: virtual_environment.sh PYTHON FOLDER EXTRAS
set -eu

python=$1
folder=$2
extras=$3

if ! "$python" -c "import sys; sys.exit(sys.version_info < (3, 11))"; then
    echo "PumbaPhoto needs Python 3.11 or newer; PYTHON=/path/to/python3.12 names another one." >&2
    exit 1
fi
if [ ! -x "$folder/bin/python" ]; then
    echo "Making the virtual environment $folder" >&2
    "$python" -m venv "$folder"
fi
echo "Installing the package with its extras ($extras)" >&2
# setuptools warns of every editable installation; nothing else of its words is worth a newcomer's time.
PYTHONWARNINGS=ignore "$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --editable ".[$extras]"
