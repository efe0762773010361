#!/usr/bin/env bash
# Runs a small experiment under faults that follow from a seed: calls of grains that are lost, late or doubled, refusals of the store, and a
# silo that dies. Prints how many seeds came to the same bytes as the run that nothing disturbs.
#
#   eng/faults.sh 500          seeds 1 to 500
#   eng/faults.sh --seed 17    seed 17 alone, telling what strikes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage() { echo "usage: eng/faults.sh SEEDS | --seed SEED" >&2; exit 2; }
case ${1:-} in
  --seed) [[ ${2:-} =~ ^[0-9]+$ ]] || usage; export FAULT_SEED=$2 ;;
  *) [[ ${1:-} =~ ^[0-9]+$ ]] || usage; export FAULT_SEEDS=$1 ;;
esac
dotnet build tests/Faults.Tests -c Release --nologo -v q
dotnet artifacts/bin/Faults.Tests/release/OrleansTagging.Faults.Tests.dll -noColor -showLiveOutput \
  -method OrleansTagging.Faults.Tests.SeededFaultTests.Whatever_is_lost_late_doubled_or_refused_an_experiment_comes_to_the_same_bytes
