"""Which providers LiteLLM knows, said without importing it, since that takes seconds.

What is not in the list is looked up in the text of the LiteLLM that is installed, which may be newer than the list.
"""

import importlib.util
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

_LIST = """
    a2a a2a_agent abliteration ai21 ai21_chat aiand aiml aiohttp_openai amazon_nova anthropic anthropic_text apertis
    assemblyai auto_router aws_polly aws_textract azure azure_ai azure_speech azure_text baseten bedrock
    bedrock_mantle bespoke bigmodel black_forest_labs bytez cerebras charity_engine chatgpt chutes clarifai
    clf_ai_gateway cloudflare codestral cognition cohere cohere_chat cometapi compactifai coralbricks cortecs cursor
    custom custom_openai darkbloom dashscope databricks databricks_agent datarobot deepgram deepinfra deepseek
    docker_model_runner dotprompt edenai elevenlabs empiriolabs empower eu_jev fal_ai featherless_ai fireworks_ai
    friendliai galadriel gdc gemini gigachat github github_copilot gradient_ai groq helicone heroku hosted_vllm
    hostinger_router huggingface humanloop hyperbolic inception inferenceapis infinity jina_ai kyma lambda_ai
    langflow langfuse langgraph laya lemonade libertai litellm_agent litellm_proxy llamafile lm_studio manus
    maritalk meta meta_llama microsoft_365_copilot milvus minimax mistral modelscope mongodb moonshot morph nace
    nadir nano-gpt nebius neosantara nlp_cloud novita nscale nvidia_nim nvidia_riva oci ollama ollama_chat oobabooga
    openai openai_like opencode_go openinfer openrouter opensearch ovhcloud parallel_ai parasail perplexity petals
    pg_vector pinstripes poe predibase prism publicai qwen_ai_platform qwencloud ragflow recraft reducto refuseless
    reka replicate runwayml s3_vectors sagemaker sagemaker_chat sagemaker_nova sail sambanova sap scaledown scaleway
    scx-ai snowflake soniox stability strands_decider streamlake synthetic tencent tensormesh
    text-completion-codestral text-completion-inception text-completion-openai together_ai topaz transcribe triton
    typesafe v0 valkey vercel_ai_gateway vertex_ai vertex_ai_beta vllm volcengine voyage wally wandb watsonx
    watsonx_text xai xiaomi_mimo xinference zai zerogpu
"""
PROVIDERS = frozenset(_LIST.split())
"""The first part of `provider/model`."""
_LISTED = (("types/utils.py", r'^    \w+ = "{}"'), ("llms/openai_like/providers.json", r'^  "{}": {{'))
"""Where LiteLLM names its providers, and how."""
_IDENTIFIED = 64  # a name with a colon that is longer than this is one of Replicate's
_BARE = re.compile(r"ft:.|amazon_nova")


def has_provider(model: str, api_base: str | None) -> bool:
    """Whether LiteLLM can tell who has a model: by its prefix, by its address, or because its list has the name."""
    prefix, slash, name = model.partition("/")
    if slash and prefix in PROVIDERS:
        return bool(name)
    if _BARE.match(model) or (":" in model and len(model) > _IDENTIFIED):
        return True
    if slash and name and any(_says(file, form.format(re.escape(prefix))) for file, form in _LISTED):
        return True
    host = _host(api_base)
    if host and _says("constants.py", rf"\b{re.escape(host)}\b"):
        return True
    return _says("model_prices_and_context_window_backup.json", rf'^    "{re.escape(model)}": {{')


def _host(api_base: str | None) -> str:
    """The host of an address, empty for one on this machine and for what is no address."""
    try:
        host = urlsplit(api_base or "").hostname or ""
    except ValueError:
        return ""
    return host if "." in host and not host.startswith("127.") else ""


def _says(file: str, pattern: str) -> bool:
    return re.search(pattern, _text(file), re.MULTILINE) is not None


@cache
def _text(file: str) -> str:
    """A file of the LiteLLM that is installed; nothing where there is none."""
    found = importlib.util.find_spec("litellm")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(place, file)
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    return ""
