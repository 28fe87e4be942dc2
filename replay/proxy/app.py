"""The routes of the proxy: two APIs of OpenAI, one of Anthropic, and the report."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from replay.model import Recording
from replay.model import Response as Answer
from replay.providers import Answer as LiveAnswer
from replay.providers import Pool, open_pool
from replay.providers.models import Api
from replay.proxy.growing import Growing
from replay.proxy.live import Live
from replay.proxy.matching import Found, Match, Tape
from replay.proxy.passed import Passed
from replay.proxy.reading import PROVIDERS, Asking, read_asking
from replay.proxy.refusals import FAILED, HEADERS, REFUSED, error_body, error_event
from replay.proxy.report import Event, Log, Report
from replay.proxy.streams import end_text, event_text, stream_text
from replay.proxy.writing import About, write_answer
from replay.recording_chains import chain_of, gone_on, said_by
from spotlight.errors import SpotlightError
from spotlight.messages import Message

_MOST_BYTES: Final = 64 * 1024 * 1024
_PATHS: Final[Mapping[str, Api]] = {
    "/v1/chat/completions": "chat", "/v1/responses": "responses", "/v1/messages": "messages",
}  # fmt: skip
# Names that only this machine has: a page elsewhere that has its own name lead here is turned away.
_HOSTS: Final = ["127.0.0.1", "localhost", "[::1]"]
_STREAM: Final = "text/event-stream"
OnEvent = Callable[[Event], None]


class Proxy:
    """One recording being played to one agent; a single event loop uses it."""

    def __init__(
        self, recording: Recording, to_step: int, live: Live, *, is_strict: bool, on_event: OnEvent
    ) -> None:
        self._run_id = str(recording.run["run_id"])
        self._to = to_step
        self._tape = Tape([call for call in recording.calls if call.step <= to_step])
        self._live = live
        self._purse = live.purse()
        self._is_strict = is_strict
        self._is_halted = False
        self._log = Log()
        self._on_event = on_event
        self._pool: Pool | None = None
        self._lives = 0  # live requests
        self._said: dict[str, tuple[Message, ...]] = {}  # by the id of a response: what led to it, and it

    def report(self) -> Report:
        """Return what was asked so far."""
        return Report(
            self._run_id, self._to, tuple(self._log.events), tuple(self._tape.unasked), self._is_halted,
            self._purse.spent_usd, self._purse.unpriced_calls,
        )  # fmt: skip

    def app(self) -> Starlette:
        """Return the app; it opens connections with its first live request and closes them at its end."""
        routes = [Route(path, self._answering(api), methods=["POST"]) for path, api in _PATHS.items()]
        routes += [Route("/report", self._say_report), Route("/{rest:path}", self._unknown, methods=_METHODS)]
        guard = Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)
        return Starlette(routes=routes, middleware=[guard], lifespan=self._open)

    @asynccontextmanager
    async def _open(self, _: Starlette) -> AsyncIterator[None]:
        async with open_pool(None, allow_private=self._live.allow_private) as pool:
            self._pool = pool
            warm = asyncio.create_task(asyncio.to_thread(self._live.warm_up))  # else the first answer waits
            yield
            await warm

    def _answering(self, api: Api) -> Any:
        async def endpoint(http: HttpRequest) -> Response:
            if http.headers.get("origin"):  # a page in a browser is nobody's agent
                return self._refuse(api, 400, "browsers are not answered", "origin")
            sent = bytearray()
            async for piece in http.stream():
                sent += piece
                if len(sent) > _MOST_BYTES:
                    return self._refuse(api, 413, f"the body is larger than {_MOST_BYTES:,} bytes", "size")
            try:
                asking = await asyncio.to_thread(read_asking, api, bytes(sent))
            except SpotlightError as exc:
                return self._refuse(api, 400, str(exc), "unreadable")
            return await self._answer(api, self._whole(asking))

        return endpoint

    def _whole(self, asking: Asking) -> Asking:
        """Return what is asked with what it goes on from by the id of a response that was given here."""
        before = self._said.get(chain_of(asking.request) or "")
        return asking if before is None else asking._replace(request=gone_on(asking.request, before))

    def _keep(self, api: Api, asking: Asking, response: Answer, name: str | None) -> None:
        """Remember what a later request may go on from by id: nobody else knows these ids."""
        said = said_by(asking.request, response)
        if api == "responses" and name and said is not None:
            self._said[name] = said

    async def _answer(self, api: Api, asking: Asking) -> Response:
        """Answer from the recording where it has something to say, else live."""
        if self._is_halted:
            return self._refuse(api, REFUSED, "the agent went another way before: see /report", "halted")
        found = self._tape.find(asking.request)
        if found is None:
            return await self._ask(api, asking)
        if self._is_strict and found.match is not Match.EXACT:
            self._is_halted = True
            return self._refuse(
                api, REFUSED, "the request is not as recorded, and --strict was said: see /report",
                "diverged", found,
            )  # fmt: skip
        self._tape.take(found)
        response = found.call.response
        step = found.call.step
        if response is None:
            return self._refuse(api, REFUSED, f"step {step} has no recorded answer", "no_answer", found)
        if response.error:
            text = f"step {step} failed as recorded: {response.error}"
            return self._refuse(api, 500, text, "recorded_error", found)
        about = About(
            f"{self._run_id[:8]}-{step}", found.call.request.model or "", found.call.started_ns // 10**9,
            asking.body,
        )  # fmt: skip
        return self._say(api, asking, response, about, found.match, **_of(found))

    async def _ask(self, api: Api, asking: Asking) -> Response:
        """Answer live: to an agent that streams as the answer comes, as far as it can be said, else whole."""
        pool = self._pool
        assert pool is not None
        self._lives += 1
        about = About(
            f"{self._run_id[:8]}-live-{self._lives}",
            asking.request.model or "",
            int(time.time()),
            asking.body,
        )
        growing = Growing(api, about, wants_usage=asking.wants_usage)
        passed = Passed(
            lambda hear: self._purse.ask(
                pool, self._live, asking.request, hear if asking.is_streamed else None
            ),
            growing.take,
        )
        if await passed.begins():
            return StreamingResponse(self._pass_on(api, asking, passed, growing), media_type=_STREAM)
        try:
            answer, left_out = await passed.answer()
        except SpotlightError as exc:
            return self._refuse(api, REFUSED, str(exc), "no_answer")
        if not answer.is_complete:
            return self._refuse(api, FAILED, _failure(answer), "live_failed")
        return self._say(api, asking, answer.response, about, Match.LIVE, **_by(answer, left_out))

    async def _pass_on(
        self, api: Api, asking: Asking, passed: Passed, growing: Growing
    ) -> AsyncIterator[str]:
        """Yield a live answer as it comes; one that breaks off never ends like a whole one."""
        is_told = False
        try:
            async for event in passed.events():
                yield event_text(api, event)
            answer, left_out = await passed.answer()
            is_told = True
            failure = "" if answer.is_complete else _failure(answer)
            rest: list[dict[str, Any]] = []
            try:
                rest = list(growing.end(answer.response)) if growing.is_begun and not failure else []
            except SpotlightError as exc:
                failure = str(exc)
            if failure:
                self._on_event(self._log.add(api, Match.REFUSED, detail=failure, notes=left_out))
                yield event_text(api, error_event(api, failure, "live_failed"))
                return
            name = growing.response_id if growing.is_begun else answer.response.response_id
            self._keep(api, asking, answer.response, name)
            lost = growing.notes if growing.is_begun else ()
            self._on_event(self._log.add(api, Match.LIVE, **_by(answer, (*left_out, *lost))))
            for event in rest:
                yield event_text(api, event)
            yield end_text(api)
        finally:
            if not is_told:
                passed.drop()
                said = "the agent hung up before the live answer had ended"
                self._on_event(self._log.add(api, Match.REFUSED, detail=said))

    def _say(
        self, api: Api, asking: Asking, response: Answer, about: About, match: Match, **more: Any
    ) -> Response:
        body, lost = write_answer(api, response, about)
        self._keep(api, asking, response, body["id"])
        notes = (*more.pop("notes", ()), *lost)
        self._on_event(self._log.add(api, match, **more, notes=notes))
        if not asking.is_streamed:
            return _json(body)
        events = stream_text(api, body, wants_usage=asking.wants_usage)
        return StreamingResponse(events, media_type=_STREAM)

    def _refuse(
        self, api: Api | None, status: int, text: str, code: str, found: Found | None = None
    ) -> Response:
        """Return an error in the vendor's form, and keep it as an event."""
        more = _of(found) if found else {}
        self._on_event(self._log.add(api or "", Match.REFUSED, **more, detail=text))
        return _json(error_body(api, status, text, code), status, HEADERS)

    async def _say_report(self, _: HttpRequest) -> Response:
        return _json(self.report().document())

    async def _unknown(self, http: HttpRequest) -> Response:
        """Refuse what is none of the three APIs, in the words of whoever seems to be meant."""
        api: Api = "messages" if "anthropic-version" in http.headers else "chat"
        text = f"{http.method} {http.url.path} is not answered here: only POST to {', '.join(_PATHS)}"
        return self._refuse(api, 404, text, "unknown_path")


_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _json(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON in ASCII: what was recorded may hold halves of surrogate pairs, which UTF-8 has not."""
    return Response(json.dumps(body, default=str), status, headers, media_type="application/json")


def _of(found: Found) -> dict[str, Any]:
    """Return what an event tells of the recorded call."""
    return {
        "step": found.call.step, "differences": found.differences, "not_compared": found.not_compared,
        "is_repeated": found.is_repeated, "is_early": found.is_early,
    }  # fmt: skip


def _by(answer: LiveAnswer, left_out: Sequence[str]) -> dict[str, Any]:
    """Return what an event tells of a live answer."""
    response = answer.response
    said = f"{response.model or 'a model that does not say its name'} answered"
    if response.ttft_ms is not None:
        said += f", first token after {response.ttft_ms:,.0f} ms"
    return {"detail": said, "notes": (*left_out, *answer.notes)}


def _failure(answer: LiveAnswer) -> str:
    told = answer.response.error or "the answer ended without a finish reason"
    return f"the live model did not answer: {told}"


assert set(_PATHS.values()) == set(PROVIDERS)
