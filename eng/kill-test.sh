#!/usr/bin/env bash
# Kills the processes of a short experiment at random moments until it is done, again and again, and compares: the report's bytes are those
# of an undisturbed run, no job is done twice, no artifact is half-written.
#
#   eng/kill-test.sh 100              100 runs on this machine alone, seeds 1 to 100: the host, a Trainer, or both
#   eng/kill-test.sh 10 --cluster     10 runs on a cluster of three silos: a silo, a Trainer, Azurite
#   eng/kill-test.sh 1 --seed 17      seed 17 once more: the same moments, as far as time allows
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage() { echo "usage: eng/kill-test.sh RUNS [--cluster] [--seed FIRST]" >&2; exit 2; }
[[ ${1:-} =~ ^[0-9]+$ ]] || usage
runs=$1 seed=1 room=EndToEnd tests=EndToEnd.Tests.KillTests
shift
while (($# > 0)); do
  case $1 in
    --cluster) room=Cluster tests=Cluster.Tests.ClusterKillTests ;;
    --seed) [[ ${2:-} =~ ^[0-9]+$ ]] || usage; seed=$2; shift ;;
    *) usage ;;
  esac
  shift
done
if [[ $room == Cluster ]]; then
  . eng/azurite.sh
  azurite_install || { echo "kill-test: Azurite is missing and could not be installed with npm." >&2; exit 2; }
fi
eng/setup.sh "tests/$room.Tests/$room.Tests.csproj"
KILL_RUNS=$runs KILL_SEED=$seed dotnet "artifacts/bin/$room.Tests/release/OrleansTagging.$room.Tests.dll" \
  -noColor -showLiveOutput -class "OrleansTagging.$tests"
