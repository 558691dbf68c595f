"""Frames and code objects: what runs, what called it, and the globals of both."""

from tests.security.tricks.model import Trick, seen, trick

TRICKS: tuple[Trick, ...] = (
    seen("globals_of_run", "'__builtins__' in run.__globals__"),
    seen("builtins_of_run", "'open' in run.__builtins__"),
    seen("globals_of_lambda", "'__builtins__' in (lambda: 0).__globals__"),
    seen("code_of_run", "len(run.__code__.co_code) > 0"),
    seen("constants_of_run", "'needle' in run.__code__.co_consts or len(run.__code__.co_consts) > 0"),
    seen("filename_of_run", "isinstance(run.__code__.co_filename, str)"),
    seen("code_replaced", "run.__code__.replace(co_name='other').co_name == 'other'"),
    trick(
        "code_swapped",
        """
        def other():
            return True
        def victim():
            return False
        def run():
            victim.__code__ = other.__code__
            return victim()
        """,
    ),
    trick(
        "closure_cell",
        """
        def make(secret):
            def keep():
                return secret is None
            return keep
        def run():
            return make('hidden').__closure__[0].cell_contents == 'hidden'
        """,
    ),
    trick(
        "closure_cell_written",
        """
        def make(allowed):
            def ask():
                return allowed
            return ask
        def run():
            ask = make(False)
            ask.__closure__[0].cell_contents = True
            return ask()
        """,
    ),
    trick(
        "function_of_code",
        """
        def run():
            build = type(run)
            return len(build(run.__code__, {'__builtins__': {}}).__code__.co_code) > 0
        """,
    ),
    seen("frame_of_sys", "'__builtins__' in sys._getframe().f_globals", "sys"),
    seen("frame_behind", "sys._getframe(1).f_code.co_name != ''", "sys"),
    seen("frame_of_inspect", "inspect.currentframe().f_back is not None", "inspect"),
    seen("stack_of_inspect", "len(inspect.stack()) > 1", "inspect"),
    seen("frames_of_all_threads", "len(sys._current_frames()) > 0", "sys"),
    seen("walk_stack", "len(list(traceback.walk_stack(None))) > 1", "traceback"),
    trick(
        "traceback_frame",
        """
        def run():
            try:
                1 / 0
            except ZeroDivisionError as error:
                return '__builtins__' in error.__traceback__.tb_frame.f_globals
        """,
    ),
    trick(
        "traceback_frame_behind",
        """
        def run():
            try:
                raise ValueError('x')
            except ValueError as error:
                return error.__traceback__.tb_frame.f_back.f_code.co_name != ''
        """,
    ),
    trick(
        "traceback_of_exc_info",
        """
        import sys
        def run():
            try:
                [][1]
            except IndexError:
                return '__builtins__' in sys.exc_info()[2].tb_frame.f_globals
        """,
    ),
    trick(
        "traceback_of_context",
        """
        def run():
            try:
                try:
                    {}['a']
                except KeyError:
                    [][1]
            except IndexError as error:
                return '__builtins__' in error.__context__.__traceback__.tb_frame.f_globals
        """,
    ),
    trick(
        "traceback_of_cause",
        """
        def run():
            try:
                try:
                    {}['a']
                except KeyError as first:
                    raise ValueError('b') from first
            except ValueError as error:
                return '__builtins__' in error.__cause__.__traceback__.tb_frame.f_globals
        """,
    ),
    trick(
        "object_of_attribute_error",
        """
        def run():
            try:
                print.nothing
            except AttributeError as error:
                return hasattr(error.obj.__self__, 'open')
        """,
    ),
    trick(
        "frame_of_exit",
        """
        class Door:
            def __enter__(self):
                return self
            def __exit__(self, kind, error, trace):
                self.trace = trace
                return True
        def run():
            door = Door()
            with door:
                1 / 0
            return '__builtins__' in door.trace.tb_frame.f_globals
        """,
    ),
    trick(
        "frame_of_host_refusal",
        """
        def run():
            try:
                invoke('missing')
            except Exception as error:
                return error.__traceback__.tb_next.tb_frame.f_code.co_name == 'invoke'
        """,
    ),
    trick(
        "tracer",
        """
        import sys
        def run():
            seen = []
            sys.settrace(lambda frame, event, arg: seen.append(frame))
            (lambda: 0)()
            sys.settrace(None)
            return '__builtins__' in seen[0].f_globals
        """,
    ),
    trick(
        "profiler",
        """
        import sys
        def run():
            seen = []
            sys.setprofile(lambda frame, event, arg: seen.append(frame))
            (lambda: 0)()
            sys.setprofile(None)
            return '__builtins__' in seen[0].f_globals
        """,
    ),
    trick(
        "audit_hook",
        """
        import sys
        def run():
            seen = []
            sys.addaudithook(lambda event, args: seen.append(event))
            compile('1', 'x', 'eval')
            return 'compile' in seen
        """,
    ),
    seen(
        "collector",
        "any(hasattr(one, 'get') and '__import__' in one for one in gc.get_objects() if type(one) is dict)",
        "gc",
    ),
    seen("referrers_of_run", "any('__builtins__' in one for one in gc.get_referrers(run) if type(one) is dict)", "gc"),
    seen("referents_of_print", "len(gc.get_referents(print)) > 0", "gc"),
    seen("code_by_marshal", "marshal.loads(marshal.dumps(run.__code__)).co_name == 'run'", "marshal"),
    seen("instructions", "len(list(dis.get_instructions(run))) > 0", "dis"),
    trick(
        "code_of_compile",
        """
        def run():
            code = compile('found = __import__("os")', '<x>', 'exec')
            space = {}
            exec(code, space)
            return hasattr(space['found'], 'system')
        """,
    ),
    seen("current_frame_of_logging", "logging.currentframe().f_code.co_name != ''", "logging"),
    trick(
        "locals_written_through_a_frame",
        """
        import sys
        def run():
            sys._getframe().f_globals['planted_here'] = True
            return planted_here
        """,
    ),
    seen("defaults_written", "setattr(run, '__defaults__', (1,)) is None and run.__defaults__ == (1,)"),
    trick(
        "trace_of_the_prelude",
        """
        def run():
            try:
                raise ValueError('x')
            except ValueError as error:
                trace = error.__traceback__
                while trace.tb_frame.f_back is not None:
                    return '__hosts' in trace.tb_frame.f_back.f_globals
        """,
        needs_sandbox=True,
    ),
)
