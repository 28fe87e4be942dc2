"""Streamlit's options: light and dark theme, privacy, and what its server may do.

They are passed in code, so that a user's own `~/.streamlit/config.toml` changes nothing here. The colours
of span kinds live in `components/trace/assets/trace.css`; they stay apart for colour-blind readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

FONT: Final = "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', sans-serif"
CODE_FONT: Final = "'JetBrains Mono', ui-monospace, SFMono-Regular, Menlo, monospace"

THEME: Final[dict[str, Any]] = {
    "base": "light",
    "font": FONT,
    "codeFont": CODE_FONT,
    "baseFontSize": 14,
    "headingFontSizes": ["1.45rem", "1.2rem", "1.05rem", "1rem", "0.95rem", "0.9rem"],
    "headingFontWeights": [650, 650, 600, 600, 600, 600],
    "metricValueFontSize": "1.45rem",
    "baseRadius": "6px",
    "paddingTop": "2.2rem",
    "paddingBottom": "1.5rem",
    "showWidgetBorder": True,
    "showSidebarBorder": True,
}
LIGHT: Final = {
    "primaryColor": "#2a5bd7",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f6f7f9",
    "textColor": "#1c2230",
    "borderColor": "#dfe3ea",
}
DARK: Final = {
    "primaryColor": "#7aa2ff",
    "backgroundColor": "#0f1217",
    "secondaryBackgroundColor": "#171b22",
    "textColor": "#e3e7ee",
    "borderColor": "#2a303b",
}
SERVER: Final[dict[str, Any]] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableStaticServing": False,
    "server.disconnectedSessionTTL": 60,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    # The welcome message of a server on 0.0.0.0 asks a host on the internet for its own address.
    "logger.hideWelcomeMessage": True,
}

# Streamlit has no option for these: narrower gutters, a denser sidebar, lower tiles, plain filters.
STYLE: Final = """<style>
[data-testid="stHeader"] { background: transparent; }
[data-testid="stHeader"], [data-testid="stHeader"] div { pointer-events: none; }
[data-testid="stHeader"] button { pointer-events: auto; }
.st-key-run-header, .st-key-runs-title { padding-right: 2.6rem; }
.st-key-replay-line [data-testid="stPageLink-NavLink"] { background: none; }
:is(.st-key-replay-line, .st-key-suggested) [data-testid="stPageLink-NavLink"] p { font-weight: 400; }
.st-key-other-traces p { font-size: 0.85rem; opacity: .75; }
.stMainBlockContainer { padding: 1.5rem 1.4rem 1rem; max-width: none; }
section[data-testid="stSidebar"] { width: 184px !important; min-width: 184px; }
.st-key-filters { gap: 0.5rem; }
.st-key-ways { gap: 0.15rem !important; padding-bottom: 0.8rem; }
.st-key-ways [data-testid="stCaptionContainer"] { margin: 0.7rem 0 0; }
.stMainBlockContainer [data-testid="stVerticalBlock"] { gap: 0.7rem; }
[data-testid="stMetric"] { padding: 0.3rem 0.4rem 0.4rem; }
[data-testid="stMetric"] > div:first-child { padding: 0.35rem 0.6rem 0; }
[data-testid="stMetricChart"] { margin-bottom: 0 !important; }
[data-testid="stMetricDelta"] { font-size: 0.8rem; padding-left: 0; background: none; }
[class*="st-key-tile-"] { padding: 0.7rem 0.8rem 0.5rem; }
[class*="st-key-tile-"] [data-testid="stMetric"],
[class*="st-key-tile-"] [data-testid="stMetric"] > div:first-child { padding: 0; }
[class*="st-key-tile-"] [data-testid="stCaptionContainer"] { margin: 0.15rem 0 0; }
[class*="st-key-tile-"] button { min-height: 1.6rem; padding: 0; font-size: 0.85rem; opacity: .8; }
[class*="st-key-tile-untold-"] [data-testid="stMetricValue"] { font-size: 1.05rem; opacity: .6; }
[class*="st-key-behind-"] { margin-top: -0.75rem; }
[class*="st-key-behind-"] button { min-height: 28px; padding: 9px 7px 0; }
.stSelectbox div, .stTextInput div, .stTextArea div, .stNumberInput div, .stNumberInput button,
.stMultiSelect [role="group"]:has(input) { background-color: transparent !important; }
@media (min-width: 769px) {
  .st-key-run-header { flex-wrap: nowrap; }
  .st-key-run-header > * { flex-shrink: 0; }
  .st-key-run-header > :has(.stCaption, [data-testid="stCaptionContainer"]) { flex: 1 1 0; min-width: 0; }
}
@media (max-width: 768px) {
  .st-key-bridge { display: none; }  /* the table below it has the same figures, and room */
  .st-key-flow-frame { overflow-x: auto; }
  .st-key-flow-frame > * { min-width: 700px; }
  .st-key-run-header, .st-key-runs-title { padding-left: 1.8rem; }
  [data-testid="stMetricChart"] { display: none !important; }
  .st-key-tiles [data-testid="stHorizontalBlock"] { flex-direction: row; flex-wrap: wrap; }
  .st-key-tiles [data-testid="stColumn"] { flex: 1 1 40%; min-width: 40%; width: auto; }
}
</style>"""


def streamlit_options(host: str, port: int, allowed_hosts: Iterable[str]) -> dict[str, Any]:
    """Return every option of Streamlit that Spotlight sets, by dotted name."""
    return {
        **SERVER,
        "server.address": host,
        "server.port": port,
        "server.allowedHosts": list(allowed_hosts),
        **{f"theme.{name}": value for name, value in THEME.items()},
        **{f"theme.light.{name}": value for name, value in LIGHT.items()},
        **{f"theme.dark.{name}": value for name, value in DARK.items()},
    }
