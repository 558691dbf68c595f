"""`ecosim models`, as a user calls it: the process, a real server, plain words, JSON, and exit codes."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from ecosim_tui.cli import main
from ecosim_tui.commands.models import price_text
from engine.models.types import Described, Price
from tests.models.server import Server, fail

TINY = """format = 1
[world]
name = "tiny"
[assets.cpu_rate]
kind = "renewable"
window = "60s"
[assets.disk]
kind = "allocatable"
[[agents]]
id = "ann"
mind = "giver"
params = { to = "ann" }
assets = { cpu_rate = 60_000, disk = 1_000 }
"""
KEY = "sentinelsecret987654"


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on a loop in a thread: the command has a loop of its own."""
    loop = asyncio.new_event_loop()
    server = Server()
    loop.run_until_complete(server.start())
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield server
    asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_check_says_of_each_model_whether_it_answers(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOSIM_TEST_KEY", KEY)
    base = f"http://127.0.0.1:{server.port}/v1"
    world = tmp_path / "w.toml"
    models = "".join(
        f'[models.{name}]\nmodel = "openai/{name}"\napi_base = "{base}"\napi_key_env = "ECOSIM_TEST_KEY"\n'
        for name in ("good", "bad")
    )
    world.write_text(TINY + models)
    server.scripts["bad"].append(fail(401, f"no such key: {KEY}"))
    assert main(["models", "check", str(world), "--json"]) == 1
    out = capsys.readouterr().out
    good, bad = json.loads(out)
    assert (good["name"], good["ok"], good["text"], good["usage"]["input"], good["cost"]) == (
        "good",
        True,
        "hello",
        12,
        0,
    )
    assert (bad["ok"], bad["kind"]) == (False, "key")
    assert KEY not in out
    assert len(server.asked) == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_check_asks_a_model_of_embeddings_for_a_vector(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    base = f"http://127.0.0.1:{server.port}/v1"
    named = {"by_world": "mine", "by_list": "text-embedding-3-small", "words": "good"}
    models = "".join(f'[models.{one}]\nmodel = "openai/{name}"\napi_base = "{base}"\n' for one, name in named.items())
    world = tmp_path / "w.toml"
    world.write_text(TINY + '[memory]\nvectors = { model = "by_world" }\n' + models)
    assert main(["models", "check", str(world), *(["--json"] if as_json else [])]) == 0
    out = capsys.readouterr().out
    if as_json:
        vectors = [one["vector"] for one in json.loads(out)]
        assert (vectors[0] > 0, vectors[1] > 0, vectors[2]) == (True, True, 0)
    else:
        assert ["makes vectors of" in line for line in out.splitlines()] == [True, True, False]
    assert sorted(one.path for one in server.asked) == ["/v1/chat/completions", "/v1/embeddings", "/v1/embeddings"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["list"], "name a world whose models are meant, or give --model"),
        (["list", "trio", "--model", "openai/x"], "and not both"),
        (["list", "trio"], "trio has no models; add a [models.NAME] section"),
        (["check", "trio", "--api-base", "http://x"], "--api-base and --api-key-env are for --model"),
        (["list", "--model", "openai/x", "--api-base", "nowhere"], "--api-base must be the address of a server"),
        (
            ["list", "--model", "openai/x", "--api-key-env", "sk-secretsecretsecret"],
            "the name of a variable, not a key",
        ),
    ],
)
def test_what_is_asked_wrongly_is_told(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", *arguments]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "secretsecret" not in told


def test_prices_are_told_in_dollars() -> None:
    def told(price: Price | None, source: str) -> str:
        return price_text(Described("m", "", True, price, source))  # type: ignore[arg-type]

    assert told(Price(150_000, 75_000, 12_600_000), "litellm") == (
        "$0.15 in ($0.075 from its cache), $12.60 out for a million tokens, by LiteLLM's list"
    )
    assert told(Price(1_000_000, 1_000_000, 1), "world file") == (
        "$1.00 in, $0.000001 out for a million tokens, by the world file"
    )
    assert told(Price(0, 0, 0), "local") == "nothing, it runs on this machine"
    assert told(None, "unknown").startswith("not known; give it")
