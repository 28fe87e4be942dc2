"""Reading a search: recursive descent over its tokens.

search   = or
or       = and { "or" and }
and      = not { ["and"] not }
not      = ( "not" | "-" | "!" ) not | relation
relation = primary { ( "under" | "then" ) primary }
primary  = "(" or ")" | "step" "(" or ")" | "count" "(" or ")" OPERATOR VALUE
         | FIELD OPERATOR values | "has" ":" FIELD | "missing" ":" FIELD | WORD | PHRASE
values   = VALUE { "," VALUE } | "(" VALUE { ( "," | "or" ) VALUE } ")"
"""

from __future__ import annotations

from typing import Final

from spotlight.errors import UnreadableSearch
from spotlight.reports.find.lexer import Token, name_alone, tokens
from spotlight.reports.find.tree import (
    All,
    Any,
    Count,
    Known,
    Name,
    Node,
    Not,
    Place,
    Step,
    Term,
    Then,
    Under,
    Value,
    Words,
)

DEEPEST: Final = 40  # parentheses and negations in each other
RELATIONS: Final = ("under", "then")
KEYWORDS: Final = ("and", "or", "not", *RELATIONS)
COMPARISONS: Final = ("=", "!=", ">", ">=", "<", "<=")
_QUOTE_IT: Final = "put quotes around what is to be searched for as it stands"


def parse(text: str) -> Node:
    """Return what a search says; an empty one finds everything.

    Raises: UnreadableSearch, which names the place.
    """
    reader = _Reader(tokens(text))
    if reader.seen("end"):
        return All(())
    found = reader.either(0)
    if not reader.seen("end"):
        raise reader.refused("this is not expected here")
    return found


class _Reader:
    """Where the reading of the tokens has come to."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._at]

    def seen(self, kind: str) -> bool:
        return self.here.kind == kind

    def take(self) -> Token:
        token = self.here
        self._at += token.kind != "end"
        return token

    def keyword(self, *words: str) -> str | None:
        """Take one of these words where it comes next, unquoted; return it in lower case."""
        word = self._next_keyword()
        if word not in words:
            return None
        self.take()
        return word

    def _next_keyword(self) -> str | None:
        token = self.here
        bare = token.kind in ("word", "value") and token.value is not None and not token.value.quoted
        word = token.text.lower() if bare else None
        return word if word in KEYWORDS else None

    def refused(self, message: str, hint: str = _QUOTE_IT) -> UnreadableSearch:
        place = self.here.place
        if self.seen("end"):
            return UnreadableSearch("the search ends too early", max(0, place.at - 1), place.end, hint=hint)
        shown = self.here.text[:40]
        return UnreadableSearch(f"{message}: {shown!r}", place.at, place.end, hint=hint)

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self.keyword("or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def both(self, depth: int) -> Node:
        parts = [self.negated(depth)]
        while self.keyword("and") or not (
            self.here.kind in ("end", ")") or self._next_keyword() in ("or", *RELATIONS)
        ):
            parts.append(self.negated(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negated(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.refused("too much is nested here", "take some of the parentheses away")
        if self.seen("-"):
            self.take()
            return Not(self.negated(depth + 1))
        if self.keyword("not"):
            return Not(self.negated(depth + 1))
        return self.related(depth)

    def related(self, depth: int) -> Node:
        found = self.primary(depth)
        while word := self.keyword(*RELATIONS):
            other = self.primary(depth)
            found = Under(found, other) if word == "under" else Then(found, other)
        return found

    def primary(self, depth: int) -> Node:
        if self.seen("("):
            return self.enclosed(depth)
        if self.seen("name"):
            return self.term()
        if self._next_keyword() or not self.seen("word"):
            raise self.refused("a word or a field should stand here")
        token = self.take()
        called = token.text.lower() if token.value and not token.value.quoted else ""
        beside = self.seen("(") and self.here.place.at == token.place.end
        if called == "step" and beside:
            return Step(self.enclosed(depth))
        if called == "count" and beside:
            inner = self.enclosed(depth)
            return self.counted(inner)
        if token.value is None:
            raise self.refused("a word should stand here")
        return Words(token.value)

    def enclosed(self, depth: int) -> Node:
        opened = self.take()
        found = self.either(depth + 1)
        if not self.seen(")"):
            if self.seen("end"):
                raise UnreadableSearch(
                    "a parenthesis is never closed", opened.place.at, opened.place.end, hint="close it with )"
                )
            raise self.refused("this is not expected here")
        self.take()
        return found

    def counted(self, inner: Node) -> Node:
        hint = "compare it with a number: count(tool:search) > 3"
        operator = self.operator(hint)
        if not self.seen("value") or self.here.value is None:
            raise self.refused("a number should stand here", hint)
        value = self.here.value
        self.take()
        return Count(inner, "=" if operator == ":" else operator, value)

    def operator(self, hint: str) -> str:
        """Take an operator; `:` before a comparison adds nothing to it."""
        if not self.seen("operator"):
            raise self.refused("a comparison should stand here", hint)
        said = self.take().text
        if said == ":" and self.seen("operator") and self.here.text in COMPARISONS:
            return self.take().text
        return said

    def term(self) -> Node:
        token = self.take()
        name = token.name or Name(token.text, None, token.place)
        operator = self.operator(f"{name.text} is a field: compare it with something")
        values = self.values()
        place = Place(name.place.at, self._tokens[self._at - 1].place.end)
        if name.key is None and name.text.lower() in ("has", "missing"):
            return self.known(name.text.lower(), operator, values, place)
        return Term(name, operator, values, place)

    def values(self) -> tuple[Value, ...]:
        if not self.seen("("):
            found = [self.value()]
            while self.seen("comma"):
                self.take()
                found.append(self.value())
            return tuple(found)
        opened = self.take()
        found = [self.value()]
        while not self.seen(")"):
            if self.seen("end"):
                raise UnreadableSearch(
                    "a parenthesis is never closed", opened.place.at, opened.place.end, hint="close it with )"
                )
            if self.seen("comma"):
                self.take()
            elif not self.keyword("or"):
                raise self.refused("values are kept apart by a comma or by `or`")
            found.append(self.value())
        self.take()
        return tuple(found)

    def value(self) -> Value:
        token = self.here
        if token.kind not in ("value", "word") or token.value is None:
            raise self.refused("a value should stand here", "quote a value that holds spaces or parentheses")
        self.take()
        return token.value

    def known(self, word: str, operator: str, values: tuple[Value, ...], place: Place) -> Node:
        hint = f"write {word}:FIELD, for example {word}:cost or {word}:score.correctness"
        first = values[0].place
        if operator not in (":", "=") or len(values) > 1 or values[0].quoted:
            raise UnreadableSearch(f"{word} takes the name of one field", place.at, place.end, hint=hint)
        name = name_alone(values[0].text, first.at)
        if name is None:
            message = f"{values[0].text[:40]!r} is no name of a field"
            raise UnreadableSearch(message, first.at, first.end, hint=hint)
        found = Known(name, place)
        return Not(found) if word == "missing" else found
