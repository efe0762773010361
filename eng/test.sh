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

# Effects are held against sox's; where neither it nor the right to install it is there, those tests skip and say so.
if ! command -v sox >/dev/null && command -v apt-get >/dev/null; then
  root=()
  ((EUID == 0)) || root=(sudo -n)
  "${root[@]}" apt-get install -y --no-install-recommends sox >artifacts/logs/sox.log 2>&1 \
    || echo "test: sox could not be installed (artifacts/logs/sox.log); its tests are skipped"
fi

if (($# > 0)); then
  projects=("${@/%/.Tests}")
else
  mapfile -t projects < <(find tests -maxdepth 1 -name '*.Tests' -printf '%f\n' | sort)
fi

passed=0 failed=0 skipped=0
for project in "${projects[@]}"; do
  log="artifacts/logs/$project.log"
  started=$SECONDS
  if [[ $project == SystemTorch.Tests && ! -e artifacts/native/libsystemtorch.so ]]; then
    echo "$project: skipped: this feed has TorchSharp, so the native part of SystemTorch is not built"
    skipped=$((skipped + 1))
    continue
  fi
  set +e
  dotnet "artifacts/bin/$project/release/OrleansTagging.$project.dll" -noColor -longRunning 60 >"$log" 2>&1 </dev/null
  code=$?
  set -e
  # 'NAME  Total: 58, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.322s'
  summary=$(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1 || true)
  figure() { sed -n "s/.*$1: \([0-9]*\).*/\1/p" <<<"$summary"; }
  if [[ -z $summary ]]; then
    echo "$project: broke down with exit code $code; the end of $log:"
    tail -n 30 "$log"
    failed=$((failed + 1))
    continue
  fi
  bad=$(($(figure Failed) + $(figure Errors))) quiet=$(figure Skipped)
  good=$(($(figure Total) - $(figure Failed) - quiet))
  if ((code != 0 && bad == 0)); then
    bad=1
    echo "$project: all tests passed, yet the process ended with exit code $code"
  fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + quiet))
  echo "$project: $good passed, $bad failed, $quiet skipped ($((SECONDS - started)) s)"
  grep -A 1 -F '[SKIP]' "$log" || true
  if ((bad > 0)); then
    grep -A 25 -F '[FAIL]' "$log" | head -n 200 || tail -n 60 "$log"
  fi
done

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
