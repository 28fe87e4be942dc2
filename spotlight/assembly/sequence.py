"""What follows from the order of a run's calls: retries, fallbacks, repeats, and what caused a model call."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links, value_codes


class Sequence(NamedTuple):
    """Per span, then per run."""

    is_retry: np.ndarray  # bool: same model or tool again, right after a try of it that failed
    is_fallback: np.ndarray  # bool: a model call by another model or provider, right after one that failed
    caused_by: np.ndarray  # int64: row of the tool call that a model call goes on from, -1 for none
    repeats: np.ndarray  # int64 per run: most times that one tool was called in a row


def in_order(spans: pa.Table, links: Links) -> np.ndarray:
    """Return the rows of the spans by run and start."""
    return np.lexsort((spans.column("started_ns").fill_null(0).to_numpy(), links.run))


def sequence(
    spans: pa.Table,
    links: Links,
    order: np.ndarray,
    is_generation: np.ndarray,
    is_tool_call: np.ndarray,
    failed: np.ndarray,
) -> Sequence:
    """Return what the order of the calls of every run tells; `order` is that of `in_order`."""
    start = spans.column("started_ns").fill_null(0).to_numpy()
    end = pc.coalesce(spans.column("ended_ns"), spans.column("started_ns")).fill_null(0).to_numpy()
    model = value_codes(pc.coalesce(spans.column("request_model"), spans.column("response_model")))
    provider = value_codes(spans.column("provider"))
    tool = value_codes(pc.coalesce(spans.column("tool_name"), spans.column("name")))
    calls, tools = order[is_generation[order]], order[is_tool_call[order]]
    attempt = spans.column("attempt").fill_null(1).to_numpy()
    is_retry = (attempt > 1) & (is_generation | is_tool_call)
    for rows, name in ((calls, model), (tools, tool)):
        key = links.run[rows] * (int(name.max(initial=0)) + 2) + name[rows]
        by_name = rows[np.argsort(key, kind="stable")]
        is_retry[_after_failure(by_name, [links.run, name], start, end, failed)] = True
    is_fallback = np.zeros(spans.num_rows, bool)
    second = _after_failure(calls, [links.run], start, end, failed)
    first = np.full(spans.num_rows, -1, np.int64)
    first[calls[1:]] = calls[:-1]
    other = (model[second] != model[first[second]]) | (provider[second] != provider[first[second]])
    is_fallback[second[other]] = True
    caused_by = _causes(calls, tools, links.run, start, end)
    return Sequence(is_retry, is_fallback, caused_by, _repeats(tools, tool, links))


def _after_failure(
    rows: np.ndarray, keys: list[np.ndarray], start: np.ndarray, end: np.ndarray, failed: np.ndarray
) -> np.ndarray:
    """Return the rows right after a failed one with the same keys that had ended by then."""
    first, second = rows[:-1], rows[1:]
    same = failed[first] & (end[first] <= start[second])
    for key in keys:
        same &= key[first] == key[second]
    return np.asarray(second[same])


def _causes(
    calls: np.ndarray, tools: np.ndarray, run: np.ndarray, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Return per span the tool call that ended last between a model call and the one before it, else -1."""
    cause = np.full(len(run), -1, np.int64)
    if not len(calls) or not len(tools):
        return cause
    rows = np.concatenate([tools, calls])
    is_call = np.arange(len(rows)) >= len(tools)
    moment = np.where(is_call, start[rows], end[rows])
    order = np.lexsort((is_call, moment, run[rows]))  # a tool that ends as a call starts came before it
    rows, is_call = rows[order], is_call[order]
    place = np.arange(len(rows))
    last_tool = np.maximum.accumulate(np.where(is_call, -1, place))
    last_call = np.append(-1, np.maximum.accumulate(np.where(is_call, place, -1))[:-1])
    asks = is_call & (last_tool >= 0) & (last_tool > last_call)
    asks[asks] = run[rows[asks]] == run[rows[last_tool[asks]]]
    cause[rows[asks]] = rows[last_tool[asks]]
    return cause


def _repeats(tools: np.ndarray, name: np.ndarray, links: Links) -> np.ndarray:
    """Return per run the longest row of calls of one tool; 0 without a tool call."""
    most = np.zeros(links.runs, np.int64)
    if len(tools):
        run, called = links.run[tools], name[tools]
        opens = np.append(True, (run[1:] != run[:-1]) | (called[1:] != called[:-1]))
        begins = np.flatnonzero(opens)
        lengths = np.diff(np.append(begins, len(tools)))
        np.maximum.at(most, run[begins], lengths)
    return most
