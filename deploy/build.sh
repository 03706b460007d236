#!/bin/sh
# Build the wheel from this folder and install it, with pinned dependencies, into a new environment.
# The Dockerfile runs this; so can you: deploy/build.sh /opt/comment-service
set -eu
target=$1
here=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/build"
"$work/build/bin/pip" install --quiet --disable-pip-version-check build
"$work/build/bin/python" -m build --wheel --outdir "$work/dist" "$here" > /dev/null
"$python" -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  --constraint "$here/constraints.txt" "$(echo "$work"/dist/*.whl)[postgres,redis]"
"$target/bin/python" -m compileall -q "$target/lib"
"$target/bin/comment-service" --help > /dev/null
