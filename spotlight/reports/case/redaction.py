"""Secrets in rows -> marks. The same secret gets the same mark within a case, and no one can go back.

The mark is `[redacted:<rule>:<digest>]`; the digest is keyed with random bytes that are kept nowhere.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.errors import SpotlightError
from spotlight.reports.case.redaction_rules import BY_KEY, Rule, Rules, is_said
from spotlight.reports.case.selection import CaseRows

# Columns whose texts Spotlight wrote, or that hold nothing but ids in hexadecimal digits.
_OURS: Final = frozenset(
    ("trace_id", "span_id", "parent_span_id", "run_id", "trace_ids", "linked_traces", "agent_span_id",
     "root_span_id", "error_span_id", "merged_into", "signal", "signals", "dialect", "dialects", "kind",
     "kind_source", "status", "usage_basis", "usage_keys", "pack_version_source", "quality_flags",
     "content_digest", "score_id", "target_type", "price_book", "price_row", "unit_prices", "usage_role",
     "temporality", "type")
)  # fmt: skip
_MARK: Final = re.compile(r"\[redacted:[a-z0-9_]+:[0-9a-f]{12}\]")
_DIGITS: Final = 0xE100  # ten signs for private use: no rule knows them
_PLACE: Final = re.compile("\ue010[\ue100-\ue109]+\ue011")
_MOST_PASSES: Final = 6  # what one replacement uncovers the next pass finds


class _Found(NamedTuple):
    table: str
    column: str
    rule: str


class Redactor:
    """Replaces what rules find, and counts it."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._key = secrets.token_bytes(32)
        # Signs that no text holds: they stand around what a pattern found for a moment.
        self._open, self._close = (f"\ue000{secrets.token_hex(8)}\ue001" for _ in range(2))
        self._marks: dict[str, int] = {}
        self.found: Counter[_Found] = Counter()

    def redact(self, rows: CaseRows) -> CaseRows:
        """Return the rows with marks in the place of what is found.

        Raises: SpotlightError where a second look still finds something.
        """
        recorded = {name: self._table(f"recorded/{name}", table) for name, table in rows.recorded.items()}
        derived = {name: self._table(f"derived/{name}", table) for name, table in rows.derived.items()}
        cleaned = CaseRows(rows.asked, recorded, derived)
        again = Redactor(self._rules)
        for tables in (recorded, derived):
            for name, table in tables.items():
                again._table(name, table)
        if again.found:
            left = ", ".join(
                sorted({f"{place.rule} in {place.table}.{place.column}" for place in again.found})
            )
            raise SpotlightError(f"the redaction left something behind: {left}", hint="nothing was written")
        return cleaned

    def report(self) -> dict[str, Any]:
        """Return what was replaced by which rule, and where; never a value."""
        summary: Counter[str] = Counter()
        for place, count in self.found.items():
            if place.table.startswith("recorded/"):
                summary[place.rule] += count
        places = [{**place._asdict(), "count": count} for place, count in sorted(self.found.items())]
        rules = sorted({rule.name for rule in self._rules.all()})
        return {
            "summary": {
                "replaced": dict(sorted(summary.items())),
                "rules": rules,
                "second_look": "nothing found",
            },
            "keys": sorted(self._rules.keys),
            "places": places,
        }

    def _table(self, name: str, table: pa.Table) -> pa.Table:
        for at, field in enumerate(table.schema):
            if field.name in _OURS:
                continue
            column = table.column(at).combine_chunks()
            if isinstance(column, pa.ChunkedArray):
                column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], field.type)
            if field.type == pa.string():
                texts = self._texts(column, name, field.name)
            elif pa.types.is_list(field.type):
                flat = self._texts(column.flatten(), name, field.name)
                texts = pa.ListArray.from_arrays(_offsets(column), flat, mask=column.is_null())
            else:
                continue
            table = table.set_column(at, field, texts)
        return table

    def _texts(self, texts: pa.Array, table: str, column: str) -> pa.Array:
        """Return texts without what the rules find; each distinct text is looked at once, counted for all."""
        encoded = texts.dictionary_encode()
        times = Counter(encoded.indices.drop_null().to_pylist())
        before: list[str] = encoded.dictionary.to_pylist()
        if not before:
            return texts
        after = [_MARK.sub(lambda mark: self._placed(mark[0]), text) for text in before]
        for _ in range(_MOST_PASSES):
            if not self._pass(after, times, table, column):
                break
        after = [self._told(text) for text in after]
        self._by_key(after, times, table, column)
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new and old[:1] in ("{", "["):
                after[place] = self._still_json(old, new)
        return pa.array(after, pa.string()).take(encoded.indices)

    def _pass(self, texts: list[str], times: Mapping[int, int], table: str, column: str) -> bool:
        """Apply every rule once to texts, in place; return whether anything was replaced."""
        changed = False
        for rule in self._rules.all():
            array = pa.array(texts, pa.string())
            hit = pc.fill_null(pc.match_substring_regex(array, rule.pattern), False)
            if not pc.any(hit).as_py():
                continue
            places = pc.indices_nonzero(hit).to_pylist()
            wrapped = pc.replace_substring_regex(
                array.filter(hit), rule.pattern, rf"\1{self._open}\2{self._close}" + _tail(rule)
            ).to_pylist()
            for place, text in zip(places, wrapped, strict=True):
                texts[place], count = self._marked(text, rule)
                if count:
                    changed = True
                    self.found[_Found(table, column, rule.name)] += count * times.get(place, 1)
        return changed

    def _by_key(self, texts: list[str], times: Mapping[int, int], table: str, column: str) -> None:
        """Replace, in place, numbers and plain lists that a key names; texts are gone already."""
        array = pa.array(texts, pa.string())
        hit = pc.fill_null(pc.match_substring_regex(array, self._rules.keyed_values()), False)
        for place in pc.indices_nonzero(hit).to_pylist():
            try:
                value = orjson.loads(texts[place])
            except orjson.JSONDecodeError:
                continue
            count = self._mark_members(value)
            if count:
                texts[place] = orjson.dumps(value).decode()
                self.found[_Found(table, column, BY_KEY)] += count * times.get(place, 1)

    def _mark_members(self, value: Any) -> int:
        """Replace what secret keys name in a JSON value, in place; return how many there were."""
        count = 0
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            named = isinstance(key, str) and self._rules.names_secret(key)
            if named and _is_plain(member):
                value[key] = self.mark(BY_KEY, orjson.dumps(member).decode())
                count += 1
            elif isinstance(member, dict | list):
                count += self._mark_members(member)
        return count

    def _marked(self, wrapped: str, rule: Rule) -> tuple[str, int]:
        """Return the text with marks where signs stand around a secret, and how many there are."""
        first, *parts = wrapped.split(self._open)
        made, count = [first], 0
        for part in parts:
            secret, _, rest = part.partition(self._close)
            if is_said(secret) and rule.holds(secret) and not _PLACE.fullmatch(secret):
                made.append(self._placed(self.mark(rule.name, secret)))
                count += 1
            else:
                made.append(secret)
            made.append(rest)
        return "".join(made), count

    def _placed(self, mark: str) -> str:
        """Return what stands for a mark while rules are applied: no rule finds anything in it."""
        number = self._marks.setdefault(mark, len(self._marks))
        return f"\ue010{''.join(chr(_DIGITS + int(digit)) for digit in str(number))}\ue011"

    def _told(self, text: str) -> str:
        """Return a text with the marks in their places."""
        if "\ue010" not in text:
            return text
        marks = list(self._marks)

        def mark(found: re.Match[str]) -> str:
            number = int("".join(str(ord(sign) - _DIGITS) for sign in found[0][1:-1]))
            return marks[number] if number < len(marks) else found[0]

        return _PLACE.sub(mark, text)

    def mark(self, rule: str, secret: str) -> str:
        """Return the mark of a secret."""
        digest = hashlib.blake2b(secret.encode("utf-8", "replace"), key=self._key, digest_size=6)
        return f"[redacted:{rule}:{digest.hexdigest()}]"

    def _still_json(self, old: str, new: str) -> str:
        """Return the new text; where a number of JSON was replaced, its mark becomes a JSON text."""
        try:
            value = orjson.loads(old)
        except orjson.JSONDecodeError:
            return new
        try:
            orjson.loads(new)
        except orjson.JSONDecodeError:
            value = self._walked(value)
            return orjson.dumps(value).decode()
        return new

    def _walked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._leaf(key): self._member(key, member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._walked(item) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        cleaned = self._leaf(str(value))
        return value if cleaned == str(value) else cleaned

    def _member(self, key: str, member: Any) -> Any:
        if not self._rules.names_secret(key):
            return self._walked(member)
        if isinstance(member, str):
            return self.mark(BY_KEY, member) if is_said(member) and not _MARK.fullmatch(member) else member
        return self.mark(BY_KEY, orjson.dumps(member).decode()) if _is_plain(member) else self._walked(member)

    def _leaf(self, text: str) -> str:
        texts = [text]
        counted = Counter(self.found)
        for _ in range(_MOST_PASSES):
            if not self._pass(texts, {}, "", ""):
                break
        self.found = counted  # it was counted when it was found
        return self._told(texts[0])


def _tail(rule: Rule) -> str:
    """Return what of a match stands behind the secret and must stay."""
    return "@" if rule.name == "password" and rule.pattern.endswith("@") else ""


def _is_plain(value: Any) -> bool:
    """Return whether a value is a number, or a list of what is no list and no object."""
    if isinstance(value, list):
        return bool(value) and not any(isinstance(item, dict | list) for item in value)
    return type(value) in (int, float)


def _offsets(column: pa.ListArray) -> pa.Array:
    """Return where each list begins, from 0, whatever part of a larger array the column is."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_pylist()
    ends = [0]
    for length in lengths:
        ends.append(ends[-1] + length)
    return pa.array(ends, pa.int32())
