#!/usr/bin/env bash
# Sets up what is missing and runs all tests. The last line is 'N passed, N failed, N skipped'; every skip prints its reason.
#
#   eng/test.sh               all test projects
#   eng/test.sh Labels Audio  those of the named rooms
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eng/setup.sh

# Blob storage is tested against Azurite, from npm; where it cannot be had those tests skip and say so.
azurite=artifacts/tools/azurite
if [[ ! -e $azurite/node_modules/.bin/azurite ]] && command -v npm >/dev/null; then
  npm install --silent --no-audit --no-fund --prefix "$azurite" azurite@3.35.0 >artifacts/logs/azurite.log 2>&1 \
    || echo "test: azurite could not be installed (artifacts/logs/azurite.log); its tests are skipped"
fi

# A cluster needs a Redis server; where neither it nor the right to install it is there, its tests skip and say so.
if ! command -v redis-server >/dev/null && command -v apt-get >/dev/null; then
  root=()
  ((EUID == 0)) || root=(sudo -n)
  # The tests start servers of their own; the package's need not run.
  "${root[@]}" env RUNLEVEL=1 apt-get install -y --no-install-recommends redis-server >artifacts/logs/redis.log 2>&1 \
    || echo "test: redis-server could not be installed (artifacts/logs/redis.log); its tests are skipped"
fi

# Effects are held against sox's; where neither it nor the right to install it is there, those tests skip and say so.
if ! command -v sox >/dev/null && command -v apt-get >/dev/null; then
  root=()
  ((EUID == 0)) || root=(sudo -n)
  "${root[@]}" apt-get install -y --no-install-recommends sox >artifacts/logs/sox.log 2>&1 \
    || echo "test: sox could not be installed (artifacts/logs/sox.log); its tests are skipped"
fi

# The pages are tested in Chromium, and for names and contrasts by axe; where these cannot be had the tests skip and say so.
if [[ ! -e /usr/bin/chromium ]] && command -v apt-get >/dev/null; then
  root=()
  ((EUID == 0)) || root=(sudo -n)
  "${root[@]}" apt-get install -y --no-install-recommends chromium >artifacts/logs/chromium.log 2>&1 \
    || echo "test: chromium could not be installed (artifacts/logs/chromium.log); its tests are skipped"
fi
if command -v npm >/dev/null; then
  if [[ ! -e src/Dashboard/node_modules/axe-core ]]; then
    (cd src/Dashboard && npm ci) >artifacts/logs/axe.log 2>&1 \
      || echo "test: what the dashboard's tests need of npm could not be installed (artifacts/logs/axe.log); they are skipped"
  fi
  if [[ -e src/Dashboard/node_modules/typescript ]]; then
    (cd src/Dashboard && npm run check) >artifacts/logs/typescript.log 2>&1 \
      || { echo "test: the types of src/Dashboard do not fit:" >&2; cat artifacts/logs/typescript.log >&2; exit 1; }
  fi
fi

if (($# > 0)); then
  projects=("${@/%/.Tests}")
else
  mapfile -t projects < <(find tests -maxdepth 1 -name '*.Tests' -printf '%f\n' | sort)
fi

# Simulations run on the embedded host. Where the product is built on Orleans, that one room and what it needs is built beside it.
embedded=artifacts
if [[ " ${projects[*]} " == *" Faults.Tests "* ]] && grep -q '<GrainHost>Orleans<' artifacts/feed.props; then
  embedded=artifacts/embedded
  dotnet build tests/Faults.Tests -c Release --nologo -v minimal -p:GrainHost=Embedded "-p:ArtifactsPath=$PWD/$embedded/" \
    >artifacts/logs/embedded.log 2>&1 \
    || { echo "test: Faults.Tests does not build on the embedded host; see artifacts/logs/embedded.log" >&2; exit 1; }
fi

# Runs a room; its log and its exit code stay in artifacts/logs.
run() {
  local log=artifacts/logs/$1.log output=artifacts started=$SECONDS code=0
  [[ $1 != Faults.Tests ]] || output=$embedded
  dotnet "$output/bin/$1/release/OrleansTagging.$1.dll" -noColor -longRunning 60 >"$log" 2>&1 </dev/null || code=$?
  echo "$code $((SECONDS - started))" >"artifacts/logs/$1.end"
}

passed=0 failed=0 skipped=0
tell() { # a room that has run
  local log=artifacts/logs/$1.log code seconds summary bad quiet good
  read -r code seconds <"artifacts/logs/$1.end"
  # 'NAME  Total: 58, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.322s'
  summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1 || true)
  if [[ -z $summary ]]; then
    echo "$1: broke down with exit code $code; the end of $log:"
    tail -n 30 "$log"
    failed=$((failed + 1))
    return
  fi
  figure() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<<"$summary"; }
  bad=$(($(figure Failed) + $(figure Errors))) quiet=$(figure Skipped)
  good=$(($(figure Total) - $(figure Failed) - quiet))
  if ((code != 0 && bad == 0)); then
    bad=1
    echo "$1: all tests passed, yet the process ended with exit code $code"
  fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + quiet))
  echo "$1: $good passed, $bad failed, $quiet skipped ($seconds s)"
  grep -A 1 -F '[SKIP]' "$log" || true
  if ((bad > 0)); then
    grep -A 25 -F '[FAIL]' "$log" | head -n 200 || tail -n 60 "$log"
  fi
}

# This room mostly waits for silences to pass: it runs beside the others.
waiting=Cluster.Tests beside=
if [[ " ${projects[*]} " == *" $waiting "* ]]; then
  run "$waiting" &
  beside=$!
  trap '[[ -z $beside ]] || pkill -TERM -P "$beside" || true' EXIT
fi
for project in "${projects[@]}"; do
  if [[ $project == SystemTorch.Tests && ! -e artifacts/native/libsystemtorch.so ]]; then
    echo "$project: skipped: this feed has TorchSharp, so the native part of SystemTorch is not built"
    skipped=$((skipped + 1))
  elif [[ $project != "$waiting" ]]; then
    run "$project"
    tell "$project"
  fi
done
if [[ -n $beside ]]; then
  wait "$beside"
  beside=
  tell "$waiting"
fi

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
