# Sourced by the other scripts: installs Debian packages where that is possible.

# apt_install LOG PACKAGE...: 0 installed; 1 failed, and LOG has the output; 2 no apt-get, or not allowed to use it.
apt_install() {
  local log=artifacts/logs/$1.log root=()
  shift
  command -v apt-get >/dev/null || return 2
  if ((EUID != 0)); then
    command -v sudo >/dev/null || return 2
    root=(sudo)
    # A terminal can be asked for the password; a script cannot.
    [[ -t 0 ]] || root=(sudo -n)
    "${root[@]}" true 2>/dev/null || return 2
  fi
  "${root[@]}" apt-get update -q >"$log" 2>&1 || true
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >>"$log" 2>&1
}
