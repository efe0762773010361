#!/usr/bin/env bash
# Sets up what is missing and runs all tests. The last line is 'N passed, N failed, N skipped'; every skip prints its reason.
#
#   eng/test.sh               all test projects
#   eng/test.sh Labels Audio  those of the named rooms
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
eng/setup.sh
. eng/apt.sh

# What the tests compare with or run on. A test whose part cannot be had is skipped and says so.
# sox: audio effects; chromium: the dashboard; python3-torch: the networks' reference.
wanted=()
command -v sox >/dev/null || wanted+=(sox)
[[ -e /usr/bin/chromium ]] || wanted+=(chromium)
python3 -c 'import torch' 2>/dev/null || /usr/bin/python3 -c 'import torch' 2>/dev/null || wanted+=(python3-torch)
if ((${#wanted[@]} > 0)); then
  echo "test: installing ${wanted[*]} with apt-get, up to 400 MB"
  apt_install test-packages "${wanted[@]}" || echo "test: could not install ${wanted[*]}; the tests that need them are skipped"
fi

# Azurite stands for Azure Storage: blobs and tables.
azurite=artifacts/tools/azurite
if [[ ! -e $azurite/node_modules/.bin/azurite ]] && command -v npm >/dev/null; then
  npm install --silent --no-audit --no-fund --prefix "$azurite" azurite@3.35.0 >artifacts/logs/azurite.log 2>&1 \
    || echo "test: could not install azurite (artifacts/logs/azurite.log); its tests are skipped"
fi

# axe looks at the pages' names and contrasts.
if command -v npm >/dev/null; then
  if [[ ! -e src/Dashboard/node_modules/axe-core ]]; then
    (cd src/Dashboard && npm ci) >artifacts/logs/axe.log 2>&1 \
      || echo "test: could not install the dashboard's npm packages (artifacts/logs/axe.log); the tests that need them are skipped"
  fi
  if [[ -e src/Dashboard/node_modules/typescript ]]; then
    (cd src/Dashboard && npm run check) >artifacts/logs/typescript.log 2>&1 \
      || { echo "test: src/Dashboard has type errors:" >&2; cat artifacts/logs/typescript.log >&2; exit 1; }
  fi
fi

if (($# > 0)); then
  projects=("${@/%/.Tests}")
else
  mapfile -t projects < <(find tests -maxdepth 1 -name '*.Tests' -printf '%f\n' | sort)
fi

# Runs a room; its log and its exit code stay in artifacts/logs.
run() {
  local log=artifacts/logs/$1.log started=$SECONDS code=0
  dotnet "artifacts/bin/$1/release/OrleansTagging.$1.dll" -noColor -longRunning 60 >"$log" 2>&1 </dev/null || code=$?
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
  if [[ $project != "$waiting" ]]; then
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
