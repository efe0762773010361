#!/usr/bin/env bash
# Sets up what is missing and builds. Safe to run again; prints a line for each step.
#
#   eng/setup.sh              builds the whole solution
#   eng/setup.sh PROJECT      builds one project and what it needs
#
# Exit codes: 0 done, 1 a step failed, 2 something is missing that only you can install.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${1:-OrleansTagging.sln}
mkdir -p artifacts/logs
. eng/apt.sh

say() { printf '%-9s %s\n' "$1" "$2"; }
missing() { printf 'setup: %s\n' "$1" >&2; exit 2; }

# The output of a step goes to a log. When the step fails, its errors are shown.
logged() {
  local log="artifacts/logs/$1.log"
  shift
  if ! "$@" >"$log" 2>&1; then
    grep -E 'error|Error|E: ' "$log" | sort -u | head -n 20 >&2 || true
    printf 'setup: %s failed; the whole output is in %s\n' "$1" "$log" >&2
    exit 1
  fi
}

# --- SDK
command -v dotnet >/dev/null || missing "the .NET SDK is missing; install .NET 10 (https://dotnet.microsoft.com/download) and run this again."
sdk=$(dotnet --version 2>/dev/null) || missing "no .NET SDK that global.json accepts; install .NET 10 (https://dotnet.microsoft.com/download) and run this again."
say sdk ".NET SDK $sdk"

# --- libsndfile, which decodes audio
if ldconfig -p 2>/dev/null | grep -q 'libsndfile\.so\.1' || compgen -G '/usr/lib/*/libsndfile.so.1' >/dev/null; then
  say audio "libsndfile is there"
else
  say audio "installing libsndfile1 with apt-get, about 3 MB"
  apt_install libsndfile libsndfile1 \
    || missing "libsndfile could not be installed; install it (Debian: apt-get install libsndfile1, Fedora: dnf install libsndfile) and run this again."
fi

# --- Dashboard: the silo's pages, built beside the rest; without them the silo answers the API alone
dashboard() {
  local log=artifacts/logs/dashboard.log
  if ! command -v npm >/dev/null; then
    say dashboard "not built: npm is missing; install Node.js 20 or newer and run this again"
  elif [[ -e artifacts/dashboard/index.html \
    && -z $(find src/Dashboard -name node_modules -prune -o -newer artifacts/dashboard/index.html -type f -print -quit) ]]; then
    say dashboard "artifacts/dashboard is up to date"
  else
    [[ -e src/Dashboard/node_modules/.package-lock.json ]] || say dashboard "downloading its npm packages, about 10 MB"
    if (cd src/Dashboard && { [[ -e node_modules/.package-lock.json ]] || npm ci --omit=dev; } && npm run build) >"$log" 2>&1; then
      say dashboard "artifacts/dashboard is built"
    else
      say dashboard "not built: npm failed ($log); the silo runs without its pages"
    fi
  fi
}
dashboard &
building_dashboard=$!

# --- Packages
packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
size() { du -sm "$packages" 2>/dev/null | cut -f 1 || true; }
before=$(size)
libtorch=$(sed -n 's:.*<LibTorchVersion[^>]*>\(.*\)</.*:\1:p' Directory.Packages.props)
if [[ ! -e $packages/libtorch-cpu-linux-x64/$libtorch ]]; then
  [[ $target == *.sln ]] && size='700 MB (2.5 GB unpacked)' || size='300 MB (1 GB unpacked)'
  say packages "downloading from your NuGet feeds, up to $size; libtorch is 130 MB of it"
fi
logged restore dotnet restore "$target" --nologo -v minimal
grew=$(($(size) - ${before:-0}))
((grew < 1)) && say packages "are all there" || say packages "restored, $grew MB more on disk"

wait "$building_dashboard"

# --- Build
logged build dotnet build "$target" -c Release --no-restore --nologo -v minimal
say build "$target is built"
