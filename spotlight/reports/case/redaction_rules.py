"""What a redaction looks for: patterns of secrets and of what tells who somebody is, and keys that name them.

Patterns are RE2 and match in time linear in the text, whoever wrote it. They are precise rather than wide: a
mark in the place of a step's figures would make a case useless. A file of rules adds to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from spotlight.errors import SpotlightError

# What may stand before a secret: nothing, no letter or digit, or a line break as JSON text writes it.
_BEFORE: Final = r"(^|\\+[nrtbf]|\\+u[0-9A-Fa-f]{4}|\\+|[^A-Za-z0-9_\\])"
_BEFORE_NUMBER: Final = r"(^|\\+[nrtbf]|\\+u[0-9A-Fa-f]{4}|[^A-Za-z0-9_\\.-])"  # no digits of a fraction
_CARD: Final = r"[2-6][0-9]{3}(?:[ -][0-9]{4}){3}|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5}|[2-6][0-9]{12,18}"
_AFTER: Final = r"(?:\b|$)"
_ASSIGNED: Final = (
    r"""((?i:\b(?:password|passwd|secret|api[_-]?key|(?:access|auth)[_-]?token)\b["']?\s*[=:]\s*["']?))"""
    r"""([^\s"'\\,;&{}\[\]]{6,})"""
)
_HINT: Final = "see docs/case-files.md for what a file of rules holds"


class Rule(NamedTuple):
    """One thing to look for: group 1 of the pattern stays, group 2 is the secret if `holds` says so."""

    name: str
    pattern: str
    holds: Callable[[str], bool] = lambda _: True


def digits(text: str) -> str:
    """Return the digits of a text."""
    return re.sub(r"[^0-9]", "", text)


def is_card(text: str) -> bool:
    """Return whether 13 to 19 digits end in the right check digit. Source: ISO/IEC 7812-1 (Luhn)."""
    found = [int(digit) for digit in reversed(digits(text))]
    doubled = [sum(divmod(2 * digit, 10)) for digit in found[1::2]]
    return 13 <= len(found) <= 19 and (sum(found[::2]) + sum(doubled)) % 10 == 0


def is_said(text: str) -> bool:
    """Return whether a value says anything."""
    return bool(text.strip())


def _token(name: str, pattern: str) -> Rule:
    return Rule(name, f"{_BEFORE}({pattern})")


PATTERNS: Final = (
    Rule("private_key", r'()(-----BEGIN [A-Z ]*PRIVATE KEY-----[^"-]+-----END [A-Z ]*PRIVATE KEY-----)'),
    _token("jwt", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
    _token("api_key", r"sk-[A-Za-z0-9_-]{16,}|AIza[0-9A-Za-z_-]{35}|hf_[A-Za-z0-9]{30,}"),
    _token("api_key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|gsk_[A-Za-z0-9]{32,}|xai-[A-Za-z0-9]{32,}"),
    _token("aws_key", r"(?:AKIA|ASIA)[0-9A-Z]{16}"),
    _token("github_token", r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}"),
    _token("slack_token", r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    Rule("bearer_token", r"((?i:bearer)\s+)([A-Za-z0-9._~+/=-]{16,})"),
    Rule("password", r'(://[^/\s:@"\\]+:)([^/\s@"\\]+)@'),
    Rule("password", _ASSIGNED),
    _token("email", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    Rule("card_number", rf"{_BEFORE_NUMBER}({_CARD}){_AFTER}", is_card),
    Rule("phone", rf"{_BEFORE}(\+[1-9](?:[ ().-]{{0,3}}[0-9]){{7,14}}){_AFTER}"),  # E.164: 8 to 15 digits
    Rule("phone", rf"{_BEFORE}((?:\([0-9]{{3}}\) ?|[0-9]{{3}}[ .-])[0-9]{{3}}[ .-][0-9]{{4}}){_AFTER}"),
)  # fmt: skip
KEYS: Final = (
    "authorization", "proxy-authorization", "cookie", "set-cookie", "password", "passwd", "secret",
    "client_secret", "api_key", "api-key", "apikey", "x-api-key", "access_token", "refresh_token", "id_token",
    "auth_token", "private_key", "credentials",
)  # fmt: skip
BY_KEY: Final = "key"


class Rules(NamedTuple):
    """What is looked for: patterns, and names of keys whose values go whatever they are."""

    patterns: tuple[Rule, ...] = PATTERNS
    keys: tuple[str, ...] = KEYS

    def all(self) -> tuple[Rule, ...]:
        """Return the rules in their order: that of the keys first."""
        return (by_key(self.keys), *self.patterns)

    def keyed_values(self) -> str:
        """Return the pattern of JSON in which a key names a number or a list."""
        return rf'(?i:"{_named(self.keys)}"\s*:\s*[-0-9\[])'

    def names_secret(self, key: str) -> bool:
        """Return whether a key names a secret: it is one of `keys`, or ends in one after . _ - or /."""
        return re.fullmatch(_named(self.keys), key, re.IGNORECASE) is not None


def _named(keys: tuple[str, ...]) -> str:
    return rf"(?:[^\"\\]*[._/-])?(?:{'|'.join(map(re.escape, keys))})"


def by_key(keys: tuple[str, ...]) -> Rule:
    """Return the rule for texts that a key names, in JSON and in JSON within JSON text."""
    return Rule(BY_KEY, rf'((?i:\\*"{_named(keys)}\\*"\s*:\s*\\*"))((?:[^"\\]|\\+[^"\\])+)')


def read_rules(path: Path | None) -> Rules:
    """Return our rules and those of a YAML file: `patterns`, names with RE2 each, and `keys`.

    Raises: SpotlightError naming the first thing that cannot be.
    """
    if path is None:
        return Rules()
    import yaml

    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SpotlightError(f"{str(path)!r} is no file of rules: {exc}", hint=_HINT) from exc
    patterns, keys = _lists(said, path)
    rules = [_own_rule(name, pattern) for name, pattern in patterns.items()]
    return Rules((*PATTERNS, *rules), (*KEYS, *keys))


def _lists(said: Any, path: Path) -> tuple[Mapping[str, str], list[str]]:
    if not isinstance(said, Mapping) or set(said) - {"patterns", "keys"}:
        raise SpotlightError(f"{str(path)!r} may say patterns and keys, nothing else", hint=_HINT)
    patterns, keys = said.get("patterns") or {}, said.get("keys") or []
    if not isinstance(patterns, Mapping) or not isinstance(keys, list):
        raise SpotlightError(
            f"patterns of {str(path)!r} are names with a pattern each, keys a list", hint=_HINT
        )
    return {str(name): str(pattern) for name, pattern in patterns.items()}, [str(key) for key in keys]


def _own_rule(name: str, pattern: str) -> Rule:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
        raise SpotlightError(f"a rule cannot be called {name!r}", hint="use lower-case letters, digits and _")
    try:
        pc.match_substring_regex(pa.array([""]), f"()({pattern})")
    except pa.ArrowInvalid as exc:
        raise SpotlightError(f"pattern {name!r} is no regular expression of RE2: {exc}", hint=_HINT) from exc
    if pc.match_substring_regex(pa.array([""]), pattern)[0].as_py():
        raise SpotlightError(
            f"pattern {name!r} matches the empty text", hint="ask for one character at least"
        )
    return Rule(name, f"()({pattern})")
