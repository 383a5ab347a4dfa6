#!/usr/bin/env bash
# On a machine with a GPU and the packages of requirements.txt: compares the GPU
# with the CPU, measures steps, and writes docs/gpu.json. At most ten minutes.
#
#   benchmarks/gpu.sh              with .venv, or PYTHON=python3 before it
#   benchmarks/gpu.sh --dry_run --json=/tmp/gpu.json     without a GPU
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
fi
exec timeout 600 "${PYTHON:-.venv/bin/python}" -m benchmarks.gpu \
  --json=docs/gpu.json "$@"
