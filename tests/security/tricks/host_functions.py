"""Host functions: reaching what is behind them, handing them what they do not expect, and calling those of others."""

from engine.sandbox.types import Kind
from tests.security.tricks.model import Trick, seen, trick

_OTHERS = ("observe", "sleep", "sleep_until", "sleep_until_event", "remember", "recall", "request_capability")

TRICKS: tuple[Trick, ...] = (
    seen("self_of_invoke", "'bob' in invoke.__self__.ledger"),
    seen("self_by_getattr_of_charge", "'bob' in getattr(charge, '__se' + 'lf__').ledger"),
    seen("globals_of_invoke", "'Host' in invoke.__func__.__globals__"),
    seen("globals_of_act", "'__builtins__' in act.__func__.__globals__"),
    seen("code_of_charge", "len(charge.__code__.co_varnames) > 0"),
    seen("class_of_host", "hasattr(invoke.__self__.__class__, 'invoke')"),
    seen("vars_of_host", "'ledger' in vars(invoke.__self__)"),
    seen("dict_of_host", "'ledger' in invoke.__self__.__dict__"),
    seen("method_of_invoke", "hasattr(invoke.__get__, '__self__')"),
    seen("reduce_of_invoke", "'invoke' in invoke.__reduce__()[1]"),
    seen("defaults_of_invoke", "hasattr(invoke.__func__, '__defaults__')"),
    seen("type_of_invoke_makes_methods", "type(invoke)(print, 1)() is None"),
    seen("referents_of_invoke", "any([hasattr(one, 'ledger') for one in gc.get_referents(invoke)])", "gc"),
    seen("frame_walk_from_host", "hasattr(invoke.__self__, 'frame') or 'ledger' in dir(invoke.__self__)"),
    trick(
        "ledger_written",
        """
        def run():
            invoke.__self__.ledger['alice'] = 10**6
            return get_balance('alice') == 10**6
        """,
    ),
    trick(
        "reply_is_the_hosts_own",
        """
        def run():
            get_artifact_info('thing')['owner'] = 'alice'
            return get_artifact_info('thing').get('owner') == 'alice'
        """,
    ),
    trick(
        "argument_comes_back_itself",
        """
        def run():
            mine = ['x']
            return invoke(mine) is mine
        """,
    ),
    trick(
        "argument_is_written_by_the_host",
        """
        def run():
            mine = []
            back = invoke(mine)
            back.append(1)
            return mine == [1]
        """,
    ),
    trick(
        "function_is_called_by_the_host",
        """
        def run():
            seen = []
            back = invoke(lambda: seen.append(1))
            back()
            return seen == [1]
        """,
    ),
    trick(
        "object_comes_back_alive",
        """
        class Mine:
            def __init__(self):
                self.secret = 'kept'
        def run():
            return invoke(Mine()).secret == 'kept'
        """,
    ),
    trick(
        "host_asks_for_text",
        """
        class Sly:
            def __str__(self):
                seen.append(1)
                return 'missing'
        seen = []
        def run():
            charge(Sly())
            return seen == [1]
        """,
    ),
    trick(
        "host_asks_for_text_with_its_frame",
        """
        import sys
        class Sly:
            def __str__(self):
                seen.append(sys._getframe(1).f_locals['self'])
                return 'x'
        seen = []
        def run():
            charge(Sly())
            return 'bob' in seen[0].ledger
        """,
    ),
    trick(
        "iterator_is_drawn_by_the_host",
        """
        def run():
            drawn = []
            back = invoke((drawn.append(n) for n in range(3)))
            return next(back) is None and drawn == [0] and not isinstance(back, list)
        """,
    ),
    trick(
        "refusal_shows_the_host",
        """
        def run():
            try:
                invoke('missing')
            except RuntimeError:
                return False
            except Exception as error:
                return type(error).__name__ == 'KeyError'
        """,
    ),
    trick(
        "refusal_has_a_cause",
        """
        def run():
            try:
                invoke('missing')
            except Exception as error:
                return error.__traceback__.tb_next is not None
        """,
    ),
    trick(
        "name_of_host_function_rebound",
        """
        def run():
            fake = lambda *args, **kwargs: 'free'
            run.__globals__['charge'] = fake
            return charge(5) == 'free' and '__builtins__' in run.__globals__
        """,
    ),
    trick(
        "caller_is_said_anew",
        """
        def run():
            return invoke('a', caller='bob') == 'bob' or invoke('a', **{'caller': 'bob'}) == 'bob'
        """,
    ),
    trick(
        "names_of_all_who_call",
        """
        import gc
        def run():
            hosts = [one for one in gc.get_objects() if type(one).__name__ == 'Host']
            return hosts[0].ledger['bob'] == 500
        """,
    ),
    trick(
        "contract_calls_act",
        """
        def run():
            return act({'type': 'transfer', 'to': 'alice', 'amount': 5}) is not None
        """,
        Kind.CONTRACT,
        needs_sandbox=True,
    ),
    *(
        trick(f"tool_calls_{name}", f"def run():\n    {name}(1)\n    return True", needs_sandbox=True)
        for name in _OTHERS
    ),
    *(
        trick(
            f"program_calls_{name}",
            f"def run():\n    {name}('a', 'b')\n    return True",
            Kind.PROGRAM,
            needs_sandbox=True,
        )
        for name in ("invoke", "charge")
    ),
    trick(
        "host_call_by_a_name_in_pieces",
        """
        def run():
            return eval('obs' + 'erve')() is not None
        """,
        needs_sandbox=True,
    ),
    trick(
        "host_name_as_attribute",
        """
        class Mine:
            pass
        def run():
            one = Mine()
            return one.observe(1) is not None
        """,
        needs_sandbox=True,
    ),
)
