#!/usr/bin/env bash
# Kills the silo of a small experiment before and after every write that it makes, lets a new silo go on, and compares what it comes to.
# Prints how many crash points there are and how many came to the same bytes.
#
#   eng/crash-points.sh                      every point
#   eng/crash-points.sh "before state 17"    that point
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if (($# > 1)) || [[ -n ${1:-} && ! $1 =~ ^(before|after)\ (state|artifact)\ [0-9]+$ ]]; then
  echo 'usage: eng/crash-points.sh ["before|after state|artifact NUMBER"]' >&2
  exit 2
fi
export CRASH_POINTS=${1:-all}
dotnet build tests/Faults.Tests -c Release --nologo -v q
dotnet artifacts/bin/Faults.Tests/release/OrleansTagging.Faults.Tests.dll -noColor -showLiveOutput \
  -method OrleansTagging.Faults.Tests.CrashPointTests.Wherever_its_silo_dies_an_experiment_comes_to_the_same_bytes
