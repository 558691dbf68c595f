"""Imports: modules of the system, modules that hold them under another name, and the machinery of importing itself."""

from tests.security.tricks.model import Trick, seen, trick

_HELD = {
    "os_in_random": ("random", "random._os.system"),
    "sys_in_typing": ("typing", "typing.sys.modules['os'].system"),
    "sys_in_dataclasses": ("dataclasses", "dataclasses.sys.modules['os'].system"),
    "builtins_in_dataclasses": ("dataclasses", "dataclasses.builtins.open"),
    "inspect_in_dataclasses": ("dataclasses", "dataclasses.inspect.os.system"),
    "codecs_in_json": ("json", "json.codecs.builtins.open"),
    "decoder_in_json": ("json", "json.decoder.scanner.re.enum.sys.modules['os'].system"),
    "enum_in_re": ("re", "re.enum.sys.modules['os'].system"),
    "copyreg_in_re": ("re", "re.copyreg.__builtins__['open']"),
    "io_in_csv": ("csv", "csv.__builtins__['open']"),
    "sys_in_collections": ("collections", "collections._sys.modules['os'].system"),
    "loader_of_abc_in_collections": ("collections.abc", "collections.abc.__loader__"),
    "builtins_in_functools": ("functools", "functools.__builtins__['open']"),
    "builtins_in_base64": ("base64", "base64.__builtins__['open']"),
    "sys_in_datetime": ("datetime", "datetime.sys.modules['os'].system"),
    "builtins_in_hashlib": ("hashlib", "hashlib.__builtins__['open']"),
    "os_in_pathlib": ("pathlib", "pathlib.os.system"),
    "io_in_pathlib": ("pathlib", "pathlib.io.open"),
    "os_in_posixpath": ("posixpath", "posixpath.os.system"),
    "sys_in_asyncio": ("asyncio", "asyncio.sys.modules['os'].system"),
    "socket_in_asyncio": ("asyncio.base_events", "asyncio.base_events.socket.socket"),
    "parser_in_tomllib": ("tomllib", "tomllib._parser.__builtins__['open']"),
}

_DIRECT = {
    "import_os": ("os", "hasattr(os, 'system')"),
    "import_posix": ("posix", "hasattr(posix, 'system')"),
    "import_sys": ("sys", "hasattr(sys.modules['os'], 'system')"),
    "import_subprocess": ("subprocess", "hasattr(subprocess, 'Popen')"),
    "import_builtins": ("builtins", "hasattr(builtins, 'exec')"),
    "import_importlib": ("importlib", "hasattr(importlib.import_module('os'), 'system')"),
    "import_ctypes": ("ctypes", "ctypes.CDLL(None).getpid() > 0"),
    "import_io": ("io", "io.open('/etc/passwd').read().startswith('root:')"),
    "import_underscore_io": ("_io", "_io.FileIO('/etc/passwd').read().startswith(b'root:')"),
    "import_codecs": ("codecs", "codecs.open('/etc/passwd').read().startswith('root:')"),
    "import_gc": ("gc", "len(gc.get_objects()) > 100"),
    "import_inspect": ("inspect", "hasattr(inspect.os, 'system')"),
    "import_types": ("types", "hasattr(types, 'FunctionType')"),
    "import_socket": ("socket", "len(socket.gethostname()) > 0"),
    "import_threading": ("threading", "threading.main_thread().ident > 0"),
    "import_signal": ("signal", "signal.getsignal(signal.SIGINT) is not None"),
    "import_shutil": ("shutil", "shutil.which('sh') is not None"),
    "import_pty": ("pty", "hasattr(pty, 'spawn')"),
    "import_pkgutil": ("pkgutil", "hasattr(pkgutil.resolve_name('os'), 'system')"),
    "import_runpy": ("runpy", "hasattr(runpy.sys.modules['os'], 'system')"),
    "import_code": ("code", "hasattr(code, 'InteractiveInterpreter')"),
    "import_pdb": ("pdb", "hasattr(pdb, 'Pdb')"),
    "import_zipimport": ("zipimport", "hasattr(zipimport, 'zipimporter')"),
    "import_multiprocessing": ("multiprocessing", "multiprocessing.cpu_count() > 0"),
    "import_platform": ("platform", "len(platform.uname().release) > 0"),
    "import_engine": ("engine.sandbox.broker", "hasattr(engine.sandbox.broker, 'Broker')"),
    "import_monty": ("pydantic_monty", "hasattr(pydantic_monty, 'Monty')"),
    "pickle_calls": ("pickle", "pickle.loads(b'cos\\ngetpid\\n(tR.') > 0"),
    "pydoc_locates": ("pydoc", "hasattr(pydoc.locate('os'), 'system')"),
}

TRICKS: tuple[Trick, ...] = (
    *(seen(name, evidence, module) for name, (module, evidence) in _DIRECT.items()),
    *(seen(name, f"{path} is not None", module) for name, (module, path) in _HELD.items()),
    seen("loader_of_math", "hasattr(math.__loader__, '__class__') and math.__spec__ is not None", "math"),
    seen("finder_of_json", "hasattr(json.__spec__.loader.load_module('json'), 'dumps')", "json"),
    trick("import_with_another_name", "import os as calm\ndef run():\n    return hasattr(calm, 'popen')"),
    trick("import_from", "from os import system\ndef run():\n    return callable(system)"),
    trick("import_star", "from os import *\ndef run():\n    return callable(system)"),
    trick("import_wide_letters", "import ｏｓ\ndef run():\n    return hasattr(ｏｓ, 'system')"),
    trick("import_inside", "def run():\n    from subprocess import check_output\n    return callable(check_output)"),
    trick("import_in_pieces", "def run():\n    return hasattr(__import__('o' + 's'), 'system')"),
    trick("import_by_loop", "def run():\n    return any([hasattr(__import__(n), 'system') for n in ('os', 'posix')])"),
    trick(
        "folder_of_imports",
        """
        import sys
        import tempfile
        def run():
            folder = tempfile.mkdtemp()
            with open(folder + '/planted_module.py', 'w') as file:
                file.write('import os')
            sys.path.insert(0, folder)
            import planted_module
            return hasattr(planted_module.os, 'system')
        """,
    ),
    trick(
        "finder_of_ones_own",
        """
        import sys
        def run():
            seen = []
            class Finder:
                def find_spec(self, name, path, target=None):
                    seen.append(name)
            sys.meta_path.insert(0, Finder())
            try:
                import no_such_module_at_all
            except ImportError:
                return seen == ['no_such_module_at_all']
        """,
    ),
    trick(
        "module_made_by_type",
        """
        import math
        def run():
            made = type(math)('made')
            exec('import os', made.__dict__)
            return hasattr(made.os, 'system')
        """,
    ),
    trick(
        "operator_walks",
        """
        import operator
        def run():
            return len(operator.attrgetter('__class__.__base__.__subclasses__')(())()) > 50
        """,
    ),
    trick(
        "relative_import",
        """
        __package__ = 'os'
        __name__ = 'os'
        def run():
            from . import path
            return hasattr(path, 'join')
        """,
    ),
)
