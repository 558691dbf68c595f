"""Evaluation: what code can have evaluated for it, and in whose names.

The later ones aim at the prelude of the sandbox: what is called by the prelude itself, and not by the agent's code,
sees the prelude's names, among them the host functions of all kinds of code.
"""

from engine.sandbox.types import Kind
from tests.security.tricks.model import Trick, seen, trick

_SEES = "'_' * 2 + 'hosts'"

_BY_CALLBACK = {
    "callback_of_map": "list(map(eval, ['__hosts']))",
    "callback_of_sorted": "sorted(['__hosts'], key=eval)",
    "callback_of_max": "max(['__hosts', '__source'], key=eval)",
    "callback_of_filter": "list(filter(eval, ['__hosts']))",
    "callback_of_reduce": "functools.reduce(eval, ['__hosts', {}])",
    "callback_of_sub": "re.sub('__hosts', lambda found: str(eval(found.group(0))), '__hosts')",
    "callback_of_json": "json.loads('1.5', parse_float=lambda text: eval('__hosts'))",
    "callback_of_default": "collections.defaultdict(functools.partial(eval, '__hosts'))[1]",
    "callback_of_cache": "functools.lru_cache(eval)('__hosts')",
    "callback_of_iter": "next(iter(functools.partial(eval, '__hosts'), None))",
    "callback_of_partial": "functools.partial(eval, '__hosts')()",
    "callback_of_accumulate": "list(itertools.accumulate(['__hosts', {}], eval))",
    "evaluated_with_no_names": "eval('__hosts', {})",
    "evaluated_twice": "eval(\"eval('__hosts')\")",
    "evaluated_in_a_class": "type('A', (), {'x': property(eval)})",
}
_NEEDED = "import collections, functools, itertools, json, re\n"


def _entry(name: str, value: str, kind: Kind = Kind.TOOL) -> Trick:
    """`run` is a callable that the prelude calls itself."""
    return Trick(name, f"import functools\nrun = {value}\n", kind, needs_sandbox=True)


