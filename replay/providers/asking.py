"""Asking a model once, until there is a whole answer or no sense in trying again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Final, NamedTuple

import orjson

from replay.model import Request, Response, Usage
from replay.providers.answers import MAYBE_PAID, RETRIED, Answer, Attempt, Outcome
from replay.providers.bodies import Body, write_body
from replay.providers.cache import cache_key
from replay.providers.exchange import CURRENT, Exchange
from replay.providers.models import Model, origin_of
from replay.providers.passing import Hear, Passing
from replay.providers.pool import BAD_DATA, Line, Pool
from replay.providers.retrying import outcome_of, retry_after_s, said_outcome, wait_s
from spotlight.errors import ModelRefused
from spotlight.messages.values import dump

_LONGEST_DETAIL: Final = 500  # characters of what a server says of an error
_NOTHING: Final = Response((), None)


class _Tried(NamedTuple):
    """One attempt, and the answer as far as it came."""

    attempt: Attempt
    response: Response
    is_heard: bool  # somebody was told a part of it, so that it stands


async def ask(
    pool: Pool, model: Model, request: Request, *, recorded: Response | None = None, trial: str = "",
    may_go_on: Callable[[], bool] = lambda: True, hear: Hear | None = None,
) -> Answer:  # fmt: skip
    """Return a model's answer to a request, from the cache where it is there.

    `trial` tells apart answers to one request that are drawn independently; `recorded` is what the model
    `recorded` answers. A call that fails is an answer with `response.error`; one that was cut off has no
    finish reason. `may_go_on` is asked before another attempt where the one before may have been paid. `hear`
    is told the events of the model's API as they come, from the first that says something; after that there
    is no other attempt.

    Raises: ModelRefused where the model cannot be asked at all: its key is missing, its address not allowed.
    """
    if model.is_recorded:
        return _from_recording(recorded)
    body = write_body(model, request)
    key = cache_key(model, body, trial)
    known = await asyncio.to_thread(pool.cache.get, key) if pool.cache else None
    if known is not None:
        return Answer(known, (), True, (*body.notes, *_surprises(model, known)), key)
    line = pool.line(model)
    tries = await _try(pool, line, model, body, may_go_on, hear)
    last = tries[-1]
    response = last.response
    if last.attempt.outcome not in (Outcome.ANSWERED, Outcome.INCOMPLETE):
        response = response._replace(finish_reason=None, error=_failure(tries))
    answer = Answer(
        response,
        tuple(tried.attempt for tried in tries),
        False,
        (*body.notes, *_surprises(model, response)),
        key,
    )
    if answer.is_complete and pool.cache:
        await asyncio.to_thread(pool.cache.put, key, model, response)
    return answer


def _from_recording(recorded: Response | None) -> Answer:
    if recorded is None:
        return Answer(_NOTHING._replace(error="the recording has no answer to this step"), (), False, ())
    if recorded.error is not None or recorded.finish_reason is not None:
        return Answer(recorded, (), False, ())
    told = next((m.finish_reason for m in reversed(recorded.messages) if m.finish_reason), None)
    note = () if told else ("the recording does not say why this answer ended: taken as whole",)
    return Answer(recorded._replace(finish_reason=told or "recorded"), (), False, note)


async def _try(
    pool: Pool, line: Line, model: Model, body: Body, may_go_on: Callable[[], bool], hear: Hear | None
) -> list[_Tried]:
    """Return all attempts, at least one; the last one is the answer."""
    limits = pool.limits
    tries: list[_Tried] = []
    entered = await line.lane.enter()
    deadline = entered + limits.total_s
    while True:
        try:
            tried = await _attempt(line, model, body, deadline, hear)
            attempt = tried.attempt
            tries.append(tried)
            wait = wait_s(len(tries), attempt.retry_after_s, limits)
            if attempt.outcome is Outcome.ANSWERED:
                line.lane.went_well()
            elif attempt.outcome is Outcome.RATE_LIMITED:
                line.lane.was_limited(entered, wait)
        finally:
            line.lane.leave()
        is_last = len(tries) >= limits.attempts or _now() + wait >= deadline
        if attempt.outcome not in RETRIED or is_last or tried.is_heard:
            return tries
        if attempt.outcome in MAYBE_PAID and not may_go_on():
            return tries
        if attempt.outcome is not Outcome.RATE_LIMITED:  # the lane keeps the pause of a rate limit, for all
            await asyncio.sleep(wait)
        entered = await line.lane.enter(first=True)


async def _attempt(line: Line, model: Model, body: Body, deadline: float, hear: Hear | None) -> _Tried:
    exchange = Exchange()
    token = CURRENT.set(exchange)
    started_ns, begin = time.time_ns(), time.perf_counter()
    collected = line.wire.collect()
    passing = Passing(hear, line.key)
    ttft_ms: float | None = None
    outcome, detail = Outcome.ANSWERED, ""
    try:
        async with asyncio.timeout_at(deadline):
            async with aclosing(line.wire.events(line.client, model, body.fields)) as events:
                async for event in events:
                    is_piece = collected.add(event)
                    if is_piece and ttft_ms is None:
                        ttft_ms = (time.perf_counter() - exchange.sent_s) * 1000
                    passing.take(event, is_piece=is_piece)
    except TimeoutError:
        outcome, detail = Outcome.TIMED_OUT, "no time is left for this call"
    except line.errors as exc:
        if exchange.refused is not None:
            raise exchange.refused from None
        detail = _detail(line, exchange, exc)
        outcome = outcome_of(exchange, detail, is_said=isinstance(exc, line.wire.errors))
    finally:
        CURRENT.reset(token)
    duration_ms = (time.perf_counter() - (exchange.sent_s or begin)) * 1000
    response = _read(line, collected)._replace(ttft_ms=ttft_ms, duration_ms=duration_ms)
    if outcome is Outcome.ANSWERED:
        outcome, detail = _judge(line, exchange, response)
    if outcome is Outcome.ANSWERED:
        passing.end()
    return _Tried(
        Attempt(
            outcome, started_ns, duration_ms, exchange.status, detail,
            request_id=_request_id(line, exchange),
            retry_after_s=retry_after_s(exchange.headers) if outcome is not Outcome.ANSWERED else None,
            usage=response.usage,
        ),
        response,
        passing.is_begun,
    )  # fmt: skip


def _request_id(line: Line, exchange: Exchange) -> str | None:
    found = exchange.headers.get("x-request-id") or exchange.headers.get("request-id")
    return None if found is None else _shown(line, found)


def _read(line: Line, collected: Any) -> Response:
    """Return what came, as far as it can be read; a key that the server said back is taken out."""
    try:
        wire = collected.wire()
        said = dump(wire)
        hidden = line.key.hide(said)
        return line.wire.read(wire if hidden == said else orjson.loads(hidden))
    except BAD_DATA:
        return Response((), None, usage=Usage())


def _judge(line: Line, exchange: Exchange, response: Response) -> tuple[Outcome, str]:
    """Return what a stream that ended by itself brought."""
    if response.error is not None:
        return said_outcome(response.error), _shown(line, response.error)
    if response.finish_reason is not None:
        return Outcome.ANSWERED, ""
    kind = exchange.headers.get("content-type", "nothing")
    if not kind.startswith("text/event-stream"):
        return Outcome.MALFORMED, _shown(line, f"the server sent {kind}, not a stream of events")
    return Outcome.INCOMPLETE, "the stream ended without a finish reason"


def _detail(line: Line, exchange: Exchange, exc: Exception) -> str:
    status = exchange.status or 0
    if 300 <= status < 400:
        location = line.key.hide(exchange.headers.get("location", ""))
        return f"the server redirects to {_origin(location)}: not followed"
    return _shown(line, f"{type(exc).__name__}: {exc}")


def _origin(location: str) -> str:
    try:
        return origin_of(location)
    except ModelRefused:
        return "another path"


def _shown(line: Line, text: str) -> str:
    """Return what a server said, without the key and not longer than an error needs."""
    hidden = line.key.hide(text)
    return hidden if len(hidden) <= _LONGEST_DETAIL else hidden[:_LONGEST_DETAIL] + "…"


def _failure(tries: list[_Tried]) -> str:
    last = tries[-1].attempt
    asked = "" if last.retry_after_s is None else f"; the server asks to wait {last.retry_after_s:g} s"
    often = "" if len(tries) == 1 else f" after {len(tries)} attempts"
    return f"{last.outcome.value.replace('_', ' ')}{often}: {last.detail}{asked}"


def _surprises(model: Model, response: Response) -> tuple[str, ...]:
    """Return what is to be known about who answered."""
    if response.model is None or response.model in (model.name, f"models/{model.name}"):
        return ()
    return (f"{model.name} was asked, {response.model} answered",)


def _now() -> float:
    return asyncio.get_running_loop().time()
