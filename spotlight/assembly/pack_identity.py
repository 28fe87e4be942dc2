"""Which pack, in which version and with which content, a run was made by.

    version    declared; else the digest of what ran (sha:...); else the service's own (svc:...)
    digest     declared; else that of the first model call of the root's agent whose content is known
    name       declared; else the agent's; else the service's; a coding agent's is that of its service

A service's version is only a candidate: it says which build served, and nothing about prompts. That of
a coding agent is the client's own and no candidate.
Source: docs/packs.md.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.claims import Claims
from spotlight.assembly.link import Links, value_codes
from spotlight.dialects import dialects, recognise_service
from spotlight.semconv import SPOTLIGHT_PACK_DIGEST

BY_CONTENT: Final = "content digest"
_NO_TEXT: Final = pa.scalar(None, pa.string())
_SHOWN_DIGITS: Final = 12
_NAMELESS: Final = "unknown_service"  # OpenTelemetry SDK specification, resource defaults
_PLACEHOLDERS: Final = ("", "unknown", "undefined", "none", "null")
_RUNTIME_VERSION: Final = "process.runtime.version"


def pack_columns(
    spans: pa.Table, links: Links, root_row: np.ndarray, claims: Claims, agent: pa.Array, service: pa.Array
) -> dict[str, pa.Array]:
    """Return the columns of `runs` about the pack; `agent` and `service` are the runs' own names."""
    version = claims.find("pack_version", keys="pack_version_source")
    declared = claims.find("pack_digest")
    declared = declared._replace(key=pc.coalesce(declared.key, SPOTLIGHT_PACK_DIGEST))
    computed = _first_digest(spans, links, agent)
    digest = pc.coalesce(declared.value, computed)
    digest_source = _either(declared.source(), computed, BY_CONTENT)
    short = pc.utf8_slice_codeunits(pc.replace_substring_regex(digest, "^sha256:", ""), 0, _SHOWN_DIGITS)
    by_digest = pc.binary_join_element_wise("sha:", short, "")
    is_client = _is_client(spans, links, root_row)
    by_service = pc.binary_join_element_wise("svc:", _service_version(spans, root_row), "")
    by_service = pc.if_else(is_client, _NO_TEXT, by_service)
    client = pc.if_else(is_client, service, _NO_TEXT)
    return {
        "pack_name": pc.coalesce(claims.find("pack_name").value, client, agent, _named(service)),
        "pack_version": pc.coalesce(version.value, by_digest, by_service),
        "pack_version_source": pc.coalesce(
            version.source(), digest_source, _either(None, by_service, "resource service.version")
        ),
        "pack_digest": digest,
        "pack_digest_source": digest_source,
    }


def _named(service: pa.Array) -> pa.Array:
    """Return the services' names without those that an SDK makes up where nobody gave one."""
    return pc.if_else(pc.starts_with(service, _NAMELESS), _NO_TEXT, service)


def _either(known: pa.Array | None, values: pa.Array, source: str) -> pa.Array:
    """Return the sources known, else `source` where there is a value."""
    named = pc.if_else(pc.is_valid(values), source, _NO_TEXT)
    return named if known is None else pc.coalesce(known, named)


def _first_digest(spans: pa.Table, links: Links, agent: pa.Array) -> pa.Array:
    """Return per run the content digest of the first call of its own agent, else of any agent."""
    digests = spans.column("content_digest")
    rows = np.flatnonzero(pc.is_valid(digests).to_numpy())
    if not len(rows):
        return pa.nulls(links.runs, pa.string())
    run = links.run[rows]
    named = spans.column("agent_name").take(pa.array(rows))
    other = pc.fill_null(pc.not_equal(named, agent.take(pa.array(run))), False).to_numpy()
    start = spans.column("started_ns").fill_null(0).to_numpy()[rows]
    best = np.lexsort((start, other))[::-1]
    first = np.full(links.runs, -1, np.int64)
    first[run[best]] = rows[best]  # the last assignment wins: the earliest of the own agent
    return digests.take(pa.array(first, mask=first < 0)).combine_chunks()


def _speaks_for_itself(dialect: str | None) -> bool:
    """Return whether a dialect's clients send their own version as service.version."""
    known = dialects()
    return dialect in known and not known[dialect].own_service_version


def _is_client(spans: pa.Table, links: Links, root_row: np.ndarray) -> pa.Array:
    """Return which runs are those of a client that names itself as the service: a coding agent."""
    clients = pa.array([name for name in dialects() if _speaks_for_itself(name)], pa.string())
    service = value_codes(spans.column("service_name"))
    foreign = np.asarray(pc.is_in(spans.column("dialect"), value_set=clients))
    alien = foreign & (service == service[root_row][links.run])
    by_dialect = np.bincount(links.run[alien], minlength=links.runs) > 0
    names = spans.column("service_name").take(pa.array(root_row)).combine_chunks().dictionary_encode()
    known = [_speaks_for_itself(recognise_service(n or "")) for n in names.dictionary.to_pylist()]
    by_name = pc.fill_null(pa.array(known, pa.bool_()).take(names.indices), False)
    return pc.or_(pa.array(by_dialect), by_name)


def _service_version(spans: pa.Table, root_row: np.ndarray) -> pa.Array:
    """Return the root's service.version, NULL for that of a language runtime and for placeholders."""
    roots = pa.array(root_row)
    versions = spans.column("service_version").take(roots).combine_chunks()
    encoded = spans.column("resource").take(roots).combine_chunks().dictionary_encode()
    runtimes = pa.array([_runtime(text) for text in encoded.dictionary.to_pylist()], pa.string())
    of_runtime = pc.equal(runtimes.take(encoded.indices), pc.utf8_ltrim(versions, "v"))
    says_nothing = pc.is_in(pc.utf8_lower(versions), value_set=pa.array(_PLACEHOLDERS))
    return pc.if_else(pc.or_(says_nothing, pc.fill_null(of_runtime, False)), _NO_TEXT, versions)


def _runtime(text: str) -> str | None:
    found = orjson.loads(text).get(_RUNTIME_VERSION)
    return found.lstrip("v") if isinstance(found, str) else None
