"""Walks along attributes: from any value to its class, from there to all classes, from one of them to the system."""

from tests.security.tricks.model import Trick, seen, trick

_FIND = """
def find(classes):
    for one in classes:
        if one.__name__ == '_wrap_close':
            return one
    return None
"""

TRICKS: tuple[Trick, ...] = (
    seen("dunder_import", "hasattr(__import__('os'), 'system')"),
    trick(
        "builtins_name",
        """
        def run():
            found = __builtins__
            fetch = found['__import__'] if isinstance(found, dict) else found.__import__
            return hasattr(fetch('os'), 'system')
        """,
    ),
    seen("builtins_of_globals", "'__import__' in str(globals()['__builtins__'])"),
    trick(
        "builtins_by_subscript",
        """
        def run():
            try:
                return __builtins__['open']('/etc/passwd').read().startswith('root:')
            except TypeError:
                return getattr(__builtins__, 'open')('/etc/passwd').read().startswith('root:')
        """,
    ),
    seen("subclasses_of_object", "len(().__class__.__base__.__subclasses__()) > 50"),
    seen("subclasses_by_mro", "len([].__class__.__mro__[-1].__subclasses__()) > 50"),
    seen("subclasses_by_bases", "len({}.__class__.__bases__[0].__subclasses__()) > 50"),
    seen("subclasses_by_type_call", "len(type.__subclasses__(object)) > 50"),
    seen("subclasses_by_mro_call", "len(type.mro(int)[1].__subclasses__()) > 50"),
    seen("subclasses_by_type_of_type", "len(type(type(1)).__subclasses__(object)) > 50"),
    seen("subclasses_by_dict", "len(type.__dict__['__subclasses__'](object)) > 50"),
    seen("subclasses_by_exception", "len(ValueError().__class__.__mro__[-1].__subclasses__()) > 50"),
    seen("subclasses_by_text", "len(''.__class__.__base__.__subclasses__()) > 50"),
    seen("subclasses_by_ellipsis", "len((...).__class__.__base__.__subclasses__()) > 50"),
    seen("subclasses_by_function", "len(run.__class__.__base__.__subclasses__()) > 50"),
    seen("subclasses_by_slice", "len(slice(1).__class__.__base__.__subclasses__()) > 50"),
    trick(
        "names_in_pieces",
        """
        def run():
            base = getattr(getattr((), '__cl' + 'ass__'), '__ba' + 'se__')
            return len(getattr(base, '__subcl' + 'asses__')()) > 50
        """,
    ),
    trick(
        "names_backwards",
        """
        def run():
            base = getattr(getattr((), '__ssalc__'[::-1]), '__esab__'[::-1])
            return len(getattr(base, '__sessalcbus__'[::-1])()) > 50
        """,
    ),
    trick(
        "names_from_numbers",
        """
        def run():
            name = ''.join([chr(n) for n in (95, 95, 99, 108, 97, 115, 115, 95, 95)])
            found = getattr((), name)
            return len(found.__mro__[1].__subclasses__()) > 50
        """,
    ),
    trick(
        "wrap_close",
        _FIND + "def run():\n    return callable(find(object.__subclasses__()).__init__.__globals__['system'])",
    ),
    trick(
        "catch_warnings",
        """
        import warnings
        def run():
            for one in object.__subclasses__():
                if one.__name__ == 'catch_warnings':
                    return 'open' in one()._module.__builtins__
            return False
        """,
    ),
    trick(
        "loader_among_the_classes",
        """
        def run():
            for one in object.__subclasses__():
                if one.__name__ == 'BuiltinImporter':
                    return hasattr(one.load_module('posix'), 'system')
            return False
        """,
    ),
    seen("self_of_print", "hasattr(print.__self__.__import__('os'), 'system')"),
    seen("self_of_len", "len.__self__.open('/etc/passwd').read().startswith('root:')"),
    seen("self_by_getattr", "hasattr(getattr(getattr(abs, '__self__'), '__import__')('os'), 'system')"),
    seen("module_of_builtin", "hasattr(__import__(print.__module__).__import__('os'), 'system')"),
    seen("getattribute_of_object", "'open' in object.__getattribute__(run, '__builtins__')"),
    seen("getattribute_of_type", "len(type.__getattribute__(object, '__subclasses__')()) > 50"),
    seen("vars_of_builtins", "'exec' in (__builtins__ if isinstance(__builtins__, dict) else vars(__builtins__))"),
    seen("loader_name", "hasattr(__loader__.load_module('posix'), 'system')"),
    seen("spec_name", "hasattr(print.__self__.__spec__.loader.load_module('posix'), 'system')"),
    seen("build_class", "callable(print.__self__.__build_class__)"),
    seen("reduce_of_number", "'__builtins__' in (1).__reduce_ex__(2)[0].__globals__"),
    seen("reduce_of_text", "hasattr('a'.__reduce_ex__(2)[0].__globals__['__builtins__'], '__len__')"),
    seen("method_wrapper", "len(().__init__.__objclass__.__subclasses__()) > 50"),
    seen("exceptions_subclasses", "len(BaseException.__subclasses__()) > 2"),
    seen("wide_letters_class", "len(().__ｃｌａｓｓ__.__ｂａｓｅ__.__subclasses__()) > 50"),
    seen("bold_letters_eval", "𝐞𝐯𝐚𝐥('__import__(\"os\")').name == 'posix'"),
    seen("italic_letters_open", "𝘰𝘱𝘦𝘯('/etc/passwd').read().startswith('root:')"),
    seen("double_struck_import", "hasattr(__𝕚𝕞𝕡𝕠𝕣𝕥__('os'), 'system')"),
    seen("long_s_in_class", "len(().__claſs__.__baſe__.__subclasses__()) > 50"),
    trick(
        "pattern_takes_class",
        """
        def run():
            match ():
                case object(__class__=found):
                    return len(found.__base__.__subclasses__()) > 50
            return False
        """,
    ),
    trick(
        "pattern_takes_all",
        """
        def run():
            match print:
                case object(__self__=object(__import__=fetch)):
                    return hasattr(fetch('os'), 'system')
            return False
        """,
    ),
    trick(
        "walk_of_everything",
        """
        def run():
            seen, todo = [], [print]
            while todo and len(seen) < 200:
                one = todo.pop(0)
                seen.append(one)
                for name in ('__self__', '__class__', '__base__', '__globals__', '__builtins__', '__import__'):
                    found = getattr(one, name, None)
                    if name == '__import__' and found is not None:
                        return hasattr(found('os'), 'system')
                    if found is not None:
                        todo.append(found)
            return False
        """,
    ),
    trick(
        "getattr_with_default_as_probe",
        """
        def run():
            names = ('__class__', '__dict__', '__module__', '__self__')
            found = [n for n in names if getattr(len, n, None) is not None]
            return '__self__' in found and hasattr(len.__self__, 'open')
        """,
    ),
    seen("dir_of_run", "'__globals__' in dir(run) and '__builtins__' in run.__globals__"),
    seen("type_of_builtins", "hasattr(type(print)('x') if False else print.__self__, 'compile')"),
)
