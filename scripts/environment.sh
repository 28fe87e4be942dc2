# Sourced by the other scripts, from the project's root. Makes ./.venv hold what requirements.lock
# names, plus the project itself in editable form. Quick when nothing changed. Puts the environment's
# programs first on PATH. Everything it says goes to stderr.
#
# With uv on PATH: uv. Without: venv and pip of a Python >= 3.11. Nothing without a hash is installed,
# and the project is built with the build backend of the lock, so nothing else is fetched.

say() { printf '%s\n' "$*" >&2; }
give_up() { say "error: $1"; [ $# -lt 2 ] || say "  $2"; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  for candidate in ${SPOTLIGHT_PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
    if is_new_enough "$candidate"; then command -v "$candidate"; return 0; fi
  done
  return 1
}

fingerprint() {
  "$1" -c 'import hashlib, os, sys
digest = hashlib.sha256((sys.version + os.getcwd()).encode())
for name in ("requirements.lock", "pyproject.toml", "scripts/environment.sh"):
    digest.update(open(name, "rb").read())
print(digest.hexdigest())'
}

install_with_uv() {
  [ -x .venv/bin/python ] || uv venv --quiet ${SPOTLIGHT_PYTHON:+--python "$SPOTLIGHT_PYTHON"} .venv >&2 \
    || give_up "uv could not make .venv" "Python 3.11 or newer is needed."
  uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock >&2 || return 1
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . >&2
}

install_with_pip() {
  if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python) || give_up "no Python 3.11 or newer was found" \
      "Install one (Debian and Ubuntu: apt-get install python3 python3-venv; macOS: brew install python), or install uv."
    rm -rf .venv
    "$python" -m venv .venv >&2 || { rm -rf .venv; give_up "$python cannot make a virtual environment" \
      "Debian and Ubuntu keep that apart: apt-get install python3-venv. Or install uv."; }
  fi
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r requirements.lock >&2 || return 1
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --editable . >&2
}

make_environment() {
  if [ -x .venv/bin/python ] && ! is_new_enough .venv/bin/python; then
    say "The Python of .venv is gone or older than 3.11: making .venv anew."
    rm -rf .venv
  fi
  stamp=.venv/spotlight.stamp
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint .venv/bin/python)" ]; then return 0; fi
  say "Installing the packages of requirements.lock into .venv (once; about 400 MB) ..."
  rm -f "$stamp"
  if command -v uv >/dev/null 2>&1; then
    install_with_uv || give_up "uv could not install requirements.lock" "Its own words are above."
  else
    install_with_pip || give_up "pip could not install requirements.lock" "Its own words are above."
  fi
  fingerprint .venv/bin/python > "$stamp"
}

make_environment
PATH="$PWD/.venv/bin:$PATH"
export PATH
