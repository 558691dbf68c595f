"""Classes with special methods: what the interpreter calls on its own, and what it hands over when it does."""

from tests.security.tricks.model import Trick, trick

_READ = "open('/etc/passwd').read().startswith('root:')"

_EVALUATES = {
    "add": "Machine() + text",
    "sub": "Machine() - text",
    "mod": "Machine() % text",
    "getitem": "Machine()[text]",
    "contains": "text in Machine()",
    "eq": "Machine() == text",
    "getattr": "getattr(Machine(), text)",
    "call": "Machine()(text)",
    "lshift": "Machine() << text",
    "matmul": "Machine() @ text",
    "class_getitem": "Machine[text]",
}
"""Operators that hand text to `eval`, which is no method and so is called without the object."""

TRICKS: tuple[Trick, ...] = (
    *(
        trick(
            f"operator_{name}_evaluates",
            f"""
            class Machine:
                __{name}__ = eval
            text = "seen.append(__import__('os'))"
            seen = []
            def run():
                {use}
                return hasattr(seen[0], 'system')
            """,
        )
        for name, use in _EVALUATES.items()
    ),
    trick(
        "subscript_imports",
        """
        class Machine:
            __getitem__ = __import__
        def run():
            return hasattr(Machine()['os'], 'system')
        """,
    ),
    trick(
        "copy_reduces",
        """
        import copy
        class Machine:
            def __reduce__(self):
                return open, ('/etc/passwd',)
        def run():
            return copy.copy(Machine()).read().startswith('root:')
        """,
    ),
    trick(
        "deepcopy_is_asked",
        """
        import copy
        class Machine:
            def __deepcopy__(self, memo):
                return open('/etc/passwd')
        def run():
            return copy.deepcopy([Machine()])[0].read().startswith('root:')
        """,
    ),
    trick(
        "pickle_reduces",
        """
        import pickle
        class Machine:
            def __reduce__(self):
                return eval, ("__import__('os').getpid()",)
        def run():
            return pickle.loads(pickle.dumps(Machine())) > 0
        """,
    ),
    *(
        trick(
            f"special_{name}_reads",
            f"""
            class Machine:
                def __{name}__(self{more}):
                    seen.append({_READ})
                    return {back}
            seen = []
            def run():
                {use}
                return seen[0]
            """,
        )
        for name, more, back, use in (
            ("repr", "", "''", "repr(Machine())"),
            ("str", "", "''", "str(Machine())"),
            ("len", "", "0", "len(Machine())"),
            ("bool", "", "True", "not Machine()"),
            ("hash", "", "1", "{Machine(): 1}"),
            ("index", "", "0", "[1][Machine()]"),
            ("iter", "", "iter([])", "list(Machine())"),
            ("enter", "", "1", "Machine().__enter__()"),
            ("lt", ", other", "True", "sorted([Machine(), Machine()])"),
            ("init", "", "None", "Machine()"),
            ("getattr", ", name", "1", "Machine().anything"),
        )
    ),
    trick(
        "post_init_of_a_dataclass",
        """
        from dataclasses import dataclass
        @dataclass
        class Machine:
            path: str
            def __post_init__(self):
                self.found = open(self.path).read()
        def run():
            return Machine('/etc/passwd').found.startswith('root:')
        """,
    ),
    trick(
        "default_factory_of_a_dataclass",
        """
        from dataclasses import dataclass, field
        @dataclass
        class Machine:
            found: object = field(default_factory=lambda: open('/etc/passwd'))
        def run():
            return Machine().found.read().startswith('root:')
        """,
    ),
    trick(
        "class_of_an_instance",
        """
        class Machine:
            pass
        def run():
            return len(Machine().__class__.__mro__[1].__subclasses__()) > 50
        """,
    ),
    trick(
        "dict_of_a_class",
        """
        class Machine:
            def go(self):
                return 1
        def run():
            return '__builtins__' in Machine.__dict__['go'].__globals__
        """,
    ),
    trick(
        "function_of_a_bound_method",
        """
        class Machine:
            def go(self):
                return 1
        def run():
            return '__builtins__' in Machine().go.__func__.__globals__
        """,
    ),
    trick(
        "init_globals",
        """
        class Machine:
            def __init__(self):
                self.x = 1
        def run():
            return '__builtins__' in Machine.__init__.__globals__
        """,
    ),
    trick(
        "dict_assigned",
        """
        class Machine:
            pass
        def run():
            one = Machine()
            one.__dict__ = {'__builtins__': __builtins__}
            return one.__builtins__ is not None
        """,
    ),
    trick(
        "type_makes_a_class",
        """
        def run():
            made = type('Made', (object,), {'found': property(lambda self: open('/etc/passwd').read())})
            return made().found.startswith('root:')
        """,
    ),
    trick(
        "property_function",
        """
        class Machine:
            @property
            def found(self):
                return 1
        def run():
            return '__builtins__' in Machine.found.fget.__globals__
        """,
    ),
    trick(
        "text_subclass",
        """
        class Sly(str):
            mark = 1
        def run():
            return type(invoke(Sly('a'))) is Sly
        """,
    ),
    trick(
        "super_finds_the_base",
        """
        class Machine:
            def base(self):
                return super().__init__.__objclass__
        def run():
            return len(Machine().base().__subclasses__()) > 50
        """,
    ),
)
