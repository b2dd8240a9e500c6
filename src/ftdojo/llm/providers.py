"""Who serves models: addresses, key variables and packages; a further server of OpenAI's protocol is one line."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One kind of server.

    ``url`` is where it is unless the user says otherwise, ``keys`` the variables that may hold its key (none for a
    server of one's own), ``listed`` its id in the offline price table.
    """

    url: str = ""
    keys: tuple[str, ...] = ()
    listed: str = ""


PROVIDERS = {
    "openai": Provider(
        url="https://api.openai.com/v1", keys=("OPENAI_API_KEY",), listed="openai"
    ),
    "anthropic": Provider(keys=("ANTHROPIC_API_KEY",), listed="anthropic"),
    "google": Provider(keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"), listed="google"),
    "openrouter": Provider(
        url="https://openrouter.ai/api/v1", keys=("OPENROUTER_API_KEY",), listed="openrouter"
    ),
    "deepseek": Provider(
        url="https://api.deepseek.com/v1", keys=("DEEPSEEK_API_KEY",), listed="deepseek"
    ),
    "mistral": Provider(
        url="https://api.mistral.ai/v1", keys=("MISTRAL_API_KEY",), listed="mistral"
    ),
    "groq": Provider(
        url="https://api.groq.com/openai/v1", keys=("GROQ_API_KEY",), listed="groq"
    ),
    "together": Provider(
        url="https://api.together.xyz/v1", keys=("TOGETHER_API_KEY",), listed="together"
    ),
    "xai": Provider(url="https://api.x.ai/v1", keys=("XAI_API_KEY",), listed="x-ai"),
    "ollama": Provider(url="http://127.0.0.1:11434/v1"),
    "vllm": Provider(url="http://127.0.0.1:8000/v1"),
    "sglang": Provider(url="http://127.0.0.1:30000/v1"),
    "llamacpp": Provider(url="http://127.0.0.1:8080/v1"),
}
