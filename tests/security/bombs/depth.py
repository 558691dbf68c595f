"""Bombs that go deep: calls within calls, and data within data."""

from tests.security.bombs.model import Bomb, body, bomb

_NEST = ("for n in range(100000):", "    a = [a]")

BOMBS: tuple[Bomb, ...] = (
    bomb("recursion", "def run():\n    return run()"),
    bomb("recursion_of_two", "def other():\n    return run()\ndef run():\n    return other()"),
    bomb(
        "recursion_that_branches",
        "def fib(n):\n    return fib(n - 1) + fib(n - 2) if n > 1 else n\ndef run():\n    return fib(80)",
    ),
    bomb(
        "recursion_of_ackermann",
        """
        def a(m, n):
            return n + 1 if m == 0 else a(m - 1, 1 if n == 0 else a(m, n - 1))
        def run():
            return a(3, 60)
        """,
    ),
    body("recursion_of_a_lambda", "f = lambda g: g(g)", "return f(f)"),
    body("recursion_by_a_key", "f = lambda n: sorted([n], key=f)", "return f(1)"),
    body("recursion_by_a_map", "f = lambda n: list(map(f, [n]))", "return f(1)"),
    body("recursion_by_eval", "text = 'eval(text)'", "return eval(text)"),
    body("recursion_by_exec", "text = 'exec(text)'", "exec(text)"),
    body(
        "recursion_by_partial",
        "f = print",
        "for n in range(100000):",
        "    f = functools.partial(f, n)",
        "return f()",
        imports="functools",
    ),
    body("recursion_by_reduce", "f = lambda a, b: functools.reduce(f, [a, b])", "return f(1, 2)", imports="functools"),
    body("recursion_by_sub", "f = lambda found: re.sub('a', f, 'a')", "return f(1)", imports="re"),
    bomb(
        "recursion_by_repr",
        "class A:\n    def __repr__(self):\n        return repr(self)\ndef run():\n    return repr(A())",
    ),
    bomb(
        "recursion_by_eq",
        "class A:\n    def __eq__(self, other):\n        return self == other\ndef run():\n    return A() == A()",
    ),
    bomb(
        "recursion_by_hash",
        "class A:\n    def __hash__(self):\n        return hash(self)\ndef run():\n    return hash(A())",
    ),
    bomb(
        "recursion_by_iter",
        "class A:\n    def __iter__(self):\n        return iter(self)\ndef run():\n    return list(A())",
    ),
    bomb(
        "recursion_by_getattr",
        "class A:\n    def __getattr__(self, name):\n        return self.other\ndef run():\n    return A().x",
    ),
    bomb("recursion_by_init", "class A:\n    def __init__(self):\n        self.a = A()\ndef run():\n    return A()"),
    bomb(
        "recursion_by_str",
        "class A:\n    def __str__(self):\n        return f'{self}'\ndef run():\n    return str(A())",
    ),
    bomb(
        "recursion_by_add",
        "class A:\n    def __add__(self, other):\n        return self + other\ndef run():\n    return A() + A()",
    ),
    bomb("recursion_by_call", "class A:\n    def __call__(self):\n        return self()\ndef run():\n    return A()()"),
    bomb(
        "recursion_by_enter",
        """
        class A:
            def __enter__(self):
                with self:
                    return 1
            def __exit__(self, a, b, c):
                return False
        def run():
            with A():
                return 1
        """,
    ),
    bomb(
        "recursion_of_coroutines",
        "async def f():\n    return await f()\nimport asyncio\ndef run():\n    return asyncio.run(f())",
    ),
    body("deep_list", "a = []", *_NEST, "return len(a)"),
    body("deep_list_as_text", "a = []", *_NEST, "return len(str(a))"),
    body("deep_list_compared", "a, b = [], []", "for n in range(50000):", "    a, b = [a], [b]", "return a == b"),
    body("deep_list_ordered", "a, b = [], []", "for n in range(50000):", "    a, b = [a], [b]", "return a < b"),
    body("deep_list_copied", "a = []", *_NEST, "return len(copy.deepcopy(a))", imports="copy"),
    body("deep_list_as_json", "a = []", *_NEST, "return json.dumps(a)", imports="json"),
    body("deep_json_read", "return json.loads('[' * 100000 + ']' * 100000)", imports="json"),
    body("deep_json_objects", "return json.loads('{\"a\":' * 100000 + '1' + '}' * 100000)", imports="json"),
    body("deep_toml", "return tomllib.loads('a=' + '[' * 100000 + ']' * 100000)", imports="tomllib"),
    body("deep_toml_keys", "return tomllib.loads('.'.join(['a'] * 100000) + '=1')", imports="tomllib"),
    body("deep_tuple_hashed", "a = ()", "for n in range(50000):", "    a = (a,)", "return hash(a)"),
    body("deep_tuple_as_key", "a = ()", "for n in range(50000):", "    a = (a,)", "return len({a: 1})"),
    body("deep_set", "a = frozenset()", "for n in range(50000):", "    a = frozenset([a])", "return len(a)"),
    body("deep_dict", "a = {}", "for n in range(50000):", "    a = {'a': a}", "return str(a)"),
    body("deep_types", "a = int", "for n in range(50000):", "    a = (a,)", "return isinstance(1, a)"),
    body("deep_regex", "return re.compile('(' * 20000 + ')' * 20000)", imports="re"),
    body("deep_regex_repeats", "return re.compile('(?:' * 5000 + 'a' + ')*' * 5000)", imports="re"),
    body("deep_regex_match", "return re.match('(?:a|b)*c', 'ab' * 500000)", imports="re"),
    body(
        "deep_chain",
        "a = iter([1])",
        "for n in range(50000):",
        "    a = itertools.chain(a, [1])",
        "return sum(a)",
        imports="itertools",
    ),
    body("deep_maps", "a = [1]", "for n in range(50000):", "    a = map(abs, a)", "return list(a)"),
    body("deep_eval", "return eval('(' * 5000 + '1' + ')' * 5000)"),
    body("deep_eval_minus", "return eval('-' * 50000 + '1')"),
    body("deep_eval_lambda", "return eval('lambda:' * 5000 + '1')"),
    body("deep_eval_attributes", "return eval('a' + '.a' * 50000, {'a': 1})"),
    body("deep_exec_blocks", "exec(''.join([' ' * n + 'if 1:\\n' for n in range(2000)]) + ' ' * 2000 + 'pass')"),
    body(
        "deep_namedtuple",
        "return collections.namedtuple('A', ['a' + str(n) for n in range(100000)])",
        imports="collections",
    ),
    body(
        "deep_exceptions",
        "e = None",
        "for n in range(50000):",
        "    try:",
        "        raise ValueError('x') from e",
        "    except ValueError as f:",
        "        e = f",
        "raise e",
    ),
)
