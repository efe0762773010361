#!/usr/bin/env bash
# Sets up what is missing and builds. Safe to run again; says in a line each what it found and did.
#
#   eng/setup.sh              builds the whole solution
#   eng/setup.sh PROJECT      builds one project and what it needs
#
# Exit codes: 0 done, 1 a build failed, 2 something is missing that only you can bring.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${1:-OrleansTagging.sln}
mkdir -p artifacts/logs

say() { printf '%-9s %s\n' "$1" "$2"; }
missing() { printf 'setup: %s\n' "$1" >&2; exit 2; }

# What a step prints goes to a log; when the step fails, the end of the log is shown.
logged() {
  local log="artifacts/logs/$1.log"
  shift
  if ! "$@" >"$log" 2>&1; then
    grep -E 'error|Error' "$log" | sort -u | head -n 20 >&2 || true
    printf 'setup: %s failed; the whole output is in %s\n' "$1" "$log" >&2
    exit 1
  fi
}

# --- SDK
command -v dotnet >/dev/null || missing "the .NET SDK is missing; install .NET 10 (https://dotnet.microsoft.com/download) and run this again."
sdk=$(dotnet --version 2>/dev/null) || missing "no .NET SDK that global.json accepts; install .NET 10 (https://dotnet.microsoft.com/download)."
say sdk ".NET SDK $sdk"

# --- Package feed: which of the three does it have?
probe() { # packages: 0 the feed has them all, 1 it lacks one; ends the script where the feed does not answer
  local folder="artifacts/probe/$1" log="artifacts/logs/probe-$1.log" package references=""
  mkdir -p "$folder"
  for package in "$@"; do references+="<PackageReference Include=\"$package\" />"; done
  echo '<Project />' | tee artifacts/probe/Directory.Build.props >artifacts/probe/Directory.Build.targets
  cp Directory.Packages.props artifacts/probe/
  cat >"$folder/probe.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><NuGetAudit>false</NuGetAudit></PropertyGroup>
  <ItemGroup>$references</ItemGroup>
</Project>
PROJECT
  # NU1603: the feed has the package, but not this version of it or of what it depends on.
  if dotnet restore "$folder/probe.csproj" -p:WarningsAsErrors=NU1603 >"$log" 2>&1; then
    return 0
  fi
  if grep -qE 'NU110[0-9]|NU1603' "$log"; then
    return 1
  fi
  grep -oE 'error .*' "$log" | head -n 1 >&2 || true
  missing "the package feed did not answer ($log); check the network and your NuGet configuration, then run this again."
}

# A TorchSharp that restores may still not load: its native part asks for the C++ library of a newer system.
torchsharp_loads() {
  local folder=artifacts/probe/TorchSharp
  echo 'System.Console.WriteLine(TorchSharp.torch.ones(1).item<float>());' >"$folder/Program.cs"
  # In a shell of its own, so that the word of its crash goes to the log too.
  (
    dotnet build "$folder/probe.csproj" -c Release -p:OutputType=Exe -p:CreateHardLinksForCopyLocalIfPossible=true -o "$folder/out" \
      && dotnet "$folder/out/probe.dll"
    exit $?
  ) >artifacts/logs/probe-TorchSharp.log 2>&1
}

# choose PROPERTY WITH WITHOUT "what it means with" "what it means without" PACKAGE...: the environment's wish goes before the probe.
choose() {
  local property=$1 with=$2 without=$3 meaning=$4 otherwise=$5
  shift 5
  if [[ -n ${!property:-} ]]; then
    say feed "$property=${!property}, as the environment says"
  elif probe "$@"; then
    printf -v "$property" %s "$with"
    say feed "has $1: $meaning"
  else
    printf -v "$property" %s "$without"
    say feed "lacks $1 of the wanted version: $otherwise"
  fi
}

chosen() { sed -n "s:.*<$1>\(.*\)<.*:\1:p" artifacts/feed.props; }

if [[ artifacts/feed.props -nt Directory.Packages.props && artifacts/feed.props -nt eng/setup.sh \
  && ${GrainHost:-$(chosen GrainHost)} == "$(chosen GrainHost)" && ${TensorLibrary:-$(chosen TensorLibrary)} == "$(chosen TensorLibrary)" \
  && ${RuntimeDashboard:-$(chosen RuntimeDashboard)} == "$(chosen RuntimeDashboard)" && ${HashingLibrary:-$(chosen HashingLibrary)} == "$(chosen HashingLibrary)" \
  && ${BicepCompiler:-$(chosen BicepCompiler)} == "$(chosen BicepCompiler)" ]]; then
  say feed "kept the choice in artifacts/feed.props: $(chosen GrainHost), $(chosen TensorLibrary), $(chosen HashingLibrary)"
