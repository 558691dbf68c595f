"""Which providers there are is said without LiteLLM, and as LiteLLM itself says it."""

import json
import subprocess
import sys

import pytest

from engine.models.client import environment
from engine.worldfile.providers import PROVIDERS, has_provider

CASES = (
    ("openai/gpt-4o-mini", None),
    ("gpt-4o-mini", None),
    ("text-embedding-3-small", None),
    ("ft:gpt-4o-mini:mine", None),
    ("together_ai/maker/name", None),
    ("ollama_chat/llama3.2", "http://127.0.0.1:11434"),
    ("some-name", "https://api.groq.com/openai/v1"),
    ("some-name", "http://127.0.0.1:8080/v1"),
    ("some-name", "https://example.org/v1"),
    ("veniceai/name", None),
    ("OpenAI/gpt-4o-mini", None),
    ("opnai/gpt-4o-mini", None),
    ("nonsense", None),
    ("claude-99", None),
)
ASKED = """
import json, sys, litellm
def known(model, base):
    try:
        litellm.get_llm_provider(model, api_base=base)
    except Exception:
        return False
    return True
litellm.suppress_debug_info = True
names = [getattr(one, "value", one) for one in litellm.provider_list]
print(json.dumps([names, [known(*case) for case in json.loads(sys.argv[1])]]))
"""


def test_what_is_known_without_litellm_is_what_litellm_knows() -> None:
    called = subprocess.run(
        [sys.executable, "-c", ASKED, json.dumps(CASES)], env=environment(), capture_output=True, text=True, check=True
    )
    names, verdicts = json.loads(called.stdout.splitlines()[-1])
    assert set(names) == PROVIDERS
    assert [has_provider(*case) for case in CASES] == verdicts


def test_a_provider_that_only_the_installed_litellm_has_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worldfile.providers.PROVIDERS", frozenset())
    assert has_provider("openai/x", None)
    assert not has_provider("nonsense/x", None)
