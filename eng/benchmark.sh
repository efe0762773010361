#!/usr/bin/env bash
# Measures a training step of the demo's network beside the same network in the system's PyTorch. Needs python3-torch for the comparison.
#
#   eng/benchmark.sh [FILE.yaml [ROUNDS]]
#
# Exit codes: 0 both ratios hold (or there is no PyTorch to compare with), 1 one does not, 2 something is missing that only you can bring.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eng/setup.sh tests/Benchmarks
python=${BENCHMARK_PYTHON:-/usr/bin/python3}
"$python" -c 'import torch' 2>/dev/null \
  || echo "benchmark: $python has no torch; for the comparison install it (Debian: apt-get install python3-torch) or name another in BENCHMARK_PYTHON"
exec dotnet artifacts/bin/Benchmarks/release/OrleansTagging.Benchmarks.dll "${1:-examples/demo.yaml}" "${2:-3}"
