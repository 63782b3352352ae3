#!/usr/bin/env bash
# Installs network-config-analyzer from PyPI where the tests look for it, unless it is there; prints its path.
set -euo pipefail
version=2.1.0
folder=${XDG_CACHE_HOME:-$HOME/.cache}/aviary/network-config-analyzer-$version
if [ ! -e "$folder/complete" ]; then
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "network-config-analyzer==$version"
  touch "$folder/complete"
fi
echo "$folder/bin/nca"
