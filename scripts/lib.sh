# shellcheck shell=bash
# Shared by every script here: where things live, and how to say what happens. Source it, do not run it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# Everything that is slow to get (tools, packages, compiled dependencies) lives once per user, not once per clone.
export AIO_CACHE=${AIO_CACHE:-$HOME/.cache/aio}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$AIO_CACHE/target}
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

# The folder of npm packages is named after the lock file, so that two clones share it only while they agree.
npm_home=$AIO_CACHE/npm/$(sha256sum package-lock.json | cut -c1-16)
# Ours come first: npm's wasm-opt must win over the distribution's, which refuses current modules.
export PATH=$AIO_CACHE/tools/bin:$npm_home/node_modules/.bin:$PATH

# Python with what the tests need.
export AIO_E2E_PYTHON=$AIO_CACHE/python/current/bin/python
export AIO_E2E_SCHEMATHESIS=$AIO_CACHE/python/current/bin/schemathesis

# shellcheck disable=SC2034  # used by the scripts that source this
if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold='' red='' green='' plain=''; fi

# One line on what happens now. Standard error, so that scripts can print values on standard output.
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }

# Stops with a red line that says what is wrong and how to mend it.
die() {
  printf '%sAIO: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# True when the program is on PATH.
has() { command -v "$1" >/dev/null 2>&1; }

# Takes the shared target folder for this clone until the script ends. Cargo tells files apart by their times and by
# their paths inside the clone, so what another clone built last would pass for ours: then every source is made new.
#   claim_target [FOLDER]   FOLDER is this clone, or a copy of it that is built instead
claim_target() {
  local tree=${1:-$root}
  [ -z "${AIO_TARGET_CLAIMED:-}" ] || return 0
  mkdir -p "$CARGO_TARGET_DIR"
  exec 8>"$CARGO_TARGET_DIR/.claim"
  flock -n 8 || { say "another clone is building; waiting for it"; flock 8; }
  export AIO_TARGET_CLAIMED=1
  [ "$(cat "$CARGO_TARGET_DIR/.clone" 2>/dev/null)" = "$tree" ] && return
  git ls-files -z --cached --others --exclude-standard -- '*.rs' '*.toml' locales migrations style public \
    | (cd "$tree" && xargs -0 touch --no-create --)
  echo "$tree" >"$CARGO_TARGET_DIR/.clone"
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif has sudo; then sudo "$@"; else die "needs root for: $*"; fi
}