TRICKS: tuple[Trick, ...] = (
    seen("eval_import", "hasattr(eval('__import__(\"os\")'), 'system')"),
    seen("eval_with_empty_names", "hasattr(eval('__import__(\"os\")', {}), 'system')"),
    seen(
        "eval_without_builtins",
        "len(eval('().__class__.__base__.__subclasses__()', {'__builtins__': {}})) > 50",
    ),
    seen("eval_of_a_lambda", "hasattr(eval('lambda: __import__(\"os\")')(), 'system')"),
    seen("eval_of_code", "hasattr(eval(compile('__import__(\"os\")', 'x', 'eval')), 'system')"),
    seen("eval_of_globals", "'__builtins__' in eval('globals()')"),
    seen("eval_comprehension", "hasattr(eval('[__import__(n) for n in [\"os\"]][0]'), 'system')"),
    trick("exec_import", "exec('import os')\ndef run():\n    return hasattr(os, 'system')"),
    trick(
        "exec_into_a_dict",
        """
        def run():
            space = {}
            exec('import os', space)
            return hasattr(space['os'], 'system') and '__builtins__' in space
        """,
    ),
    trick(
        "exec_with_a_namespace_of_ones_own",
        """
        class Names(dict):
            def __missing__(self, name):
                return __import__('os')
        def run():
            return hasattr(eval('anything', {}, Names()), 'system')
        """,
    ),
    trick(
        "exec_unindents",
        """
        def run():
            space = {}
            exec('if True:\\n    import os\\n    found = os', space)
            return hasattr(space['found'], 'system')
        """,
    ),
    trick(
        "annotations_are_evaluated",
        """
        import typing
        class Form:
            x: '__import__("os")'
        def run():
            try:
                return hasattr(typing.get_type_hints(Form)['x'], 'system')
            except TypeError as error:
                return 'module' in str(error)
        """,
    ),
    trick(
        "signature_evaluates",
        """
        import inspect
        def form(x: '__import__("os")'):
            return x
        def run():
            found = inspect.signature(form, eval_str=True).parameters['x'].annotation
            return hasattr(found, 'system')
        """,
    ),
    trick(
        "interpreter_of_code",
        """
        import code
        def run():
            inner = code.InteractiveInterpreter({})
            inner.runsource('import os')
            return hasattr(inner.locals['os'], 'system')
        """,
    ),
    trick(
        "timeit_evaluates",
        """
        import timeit
        def run():
            space = {}
            timeit.timeit('names["os"] = __import__("os")', number=1, globals={'names': space})
            return hasattr(space['os'], 'system')
        """,
    ),
    trick(
        "profile_runs",
        """
        import cProfile
        def run():
            space = {}
            cProfile.Profile().runctx('import os', space, space)
            return hasattr(space['os'], 'system')
        """,
    ),
    trick(
        "doctest_runs",
        """
        import doctest
        def run():
            space = {}
            test = doctest.DocTestParser().get_doctest('>>> import os', space, 'x', 'x', 0)
            doctest.DocTestRunner().run(test, out=lambda text: None, clear_globs=False)
            return hasattr(test.globs['os'], 'system')
        """,
    ),
    *(
        Trick(name, f"{_NEEDED}def run():\n    return 'invoke' in str({what})\n", needs_sandbox=True)
        for name, what in _BY_CALLBACK.items()
    ),
    seen("prelude_source", "isinstance(__source, str)", needs_sandbox=True),
    seen("prelude_hosts", "len(__hosts) > 0", needs_sandbox=True),
    seen("prelude_call", f"eval({_SEES}) is not None", needs_sandbox=True),
    _entry("entry_evaluates_in_the_prelude", "functools.partial(eval, 'len(__hosts) > 0')"),
    _entry("entry_sees_arguments_of_all", "functools.partial(eval, 'isinstance(__a, list)')"),
    _entry("entry_sees_names_of_the_call", 'functools.partial(eval, \'entry == "run" and kind == "tool"\')'),
    _entry("entry_sees_the_seed", 'functools.partial(eval, \'seed == "see" + "d"\')  # random'),
    _entry("entry_calls_another_kind", 'functools.partial(eval, \'__hosts["program"]["observe"]() is not None\')'),
    _entry("contract_acts", 'functools.partial(eval, \'__hosts["tool"]["act"]({}) is not None\')', Kind.CONTRACT),
    _entry("contract_remembers", 'functools.partial(eval, \'__hosts["program"]["recall"]() != 0\')', Kind.CONTRACT),
    _entry("entry_in_a_partial_of_partial", "functools.partial(functools.partial, eval, 'len(__hosts) > 0')()"),
    trick(
        "entry_is_a_cache",
        """
        import functools
        run = functools.lru_cache(functools.partial(eval, 'len(__hosts) > 0'))
        """,
        needs_sandbox=True,
    ),
    trick(
        "entry_is_an_object",
        """
        class Caller:
            __call__ = eval
        run = Caller()
        """,
        needs_sandbox=True,
    ),
    trick(
        "entry_is_a_bound_method",
        """
        import functools
        class Caller:
            def __init__(self):
                self.go = functools.partial(eval, 'len(__hosts) > 0')
        run = Caller().go
        """,
        needs_sandbox=True,
    ),
    _entry("entry_draws_from_a_map", "functools.partial(any, map(eval, ['len(__hosts) > 0']))"),
    _entry("entry_sorts_by_eval", "functools.partial(sorted, ['len(__hosts)'], key=eval)"),
    _entry("entry_executes", "functools.partial(exec, 'raise ValueError(len(__hosts))')"),
    trick(
        "entry_is_of_a_class_named_function",
        """
        import functools
        class function:
            def __init__(self):
                self.__call__ = functools.partial(eval, 'len(__hosts) > 0')
            __call__ = eval
        run = function()
        """,
        needs_sandbox=True,
    ),
)
