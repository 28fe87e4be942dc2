"""Files that are nearly of a format: whatever stands where, they are read or named, never a traceback."""

from __future__ import annotations

import copy
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.files import read_requests
from ingest.limits import Limits
from ingest.requests import accept
from spotlight.errors import BadRequest, UnreadableFile
from tests.ingest.importers.loading import FIXTURES

FILES = sorted(p for p in FIXTURES.rglob("*.json*") if p.parent.name != "otelcol")
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e308, float("nan"), "", "x", "{'a': [", "\ud800", "attachment://a1", [],
    [None], [[]], {}, {"role": "assistant"}, {"a": {"b": [1, {"c": None}]}}, "0" * 32, "é" * 9, "[1]",
    "9" * 30,
)  # fmt: skip
ROUNDS = 60


def documents(path: Path) -> list[Any]:
    """Return the JSON values of a file: the one, or one a line."""
    try:
        return [json.loads(path.read_text())]
    except json.JSONDecodeError:
        return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of everything below a value."""
    inner = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, below in inner:
        yield value, key
        if isinstance(below, dict | list):
            yield from places(below)


def read_all(path: Path) -> None:
    """Read a file to its end; every request it makes must be one that the collector takes."""
    try:
        for request in read_requests(path):
            accept(request.signal, request.body, request.encoding, Limits())
    except (UnreadableFile, BadRequest):  # a file, or a request of it, is named
        pass


@pytest.mark.parametrize("file", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_any_value_may_stand_anywhere(tmp_path: Path, file: Path) -> None:
    """Some values of each file are replaced by others, of other types too."""
    chance = random.Random(file.name)
    for number in range(ROUNDS):
        values = documents(file)
        for _ in range(chance.randint(1, 4)):
            container, key = chance.choice(list(places(values)))
            container[key] = copy.deepcopy(chance.choice(JUNK))
        path = tmp_path / f"{number}{file.suffix}"
        if file.suffix == ".jsonl":
            path.write_text("".join(json.dumps(value) + "\n" for value in values))
        else:
            path.write_text(json.dumps(values[0]))
        read_all(path)


@pytest.mark.parametrize("file", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_file_may_end_anywhere(tmp_path: Path, file: Path) -> None:
    """A recording that was cut off is read as far as it goes, or named."""
    body = file.read_bytes()
    for cut in range(1, len(body), max(1, len(body) // ROUNDS)):
        path = tmp_path / f"cut{file.suffix}"
        path.write_bytes(body[:cut])
        read_all(path)


def test_an_archive_that_inflates_without_end_is_refused(tmp_path: Path) -> None:
    """What an archive says it will inflate to is bounded before anything is inflated."""
    path = tmp_path / "bomb.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("header.json", "{}")
        with made.open("samples/1_epoch_1.json", "w", force_zip64=True) as member:
            for _ in range(520):
                member.write(bytes(1 << 20))
    with pytest.raises(UnreadableFile, match="inflates to more"):
        list(read_requests(path))


@pytest.mark.parametrize("depth", [100, 300, 700, 1000, 5000])
@pytest.mark.parametrize("file", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_nesting_without_end_is_no_crash(tmp_path: Path, file: Path, depth: int) -> None:
    """Values that nest deeper than a parser or a loop can follow are kept as they are, or named."""
    text = file.read_text().replace('"user"', '"user", "deep": ' + "[" * depth + "]" * depth)
    nested = "[" * depth + "1" + "]" * depth
    for word in ("{}", "null", "[]", '""'):
        text = text.replace(f": {word}", f": {nested}", 3)
    path = tmp_path / f"deep{file.suffix}"
    path.write_text(text)
    read_all(path)


def test_a_literal_without_end_stays_text(tmp_path: Path) -> None:
    """Text that begins like a Python list and cannot be one is left alone."""
    row = {"context.trace_id": "ab" * 16, "name": "n", "attributes.llm.tools": "[" * 5000 + "]" * 4999}
    (tmp_path / "deep.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(row)}\n")
    found = b"".join(request.body for request in read_requests(tmp_path / "deep.jsonl"))
    assert 2 * 5000 == found.count(b"[")
