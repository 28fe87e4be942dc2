"""Keys of models: read from the environment where a request leaves, and taken out of whatever is said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from replay.providers.models import Api, Model
from spotlight.errors import ModelRefused

HIDDEN: Final = "[key]"
# Servers of one's own are often given a word such as `test` or `none`, which is no secret, and which answers
# hold all the time.
_LEAST_SECRET: Final = 8
# Header and beginning of its value, by wire form.
_HEADERS: Final[Mapping[Api, tuple[str, str]]] = MappingProxyType(
    {
        "chat": ("Authorization", "Bearer "),
        "responses": ("Authorization", "Bearer "),
        "messages": ("x-api-key", ""),
        "generate": ("x-goog-api-key", ""),
    }
)


class Key:
    """The key of one model, which shows itself to nobody: read anew for each request, never kept."""

    def __init__(self, model: Model) -> None:
        self._name = model.key_env
        self._api: Api = model.api

    def __repr__(self) -> str:
        return f"Key({self._name})"

    @property
    def is_needed(self) -> bool:
        """Whether the model is asked with a key at all."""
        return self._name is not None

    def check(self) -> None:
        """Check that the key is there.

        Raises: ModelRefused where its variable is not set.
        """
        if self._name is not None and not self._value():
            raise ModelRefused(
                f"the environment variable {self._name} is not set",
                hint=f"set {self._name} to the key of this provider, or name another variable",
            )

    def header(self) -> list[tuple[bytes, bytes]]:
        """Return the header that carries the key, as sent; none where no key is sent."""
        if self._name is None:
            return []
        value = self._value()
        if not (value.isascii() and value.isprintable()):  # its own error would show it
            raise ModelRefused(
                f"the environment variable {self._name} holds no key", hint="keys are printable ASCII"
            )
        name, before = _HEADERS[self._api]
        return [(name.encode(), (before + value).encode())]

    def hide(self, text: str) -> str:
        """Return a text without the key: servers may say it back in their errors."""
        value = self._value() if self._name is not None else ""
        return text.replace(value, HIDDEN) if len(value) >= _LEAST_SECRET else text

    def is_begun_in(self, text: str) -> bool:
        """Return whether a text ends with a beginning of the key, so that the rest of it may follow."""
        value = self._value() if self._name is not None else ""
        return any(text.endswith(value[:size]) for size in range(_LEAST_SECRET, len(value)))

    def _value(self) -> str:
        return os.environ.get(self._name or "", "").strip()
