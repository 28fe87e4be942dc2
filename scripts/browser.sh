# Sourced after environment.sh. Sets SPOTLIGHT_BROWSER to a Chromium or Chrome, installing one where none is found.

find_browser() {
  for candidate in ${SPOTLIGHT_BROWSER:-} chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$candidate" 2>/dev/null; then return 0; fi
  done
  for candidate in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
                   "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -x "$candidate" ]; then printf '%s\n' "$candidate"; return 0; fi
  done
  python - <<'PYTHON'
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = playwright.chromium.executable_path
if not os.path.exists(path):
    sys.exit(1)
print(path)
PYTHON
}

install_with_apt() {  # only Debian has chromium as a package; Ubuntu's is a stub for snap
  command -v apt-get >/dev/null 2>&1 && grep -qi '^ID=debian' /etc/os-release 2>/dev/null || return 1
  root=""
  [ "$(id -u)" = 0 ] || root="sudo -n"
  say "Installing chromium with apt-get ..."
  { $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends chromium; } >&2
}

SPOTLIGHT_BROWSER=$(find_browser) || {
  install_with_apt || {
    say "Installing Playwright's chromium ..."
    python -m playwright install --with-deps chromium >&2 || python -m playwright install chromium >&2
  } || true
  SPOTLIGHT_BROWSER=$(find_browser) || give_up "no browser was found and none could be installed" \
    "Install Chromium or Chrome, or set SPOTLIGHT_BROWSER to one."
}
export SPOTLIGHT_BROWSER
