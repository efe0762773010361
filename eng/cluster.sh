#!/usr/bin/env bash
# A cluster on this machine for developers: Azurite (blobs and tables), one silo of the role cpu (grains and HTTP) and N-1 of the role gpu, at
# least one, which train on the CPU where there is no GPU. Says a line for each process; Ctrl-C stops them all in good order. What is stored stays.
#
#   eng/cluster.sh            three silos, in artifacts/cluster
#   eng/cluster.sh N [DIR]    N silos, in DIR
#
# Exit codes: 0 stopped, 1 a process did not start, 2 something is missing that only you can bring.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
silos=${1:-3}
[[ $silos =~ ^[1-9][0-9]?$ ]] || { echo "cluster: '$silos' is no number of silos; write 1 to 99." >&2; exit 2; }
mkdir -p "${2:-artifacts/cluster}"
dir=$(cd "${2:-artifacts/cluster}" && pwd)
mkdir -p "$dir/logs" "$dir/azurite" "$dir/cache" artifacts/logs

say() { printf '%-9s %s\n' "$1" "$2"; }
missing() { printf 'cluster: %s\n' "$1" >&2; exit 2; }

eng/setup.sh src/Console/Console.csproj
dotnet build src/Silo/Silo.csproj -c Release --nologo -v quiet -clp:ErrorsOnly

# --- The one server that a cluster needs
. eng/azurite.sh
azurite_install || missing "Azurite is missing and could not be installed with npm ($([[ $? == 2 ]] && echo "there is no npm" || echo artifacts/logs/azurite.log))."

# --- Processes, each in a session of its own, so that Ctrl-C reaches this script alone and the order of the end is its choice.
declare -a started=()
stop() {
  trap - EXIT INT TERM
  local at
  # Silos first: they leave the cluster while Azurite still answers.
  for ((at = 1; at < ${#started[@]}; at++)); do kill -TERM "${started[at]}" 2>/dev/null || true; done
  for ((at = 1; at < ${#started[@]}; at++)); do wait "${started[at]}" 2>/dev/null || true; done
  if ((${#started[@]} > 0)); then
    # Azurite keeps its newest records in memory for up to five seconds, and writes them down when it is asked to stop.
    kill -INT "${started[0]}" 2>/dev/null || true
    timeout 10 tail --pid="${started[0]}" -f /dev/null || kill -KILL "${started[0]}" 2>/dev/null || true
  fi
  say cluster "stopped; what it stored is in $dir"
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

next=${TAGGING_CLUSTER_PORT:-21000}
free_port() { # the next port that nobody listens on
  while (exec 3<>"/dev/tcp/127.0.0.1/$next") 2>/dev/null; do next=$((next + 1)); done
  port=$next next=$((next + 1))
}

start() { # name, log, command…
  local name=$1 log=$dir/logs/$1.log
  shift
  setsid "$@" >"$log" 2>&1 </dev/null &
  started+=($!)
  say "$name" "process $!, log $log"
}

until_answers() { # what, log, test…: half a minute on a machine of any size
  local what=$1 log=$2 try
  shift 2
  for ((try = 0; try < 300; try++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.3
  done
  printf 'cluster: %s did not start; the end of %s:\n' "$what" "$log" >&2
  tail -n 5 "$log" >&2
  exit 1
}

free_port; blob_port=$port
free_port; table_port=$port
# The client libraries are newer than Azurite; what is used of the service is older than both. Nobody asks for queues: port 0 is any free one.
start azurite "$azurite/node_modules/.bin/azurite" --blobHost 127.0.0.1 --blobPort "$blob_port" --tableHost 127.0.0.1 --tablePort "$table_port" \
  --queueHost 127.0.0.1 --queuePort 0 --location "$dir/azurite" --silent --disableTelemetry --skipApiVersionCheck
until_answers azurite "$dir/logs/azurite.log" grep -q 'Table service is successfully listening' "$dir/logs/azurite.log"

# The emulator's published account; its key opens nothing else.
account=devstoreaccount1
key=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
export AZURE_STORAGE_CONNECTION_STRING="DefaultEndpointsProtocol=http;AccountName=$account;AccountKey=$key;BlobEndpoint=http://127.0.0.1:$blob_port/$account;TableEndpoint=http://127.0.0.1:$table_port/$account;"
export TAGGING_CACHE=$dir/cache
export Tagging__Store=azure:tagging Tagging__Cluster__Enabled=true Tagging__Cluster__Address=127.0.0.1

slots=$(($(nproc) / (silos > 2 ? silos - 1 : 1)))
gateways=''
for ((silo = 0; silo < (silos > 2 ? silos : 2); silo++)); do
  role=gpu name=gpu-$silo
  ((silo > 0)) || role=cpu name=cpu
  free_port; silo_port=$port
  free_port; gateway=$port
  free_port; http=$port
  environment=(Tagging__Role=$role Tagging__SiloPort="$silo_port" Tagging__GatewayPort="$gateway" Tagging__HttpUrl="http://127.0.0.1:$http")
  [[ $role == cpu ]] || environment+=(Tagging__CpuSlots="$((slots > 0 ? slots : 1))")
  start "$name" env "${environment[@]}" dotnet artifacts/bin/Silo/release/OrleansTagging.Silo.dll
  until_answers "$name" "$dir/logs/$name.log" curl -fsS "http://127.0.0.1:$http/health/ready"
  say "$name" "ready: http://127.0.0.1:$http/api/scheduler"
  gateways+=${gateways:+,}127.0.0.1:$gateway
done

cat >"$dir/connect.sh" <<CONNECT
export TAGGING_CONNECT=$gateways TAGGING_STORE=azure:tagging TAGGING_CACHE='$dir/cache'
export AZURE_STORAGE_CONNECTION_STRING='$AZURE_STORAGE_CONNECTION_STRING'
CONNECT
say console "in another terminal:  . $dir/connect.sh  and then eng/tagging as ever"
say cluster "runs until Ctrl-C"
wait
