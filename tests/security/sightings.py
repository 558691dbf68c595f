"""Code that looks round for traces of earlier calls, without meaning to get anywhere: what it sees has to be the same.

Each defines `run(n)`, and is called with several n in one session after another; with the same n it has to come to the
same end, be it the first call of a session or the tenth, alone or together with others.
"""

from tests.security.tricks.model import Trick, trick

_DEPTH = """
        def down(n):
            try:
                return down(n + 1)
            except RecursionError:
                return n
"""


def _expression(name: str, expression: str) -> Trick:
    return trick(name, f"def run(n):\n    return {expression}")


SIGHTINGS: tuple[Trick, ...] = (
    _expression("identity_in_letters_of_another_shape", "𝐢𝐝([n])"),
    _expression("identity_in_wide_letters", "ｉｄ({})"),
    _expression("hash_in_letters_of_another_shape", "[𝐡𝐚𝐬𝐡(now), 𝐡𝐚𝐬𝐡(run), 𝐡𝐚𝐬𝐡(len), 𝐡𝐚𝐬𝐡(str(n))]"),
    _expression("iterator_in_letters_of_another_shape", "str(𝐢𝐭𝐞𝐫([n]))"),
    _expression("map_in_letters_of_another_shape", "str(𝐦𝐚𝐩(abs, [n]))"),
    _expression("pairs_in_letters_of_another_shape", "str(𝐳𝐢𝐩([n]))"),
    _expression("returned_iterator_in_letters_of_another_shape", "𝐫𝐞𝐯𝐞𝐫𝐬𝐞𝐝([n])"),
    _expression("class_made_by_text", "𝐞𝐯𝐚𝐥('ty' + 'pe')(n) is None or 𝐞𝐱𝐞𝐜('cla' + 'ss A: pass\\nprint(A())')"),
    _expression("printed_iterator", "print(𝐞𝐧𝐮𝐦𝐞𝐫𝐚𝐭𝐞([n]))"),
    _expression("error_about_an_iterator", "{}[𝐢𝐭𝐞𝐫([])]"),
    _expression("handed_over_iterator", "invoke(𝐢𝐭𝐞𝐫([n]))"),
    trick("function_by_letters_of_another_shape", "def other(a=[]):\n    return 1\ndef run(n):\n    return str(𝐨𝐭𝐡𝐞𝐫)"),
    trick(
        "function_before_a_new_line",
        "def other(a=[]):\n    return 1\nheld = other\n(0)\ndef run(n):\n    return str(held)",
    ),
    trick("function_on_a_continued_line", "def \\\n  other(a=[]):\n    return 1\ndef run(n):\n    return str(other)"),
    trick(
        "function_after_a_return_of_the_carriage",
        "x = 1\rdef other(a=[]):\r    return 1\rdef run(n):\r    return str(other)",
    ),
    trick(
        "function_within_after_a_return_of_the_carriage",
        "x = 1\rdef run(n):\r    def other(): return n\r    return str(other)",
    ),
    trick("function_after_a_form_feed", "def\x0cother(a=[]):\n    return 1\ndef run(n):\n    return str(other)"),
    trick("function_to_a_decorator", "@print\ndef other(a=[]):\n    return 1\ndef run(n):\n    return n"),
    trick("function_to_text", "@str\ndef other(a=[]):\n    return 1\nheld = other\n(0)\ndef run(n):\n    return held"),
    trick("function_to_the_host", "@now\ndef other(a=[]):\n    return 1\ndef run(n):\n    return n"),
    trick(
        "memory_after_a_host_call",
        """
        def run(n):
            now()
            a = [0] * 200_000
            a[0] = a
            return len([n] * 600_000)
        """,
    ),
    trick(
        "memory_left_by_others_after_a_host_call",
        """
        def run(n):
            now()
            if n:
                a = [[0] * 300_000]
                a[0] = a
                b = [[0] * 300_000, a]
                b.append(b)
                return n
            return len([0] * 850_000)
        """,
    ),
    trick(
        "memory_in_the_first_turn",
        """
        def run(n):
            a = [[0] * 200_000]
            a.append(a)
            return len([n] * 600_000)
        """,
    ),
    trick(
        "sentence_about_memory_after_a_host_call",
        """
        def run(n):
            now()
            return len([n] * 5_000_000)
        """,
    ),
    trick(
        "sentence_about_time",
        """
        def run(n):
            while True:
                n += 1
        """,
    ),
    trick(
        "usual_leftovers",
        """
        kept = []
        def run(n, more=[], **rest):
            global seen
            try:
                seen = seen + 1
            except NameError:
                seen = 1
            kept.append(n)
            more.append(n)
            return [seen, kept, more]
        """,
    ),
    trick("depth", f"{_DEPTH}\n        def run(n):\n            return down(0)"),
    trick("depth_after_errors", f"{_DEPTH}\n        def run(n):\n            return [1][n] + down(0)"),
    trick(
        "depth_after_deep_errors",
        f"""{_DEPTH}
        def run(n):
            a = []
            for _ in range(200):
                a = [a]
            return str(a) if n else down(0)
        """,
    ),
    trick("error_left_active", "def run(n):\n    if n:\n        raise ValueError('mine')\n    raise"),
    trick(
        "error_caught_and_left",
        """
        def run(n):
            try:
                raise
            except Exception as error:
                before = str(error)
            try:
                raise ValueError('mine')
            except ValueError:
                return [before, {}['x'] if n else 0]
        """,
    ),
    _expression(
        "identity_of_equal_values", "['a' * 2 is 'aa', caller is 'alice', () is (), 2**70 is 2**70, str(n) is '1']"
    ),
    _expression("order_of_sets", "[str(a) for a in {'b', 'a', n, None, (1, 2), 2.5, now, print}]"),
    _expression("popped_from_a_set", "{'b', 'a', 'c', str(n)}.pop()"),
    _expression("texts_of_functions", "[str(now), str(print), str(int), str(ValueError), str([len])]"),
    _expression("texts_of_views", "[str({n: 1}.keys()), str({n: 1}.items()), str(slice(n)), str(range(n))]"),
    _expression("format_of_functions", "['%s' % (now,), '{}'.format(print), f'{len!r}']"),
    _expression("function_returned", "now"),
    _expression("printed_functions", "print(now, print, int, [ValueError], sep=' ')"),
    _expression("random_in_a_name_only", "[n for random in [1]]"),
)
"""What calls see that share a session."""


