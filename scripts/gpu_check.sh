#!/bin/sh
# What this GPU does with ftdojo, in at most 8 minutes: gpu_check.json and gpu_check.md in $OUT (default ./gpu_check).
# Needs Linux, Python 3.11 to 3.13, torch, transformers, peft and accelerate; no network. What else is needed comes from
# .gpu (scripts/gpu_pack.sh), and without the weights in there random ones do. GPU_CHECK_DEVICE=cpu does all of it, small.
# Usage: gpu_check.sh [OPTIONS of python -m benchmarks.gpu]
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
PACK=$PWD/.gpu
OUT=${OUT:-$PWD/gpu_check}
export OUT

if [ -d "$PACK/2/wheels" ]; then
	# Beside what is installed, never over it: torch and its companions are the machine's own.
	missing=$("$PYTHON" - "$PACK/2/wheels" <<-'END'
		import sys
		from importlib.metadata import PackageNotFoundError, version
		from pathlib import Path

		for wheel in sorted(Path(sys.argv[1]).glob("*.whl")):
		    try:
		        version(wheel.name.split("-")[0])
		    except PackageNotFoundError:
		        print(wheel)
	END
	)
	rm -rf "$PACK/site"
	# shellcheck disable=SC2086
	[ -z "$missing" ] || "$PYTHON" -m pip install -q --disable-pip-version-check --no-index --no-deps --target "$PACK/site" $missing
fi
# Folders that the worker inherits have to be absolute.
export PYTHONPATH="$PWD/src:$PACK/site"

if [ -f "$PACK/1/weights" ] && [ -f "$PACK/2/weights" ]; then
	export FTDOJO_CACHE="$PACK/cache"
	name=$("$PYTHON" -c 'from ftdojo.models import smollm2; print(smollm2.WHEEL)')
	mkdir -p "$FTDOJO_CACHE/downloads"
	cat "$PACK/1/weights" "$PACK/2/weights" > "$FTDOJO_CACHE/downloads/$name"
fi
exec "$PYTHON" -m benchmarks.gpu "$@"
