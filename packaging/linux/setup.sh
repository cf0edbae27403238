#!/usr/bin/env bash
# Everything a fresh machine needs to run and test icdmapper: system libraries and a CJK font
# where they can be installed, then the virtual environment with pinned packages.
set -euo pipefail
cd "$(dirname "$0")/../.."

stamp=.venv/.ready
wanted=$(cat pyproject.toml constraints.txt "$0" | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

# Qt's own libraries, the offscreen screenshot's font, and the virtual screen of the window tests.
packages=(libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0
    libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
    libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 fonts-noto-cjk xvfb xdotool)
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "icdmapper needs Python 3.11 or newer" >&2; exit 2; }
"$python" -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)

missing=()
if command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
fi
if [ ${#missing[@]} -gt 0 ]; then
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if ! { "${as_root[@]}" apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >build-setup.log 2>&1; then
        echo "Missing system packages, please install: ${missing[*]}" >&2
    else
        rm -f build-setup.log
    fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
    --constraint constraints.txt --editable '.[desktop,postgres,dev]'
echo "$wanted" >"$stamp"
