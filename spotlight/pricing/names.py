"""Which provider and model of a price book is meant by what telemetry says.

Instrumentations spell one provider in many ways, put their framework's name where the provider
belongs, and dress models in prefixes, regions and dates. The spellings are data; see docs/cost.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

LOCAL: Final = "local"
UNKNOWN: Final = "unknown"

# Provider of the book -> spellings, folded: lower case, nothing but letters and digits.
_SPELLINGS: Final = {
    "anthropic": "anthropic claude anthropicai",
    "aws": "aws awsbedrock amazonbedrock bedrock bedrockconverse bedrockruntime amazon awsbedrockruntime "
           "sagemaker",
    "azure": "azure azureai azureopenai azureaiopenai azureaiinference azaiinference azaiopenai "
             "azureaifoundry azurefoundry azureml microsoftfoundry",
    "cerebras": "cerebras cerebrasai",
    "cohere": "cohere cohereai",
    "deepseek": "deepseek deepseekai",
    "fireworks": "fireworks fireworksai",
    "github-copilot": "github githubcopilot copilot",
    "google": "google googleai googlegenai googlegenerativeai googlevertex googlevertexai vertex vertexai "
              "gcp gcpvertexai gcpgemini gcpgenai gcpvertexagent gemini googlegemini",
    "groq": "groq groqcloud",
    "mistral": "mistral mistralai",
    "moonshotai": "moonshot moonshotai",
    "openai": "openai openaichat openairesponses openaicompletion",
    "openrouter": "openrouter openrouterai",
    "perplexity": "perplexity perplexityai",
    "together": "together togetherai",
    "voyageai": "voyage voyageai",
    "x-ai": "xai grok",
    "zai": "zai",
    "zhipuai": "zhipu zhipuai",
    LOCAL: "local localhost ollama llamacpp llamacpppython llamafile lmstudio localai vllm sglang mlx tgi "
           "gpt4all koboldcpp transformers huggingfacelocal onnx ondevice",
    # Frameworks and gateways: they call a model of somebody's, and do not say whose.
    "": "autogen ag2 agno agentops crewai dspy genkit griptape haystack instructor langchain langfuse "
        "langgraph langsmith litellm litellmproxy llamaindex logfire mastra microsoftagentframework mlflow "
        "openaiagents openinference opentelemetry portkey promptkit pydanticai semantickernel smolagents "
        "springai strands strandsagents traceloop vercel vercelai ai gateway proxy custom other unknown none",
}  # fmt: skip
SPELLINGS: Final = {word: name for name, words in _SPELLINGS.items() for word in words.split()}
# Their SDK speaks to servers of other providers as well, and names itself there.
COMPATIBLE: Final = frozenset(["openai"])
# Models of these run nowhere but at their maker's and at resellers that say so.
CLOSED: Final = frozenset(["anthropic", "google", "openai", "x-ai"])

# Families that the library's own rules leave out: beginning of the model -> who makes it.
FAMILIES: Final = {"text-embedding-3-": "openai", "text-embedding-ada-": "openai", "chatgpt-": "openai"}

# Dress that models wear, taken off one after the other; every stage is tried.
_DRESS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"^arn:aws[\w-]*:bedrock:.*?/",
        r"^.*?(?:^|/)models/",
        r"^(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|global)\.(?=[a-z0-9]+\.)",
        r"-v\d+(?::\d+)?(?::\d+k)?$",
        r"^(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen)\.(?=[a-z])",
        r"@[\w.-]*$",
        r"-(?:20\d{6}|20\d\d-\d\d-\d\d|latest)$",
    )
)
_FOLD: Final = re.compile(r"[^a-z0-9]")
_HEAD: Final = re.compile(r"^([A-Za-z][\w.-]*?)[/:](.+)$")
MOST_CHARACTERS: Final = 200  # a longer name is nobody's model


class Named(NamedTuple):
    """A model with the provider that its own name begins with; "" where it names none."""

    provider: str
    model: str


def folded(text: str) -> str:
    """Return letters and digits of a name, lower case: how spellings are compared."""
    return _FOLD.sub("", text[:MOST_CHARACTERS].lower())


def provider_id(said: str | None) -> str:
    """Return the book's provider for a spelling: "" for none named, LOCAL, UNKNOWN for one never heard of.

    Of `openai.chat`, `google.generative-ai` and the like the longest known beginning counts.
    """
    if not said:
        return ""
    parts = re.split(r"[./:\s]+", said[:MOST_CHARACTERS].lower().strip())
    for end in range(len(parts), 0, -1):
        word = folded("".join(parts[:end]))
        if word in SPELLINGS:
            return SPELLINGS[word]
    return UNKNOWN


def named(model: str) -> Named:
    """Return a model split into the provider it begins with, as in `openai/gpt-4o`, and the rest."""
    found = _HEAD.match(model)
    if found is None:
        return Named("", model)
    provider = provider_id(found[1])
    if provider in ("", UNKNOWN) and folded(found[1]) not in SPELLINGS:
        return Named("", model)
    # A gateway before the provider: openrouter/openai/gpt-4o stays with the gateway that sells it.
    return named(found[2]) if provider == "" else Named(provider, found[2])


def spellings(model: str) -> Iterator[str]:
    """Yield a model's name as it is, then with less and less around it."""
    text = model[:MOST_CHARACTERS].strip().lower()
    yield text
    for dress in _DRESS:
        bare = dress.sub("", text)
        if bare and bare != text:
            text = bare
            yield text
