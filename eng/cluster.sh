#!/usr/bin/env bash
# A cluster on this machine for developers: Redis and Azurite, one silo of the role cpu (grains and HTTP) and N-1 of the role gpu, at least
# one, which train on the CPU where there is no GPU. Says a line for each process; Ctrl-C stops them all in good order. What is stored stays.
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
mkdir -p "$dir/logs" "$dir/redis" "$dir/azurite" "$dir/cache"

say() { printf '%-9s %s\n' "$1" "$2"; }
missing() { printf 'cluster: %s\n' "$1" >&2; exit 2; }

eng/setup.sh src/Console/Console.csproj
dotnet build src/Silo/Silo.csproj -c Release --nologo -v quiet
grep -q '<GrainHost>Orleans<' artifacts/feed.props || missing "this build hosts grains in one process; a cluster needs Microsoft.Orleans from the feed."

# --- What a cluster needs beside the silos
if ! command -v redis-server >/dev/null; then
  command -v apt-get >/dev/null || missing "redis-server is missing; install Redis and run this again."
  root=()
  ((EUID == 0)) || root=(sudo -n)
  "${root[@]}" env RUNLEVEL=1 apt-get install -q -y --no-install-recommends redis-server >artifacts/logs/redis.log 2>&1 \
    || missing "redis-server is missing and could not be installed (artifacts/logs/redis.log)."
  say redis "installed redis-server"
fi
azurite=artifacts/tools/azurite
if [[ ! -e $azurite/node_modules/azurite ]]; then
  command -v npm >/dev/null || missing "npm is missing, which brings Azurite; install Node.js and run this again."
  npm install --silent --no-audit --no-fund --prefix "$azurite" azurite@3.35.0 >artifacts/logs/azurite.log 2>&1 \
    || missing "Azurite could not be installed (artifacts/logs/azurite.log)."
  say azurite "installed azurite"
fi

# --- Processes, each in a session of its own, so that Ctrl-C reaches this script alone and the order of the end is its choice.
declare -a started=()
stop() {
  trap - EXIT INT TERM
  local at
  # Silos first: they leave the cluster while Redis and the store still answer.
  for ((at = 2; at < ${#started[@]}; at++)); do kill -TERM "${started[at]}" 2>/dev/null || true; done
  for ((at = 2; at < ${#started[@]}; at++)); do wait "${started[at]}" 2>/dev/null || true; done
  # Azurite writes its tables down at SIGINT alone.
  for ((at = 0; at < ${#started[@]} && at < 2; at++)); do kill -INT "${started[at]}" 2>/dev/null || true; done
  for ((at = 0; at < ${#started[@]} && at < 2; at++)); do
    timeout 10 tail --pid="${started[at]}" -f /dev/null || kill -KILL "${started[at]}" 2>/dev/null || true
  done
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

free_port; redis_port=$port
# Every write on disk before it is answered: a killed Redis must not forget who is a member.
start redis redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$dir/redis" --appendonly yes --appendfsync always --save ''
until_answers redis "$dir/logs/redis.log" redis-cli -p "$redis_port" ping

free_port; blob_port=$port
start azurite "$azurite/node_modules/.bin/azurite-blob" --blobHost 127.0.0.1 --blobPort "$blob_port" --location "$dir/azurite" --silent --disableTelemetry
until_answers azurite "$dir/logs/azurite.log" bash -c "exec 3<>/dev/tcp/127.0.0.1/$blob_port"

# The emulator's published account; its key opens nothing else.
account=devstoreaccount1
key=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
export AZURE_STORAGE_CONNECTION_STRING="DefaultEndpointsProtocol=http;AccountName=$account;AccountKey=$key;BlobEndpoint=http://127.0.0.1:$blob_port/$account;"
export TAGGING_CACHE=$dir/cache
export Tagging__Store=azure:tagging Tagging__Cluster__Redis=127.0.0.1:$redis_port Tagging__Cluster__Address=127.0.0.1

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
