#!/bin/sh
# Installs what ftdojo needs: system tools when root (else it says which), then Python packages into $VENV.
# Usage: install.sh [EXTRAS], a comma-separated list of extras from pyproject.toml.
set -eu
PYTHON=${PYTHON:-python3.11}
VENV=${VENV:-.venv}

missing=""
command -v bwrap >/dev/null 2>&1 || missing="$missing bubblewrap"
command -v prlimit >/dev/null 2>&1 && command -v setpriv >/dev/null 2>&1 || missing="$missing util-linux"
# Only the tests of the report page need a browser.
browser=""
[ "${FTDOJO_BROWSER:-}" = 1 ] && ! command -v chromium >/dev/null 2>&1 && browser=" chromium"
if [ -n "$missing$browser" ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		echo "Installing:$missing$browser" >&2
		apt-get update -qq >/dev/null
		# shellcheck disable=SC2086
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing$browser >/dev/null
	else
		echo "Please install:$missing$browser (on Debian: sudo apt-get install$missing$browser), then run this again." >&2
		[ -z "$missing" ] || exit 1
	fi
fi

command -v "$PYTHON" >/dev/null 2>&1 || PYTHON=python3
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
# torch goes first: its CPU build satisfies everybody else, and nothing then asks for the CUDA one.
"$VENV/bin/pip" install -q --disable-pip-version-check -c constraints.txt torch
"$VENV/bin/pip" install -q --disable-pip-version-check -c constraints.txt -e ".[${1:-train,tasks,llm,serve,dev}]"
