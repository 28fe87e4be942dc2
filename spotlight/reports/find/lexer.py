"""A search cut into tokens."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from spotlight.errors import UnreadableSearch
from spotlight.reports.find.tree import Name, Place, Value

LONGEST: Final = 2000  # characters of a search; an address carries no more
OPERATORS: Final = (">=", "<=", "!=", ":", "=", ">", "<")
_HALF: Final = re.compile("[\ud800-\udfff]")  # of a surrogate pair: no text of a database
_SPACE: Final = re.compile(r"\s+")
_OPERATOR: Final = re.compile("|".join(map(re.escape, OPERATORS)))
_NAME: Final = re.compile(r"[^\W\d][\w-]*(?:\.[\w@/-]+)*")
_QUOTE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r'[^\s()",]+')
_WORD: Final = re.compile(r'[^\s()"]+')


class Token(NamedTuple):
    """A piece of a search.

    `kind` is (, ), -, name (a field, its operator follows), operator, comma, value (after an operator),
    word or end.
    """

    kind: str
    text: str
    place: Place
    value: Value | None = None
    name: Name | None = None


def tokens(text: str) -> list[Token]:
    """Return the tokens of a search, an `end` last.

    Raises: UnreadableSearch for a quote that is never closed, half a character, and a search too long.
    """
    if len(text) > LONGEST:
        message = f"a search of {len(text):,} characters is too long"
        raise UnreadableSearch(message, LONGEST, len(text), hint=f"at most {LONGEST:,}")
    if half := _HALF.search(text):
        raise UnreadableSearch("this is half a character", *half.span(), hint="type it again")
    found: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token = _value_token(text, at) if _wants_value(found) else _token(text, at)
        found.append(token)
        at = token.place.end
    return [*found, Token("end", "", Place(len(text), len(text)))]


def _wants_value(found: list[Token]) -> bool:
    """Whether a value comes next: after an operator or a comma, and in a list in parentheses."""
    if not found or found[-1].kind in ("operator", "comma"):
        return bool(found)
    opened = next((n for n in range(len(found) - 1, -1, -1) if found[n].kind in "()"), 0)
    return opened > 0 and found[opened].kind == "(" and found[opened - 1].kind == "operator"


def _token(text: str, at: int) -> Token:
    if text[at] in "()":
        return Token(text[at], text[at], Place(at, at + 1))
    if text[at] == ",":
        return Token("comma", ",", Place(at, at + 1))
    if text[at] == '"':
        value = quoted(text, at)
        return Token("word", value.text, value.place, value)
    if text[at] in "-!" and at + 1 < len(text) and not text[at + 1].isspace():
        if operator := _OPERATOR.match(text, at):
            return Token("operator", operator[0], Place(at, operator.end()))
        return Token("-", text[at], Place(at, at + 1))
    if operator := _OPERATOR.match(text, at):
        return Token("operator", operator[0], Place(at, operator.end()))
    return _name(text, at) or _word(text, at)


def _name(text: str, at: int) -> Token | None:
    """Return the name of a field where an operator follows it."""
    match = _NAME.match(text, at)
    if match is None:
        return None
    end, key = match.end(), None
    if text[end : end + 2] == '."':
        value = quoted(text, end + 1)
        end, key = value.place.end, value.text
    gap = _SPACE.match(text, end)
    if not _OPERATOR.match(text, gap.end() if gap else end):
        return None
    return Token("name", match[0], Place(at, end), name=Name(match[0], key, Place(at, end)))


def name_alone(text: str, offset: int = 0) -> Name | None:
    """Return the name that a whole text is, standing at `offset` of its search; None where it is none."""
    match = _NAME.match(text)
    if match is None:
        return None
    end, key = match.end(), None
    if text[end : end + 2] == '."':
        value = quoted(text, end + 1)
        end, key = value.place.end, value.text
    return Name(match[0], key, Place(offset, offset + end)) if end == len(text) else None


def _word(text: str, at: int) -> Token:
    match = _WORD.match(text, at)
    end = match.end() if match else at + 1
    value = Value(text[at:end], False, Place(at, end))
    return Token("word", value.text, value.place, value)


def _value_token(text: str, at: int) -> Token:
    """Return what follows an operator or a comma: a value, or what ends the search early."""
    if text[at] == '"':
        value = quoted(text, at)
        return Token("value", value.text, value.place, value)
    if operator := _OPERATOR.match(text, at):  # as GitHub writes it: cost:>5
        return Token("operator", operator[0], Place(at, operator.end()))
    match = _BARE.match(text, at)
    if match is None:
        return Token(text[at] if text[at] in "()" else "comma", text[at], Place(at, at + 1))
    end = match.end()
    if text[end : end + 1] == '"' and text[end - 1] == ".":  # has:attr."http.method"
        end = quoted(text, end).place.end
    value = Value(text[at:end], False, Place(at, end))
    return Token("value", value.text, value.place, value)


def quoted(text: str, at: int) -> Value:
    """Return the text in quotes that begins at `at`. Raises: UnreadableSearch where they are not closed."""
    match = _QUOTE.match(text, at)
    if match is None:
        raise UnreadableSearch("a quote is never closed", at, len(text), hint='close it with "')
    return Value(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), True, Place(at, match.end()))
