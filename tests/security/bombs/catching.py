"""Bombs that will not let themselves be stopped: they catch what stops them, and go on."""

from tests.security.bombs.model import Bomb, body, bomb

_CAUGHT = ("Exception", "BaseException", "TimeoutError", "MemoryError", "RecursionError", "KeyboardInterrupt")


def _around_a_loop(error: str) -> Bomb:
    name = f"loop_caught_as_{error}"
    return body(
        name,
        "while True:",
        "    try:",
        "        while True:",
        "            pass",
        f"    except {error}:",
        "        pass",
    )


BOMBS: tuple[Bomb, ...] = (
    *(_around_a_loop(error) for error in _CAUGHT),
    body(
        "loop_caught_bare",
        "while True:",
        "    try:",
        "        while True:",
        "            pass",
        "    except:",
        "        pass",
    ),
    body("loop_in_finally", "try:", "    while True:", "        pass", "finally:", "    while True:", "        pass"),
    body(
        "loops_in_many_finallys",
        "for n in range(10**9):",
        "    try:",
        "        continue",
        "    finally:",
        "        pass",
    ),
    body(
        "return_in_finally",
        "while True:",
        "    try:",
        "        while True:",
        "            pass",
        "    finally:",
        "        continue",
    ),
    body(
        "memory_caught",
        "a = []",
        "while True:",
        "    try:",
        "        a.append([0] * 10**5)",
        "    except BaseException:",
        "        pass",
    ),
    body(
        "memory_caught_and_let_go",
        "while True:",
        "    try:",
        "        [0] * 10**9",
        "    except BaseException:",
        "        pass",
    ),
    body("memory_in_finally", "try:", "    return [0] * 10**9", "finally:", "    return len([0] * 10**9)"),
    bomb(
        "depth_caught",
        """
        def run():
            while True:
                try:
                    return run()
                except RecursionError:
                    pass
        """,
    ),
    bomb(
        "depth_in_finally",
        """
        def run():
            try:
                return run()
            finally:
                run()
        """,
    ),
    bomb(
        "depth_caught_at_each_level",
        """
        def go(n):
            try:
                return go(n + 1)
            except RecursionError:
                return go(n - 1) if n > 50 else n
        def run():
            return go(0)
        """,
    ),
    bomb(
        "exit_swallows",
        """
        class Door:
            def __enter__(self):
                return self
            def __exit__(self, kind, error, trace):
                return True
        def run():
            while True:
                with Door():
                    while True:
                        pass
        """,
    ),
    bomb(
        "exit_loops",
        """
        class Door:
            def __enter__(self):
                return self
            def __exit__(self, kind, error, trace):
                while True:
                    pass
        def run():
            with Door():
                [0] * 10**9
        """,
    ),
    bomb(
        "deletion_loops",
        """
        class Undying:
            def __del__(self):
                while True:
                    pass
        def run():
            Undying()
            return 1
        """,
    ),
    body(
        "host_errors_caught",
        "while True:",
        "    try:",
        "        invoke('missing')",
        "    except Exception:",
        "        pass",
    ),
    body(
        "print_limit_caught",
        "while True:",
        "    try:",
        "        print('x' * 10_000)",
        "    except BaseException:",
        "        pass",
    ),
    body(
        "exit_caught",
        "while True:",
        "    try:",
        "        raise SystemExit",
        "    except BaseException:",
        "        pass",
    ),
    body(
        "error_in_handler",
        "while True:",
        "    try:",
        "        try:",
        "            1 / 0",
        "        except Exception:",
        "            [][0]",
        "    except Exception:",
        "        pass",
    ),
    body(
        "regex_caught",
        "while True:",
        "    try:",
        "        re.match('(a+)+$', 'a' * 40 + 'b')",
        "    except BaseException:",
        "        pass",
        imports="re",
    ),
    bomb(
        "caught_at_the_top",
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    ),
)