else
  libtorch=libtorch-cpu-linux-x64
  [[ $(uname -s) != Darwin ]] || libtorch=libtorch-cpu-osx-arm64
  [[ ${TorchDevice:-cpu} != cuda ]] || libtorch=TorchSharp-cuda-linux
  choose GrainHost Orleans Embedded "grains run on Microsoft.Orleans" "grains run on src/EmbeddedHost" \
    Microsoft.Orleans.Server Microsoft.Orleans.Client Microsoft.Orleans.Reminders Microsoft.Orleans.Clustering.Redis \
    Microsoft.Orleans.Reminders.Redis Microsoft.Orleans.Connections.Security StackExchange.Redis Microsoft.AspNetCore.Authentication.JwtBearer
  wished=${TensorLibrary:-}
  choose TensorLibrary TorchSharp System "tensors are TorchSharp's" "tensors are src/SystemTorch on the system's libtorch" \
    TorchSharp SharpZipLib SkiaSharp "$libtorch"
  if [[ $TensorLibrary == TorchSharp && -z $wished ]] && ! torchsharp_loads; then
    TensorLibrary=System
    say feed "but TorchSharp does not load on this system (artifacts/logs/probe-TorchSharp.log): tensors are src/SystemTorch"
  fi
  if [[ $GrainHost != Orleans ]]; then
    RuntimeDashboard=None
  else
    choose RuntimeDashboard Package None "the silo shows the runtime's own dashboard at /orleans" "the silo does without the runtime's dashboard" \
      Microsoft.Orleans.Dashboard
  fi
  choose HashingLibrary Package Sdk "Azure.Storage.Blobs takes it from there" "Azure.Storage.Blobs takes the copy inside the .NET SDK" \
    System.IO.Hashing
  choose BicepCompiler Package None "infra/ is compiled in its tests" "tests that compile infra/ are skipped" \
    Azure.Bicep.CommandLine.linux-x64
  cat >artifacts/feed.props.new <<PROPS
<Project>
  <!-- Written by eng/setup.sh; delete it to have the feed probed again. -->
  <PropertyGroup>
    <GrainHost>$GrainHost</GrainHost>
    <TensorLibrary>$TensorLibrary</TensorLibrary>
    <RuntimeDashboard>$RuntimeDashboard</RuntimeDashboard>
    <HashingLibrary>$HashingLibrary</HashingLibrary>
    <BicepCompiler>$BicepCompiler</BicepCompiler>
  </PropertyGroup>
</Project>
PROPS
  mv artifacts/feed.props.new artifacts/feed.props
fi
tensors=$(chosen TensorLibrary)

# --- System libraries
wanted=()
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || compgen -G "/usr/lib/*/$1*" >/dev/null; }
has_library libsndfile.so.1 || wanted+=(libsndfile1)
if [[ $tensors == System ]]; then
  [[ -n ${Torch_DIR:-} ]] || compgen -G '/usr/lib/*/cmake/Torch/TorchConfig.cmake' >/dev/null || wanted+=(libtorch-dev)
  compgen -G '/usr/lib/*/openblas-openmp/libopenblas*' >/dev/null || wanted+=(libopenblas0-openmp)
  command -v cmake >/dev/null || wanted+=(cmake)
  command -v g++ >/dev/null || wanted+=(g++)
  command -v make >/dev/null || wanted+=(make)
fi
if ((${#wanted[@]} == 0)); then
  say system "libraries are all there"
else
  command -v apt-get >/dev/null || missing "these are missing and there is no apt-get to install them: ${wanted[*]}; install them and run this again."
  root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || missing "these are missing and only root may install them: ${wanted[*]}; run 'apt-get install --no-install-recommends ${wanted[*]}' as root."
    root=(sudo)
    # A terminal can be asked for the password; a script cannot.
    [[ -t 0 ]] || root=(sudo -n)
    "${root[@]}" true 2>/dev/null || missing "these are missing and sudo is not allowed: ${wanted[*]}; run 'apt-get install --no-install-recommends ${wanted[*]}' as root."
  fi
  logged apt-update "${root[@]}" apt-get update -q
  logged apt-install "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${wanted[@]}"
  say system "installed ${wanted[*]}"
fi

# --- Dashboard: the silo's pages for a browser, built on the side; the silo does without them and says so
dashboard() {
  local log=artifacts/logs/dashboard.log
  if ! command -v npm >/dev/null; then
    say dashboard "not built: there is no npm; install Node.js 20 or newer and run this again"
  elif [[ -e artifacts/dashboard/index.html \
    && -z $(find src/Dashboard -name node_modules -prune -o -newer artifacts/dashboard/index.html -type f -print -quit) ]]; then
    say dashboard "artifacts/dashboard is up to date"
  elif (cd src/Dashboard && { [[ -e node_modules/.package-lock.json ]] || npm ci --omit=dev; } && npm run build) >"$log" 2>&1; then
    say dashboard "artifacts/dashboard is built"
  else
    say dashboard "not built: npm failed ($log); the silo does without it"
  fi
}
dashboard &
building_dashboard=$!

# --- Native part of SystemTorch
if [[ $tensors == System ]]; then
  # CMake refuses a cache that was made elsewhere: a clone that was moved or copied builds anew.
  cache=artifacts/native/CMakeCache.txt
  [[ ! -e $cache ]] || grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD/src/SystemTorch/native" "$cache" || rm -rf artifacts/native
  native() {
    logged cmake-configure cmake -S src/SystemTorch/native -B artifacts/native -DCMAKE_BUILD_TYPE=Release
    logged cmake-build cmake --build artifacts/native --parallel 2
  }
  # Its first file keeps one core busy for long; the grains, which need none of it, are built on the other.
  native &
  building=$!
  [[ -e artifacts/native/libsystemtorch.so ]] || logged build-grains dotnet build src/Grains/Grains.csproj -c Release --nologo -v minimal
  wait "$building" || exit 1
  say native "artifacts/native/libsystemtorch.so is built"
else
  say native "nothing to build: TorchSharp brings its own libtorch"
fi

wait "$building_dashboard"

# --- Build
logged build dotnet build "$target" -c Release --nologo -v minimal
say build "$target is built"
