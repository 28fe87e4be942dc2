"""A policy of mocked tools from a YAML file, with errors that name the line; and its JSON schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from replay.mocks.policy import Policy
from spotlight.errors import UnreadablePolicy

_HINT: Final = "docs/mocked-tools.md shows what a policy may hold"
_MOST_BYTES: Final = 1_000_000
_MOST_NODES: Final = 100_000  # aliases make a small file a large tree

_TOLD: Final = {"extra_forbidden": "there is no such field", "model_type": "fields are wanted here"}

Place = tuple[str | int, ...]


def read_policy(path: Path) -> Policy:
    """Return the policy in a YAML file. Raises: UnreadablePolicy naming the line and the field."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise UnreadablePolicy(f"cannot read the policy {path}: {exc.strerror}", hint=_HINT) from exc
    if len(raw) > _MOST_BYTES:
        raise UnreadablePolicy(f"the policy {path} is larger than {_MOST_BYTES:,} bytes", hint=_HINT)
    return policy_of(raw, str(path))


def policy_of(raw: bytes, name: str) -> Policy:
    """Return the policy in the bytes of a YAML file. Raises: UnreadablePolicy."""
    try:
        tree = yaml.compose(raw, Loader=yaml.SafeLoader)
        _refuse_doubles(tree, name)
        given = yaml.safe_load(raw)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else None
        raise _wrong(name, line, f"this is no YAML: {exc.problem or exc.context}") from exc
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as exc:
        raise _wrong(name, None, f"this is no YAML: {exc}") from exc
    try:
        return Policy.model_validate({} if given is None else given)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = tuple(first["loc"])
        field = ".".join(map(str, place)) or "its top"
        said = f"{field}: {_TOLD.get(first['type']) or first['msg'].removeprefix('Value error, ')}"
        raise _wrong(name, _line_of(tree, place), said) from exc


def policy_schema() -> dict[str, Any]:
    """Return the JSON schema of a policy file, for editors."""
    schema = Policy.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Policy of mocked tools",
    }


def _wrong(name: str, line: int | None, said: str) -> UnreadablePolicy:
    at = f" is wrong at line {line}" if line else " is wrong"
    return UnreadablePolicy(f"the policy {name}{at}: {said}", line, hint=_HINT)


def _line_of(tree: yaml.Node | None, place: Place) -> int | None:
    """Return the line of the deepest part of a place that the file has, from 1."""
    node, line = tree, None
    for part in place:
        found = next((pair for pair in _below(node) if pair[0] == str(part)), None)
        if found is None:
            break
        _, line, node = found
    return line or (tree.start_mark.line + 1 if tree is not None else None)


def _below(node: yaml.Node | None) -> Iterator[tuple[str, int, yaml.Node]]:
    """Yield the key, the line and the value of all that is directly in a node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            yield str(at), value.start_mark.line + 1, value


def _refuse_doubles(tree: yaml.Node | None, name: str) -> None:
    """Raise where a key stands twice in one mapping: YAML would drop the first in silence."""
    nodes, count = [tree], 0
    while nodes:
        node, count = nodes.pop(), count + 1
        if count > _MOST_NODES:
            raise _wrong(name, None, f"it has more than {_MOST_NODES:,} values")
        seen = dict[str, int]()
        for key, line, value in _below(node):
            if key in seen:
                raise _wrong(name, line, f"{key} stands here and in line {seen[key]}")
            seen[key] = line
            nodes.append(value)
