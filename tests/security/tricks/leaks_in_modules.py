"""What one call leaves in modules for a later one: each looks for what was planted, and plants it if it is missing."""

from tests.security.tricks.model import Trick, leak


def _on_a_module(name: str, module: str, holder: str) -> Trick:
    return leak(
        name,
        f"""
        import {module}
        def run():
            found = hasattr({holder}, 'planted_by_ecosim')
            {holder}.planted_by_ecosim = True
            return found
        """,
    )


_HOLDERS = {
    "math": ("math", "math"),
    "json": ("json", "json"),
    "re": ("re", "re"),
    "random": ("random", "random"),
    "collections": ("collections", "collections"),
    "functools": ("functools", "functools"),
    "itertools": ("itertools", "itertools"),
    "datetime": ("datetime", "datetime"),
    "time": ("time", "time"),
    "copy": ("copy", "copy"),
    "sys": ("sys", "sys"),
    "os": ("os", "os"),
    "encoder_class": ("json", "json.JSONEncoder"),
    "function_of_json": ("json", "json.dumps"),
    "user_dict_class": ("collections", "collections.UserDict"),
    "path_class": ("pathlib", "pathlib.PurePath"),
}

TRICKS: tuple[Trick, ...] = (
    *(_on_a_module(f"attribute_of_{name}", module, holder) for name, (module, holder) in _HOLDERS.items()),
    leak(
        "state_of_random",
        """
        import random
        def run():
            here = random.random()
            random.seed(4242)
            expected = random.random()
            random.seed(4242)
            return here == expected
        """,
    ),
    leak(
        "precision_of_decimal",
        """
        import decimal
        def run():
            found = decimal.getcontext().prec == 7
            decimal.getcontext().prec = 7
            return found
        """,
    ),
    leak(
        "rounding_of_decimal",
        """
        import decimal
        def run():
            found = decimal.getcontext().rounding == decimal.ROUND_UP
            decimal.getcontext().rounding = decimal.ROUND_UP
            return found
        """,
    ),
    leak(
        "dialect_of_csv",
        """
        import csv
        def run():
            found = 'planted' in csv.list_dialects()
            csv.register_dialect('planted', delimiter=';')
            return found
        """,
    ),
    leak(
        "field_size_of_csv",
        """
        import csv
        def run():
            return csv.field_size_limit(12_345) == 12_345
        """,
    ),
    leak(
        "working_directory",
        """
        import os
        import tempfile
        def run():
            found = os.getcwd() == tempfile.gettempdir()
            os.chdir(tempfile.gettempdir())
            return found
        """,
    ),
    leak(
        "environment",
        """
        import os
        def run():
            found = os.environ.get('PLANTED_BY_ECOSIM') == 'yes'
            os.environ['PLANTED_BY_ECOSIM'] = 'yes'
            return found
        """,
    ),
    leak(
        "module_table",
        """
        import sys
        def run():
            found = 'planted_by_ecosim' in sys.modules
            sys.modules['planted_by_ecosim'] = sys
            return found
        """,
    ),
    leak(
        "recursion_limit",
        """
        import sys
        def run():
            found = sys.getrecursionlimit() == 1_234
            sys.setrecursionlimit(1_234)
            return found
        """,
    ),
    leak(
        "folders_of_imports",
        """
        import sys
        def run():
            found = '/planted/by/ecosim' in sys.path
            sys.path.append('/planted/by/ecosim')
            return found
        """,
    ),
    leak(
        "file_left_behind",
        """
        import os
        import tempfile
        def run():
            found = any([name.startswith('ecosim-left-') for name in os.listdir(tempfile.gettempdir())])
            tempfile.mkstemp(prefix='ecosim-left-')
            return found
        """,
    ),
    leak(
        "builtins_grow",
        """
        def run():
            space = print.__self__
            found = hasattr(space, 'planted_by_ecosim')
            space.planted_by_ecosim = True
            return found
        """,
    ),
    leak(
        "builtin_replaced",
        """
        def run():
            space = print.__self__
            found = space.abs(-1) == 'planted'
            space.abs = lambda number: 'planted'
            return found
        """,
    ),
    leak(
        "error_handler_of_codecs",
        """
        import codecs
        def run():
            try:
                codecs.lookup_error('planted')
                return True
            except LookupError:
                codecs.register_error('planted', lambda error: ('', 0))
                return False
        """,
    ),
    leak(
        "logger",
        """
        import logging
        def run():
            found = logging.getLogger('planted').level == 17
            logging.getLogger('planted').setLevel(17)
            return found
        """,
    ),
    leak(
        "thread_that_stays",
        """
        import threading
        def run():
            found = any([one.name == 'planted' for one in threading.enumerate()])
            threading.Thread(target=threading.Event().wait, args=(30,), name='planted', daemon=True).start()
            return found
        """,
    ),
    leak(
        "object_found_by_the_collector",
        """
        import gc
        class Planted:
            pass
        def run():
            found = any([type(one).__name__ == 'Planted' and one is not None for one in gc.get_objects()])
            one = Planted()
            one.itself = one
            return found
        """,
    ),
    leak(
        "registry_of_abstract_classes",
        """
        import numbers
        def run():
            found = isinstance('x', numbers.Number)
            numbers.Number.register(str)
            return found
        """,
    ),
    leak(
        "pickling_table",
        """
        import copyreg
        def run():
            found = complex in copyreg.dispatch_table and copyreg.dispatch_table.get(slice) is not None
            copyreg.dispatch_table[slice] = lambda one: (slice, (1,))
            return found
        """,
    ),
    leak(
        "filters_of_warnings",
        """
        import warnings
        def run():
            found = any([one[0] == 'ignore' and one[4] == 4_242 for one in warnings.filters])
            warnings.filterwarnings('ignore', lineno=4_242)
            return found
        """,
    ),
    leak(
        "standard_output",
        """
        import sys
        def run():
            found = hasattr(sys.stdout, 'planted_by_ecosim')
            sys.stdout.planted_by_ecosim = True
            return found
        """,
    ),
    leak(
        "context_variable",
        """
        import contextvars
        import math
        def run():
            found = [value for one, value in contextvars.copy_context().items() if one.name == 'planted']
            contextvars.ContextVar('planted').set('yes')
            return found == ['yes'] or 'yes' in found
        """,
    ),
)
