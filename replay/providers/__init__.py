"""Asking models over the vendors' own clients: canonical Request in, canonical Response out.

`models` says who is asked where and with which key, `bodies` writes what is sent, one module per wire
form reads what streams back (`chat`, `responses`, `messages`, `generate`), `transport` guards keys and
addresses, `lanes` and `asking` keep to rate limits and try again, `cache` remembers complete answers,
`passing` hands events on while they come.
The clients are imported where a first call is made.
"""

from __future__ import annotations

from replay.providers.answers import Answer, Attempt, Limits, Outcome
from replay.providers.asking import ask
from replay.providers.models import RECORDED, Model, parse_model
from replay.providers.pool import Pool, open_pool

__all__ = [
    "RECORDED",
    "Answer",
    "Attempt",
    "Limits",
    "Model",
    "Outcome",
    "Pool",
    "ask",
    "open_pool",
    "parse_model",
]
