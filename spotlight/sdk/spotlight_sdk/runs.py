"""A run: the work on one request, with whose and what it is."""

from __future__ import annotations

from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import TracerProvider

from spotlight_sdk import keys
from spotlight_sdk.identities import bind, identity_values, with_provider
from spotlight_sdk.messages import as_messages
from spotlight_sdk.steps import Step


class Run(Step):
    """A run; inside another run, the work of a sub-agent."""

    kind = "agent"
    operation = "invoke_agent"

    def __init__(
        self,
        name: str | None,
        values: dict[str, str],
        *,
        propagate: bool | None,
        capture: bool | None,
        tracer_provider: TracerProvider | None,
    ) -> None:
        super().__init__(name, capture=capture)
        self._values = values
        self._propagate = propagate
        self._provider = tracer_provider
        self._fact(keys.AGENT_VERSION, values.get(keys.PACK_VERSION))

    def input(self, messages: object) -> None:
        """Record what was asked: text, or messages of any provider's shape."""
        self._content(keys.INPUT_MESSAGES, as_messages(messages, "user"))

    def output(self, messages: object) -> None:
        """Record what was answered: text, or messages of any provider's shape."""
        self._content(keys.OUTPUT_MESSAGES, as_messages(messages, "assistant"))

    def _inside(self, within: Context) -> Context:
        bound = bind(self._values, super()._inside(within), propagate=self._propagate)
        return with_provider(self._provider, bound)

    def _attributes(self, inside: Context) -> dict[str, Any]:
        return super()._attributes(inside) | ({keys.AGENT_NAME: self.name} if self.name else {})

    def _returned(self, value: object) -> None:
        if isinstance(value, str):
            self.output(value)


def run(
    name: str | None = None,
    *,
    session: str | None = None,
    user: str | None = None,
    turn: str | None = None,
    pack: str | None = None,
    pack_version: str | None = None,
    pack_digest: str | None = None,
    feature: str | None = None,
    surface: str | None = None,
    environment: str | None = None,
    prompt: str | None = None,
    prompt_version: str | None = None,
    skill: str | None = None,
    skill_version: str | None = None,
    input: object = None,
    propagate: bool | None = None,
    capture: bool | None = None,
    tracer_provider: TracerProvider | None = None,
) -> Run:
    """Return a run of the agent `name`; every step inside carries its session, user, pack and so on.

    `session` is the conversation, `turn` one request of the user in it, `pack` what was deployed with its
    version and digest, `surface` where it is used (cli, web, voice, api). What is not given comes from the
    run around this one, or from the baggage of the request. `propagate` puts it all into baggage, for this
    run and those inside: instrumented clients send it with every request, to other companies' servers too.
    `capture` false records no content inside; `tracer_provider` is used for all steps inside.
    """
    values = identity_values(
        session=session, user=user, turn=turn, pack=pack, pack_version=pack_version, pack_digest=pack_digest,
        feature=feature, surface=surface, environment=environment, prompt=prompt,
        prompt_version=prompt_version, skill=skill, skill_version=skill_version,
    )  # fmt: skip
    made = Run(name, values, propagate=propagate, capture=capture, tracer_provider=tracer_provider)
    if input is not None:
        made.input(input)
    return made
