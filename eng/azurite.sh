# Sourced by the other scripts: Azurite, which stands for Azure Storage on this machine (blobs and tables), from npm.
azurite=artifacts/tools/azurite

# azurite_install: 0 it is there; 1 npm failed, and artifacts/logs/azurite.log has its output; 2 there is no npm.
azurite_install() {
  [[ ! -e $azurite/node_modules/.bin/azurite ]] || return 0
  command -v npm >/dev/null || return 2
  mkdir -p artifacts/logs
  npm install --silent --no-audit --no-fund --prefix "$azurite" azurite@3.35.0 >artifacts/logs/azurite.log 2>&1 || return 1
}
