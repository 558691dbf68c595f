"""Format strings: attributes and items that are reached from within text."""

from tests.security.tricks.model import Trick, seen, trick

_BUILTINS = "'__builtins__' in"

TRICKS: tuple[Trick, ...] = (
    seen("format_class", "'built-in method __subclasses__' in '{0.__class__.__base__.__subclasses__}'.format(())"),
    seen("format_globals", f"{_BUILTINS} '{{0.__globals__}}'.format(run)"),
    seen("format_builtins_item", "'module' in '{0.__globals__[__builtins__]}'.format(run)[:300]"),
    seen("format_by_name", f"{_BUILTINS} '{{f.__globals__}}'.format(f=run)"),
    seen("format_code", "'code object run' in '{0.__code__}'.format(run)"),
    seen("format_self", "'module' in '{0.__self__}'.format(print)"),
    seen("format_host_secret", "'bob' in '{0.__self__.ledger}'.format(invoke)"),
    seen("format_host_globals", "'class' in '{0.__func__.__globals__}'.format(invoke)"),
    seen("format_map_secret", "'bob' in '{f.__self__.ledger[bob]}{f.__self__.ledger}'.format_map({'f': invoke})"),
    seen("format_by_str", "'method' in str.format('{0.__class__.__base__.__subclasses__}', ())"),
    seen("format_in_pieces", f"{_BUILTINS} ('{{0.__glo' + 'bals__}}').format(run)"),
    seen("format_nested", f"{_BUILTINS} '{{0.__{{1}}__}}'.replace('{{1}}', 'globals').format(run)"),
    seen("format_generator", "'<frame' in '{0.gi_frame}'.format((n for n in [1]))"),
    seen("format_repr_of_class", "'class' in '{0.__class__!r}'.format(1)"),
    seen("f_string_class", "'built-in method' in f'{().__class__.__base__.__subclasses__}'"),
    seen("f_string_walrus", "'built-in method' in f'{(found := ().__class__.__base__).__subclasses__}'"),
    seen("f_string_lambda", "f'{(lambda: __import__(\"os\").name)()}' == 'posix'"),
    trick(
        "format_of_ones_own",
        """
        class Spy:
            def __format__(self, spec):
                return 'root:' + str(len(open('/etc/passwd').read()) > 0)
        def run():
            return f'{Spy():x}' == 'root:True'
        """,
    ),
    trick(
        "mapping_gets_names",
        """
        class Spy:
            def __getitem__(self, name):
                return open(name).readline()
        def run():
            return ('%(/etc/passwd)s' % Spy()).startswith('root:')
        """,
    ),
    trick(
        "format_map_gets_names",
        """
        class Spy(dict):
            def __missing__(self, name):
                return run
        def run():
            return '__builtins__' in '{anything.__globals__}'.format_map(Spy())
        """,
    ),
    trick(
        "formatter_gets_the_object",
        """
        import string
        def run():
            found, _ = string.Formatter().get_field('0.__class__.__base__', ((),), {})
            return len(found.__subclasses__()) > 50
        """,
    ),
    trick(
        "formatter_catches_the_object",
        """
        import string
        class Taker(string.Formatter):
            def get_field(self, name, args, kwargs):
                self.found, key = super().get_field(name, args, kwargs)
                return 'x', key
        def run():
            taker = Taker()
            taker.format('{0.__globals__[__builtins__]}', run)
            return 'open' in str(taker.found)
        """,
    ),
)
