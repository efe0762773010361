#!/usr/bin/env bash
# The topology that infra/ describes, on this machine, as processes: Azurite, the silo cpu, and two silos gpu that come
# while an experiment runs and go again, as the scale rule would have them. Each silo has the environment variables that its app in Bicep has;
# only what names Azure's own services is replaced, and the CPU trains in place of a GPU. The report must be the one of a single silo, byte for byte.
#
#   eng/check-topology.sh                        a small experiment; about two minutes
#   eng/check-topology.sh examples/demo.yaml     another one, on the dataset of the demo
#
# Exit codes: 0 it holds (or Azurite is missing, and a line says so), 1 it does not, 2 it was called wrongly.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
(($# <= 1)) || { echo "usage: eng/check-topology.sh [FILE.yaml]" >&2; exit 2; }
[[ -z ${1:-} || -e $1 ]] || { echo "check-topology: $1 is not there." >&2; exit 2; }
. eng/azurite.sh
azurite_install || { echo "check-topology: Azurite is missing and could not be installed with npm; nothing was tried."; exit 0; }
eng/setup.sh tests/Infra.Tests/Infra.Tests.csproj
dotnet build src/Console/Console.csproj -c Release --nologo -v quiet -clp:ErrorsOnly
TOPOLOGY_EXPERIMENT=${1:+$(realpath "$1")} exec dotnet artifacts/bin/Infra.Tests/release/OrleansTagging.Infra.Tests.dll \
  -noColor -showLiveOutput -explicit only -class OrleansTagging.Infra.Tests.TopologyTests
