"""Generators and coroutines: they carry their frames with them, and loops carry half of the system."""

from tests.security.tricks.model import Trick, seen, trick

TRICKS: tuple[Trick, ...] = (
    seen("generator_frame", "'__builtins__' in (n for n in [1]).gi_frame.f_globals"),
    seen("generator_code", "len((n for n in [1]).gi_code.co_code) > 0"),
    trick(
        "generator_frame_behind",
        """
        def run():
            found = []
            def make():
                yield found.append(made.gi_frame.f_back)
            made = make()
            list(made)
            return '__builtins__' in found[0].f_globals
        """,
    ),
    trick(
        "generator_frames_to_the_end",
        """
        def run():
            def make():
                frame = made.gi_frame
                while frame.f_back:
                    frame = frame.f_back
                yield frame
            made = make()
            return '__builtins__' in next(made).f_globals
        """,
    ),
    trick(
        "generator_expression_frame_behind",
        """
        def run():
            made = (made.gi_frame.f_back.f_back for _ in [1])
            return next(made) is not None or '__builtins__' in (n for n in [1]).gi_frame.f_globals
        """,
    ),
    trick(
        "yield_from_frame",
        """
        def inner():
            yield 1
        def outer():
            yield from inner()
        def run():
            made = outer()
            next(made)
            return '__builtins__' in made.gi_yieldfrom.gi_frame.f_globals
        """,
    ),
    trick(
        "thrown_into_a_generator",
        """
        def make():
            try:
                yield 1
            except ValueError as error:
                yield error.__traceback__.tb_frame.f_globals
        def run():
            made = make()
            next(made)
            return '__builtins__' in made.throw(ValueError('x'))
        """,
    ),
    trick(
        "coroutine_frame",
        """
        async def wait():
            return 1
        def run():
            made = wait()
            found = '__builtins__' in made.cr_frame.f_globals
            made.close()
            return found
        """,
    ),
    trick(
        "coroutine_code",
        """
        async def wait():
            return 1
        def run():
            made = wait()
            name = made.cr_code.co_name
            made.close()
            return name == 'wait'
        """,
    ),
    trick(
        "coroutine_driven_by_hand",
        """
        async def wait():
            return open('/etc/passwd').readline()
        def run():
            try:
                wait().send(None)
            except StopIteration as done:
                return done.value.startswith('root:')
        """,
    ),
    trick(
        "async_generator_frame",
        """
        async def make():
            yield 1
        def run():
            return '__builtins__' in make().ag_frame.f_globals
        """,
    ),
    trick(
        "loop_runs_a_reader",
        """
        import asyncio
        async def read():
            return open('/etc/passwd').readline()
        def run():
            return asyncio.run(read()).startswith('root:')
        """,
    ),
    trick(
        "loop_runs_in_a_thread",
        """
        import asyncio
        async def read():
            return await asyncio.to_thread(lambda: open('/etc/passwd').readline())
        def run():
            return asyncio.run(read()).startswith('root:')
        """,
    ),
    trick(
        "loop_gathers_readers",
        """
        import asyncio
        async def read(path):
            return open(path).readline()
        async def both():
            return await asyncio.gather(read('/etc/passwd'), read('/etc/group'))
        def run():
            return asyncio.run(both())[0].startswith('root:')
        """,
    ),
    trick(
        "loop_starts_a_process",
        """
        import asyncio
        async def start():
            made = await asyncio.create_subprocess_exec('id', stdout=asyncio.subprocess.PIPE)
            return await made.stdout.read()
        def run():
            return b'uid=' in asyncio.run(start())
        """,
    ),
    trick(
        "frame_of_the_task",
        """
        import asyncio
        async def look():
            return asyncio.current_task().get_coro().cr_frame.f_code.co_name
        def run():
            return asyncio.run(look()) == 'look'
        """,
    ),
    trick(
        "loop_itself",
        """
        import asyncio
        async def look():
            return hasattr(asyncio.get_running_loop(), '_selector')
        def run():
            return asyncio.run(look())
        """,
    ),
    trick(
        "loop_clock",
        """
        import asyncio
        async def look():
            first = asyncio.get_running_loop().time()
            await asyncio.sleep(0.01)
            return asyncio.get_running_loop().time() > first
        def run():
            return asyncio.run(look())
        """,
    ),
    trick(
        "host_call_awaited",
        """
        import asyncio
        async def ask():
            return await asyncio.gather(now(), get_balance('bob'))
        def run():
            try:
                return asyncio.run(ask()) is None
            except TypeError as error:
                return error.__traceback__.tb_frame.f_globals is not None
        """,
    ),
    trick(
        "async_function_as_entry",
        """
        async def run():
            return open('/etc/passwd').readline().startswith('root:')
        """,
        needs_sandbox=True,
    ),
    trick(
        "context_manager_of_a_generator",
        """
        import contextlib
        @contextlib.contextmanager
        def door():
            yield
        def run():
            return '__builtins__' in door().gen.gi_frame.f_globals
        """,
    ),
    trick(
        "callback_later",
        """
        import asyncio
        async def wait():
            seen = []
            asyncio.get_running_loop().call_soon(lambda: seen.append(open('/etc/passwd').readline()))
            await asyncio.sleep(0)
            return seen
        def run():
            return asyncio.run(wait())[0].startswith('root:')
        """,
    ),
)
