"""Calls without parentheses, and classes that are made by code."""

from tests.security.tricks.model import Trick, trick

TRICKS: tuple[Trick, ...] = (
    trick(
        "decorators_import",
        """
        @__import__
        @(lambda function: 'os')
        def found():
            return 1
        def run():
            return hasattr(found, 'system')
        """,
    ),
    trick(
        "decorators_evaluate",
        """
        @eval
        @(lambda function: "__import__('os')")
        def found():
            return 1
        def run():
            return hasattr(found, 'system')
        """,
    ),
    trick(
        "decorators_of_a_class",
        """
        @open
        @(lambda made: '/etc/passwd')
        class found:
            pass
        def run():
            return found.readline().startswith('root:')
        """,
    ),
    trick(
        "decorators_execute",
        """
        @exec
        @(lambda function: 'import os as planted')
        def nothing():
            return 1
        def run():
            return hasattr(planted, 'system')
        """,
    ),
    trick(
        "decorator_takes_the_function",
        """
        @vars
        @type
        def found():
            return 1
        def run():
            return '__globals__' in found
        """,
    ),
    trick(
        "cached_function",
        """
        import functools
        @functools.lru_cache
        def found():
            return 1
        def run():
            return '__builtins__' in found.__wrapped__.__globals__
        """,
    ),
    trick(
        "partial_shows_its_function",
        """
        import functools
        def run():
            return functools.partial(print).func.__self__.open('/etc/passwd').readline().startswith('root:')
        """,
    ),
    trick(
        "metaclass_subscript",
        """
        class Meta(type):
            def __getitem__(cls, path):
                return open(path).readline()
        class Found(metaclass=Meta):
            pass
        def run():
            return Found['/etc/passwd'].startswith('root:')
        """,
    ),
    trick(
        "metaclass_evaluates",
        """
        class Meta(type):
            __getattr__ = lambda cls, name: __import__(name)
        class Found(metaclass=Meta):
            pass
        def run():
            return hasattr(Found.os, 'system')
        """,
    ),
    trick(
        "metaclass_that_is_a_function",
        """
        class Found(metaclass=lambda name, bases, space: open('/etc/passwd')):
            pass
        def run():
            return Found.readline().startswith('root:')
        """,
    ),
    trick(
        "prepared_namespace",
        """
        class Space(dict):
            def __missing__(self, name):
                if name.startswith('__'):
                    raise KeyError(name)
                return __import__('os')
        class Meta(type):
            @classmethod
            def __prepare__(meta, name, bases):
                return Space()
        class Found(metaclass=Meta):
            held = anything
        def run():
            return hasattr(Found.held, 'system')
        """,
    ),
    trick(
        "subclass_hook",
        """
        seen = []
        class Base:
            def __init_subclass__(cls):
                seen.append(cls.__mro__[-1].__subclasses__())
        class Below(Base):
            pass
        def run():
            return len(seen[0]) > 50
        """,
    ),
    trick(
        "set_name_hook",
        """
        seen = []
        class Hook:
            def __set_name__(self, owner, name):
                seen.append(owner.__base__.__subclasses__())
        class Owner:
            field = Hook()
        def run():
            return len(seen[0]) > 50
        """,
    ),
    trick(
        "bases_by_entries",
        """
        class Entry:
            def __mro_entries__(self, bases):
                return (bases[0].__class__.__base__, ) if False else (object, )
        class Found(Entry()):
            pass
        def run():
            return len(Found.__orig_bases__) == 1 and len(Found.__base__.__subclasses__()) > 50
        """,
    ),
    trick(
        "exception_class_evaluates",
        """
        class Machine(Exception):
            __add__ = eval
        def run():
            try:
                raise Machine
            except Machine as error:
                return hasattr(error + "__import__('os')", 'system')
        """,
    ),
    trick(
        "raise_calls_a_class",
        """
        class Machine(Exception):
            def __init__(self):
                self.found = open('/etc/passwd').readline()
        def run():
            try:
                raise Machine
            except Machine as error:
                return error.found.startswith('root:')
        """,
    ),
    trick(
        "total_ordering",
        """
        import functools
        @functools.total_ordering
        class One:
            def __lt__(self, other):
                return True
            def __eq__(self, other):
                return False
        def run():
            return '__builtins__' in One.__gt__.__globals__ or '__builtins__' in One.__lt__.__globals__
        """,
    ),
    trick(
        "dataclass_made_from_text",
        """
        import dataclasses
        def run():
            made = dataclasses.make_dataclass('Made', [('x', 'int', dataclasses.field(default=1))])
            return '__builtins__' in made.__init__.__globals__ or 'builtins' in str(made.__init__.__globals__)
        """,
    ),
    trick(
        "namedtuple_made_from_text",
        """
        import collections
        def run():
            made = collections.namedtuple('Made', 'x')
            return len(made.__mro__[-1].__subclasses__()) > 50
        """,
    ),
)
