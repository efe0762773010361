#!/usr/bin/env bash
# Does what silo.Dockerfile says without Docker: each step of each stage, one by one, in plain Debian roots of the release that the image is
# based on. Then the silo is started from the tree that results, as the image's user on a read-only root without a network; it must answer its
# health check, run a small experiment to its end, and stop in good order.
#
#   eng/check-image.sh                works in artifacts/image; the roots and packages there make the next run shorter
#   eng/check-image.sh DIR            works in DIR
#
# This machine's .NET SDK and Node.js stand in for the base images that bring them, its settings say where packages come from. What differs from
# Docker: no layers, no seccomp, no control groups, and a base by debootstrap in place of the image's.
# Exit codes: 0 all of it works (or it could not be tried, and a line says why), 1 a step failed, 2 it was called wrongly.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
(($# <= 1)) || { echo "usage: eng/check-image.sh [DIR]" >&2; exit 2; }
say() { printf '%-9s %s\n' "$1" "$2"; }
skip() { say skipped "$1"; exit 0; }
fail() { printf 'check-image: %s\n' "$1" >&2; [[ ! -s ${2:-} ]] || tail -n 30 "$2" >&2; exit 1; }

# --- What it takes
[[ $(uname -sm) == 'Linux x86_64' ]] || skip "it needs Linux on x86-64"
((EUID == 0)) || skip "it needs root, to make roots of its own; run it as root"
if ! command -v debootstrap >/dev/null; then
  command -v apt-get >/dev/null && apt-get install -q -y --no-install-recommends debootstrap >/dev/null 2>&1 \
    || skip "debootstrap is missing and could not be installed"
fi
for program in dotnet node npm unshare chroot mount ip; do
  command -v "$program" >/dev/null || skip "$program is missing"
done
unshare --mount --net --pid --fork true 2>/dev/null || skip "this machine lets nobody make namespaces"
mkdir -p "${1:-artifacts/image}"
dir=$(cd "${1:-artifacts/image}" && pwd)
mkdir -p "$dir/logs" "$dir/packages/nuget" "$dir/packages/npm"
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
npm_home=$(cd "$(dirname "$(readlink -f "$(command -v npm)")")/.." && pwd)

# --- The Dockerfile, a step a line: NAME<tab>REST
mapfile -t steps < <(sed -e '/^[[:space:]]*#/d' silo.Dockerfile | sed -e ':join' -e '/\\$/{N;s/\\\n/ /;b join' -e '}' \
  | sed -n -E 's/^([A-Z]+)[[:space:]]+(.*[^[:space:]])[[:space:]]*$/\1\t\2/p')
declare -A argument=()
for step in "${steps[@]}"; do
  [[ $step == ARG* ]] || break
  pair=${step#*$'\t'}
  argument[${pair%%=*}]=${pair#*=}
done
base=${argument[Base]}
case $base in
  debian:13*) release=trixie ;;
  debian:12*) release=bookworm ;;
  *) fail "the image is based on $base; this script knows Debian's releases 12 and 13 alone" ;;
esac

# --- A plain root of that release, from where this machine has its packages
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null \
  | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ') || true
if [[ ! -e $dir/base/etc/debian_version ]]; then
  rm -rf "$dir/base.new"
  debootstrap --variant=minbase "$release" "$dir/base.new" ${mirror:+"$mirror"} >"$dir/logs/debootstrap.log" 2>&1 \
    || fail "debootstrap failed" "$dir/logs/debootstrap.log"
  mv "$dir/base.new" "$dir/base"
fi
found=$(cat "$dir/base/etc/debian_version")
[[ debian:$found-slim == "$base" ]] || say note "the base is $base, the root is Debian $found: the mirror has that point release"
say base "Debian $found ($release), as $base"

declare -a mounted=()
release_mounts() {
  local at
  for ((at = ${#mounted[@]} - 1; at >= 0; at--)); do umount -l "${mounted[at]}" 2>/dev/null || true; done
  mounted=()
}
trap release_mounts EXIT
bind() { # source, place in a root
  [[ -e $2 ]] || { if [[ -d $1 ]]; then mkdir -p "$2"; else mkdir -p "$(dirname "$2")" && touch "$2"; fi; }
  mount --bind "$1" "$2" && mounted+=("$2")
}

# What lets the steps of a build reach the packages, as this machine is set up: names, authorities, registries.
open_root() { # root
  local root=$1 file
  mkdir -p "$root/proc" "$root/etc/ssl/certs" "$root/root"
  mount -t proc proc "$root/proc" && mounted+=("$root/proc")
  cp --remove-destination /etc/resolv.conf /etc/hosts "$root/etc/"
  # Beside the root's own, which the package of that name writes.
  [[ ! -s $authorities ]] || cp "$authorities" "$root/run/authorities.crt"
  for file in .nuget/NuGet/NuGet.Config .npmrc; do
    [[ ! -e $HOME/$file ]] || bind "$HOME/$file" "$root/root/$file"
  done
  file=$(npm config get globalconfig 2>/dev/null) || file=''
  [[ ! -e $file ]] || bind "$file" "$root$file"
  apt-config dump 2>/dev/null | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/00host" || true
  bind "$dir/packages/nuget" "$root/root/.nuget/packages"
  bind "$dir/packages/npm" "$root/root/.npm"
}
authorities=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
# Of this machine's environment, what says how the network is reached; npm's files are named by their places.
passed=()
while IFS= read -r name; do passed+=("$name=${!name}"); done < <(compgen -e | grep -iE '^(https?_proxy|no_proxy|SSL_CERT_.*|NODE_EXTRA_CA_CERTS|NUGET_CERT.*|npm_config_.*)$' || true)
file=$(npm config get globalconfig 2>/dev/null) || file=''
[[ ! -e $file ]] || passed+=("NPM_CONFIG_GLOBALCONFIG=$file")
passed=("${passed[@]//=$authorities/=/run/authorities.crt}")
[[ ! -s $authorities ]] || passed+=(SSL_CERT_FILE=/run/authorities.crt NODE_EXTRA_CA_CERTS=/run/authorities.crt npm_config_cafile=/run/authorities.crt)

expand() { # text, name of the stage's variables: $NAME and ${NAME} filled in
  local text=$1 name
  local -n known=$2
  for name in "${!known[@]}"; do
    text=${text//\$\{$name\}/${known[$name]}}
    text=${text//\$$name/${known[$name]}}
  done
  printf '%s' "$text"
}

# --- Each stage, each step
declare -A roots=() variables=() image_env=() stands_in=()
stage='' root='' workdir=/ user='' health='' entry='' number=0
for step in "${steps[@]}"; do
  name=${step%%$'\t'*} text=${step#*$'\t'}
  number=$((number + 1))
  log=$dir/logs/step-$number.log
  started=$SECONDS
  case $name in
    FROM)
      stage=${text##* } root=$dir/roots/${text##* }
      release_mounts
      rm -rf "$root"
      mkdir -p "$dir/roots"
      cp -a "$dir/base" "$root"
      roots[$stage]=$root
      variables=() image_env=() workdir=/
      open_root "$root"
      # The stand-ins for what the base image would have brought.
      case $text in
        *'${Sdk}'*)
          bind "$sdk" "$root/usr/share/dotnet"
          stands_in[$root/usr/share/dotnet]=$sdk
          ln -sf /usr/share/dotnet/dotnet "$root/usr/bin/dotnet"
          # The SDK's image has these of its own.
          chroot "$root" sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends libssl3t64 libstdc++6 zlib1g ca-certificates "^libicu[0-9]+\$"' \
            >"$log" 2>&1 || fail "the root for the SDK could not be made" "$log"
          ;;
        *'${Node}'*)
          install -m 755 "$(readlink -f "$(command -v node)")" "$root/usr/bin/node"
          bind "$npm_home" "$root/usr/lib/node_modules/npm"
          ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
          ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
          chroot "$root" sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends libstdc++6 libatomic1' >"$log" 2>&1 \
            || fail "the root for Node.js could not be made" "$log"
          ;;
      esac
      ;;
    ARG)
      [[ -n $stage ]] || continue
      pair=$text
      [[ $pair != *=* ]] || variables[${pair%%=*}]=${pair#*=}
      ;;
    ENV)
      while IFS= read -r pair; do image_env[${pair%%=*}]=${pair#*=}; done < <(grep -oE '[A-Za-z_]+=[^ ]+' <<<"$text")
      ;;
    WORKDIR)
      workdir=$text
      mkdir -p "$root$workdir"
      ;;
    COPY)
      read -r -a words <<<"$text"
      from=$PWD
      if [[ ${words[0]} == --from=* ]]; then
        from=${roots[${words[0]#--from=}]}
        words=("${words[@]:1}")
      fi
      target=${words[-1]}
      [[ $target == /* ]] || target=$workdir/$target
      target=$(realpath -ms "$root$target")
      for source in "${words[@]:0:${#words[@]}-1}"; do
        # What a base image would have brought is where its stand-in has it.
        at=$from/${source#/}
        for place in "${!stands_in[@]}"; do
          [[ $at != "$place"/* ]] || at=${stands_in[$place]}${at#"$place"}
        done
        # Of a folder its content is taken, of a file the file; what .dockerignore leaves out stays out.
        if [[ -d $at ]]; then
          mkdir -p "$target"
          tar -C "$at" --exclude=node_modules --exclude=./bin --exclude='./*/bin' --exclude='./*/obj' -cf - . 2>"$log" | tar -C "$target" --no-same-owner -xf - \
            || fail "COPY $text" "$log"
        elif [[ ${words[-1]} == */ ]] || ((${#words[@]} > 2)); then
          mkdir -p "$target" && cp -d "$at" "$target/" || fail "COPY $text: $source is not there"
        else
          cp -d "$at" "$target" || fail "COPY $text: $source is not there"
        fi
      done
      ;;
    RUN)
      environment=()
      for key in "${!image_env[@]}"; do environment+=("$key=${image_env[$key]}"); done
      for key in "${!variables[@]}"; do environment+=("$key=${variables[$key]}"); done
      chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${passed[@]}" "${environment[@]}" \
        sh -ec "cd $workdir; $text" >"$log" 2>&1 </dev/null || fail "in stage $stage: RUN $text" "$log"
      ;;
    USER) user=$text ;;
    HEALTHCHECK) health=$text ;;
    ENTRYPOINT) entry=$text ;;
    VOLUME | EXPOSE | STOPSIGNAL) ;;
    *) fail "$name is a step that this script does not know" ;;
  esac
  [[ $name == ARG || $name == ENV ]] || say "$stage" "$name ${text:0:90} ($((SECONDS - started)) s)"
done
release_mounts
rm -f "$root/etc/apt/apt.conf.d/00host" "$root/etc/resolv.conf" "$root/run/authorities.crt"
for wanted in usr/share/doc/orleans-tagging/{console,silo,trainer,dashboard}.cdx.json usr/share/doc/orleans-tagging/debian-packages.tsv \
  usr/share/doc/orleans-tagging/licences/OrleansTagging.txt usr/share/dotnet/LICENSE.txt opt/tagging/silo/wwwroot/index.html; do
  [[ -s $root/$wanted ]] || fail "/$wanted is not in the tree"
done
for layer in libtorch libraries own; do
  say size "$(du -sm "${roots[build]}/out/$layer" | cut -f 1) MB in the layer $layer"
done
say licences "$(find "$root/usr/share/doc/orleans-tagging/licences" -mindepth 2 -maxdepth 2 -type d | wc -l) packages, each with what it says of its licence"

# --- The tree at work
volume=$dir/volume
rm -rf "$volume"
install -d -o "${user%%:*}" -g "${user##*:}" "$volume"
install -m 644 tests/EndToEnd.Tests/experiments/brief.yaml "$volume/brief.yaml"
environment=(Tagging__Store=/cache/store Tagging__HttpToken="$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')" Tagging__CpuSlots=2)
for key in "${!image_env[@]}"; do environment+=("$key=${image_env[$key]}"); done
words_of() { grep -oE '"[^"]*"' <<<"$1" | tr -d '"'; }
mapfile -t start < <(words_of "$entry")
mapfile -t check < <(words_of "${health##*CMD}")
log=$dir/logs/work.log
if ! unshare --mount --net --pid --fork --kill-child --mount-proc bash -euo pipefail -s -- "$root" "$volume" "$user" "${#start[@]}" "${start[@]}" "${#check[@]}" "${check[@]}" \
  "${environment[@]}" >"$log" 2>&1 <<'INSIDE'
root=$1 volume=$2 uid=${3%%:*} gid=${3##*:}
shift 3
start=("${@:2:$1}"); shift $((1 + $1))
check=("${@:2:$1}"); shift $((1 + $1))
environment=("$@")
step() { printf 'STEP %s\n' "$1"; }
mount --make-rprivate /
ip link set lo up
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777,size=2g tmpfs "$root/tmp"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/dev/shm"
mount --bind "$volume" "$root/cache"
mount -o remount,bind,ro "$root"
as_user() { # command…: as the image's user, who can become nobody else
  chroot "$root" /usr/bin/setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
    /usr/bin/env -i "${environment[@]}" "$@"
}
! as_user sh -c 'touch /opt/tagging/x || touch /x || touch /usr/x' 2>/dev/null
step "user $(as_user id -u), and nothing but /cache and /tmp can be written"
as_user "${start[@]}" </dev/null &
silo=$!
for ((try = 0; try < 240; try++)); do
  if as_user "${check[@]}"; then break; fi
  kill -0 "$silo" 2>/dev/null || { echo "the silo ended"; exit 1; }
  sleep 0.5
done
as_user "${check[@]}"
step "the silo is up and its health check says ready"
as_user tagging dataset synth --out /tmp/dataset --seed 3 --scale 0.1
as_user tagging dataset import /tmp/dataset --name synthetic --store /cache/store
step "a dataset is made and imported by the image's console"
as_user tagging run /cache/brief.yaml --store /cache/store --out /cache/out </dev/null
[[ -s $volume/out/report.json ]]
step "an experiment went to its end on TorchSharp: $(tr -d ' \n' <"$volume/out/report.json" | wc -c) bytes of report.json"
own=$(pgrep -P "$silo" -f OrleansTagging.Silo.dll || echo "$silo")
kill -TERM "$own"
wait "$silo"
step "the silo left in good order"
INSIDE
then
  fail "the tree does not work; what it said:" "$log"
fi
sed -n 's/^STEP //p' "$log" | while IFS= read -r line; do say works "$line"; done
say image "every step of silo.Dockerfile holds"