def _program(name: str, before: str, after: str, top: str = "") -> Trick:
    """A program that looks before it waits, and again afterwards."""
    return trick(name, f"{top}def run(n):\n    {before}\n    sleep(1)\n    return {after}")


_DOWN = "def down(n):\n    try:\n        return down(n + 1)\n    except RecursionError:\n        return n\n"
_CACHE = "import functools\nmade = []\n@functools.lru_cache\ndef f(n):\n    made.append(n)\n"

AFTER_A_WAIT: tuple[Trick, ...] = (
    _program("printed", "print('before')", "print('after')"),
    _program("identity", "a = []; b = id(a)", "[b == id(a), id(a), id([]), id({})]"),
    _program("hash", "a = lambda: n; b = hash(a)", "[b == hash(a), hash('a'), hash(run), hash(len)]"),
    _program("alias", "a = []; b = a", "[a.append(1), a, a is b]"),
    _program("iterator", "a = iter([1, 2, 3]); next(a)", "[next(a), str(a)]"),
    _program("sets", "a = {'b', 3, 'a', None}", "[list(a), a.pop()]"),
    _program("texts", "a = 'x' * 3; b = 2**70; c = b", "[a is 'xxx', b is c, a[0] is 'x']"),
    _program("random", "a = random.random()", "[a, random.random()]", "import random\n"),
    _program("generator_of_ones_own", "a.random()", "a.random()", "import random\na = random.Random(5)\n"),
    _program("clock", "a = time.time()", "[a, time.time(), time.monotonic()]", "import time\n"),
    _program("depth", "a = down(0)", "[a, down(0)]", _DOWN),
    _program("object", "a = A(); b = str(a)", "[b, str(a), str(A())]", "class A:\n    pass\n"),
    _program("cache", "f(1)", "[f(1), made]", _CACHE),
    trick("deep_inside", "def down(n):\n    return down(n - 1) if n else sleep(1)\ndef run(n):\n    return down(50)"),
)
"""What a program sees when it goes on after it has waited long."""
