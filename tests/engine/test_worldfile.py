"""A world file loads, or says what is wrong with it: file, line, key, problem, remedy."""

import os
from pathlib import Path

import pytest

from engine.worldfile import WorldFileError, load_text, load_world, parse_world
from engine.worldfile.sources import MAX_BYTES
from tests.engine.worldfile_kit import MINDS, SMALL, changed, lines, load, problems


def refusal(ref: str) -> str:
    with pytest.raises(WorldFileError) as caught:
        load_world(ref, minds=MINDS)
    return str(caught.value)


class TestWhereAWorldComesFrom:
    def test_a_bundled_world_is_found_by_name_from_any_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "worlds").mkdir()
        monkeypatch.chdir(tmp_path)
        loaded = load_world("trio", minds=MINDS)
        assert loaded.world.world.name == "trio"
        assert loaded.source == "worlds/trio.toml"

    def test_a_file_is_found_by_path_and_its_effective_text_reads_to_the_same_world(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(SMALL)
        loaded = load_world(str(file), minds=MINDS)
        assert loaded.source == str(file)
        assert parse_world(loaded.text) == loaded.world

    def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.toml"
        file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
        assert load_world(str(file), minds=MINDS).world == load().world

    def test_an_unknown_name_is_answered_with_the_nearest_bundled_one(self) -> None:
        assert refusal("tri") == (
            'tri: there is no bundled world or file "tri"; did you mean the bundled world `trio`?'
        )
        assert "bundled worlds: " in refusal("zzzzz")
        assert "trio" in refusal("zzzzz")

    def test_a_missing_file_is_said_to_be_missing(self, tmp_path: Path) -> None:
        assert refusal(f"{tmp_path}/trio.toml").endswith(
            "trio.toml: no such file; did you mean the bundled world `trio`?"
        )

    def test_a_directory_is_refused(self, tmp_path: Path) -> None:
        assert refusal(str(tmp_path)) == f"{tmp_path}: is a directory; name a world file in it"

    def test_bytes_that_are_not_utf8_are_refused_with_their_line(self, tmp_path: Path) -> None:
        file = tmp_path / "x.toml"
        file.write_bytes(b'format = 1\n[world]\nname = "\xff"\n')
        assert refusal(str(file)) == f"{file}:3: byte 0xff is not UTF-8; save the file in UTF-8"

    def test_a_file_that_is_far_too_large_is_not_read_to_its_end(self, tmp_path: Path) -> None:
        with (tmp_path / "large.toml").open("w") as file:
            file.truncate(2**40)
        assert refusal(f"{tmp_path}/large.toml").startswith(f"{tmp_path}/large.toml: is larger than {MAX_BYTES} bytes")

    def test_what_is_no_file_is_not_even_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for ref in ("/dev/zero", f"{tmp_path}/pipe"):
            assert refusal(ref) == f"{ref}: is a pipe, a socket or a device; name a world file"

    def test_what_the_system_will_not_open_is_refused_with_its_reason(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_text(SMALL)
        assert refusal(f"{tmp_path}/x/y.toml").startswith(f"{tmp_path}/x/y.toml: cannot be read: not a directory")

    @pytest.mark.parametrize("ref", ["", "a\0b", "x" * 10_000, "\x1b[31mred", "\u202etxt", "a\udcffb", "trio/x.toml"])
    def test_hostile_references_are_refused_in_printable_text(self, ref: str) -> None:
        message = refusal(ref)
        assert message.isprintable()
        assert len(message) < 500


class TestText:
    @pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n"])
    def test_an_empty_file_is_refused(self, text: str) -> None:
        assert lines(text) == ["x.toml:1: is empty; start from a template: ecosim worlds new NAME"]

    @pytest.mark.parametrize(
        ("old", "new", "line", "words"),
        [
            ('name = "small"', "name = small", 3, "text stands in quotes"),
            ('name = "small"', 'name = "small', 3, "is not TOML"),
            ('name = "small"', 'name = "small"\nname = "twice"', 4, "give each key"),
            ("[assets.disk]", "[assets.cpu_rate]", 8, "give each key and each [table] once"),
            ("scrip = 10", "scrip = ", 14, "is not TOML"),
            ('content = "hello"', 'content = """hello', 25, "at the end of the file"),
            ("scrip = 10", f"scrip = {'9' * 5_000}", 14, "absurdly long"),
            ("scrip = 10", f"scrip = {'[' * 100_000}", 14, "is nested deeper"),
            ("scrip = 10", f"{'a.' * 100_000}b = 1", 14, "is nested deeper"),
        ],
    )
    def test_what_is_not_toml_is_refused_with_its_line(self, old: str, new: str, line: int, words: str) -> None:
        (problem,) = problems(changed(old, new))
        assert problem.line == line
        assert words in str(problem)
        assert str(problem).isprintable()

    def test_dotted_keys_inside_brackets_cannot_nest_deeper_than_either_alone(self) -> None:
        nested = "{ a.a.a.a.a.a.a = " * 5 + "1" + " }" * 5
        (line,) = lines(changed('params = { to = "ann" }', f"params = {nested}"))
        assert line.startswith("x.toml:20: agents[1].params: is nested deeper than 32")


class TestFormat:
    def test_a_missing_format_is_one_problem_among_others(self) -> None:
        text = changed("format = 1\n", "").replace("scrip = 10", "scrip = -10")
        assert lines(text) == [
            "x.toml:1: format: is missing; make `format = 1` the first line",
            "x.toml:13: agents[0].scrip: must be 0 or more, not -10; give a whole number of scrip",
        ]

    def test_a_file_of_a_later_version_is_told_only_that(self) -> None:
        text = changed("format = 1", "format = 2\nsomething_new = 5")
        assert lines(text) == ["x.toml:1: format: this is version 2; this ecosim reads version 1; use a newer ecosim"]

    @pytest.mark.parametrize("value", ["true", '"1"', "1.0", "0", "-1", "[1]"])
    def test_any_other_format_is_refused(self, value: str) -> None:
        (line,) = lines(changed("format = 1", f"format = {value}"))
        assert line.startswith("x.toml:1: format: must be 1, not ")


class TestSchema:
    def test_all_problems_are_reported_at_once_in_the_order_of_the_file(self) -> None:
        text = SMALL.replace("scrip = 10", "scirp = 10").replace('window = "60s"', "window = 60")
        text = text.replace('name = "small"', 'name = "Small World"').replace("count = 3", 'count = "3"')
        assert [(problem.line, problem.key) for problem in problems(text)] == [
            (3, "world.name"),
            (6, "assets.cpu_rate.window"),
            (14, "agents[0].scirp"),
            (18, "agents[1].count"),
        ]

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            (
                "scrip = 10",
                "scirp = 10",
                "x.toml:14: agents[0].scirp: is not a key of [agents[0]]; did you mean `scrip`?",
            ),
            (
                "[world]",
                "[wurld]\n[world]",
                "x.toml:2: wurld: is not a key of a world file; did you mean `world`?",
            ),
            (
                "scrip = 10",
                "zzz = 10",
                "x.toml:14: agents[0].zzz: is not a key of [agents[0]]; its keys are: id, count, mind, params, prompt, "
                "think_delay, start_after, spread, scrip, assets, memory_quota, access",
            ),
            (
                'window = "60s"',
                "window = 60",
                "x.toml:6: assets.cpu_rate.window: must be a duration, not 60; a duration is written as text with a "
                'unit (us, ms, s, m, h, d), e.g. "1.5s" or "20m"; 60 seconds are written "60s"',
            ),
            (
                'window = "60s"',
                'window = "0s"',
                'x.toml:6: assets.cpu_rate.window: must be a duration longer than 0, not "0s"; '
                'give one such as "1.5s" or "20m"',
            ),
            (
                "scrip = 10",
                'scrip = "10"',
                'x.toml:14: agents[0].scrip: must be a whole number, not "10"; give a whole number',
            ),
            (
                "scrip = 10",
                "scrip = 1.5",
                "x.toml:14: agents[0].scrip: must be a whole number, not 1.5; give a whole number",
            ),
            (
                "scrip = 10",
                "scrip = true",
                "x.toml:14: agents[0].scrip: must be a whole number, not true; give a whole number",
            ),
            (
                "scrip = 10",
                f"scrip = {2**70}",
                "x.toml:14: agents[0].scrip: must be 9007199254740992 or less, not 1180591620717411303424; "
                "give a whole number of scrip",
            ),
            (
                "disk = 1_000",
                "disk = -1",
                "x.toml:15: agents[0].assets.disk: must be 0 or more, not -1; give a whole number of disk",
            ),
            (
                'name = "small"',
                "name = 1979-05-27",
                'x.toml:3: world.name: must be text, not the date or time 1979-05-27; put it in quotes, e.g. "text"',
            ),
            (
                'kind = "allocatable"',
                'kind = "some"',
                "x.toml:9: assets.disk.kind: must be one of 'depletable', 'allocatable' or 'renewable', not \"some\"; "
                "choose one of these",
            ),
            (
                '[[agents]]\nid = "ann"\nmind = "giver"',
                '[[agents]]\nid = "ann"',
                "x.toml:10: agents[0].mind: is missing; add it to [agents[0]]",
            ),
            (
                "[assets.disk]",
                "[assets.Disk]",
                "x.toml:8: assets.Disk: is not a usable name; a name is a lower-case letter, then lower-case letters, "
                "digits and underscores",
            ),
            (
                'owner = "trader_2"',
                'owner = "trader_2"\naccess = "genesis_public"',
                'x.toml:26: artifacts[0].access: must be an array, not "genesis_public"; '
                'put it in brackets: ["genesis_public"]',
            ),
            (
                "[[artifacts]]",
                "[artifacts]",
                "x.toml:22: artifacts: must be an array of tables, not one table; "
                "write [[artifacts]] with double brackets",
            ),
            (
                "[world]",
                "[[mint]]\nslots = 1\n[world]",
                "x.toml:2: mint: must be one table, not an array of tables; write [mint] with single brackets",
            ),
            (
                "format = 1",
                "format = 1\nmint = 5",
                "x.toml:2: mint: must be a table, not 5; write [mint] and its keys below",
            ),
        ],
    )
    def test_each_kind_of_problem_names_place_and_remedy(self, old: str, new: str, line: str) -> None:
        assert lines(changed(old, new)) == [line]


