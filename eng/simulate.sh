#!/usr/bin/env bash
# Runs the grains in simulations: three silos, a clock of their own, and faults that follow from a seed. Always on the embedded host, beside
# whatever the product is built on.
#
#   eng/simulate.sh 2000         seeds 1 to 2000
#   eng/simulate.sh --seed 17    seed 17 alone, telling what happens
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage() { echo "usage: eng/simulate.sh SEEDS | --seed SEED" >&2; exit 2; }
case ${1:-} in
  --seed) [[ ${2:-} =~ ^[0-9]+$ ]] || usage; export SIMULATION_SEED=$2 ;;
  *) [[ ${1:-} =~ ^[0-9]+$ ]] || usage; export SIMULATION_SEEDS=$1 ;;
esac
mkdir -p artifacts/logs
dotnet build tests/Faults.Tests -c Release --nologo -v q -p:GrainHost=Embedded "-p:ArtifactsPath=$PWD/artifacts/embedded/"
dotnet artifacts/embedded/bin/Faults.Tests/release/OrleansTagging.Faults.Tests.dll \
  -noColor -showLiveOutput -class OrleansTagging.Faults.Tests.SimulationTests
