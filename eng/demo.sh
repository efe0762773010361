#!/usr/bin/env bash
# The main job, from a fresh clone: sets up what is missing, makes a synthetic dataset, imports it, and runs examples/demo.yaml to its end.
# Run again, it goes on where it stood.
#
#   eng/demo.sh               works in artifacts/demo
#   eng/demo.sh DIR           works in DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eng/setup.sh src/Console/Console.csproj

demo=${1:-artifacts/demo}
mkdir -p "$demo"
if [[ ! -e $demo/dataset/truth.csv ]]; then
  # Enough clips that the figures say something about the method and not about chance.
  eng/tagging dataset synth --out "$demo/dataset" --scale 5
fi
eng/tagging dataset import "$demo/dataset" --name synthetic --store "$demo/store"
eng/tagging run examples/demo.yaml --store "$demo/store" --out "$demo"
echo "Left in $demo: report.json, submission.csv, timings.json"