HOSTILE = [
    "[red]x[/red]",
    "\\u001b[31mred",
    "\\u202Eevil",
    "x" * 10_000,
    "\\n\\r\\t",
    "\\u0000",
    "ÄÖÜ",
]


class TestHostileNames:
    @pytest.mark.parametrize("name", HOSTILE)
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('name = "small"', 'name = "{}"'),
            ('id = "ann"', 'id = "{}"'),
            ('owner = "trader_2"', 'owner = "{}"'),
            ("[assets.disk]", '[assets."{}"]'),
            ("scrip = 10", '"{}" = 10'),
            ("disk = 1_000", '"{}" = 1_000'),
            ('kind = "allocatable"', 'kind = "{}"'),
            ('window = "60s"', 'window = "{}"'),
        ],
    )
    def test_a_hostile_name_is_refused_in_a_short_printable_line(self, old: str, new: str, name: str) -> None:
        found = lines(changed(old, new.replace("{}", name)))
        assert found
        for line in found:
            assert line.isprintable()
            assert len(line) < 600

    @pytest.mark.parametrize(
        "char", ["\\u001b", "\\u202E", "\\u2066", "\\u200F", "\\n", "\\u2028", "\\u0007", "\\u009b"]
    )
    @pytest.mark.parametrize("key", ["title", "teaches"])
    def test_lines_for_a_screen_hold_no_control_and_no_direction_characters(self, key: str, char: str) -> None:
        (line,) = lines(changed('name = "small"', f'name = "small"\n{key} = "a{char}b"'))
        assert line.startswith(f"x.toml:4: world.{key}: holds control or direction characters (U+")

    def test_markup_and_other_scripts_are_just_text(self) -> None:
        title = "[b]שלום[/b] µ 👩‍🚀"
        assert load(changed('name = "small"', f'name = "small"\ntitle = "{title}"')).world.world.title == title

    def test_a_description_may_have_several_lines_but_no_escape_sequences(self) -> None:
        assert not problems(changed('name = "small"', 'name = "small"\ndescription = "a\\n\\tb"'))
        assert problems(changed('name = "small"', 'name = "small"\ndescription = "a\\u001b[2Jb"'))


def test_a_world_whose_stored_text_was_damaged_is_refused() -> None:
    with pytest.raises(WorldFileError, match=r"the stored world:1: format: is missing"):
        parse_world('[world]\nname = "x"\n')


def test_the_engines_own_minds_are_asked_when_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worldfile.checks.param_models", lambda: {"giver": MINDS["herald"]})
    assert load_text(SMALL, "x.toml").world.world.name == "small"
    monkeypatch.setattr("engine.worldfile.checks.param_models", dict)
    with pytest.raises(WorldFileError, match='there is no mind "giver"'):
        load_text(SMALL, "x.toml")
