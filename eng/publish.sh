#!/usr/bin/env bash
# The steps by which silo.Dockerfile builds what it runs, for use without Docker too. Each step reads the sources around it and writes below OUT.
#
#   eng/publish.sh dashboard OUT          the pages for a browser, into artifacts/dashboard; their bill of materials. Needs Node.js
#   eng/publish.sh restore OUT [DEVICE]   the packages; DEVICE is cpu (default) or cuda: which libtorch goes in
#   eng/publish.sh programs OUT [DEVICE]  console, silo and Trainer, in three trees that go on top of each other, the one that changes least first:
#                                           OUT/libtorch, OUT/libraries (other packages), OUT/own
#   eng/publish.sh bill OUT [DEVICE]      what is inside: OUT/bill with bills of materials (CycloneDX) and the packages' licences
#
# Exit codes: 0 done, 1 a step failed, 2 it was called wrongly.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
usage() { sed -n '4,9s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
[[ $# -ge 2 ]] || usage
step=$1 device=${3:-cpu}
[[ $device == cpu || $device == cuda ]] || usage
mkdir -p "$2"
out=$(cd "$2" && pwd)

cyclonedx=6.3.1
# Neither paths of the machine that compiles nor the state of its checkout get into what it compiles: the same sources give the same bytes.
export ArtifactsPath=$out/build/
# Nothing that was started for a step outlives it.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
build=(-c Release --nologo "-p:TorchDevice=$device" "-p:PathMap=$PWD=/src%2C$out=/out" -p:DebugType=none -p:UseSharedCompilation=false
  -p:EnableSourceControlManagerQueries=false -p:IncludeSourceRevisionInInformationalVersion=false)
shipped=(Console Silo Trainer)

dashboard() {
  (cd src/Dashboard && npm ci --omit=dev && npm run build)
  mkdir -p "$out/bill"
  (cd src/Dashboard && npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx) >"$out/bill/dashboard.cdx.json"
  local file
  while IFS= read -r -d '' file; do
    mkdir -p "$out/bill/licences/npm/$(basename "$(dirname "$file")")"
    cp "$file" "$out/bill/licences/npm/$(basename "$(dirname "$file")")/"
  done < <(find src/Dashboard/node_modules -mindepth 2 -maxdepth 3 -type f -iname 'licen[cs]e*' -print0)
}

restore() {
  local project
  for project in "${shipped[@]}"; do dotnet restore "src/$project/$project.csproj" "${build[@]:2}"; done
}

programs() {
  local all=$out/all file tree
  rm -rf "$all" "$out/libtorch" "$out/libraries" "$out/own"
  # The console at the top finds the silo in silo/ and both find the Trainer in trainer/.
  dotnet publish src/Console/Console.csproj "${build[@]}" --no-restore -p:UseAppHost=false -o "$all"
  dotnet publish src/Silo/Silo.csproj "${build[@]}" --no-restore -p:UseAppHost=false -o "$all/silo"
  dotnet publish src/Trainer/Trainer.csproj "${build[@]}" --no-restore -p:UseAppHost=false -o "$all/silo/trainer"
  [[ -e $all/silo/wwwroot/index.html ]] || { echo "publish: the dashboard is not there; run 'eng/publish.sh dashboard' first" >&2; exit 1; }
  # What the build leaves of the programs that are started as processes of their own, and the files of other platforms.
  rm -rf "$all/wwwroot" "$all"/OrleansTagging.{Silo,Trainer}.*.json "$all"/silo/OrleansTagging.Trainer.*.json
  find "$all" -path '*/runtimes/*' -type f ! -path '*/runtimes/linux-x64/*' ! -path '*/runtimes/linux/*' ! -path '*/runtimes/unix/*' -delete
  find "$all" -type d -empty -delete
  ln -s silo/trainer "$all/trainer"
  while IFS= read -r -d '' file; do
    case $file in
      */libtorch*.so* | */libc10*.so* | */libgomp*.so* | */libcud*.so* | */libnv*.so* | */libcu*.so*) tree=libtorch ;;
      */OrleansTagging.* | ./tagging.* | */appsettings.json | */wwwroot/* | ./trainer) tree=own ;;
      *) tree=libraries ;;
    esac
    mkdir -p "$out/$tree/$(dirname "$file")"
    mv "$all/$file" "$out/$tree/$file"
  done < <(cd "$all" && find . \( -type f -o -type l \) -print0)
  rm -rf "$all"
  cp eng/image/tagging "$out/own/tagging"
  # Modes do not depend on who builds.
  chmod -R u=rwX,go=rX "$out/libtorch" "$out/libraries" "$out/own"
  chmod 755 "$out/own/tagging"
}

# Id and version of every package in what was published.
packages() {
  find "$out/libraries" "$out/own" -name '*.deps.json' -exec cat {} + | tr -d '\r' \
    | sed -n '/"libraries": {/,$p' | grep -B0 -A1 -oP '^    "\K[^"]+/[^"]+(?=": \{)|"type": "package"' \
    | awk '/"type": "package"/ { print last } { last = $0 }' | sort -u
}

bill() {
  local tools=$out/tools project package folder file
  [[ -x $tools/dotnet-CycloneDX ]] || dotnet tool install CycloneDX --version "$cyclonedx" --tool-path "$tools"
  mkdir -p "$out/bill/licences"
  for project in "${shipped[@]}"; do
    "$tools/dotnet-CycloneDX" "src/$project/$project.csproj" --disable-package-restore \
      --include-project-references --no-serial-number --output-format Json --output "$out/bill" --filename "${project,,}.cdx.json"
  done
  cp LICENSE "$out/bill/licences/OrleansTagging.txt"
  local cache
  cache=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
  while IFS= read -r package; do
    folder=$cache${package,,}
    [[ -d $folder ]] || { echo "publish: $package is published, but its package is not at $folder" >&2; exit 1; }
    mkdir -p "$out/bill/licences/$package"
    # What the package says of its licence, and each text that it brings.
    grep -ohP '<(license|licenseUrl|copyright|projectUrl)\b[^>]*>[^<]*' "$folder"/*.nuspec >"$out/bill/licences/$package/nuspec.txt" || true
    while IFS= read -r -d '' file; do cp "$file" "$out/bill/licences/$package/"; done < <(find "$folder" -maxdepth 1 -type f \
      \( -iname 'licen[cs]e*' -o -iname '*notice*' -o -iname 'copying*' -o -iname 'copyright*' \) -print0)
  done < <(packages)
  chmod -R u=rwX,go=rX "$out/bill"
}

case $step in
  dashboard | restore | programs | bill) "$step" ;;
  *) usage ;;
esac
