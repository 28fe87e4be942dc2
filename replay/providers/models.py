"""Which model is asked, where, in which wire form and with the key of which environment variable.

A key belongs to an origin: the variable of a provider is only taken for that provider's own address.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias, get_args
from urllib.parse import urlsplit

from spotlight.errors import ModelRefused
from spotlight.pricing.names import folded, provider_id

Api: TypeAlias = Literal["chat", "responses", "messages", "generate"]
RECORDED: Final = "recorded"


class Model(NamedTuple):
    """A model to ask; `key_env` names the environment variable of its key, None: no key is sent."""

    provider: str  # openai, anthropic, google, ...: spotlight.pricing.names; `recorded`: the recording itself
    name: str
    base_url: str
    api: Api
    key_env: str | None

    @property
    def is_recorded(self) -> bool:
        """Whether the recording answers instead of a model."""
        return self.provider == RECORDED


class Provider(NamedTuple):
    """Where a provider's models are asked, in the form it is asked in unless said otherwise."""

    base_url: str
    api: Api
    key_env: str | None
    apis: tuple[Api, ...]


def _compatible(base_url: str, key_env: str | None) -> Provider:
    """Return a provider that speaks OpenAI's chat completions."""
    return Provider(base_url, "chat", key_env, ("chat", "responses"))


# Addresses and variables as the providers' own documentation names them, 2026-11.
PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType(
    {
        "openai": _compatible("https://api.openai.com/v1", "OPENAI_API_KEY"),
        "anthropic": Provider("https://api.anthropic.com", "messages", "ANTHROPIC_API_KEY", ("messages",)),
        "google": Provider(
            "https://generativelanguage.googleapis.com/v1beta", "generate", "GEMINI_API_KEY", ("generate",)
        ),
        "cerebras": _compatible("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
        "deepseek": _compatible("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
        "fireworks": _compatible("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
        "groq": _compatible("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        "mistral": _compatible("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        "moonshotai": _compatible("https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
        "openrouter": _compatible("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        "perplexity": _compatible("https://api.perplexity.ai", "PERPLEXITY_API_KEY"),
        "together": _compatible("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
        "x-ai": _compatible("https://api.x.ai/v1", "XAI_API_KEY"),
        "local": _compatible("http://localhost:11434/v1", None),  # Ollama's port; others give a base URL
    }
)
_SAID_APIS: Final[Mapping[str, Api]] = MappingProxyType(
    {"openaichat": "chat", "openaicompletion": "chat", "openairesponses": "responses"}
)


def parse_model(text: str, *, base_url: str | None = None, key_env: str | None = None) -> Model:
    """Return the model that `provider:name` says, as in `openai:gpt-5` or `openai.responses:gpt-5`.

    `base_url` asks another address in the form of that provider. The provider's own key is not sent there:
    name the variable that holds the key of that address as `key_env`. `recorded` is the recording itself.

    Raises: ModelRefused for a text without a provider, one that is not known, or an address that is no URL.
    """
    if text.strip() == RECORDED:
        return Model(RECORDED, RECORDED, "", "chat", None)
    said, colon, name = text.strip().partition(":")
    provider = provider_id(said) if colon else ""
    if not colon or not name.strip() or provider not in PROVIDERS:
        raise ModelRefused(
            f"no model is known by {text!r}",
            hint="write provider:name, as in openai:gpt-5, with one of " + ", ".join(sorted(PROVIDERS)),
        )
    known = PROVIDERS[provider]
    api = _api_of(said, known)
    if base_url is None:
        return Model(provider, name.strip(), known.base_url, api, key_env or known.key_env)
    if "?" in base_url or "#" in base_url:  # it is written down in plans, and clients lose it
        raise ModelRefused(
            f"{base_url.split('?')[0].split('#')[0].rpartition('@')[2]!r} is no address of a model with what "
            "stands behind it",
            hint="write http(s)://host[:port]/path; keys stand in environment variables, not in addresses",
        )
    if origin_of(base_url) == origin_of(known.base_url):
        key_env = key_env or known.key_env
    return Model(provider, name.strip(), base_url.rstrip("/"), api, key_env)


def _api_of(said: str, known: Provider) -> Api:
    """Return the form in which a provider is asked. Raises: ModelRefused for one that it does not speak."""
    named = said.rpartition(".")[2].strip().lower()
    for api in known.apis:
        if named == api:
            return api
    if named in get_args(Api):
        raise ModelRefused(
            f"{said!r}: that provider is not asked in this form", hint=f"it speaks {', '.join(known.apis)}"
        )
    return _SAID_APIS.get(folded(said), known.api)


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address: what a key belongs to.

    Raises: ModelRefused for what is no http or https address, or holds a user or password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        shown = url.rpartition("@")[2]  # what stands before may be a password
        raise ModelRefused(
            f"{shown!r} is no address of a model",
            hint="write http(s)://host[:port]/path; keys stand in environment variables, not in addresses",
        )
    return f"{parts.scheme}://{parts.hostname.lower()}:{port or (443 if parts.scheme == 'https' else 80)}"
