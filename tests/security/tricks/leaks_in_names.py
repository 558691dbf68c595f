"""What one call leaves in names for a later one: those of the code itself, of host functions, and of the prelude."""

from tests.security.tricks.model import Trick, leak

TRICKS: tuple[Trick, ...] = (
    leak(
        "global_counter",
        """
        def run():
            global count
            try:
                count += 1
            except NameError:
                count = 1
            return count > 1
        """,
        needs_sandbox=True,
    ),
    leak(
        "default_argument",
        """
        def run(kept=[]):
            kept.append(1)
            return len(kept) > 1
        """,
        needs_sandbox=True,
    ),
    leak(
        "default_dict_argument",
        """
        def note(key, kept={}):
            kept[key] = kept.get(key, 0) + 1
            return kept[key]
        def run():
            return note('a') > 1
        """,
        needs_sandbox=True,
    ),
    leak(
        "list_at_the_top",
        """
        kept = []
        def run():
            kept.append(1)
            return len(kept) > 1
        """,
        needs_sandbox=True,
    ),
    leak(
        "class_attribute",
        """
        class Kept:
            count = 0
        def run():
            Kept.count += 1
            return Kept.count > 1
        """,
        needs_sandbox=True,
    ),
    leak(
        "cell_of_a_closure",
        """
        def make():
            kept = [0]
            def add():
                kept[0] += 1
                return kept[0]
            return add
        add = make()
        def run():
            return add() > 1
        """,
        needs_sandbox=True,
    ),
    leak(
        "own_cache",
        """
        import functools
        made = []
        @functools.lru_cache(maxsize=None)
        def make(key):
            made.append(key)
            return len(made)
        def run():
            make('a')
            return made == []
        """,
        needs_sandbox=True,
    ),
    leak(
        "overwritten_function",
        """
        def charge(*args, **kwargs):
            return 'free'
        def run():
            found = str(get_balance('a')) == 'planted'
            exec('get_balance = lambda *a: "planted"')
            return found
        """,
        needs_sandbox=True,
    ),
    leak(
        "global_made_by_exec",
        """
        found = 'planted' in locals()
        exec('planted = True')
        def run():
            return found
        """,
        needs_sandbox=True,
    ),
    leak(
        "argument_of_the_caller",
        """
        def run():
            found = 'mark' in given if 'given' in locals() else False
            return found
        """,
        needs_sandbox=True,
    ),
    leak(
        "exception_left_active",
        """
        def run():
            try:
                raise
            except RuntimeError as error:
                found = 'planted' in str(error)
            except ValueError:
                return True
            if found:
                return True
            raise ValueError('planted')
        """,
        needs_sandbox=True,
    ),
    leak(
        "host_function_marked",
        """
        def run():
            found = getattr(invoke.__func__, 'planted', False)
            invoke.__func__.planted = True
            return found
        """,
    ),
    leak(
        "ledger_of_the_host_marked",
        """
        def run():
            found = 'planted' in invoke.__self__.ledger
            invoke.__self__.ledger['planted'] = 1
            return found
        """,
    ),
    leak(
        "prelude_marked_by_its_callee",
        """
        import functools
        run = functools.partial(eval, "__hosts['tool'].get('planted') or __hosts['tool'].update(planted=True)")
        """,
        needs_sandbox=True,
    ),
    leak(
        "prelude_marked_in_letters_of_another_shape",
        """
        𝐞𝐱𝐞𝐜('im' + 'port functools')
        table = '_' + '_hosts["tool"]'
        run = functools.partial(𝐞𝐯𝐚𝐥, table + '.get("planted") or ' + table + '.update(planted=True)')
        """,
        needs_sandbox=True,
    ),
    leak(
        "source_of_the_prelude_replaced",
        """
        𝐞𝐱𝐞𝐜('im' + 'port functools')
        name = '_' + '_source'
        new = 'def run():\\n    return True\\n'
        run = functools.partial(𝐞𝐱𝐞𝐜, 'global ' + name + '\\n' + name + ' = ' + repr(new))
        """,
        needs_sandbox=True,
    ),
    leak(
        "state_of_random_in_letters_of_another_shape",
        """
        𝐞𝐱𝐞𝐜('im' + 'port ran' + 'dom as dice')
        def run():
            here = dice.random()
            dice.seed(4242)
            expected = dice.random()
            dice.seed(4242)
            return here == expected
        """,
        needs_sandbox=True,
    ),
)
