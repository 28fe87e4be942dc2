"""What stands for all spans of a sender: attributes of its scope and of its resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spotlight import semconv as sc
from spotlight.assembly.link import Links, value_codes
from spotlight.dialects.baseline import OVERRIDES

_OWN: Final = ("session_id", "user_id", "pack_name", "pack_version", "pack_digest", "feature", "surface")
# Attributes of a scope or resource that say whose a run was, in order of precedence, per column.
# Source: section "Identity" of docs/packs.md; the keys of OVERRIDES mean the same everywhere.
BACKGROUND_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    **{column: tuple(s for s in OVERRIDES[column] if isinstance(s, str)) for column in _OWN},
    "session_id": (sc.SPOTLIGHT_SESSION_ID, sc.GEN_AI_CONVERSATION_ID, sc.SESSION_ID),
    "user_id": (sc.SPOTLIGHT_USER_ID, sc.USER_ID, sc.ENDUSER_ID),
    "pack_version": (
        *(s for s in OVERRIDES["pack_version"] if isinstance(s, str)),
        sc.GEN_AI_AGENT_VERSION, "langfuse.version", "langfuse.release", "lk.deployment_id",
    ),
    "agent_name": (sc.GEN_AI_AGENT_NAME,),
    "tenant_claimed": (sc.SPOTLIGHT_TENANT_ID, "tenant.id", "organization.id", "team.id"),
}  # fmt: skip

Stated = Mapping[str, tuple[str, str]]  # column -> (value, key)


class Statement(NamedTuple):
    """What the distinct texts say of one column, and per run the text that speaks for it (-1: none)."""

    values: pa.Array
    keys: pa.Array
    text: np.ndarray


class Background(NamedTuple):
    """What the scopes, or the resources, of some runs state; where a run has several, the strongest last."""

    runs: int
    texts: list[Stated]
    owner: np.ndarray  # run
    text: np.ndarray  # its text, a place in `texts`

    def find(self, column: str) -> Statement | None:
        """Return what is said of the column; None where no text says anything."""
        says = np.array([column in text for text in self.texts], bool)
        if not says.any():
            return None
        speaks = says[self.text]
        chosen = np.full(self.runs, -1, np.int64)
        chosen[self.owner[speaks]] = self.text[speaks]  # the last assignment wins: the strongest
        said = [text.get(column, (None, None)) for text in self.texts]
        values, keys = (pa.array([pair[i] for pair in said], pa.string()) for i in (0, 1))
        return Statement(values, keys, chosen)


def scope_background(spans: pa.Table, links: Links, root_row: np.ndarray) -> Background:
    """Return what the scopes of each run's spans state."""
    scopes = spans.column("scope")
    rows = np.flatnonzero(pc.is_valid(scopes).to_numpy())
    return _background(scopes, links, _first_of(value_codes(scopes), rows, spans, links, root_row))


def resource_background(spans: pa.Table, links: Links, root_row: np.ndarray) -> Background:
    """Return what the resources of each run's root and of the other services in it state."""
    services = value_codes(spans.column("service_name"))
    rows = root_row
    if len(services) and int(services.min()) != int(services.max()):
        rows = _first_of(services, np.arange(spans.num_rows), spans, links, root_row)
    return _background(spans.column("resource"), links, rows)


def _first_of(
    codes: np.ndarray, rows: np.ndarray, spans: pa.Table, links: Links, root_row: np.ndarray
) -> np.ndarray:
    """Return one of these rows per run and code, the weakest first: the latest start, the root's last."""
    if not len(rows):
        return rows
    start = spans.column("started_ns").fill_null(0).to_numpy()
    is_root = root_row[links.run[rows]] == rows
    order = rows[np.lexsort((start[rows], ~is_root))]
    pairs = links.run[order] * (int(codes.max()) + 2) + codes[order] + 1
    first = np.unique(pairs, return_index=True)[1]
    chosen: np.ndarray = order[np.sort(first)[::-1]]
    return chosen


def _background(texts: pa.ChunkedArray, links: Links, rows: np.ndarray) -> Background:
    encoded = texts.take(pa.array(rows, pa.int64())).combine_chunks().dictionary_encode()
    place = np.asarray(encoded.indices.fill_null(-1), np.int64)
    known = place >= 0
    parsed = [_stated(text) for text in encoded.dictionary.to_pylist()]
    return Background(links.runs, parsed, links.run[rows][known], place[known])


def _stated(text: str) -> Stated:
    attributes = orjson.loads(text)
    found: dict[str, tuple[str, str]] = {}
    for column, keys in BACKGROUND_KEYS.items():
        for key in keys:
            value = attributes.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                found[column] = (str(value), key)
                break
    return found
