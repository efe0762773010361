#!/usr/bin/env bash
# Measures, side by side in one run:
#
#   eng/benchmark.sh [step] [FILE.yaml [ROUNDS]]         a training step of the demo's network beside the same network in the system's PyTorch,
#                                                        which needs python3-torch
#   eng/benchmark.sh augmentation [FILE.yaml [ROUNDS]]   each audio effect, training with all of them on and off, and a sox for each clip, which
#                                                        needs sox
#   eng/benchmark.sh prediction [FILE.yaml [ROUNDS]]     prediction over clips of mixed length beside the same network in the system's PyTorch,
#                                                        padded in the order of the files; needs python3-torch
#
#   eng/benchmark.sh scheduler                           jobs a second through the scheduler and what a job writes, at 10 to 100,000 queued jobs,
#                                                        with a Trainer that answers at once
#   eng/benchmark.sh inspect                             what a warm silo takes to tell of an experiment, a round and a clip among 19,815
#   eng/benchmark.sh live                                what following 200 jobs of 20 silos costs a silo, and how late a step is on the screen; needs
#                                                        npm, which brings Azurite, and chromium for the page
#   eng/benchmark.sh memory                              the memory of a silo process with 20,000 noisy clips and 200 finished jobs
#
# Exit codes: 0 what is wanted holds (or there is nothing to compare with), 1 something does not, 2 something is missing that only you can bring.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eng/setup.sh tests/Benchmarks
what=step
case ${1:-} in
  step | augmentation | prediction | scheduler | inspect | live | memory)
    what=$1
    shift
    ;;
esac
if [[ $what == live ]]; then
  . eng/azurite.sh
  azurite_install || { echo "benchmark: Azurite is missing and could not be installed with npm." >&2; exit 2; }
fi
python=${BENCHMARK_PYTHON:-/usr/bin/python3}
[[ $what =~ ^(augmentation|scheduler|inspect|live|memory)$ ]] || "$python" -c 'import torch' 2>/dev/null \
  || echo "benchmark: $python has no torch; for the comparison install it (Debian: apt-get install python3-torch) or name another in BENCHMARK_PYTHON"
exec dotnet artifacts/bin/Benchmarks/release/OrleansTagging.Benchmarks.dll "$what" "${1:-examples/demo.yaml}" "${2:-3}"
