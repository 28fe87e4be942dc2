"""Every error Spotlight raises on purpose.

SpotlightError          what happened, with which value, and what to do (`hint`)
  BadRequest            an OTLP request that can never be accepted
    TooLarge            over a size limit, before or after inflating
    UnsupportedMedia    a content type or encoding we do not speak
  Unavailable           try again later: the disk, the journal or the budget says no
  JournalCorrupt        a journal segment that cannot be read where it should be
  LakeError             a table that cannot be opened, read or committed
    NotFound            no such run, span or session
  QueryRefused          user SQL that is not one plain select
  UnreadableSearch      a search that cannot be read, and where in it
  UnreadableFile        a file given to `load` that is not telemetry
  ModelRefused          a model that cannot be asked: unknown, without its key, or at a refused address
  UnreadablePolicy      a policy of mocked tools that cannot be read, and where in it
  StubFailed            a user's stub of a tool that raised, overran a limit or cannot be loaded
  PartFailed            a part of `spotlight up` that cannot be started
"""

from __future__ import annotations


class SpotlightError(Exception):
    """Base of all expected errors; `hint` says what the reader can do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class BadRequest(SpotlightError):
    """An OTLP request that can never be accepted: the client must not send it again."""


class TooLarge(BadRequest):
    """A request over a size limit, before or after inflating."""


class UnsupportedMedia(BadRequest):
    """A content type or content encoding that the receiver does not speak."""


class Unavailable(SpotlightError):
    """The collector cannot store anything just now; the client should try again."""


class JournalCorrupt(SpotlightError):
    """A journal segment that cannot be read where acknowledged records must be."""


class LakeError(SpotlightError):
    """A table of the lake that cannot be opened, read or committed."""


class NotFound(LakeError):
    """A run, span or session that the lake does not hold."""


class QueryRefused(SpotlightError):
    """SQL from a user that is not exactly one plain select."""


class UnreadableSearch(SpotlightError):
    """A search that cannot be read; `at` and `end` are the characters in question, counted from 0."""

    def __init__(self, message: str, at: int, end: int, *, hint: str = "") -> None:
        super().__init__(f"character {at + 1}: {message}", hint=hint)
        self.at = at
        self.end = end


class UnreadableFile(SpotlightError):
    """A file given to `spotlight load` that holds no telemetry Spotlight can read."""


class UnreadablePolicy(SpotlightError):
    """A policy of mocked tools that cannot be read; `line` counts from 1, None where the file has none."""

    def __init__(self, message: str, line: int | None = None, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.line = line


class StubFailed(SpotlightError):
    """A user's stub of a tool that raised, overran a limit or cannot be loaded: the replay must not go on."""


class PartFailed(SpotlightError):
    """A part of `spotlight up` that cannot be started or keeps dying."""


class ModelRefused(SpotlightError):
    """A model that cannot be asked: not known, without its key, or at an address that is not allowed."""
