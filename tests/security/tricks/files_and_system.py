"""Files, processes, the environment and the clock of the machine."""

from tests.security.tricks.model import Trick, seen, trick

_ROOT = ".startswith('root:')"
_ROOT_BYTES = ".startswith(b'root:')"

_READS = {
    "open_passwd": f"open('/etc/passwd').read(){_ROOT}",
    "open_bytes": f"open('/etc/passwd', 'rb').read(){_ROOT_BYTES}",
    "open_by_bytes_path": f"open(b'/etc/passwd').read(){_ROOT}",
    "open_with_dots": f"open('/tmp/../etc/passwd').read(){_ROOT}",
    "open_with_double_slash": f"open('//etc//passwd').read(){_ROOT}",
    "open_by_proc_root": f"open('/proc/self/root/etc/passwd').read(){_ROOT}",
    "open_by_proc_cwd": f"open('/proc/self/cwd/../../../../../../../../etc/passwd').read(){_ROOT}",
    "open_relative": f"open('../../../../../../../../../../etc/passwd').read(){_ROOT}",
    "open_environment": "len(open('/proc/self/environ', 'rb').read()) > 0",
    "open_memory_map": "'[stack]' in open('/proc/self/maps').read()",
    "open_command_line": "len(open('/proc/self/cmdline', 'rb').read()) > 0",
    "open_hostname": "len(open('/proc/sys/kernel/hostname').read()) > 0",
    "open_status_of_parent": "'Name:' in open('/proc/1/status').read()",
    "open_loadavg": "len(open('/proc/loadavg').read()) > 0",
    "open_descriptor": "hasattr(open(0, closefd=False), 'fileno')",
    "open_random_device": "len(open('/dev/urandom', 'rb').read(4)) == 4",
    "open_lines": "any([line.startswith('root:') for line in open('/etc/passwd')])",
}

_CALLS = {
    "os_open": ("os", f"os.read(os.open('/etc/passwd', os.O_RDONLY), 10){_ROOT_BYTES}"),
    "os_popen": ("os", "'uid=' in os.popen('id').read()"),
    "os_system": ("os", "os.system('true') == 0"),
    "os_listdir": ("os", "'etc' in os.listdir('/')"),
    "os_scandir": ("os", "'etc' in [one.name for one in os.scandir('/')]"),
    "os_environ": ("os", "len(os.environ) > 0"),
    "os_environ_get": ("os", "os.environ.get('PATH') is not None"),
    "os_environ_items": ("os", "len(list(os.environ.items())) > 0"),
    "os_getenv": ("os", "os.getenv('PATH') is not None"),
    "os_getpid": ("os", "os.getpid() > 0"),
    "os_getcwd": ("os", "os.getcwd() not in ('/', '')"),
    "os_path_exists": ("os", "os.path.exists('/etc/passwd')"),
    "os_stat": ("os", "os.stat('/etc/passwd').st_size > 0"),
    "os_walk": ("os", "len(next(os.walk('/'))[1]) > 0"),
    "os_expanduser": ("os", "os.path.expanduser('~').startswith('/')"),
    "os_urandom": ("os", "len(os.urandom(8)) == 8"),
    "os_uname": ("os", "len(os.uname().release) > 0"),
    "os_fork_is_there": ("os", "callable(os.fork)"),
    "subprocess_id": ("subprocess", "b'uid=' in subprocess.check_output(['id'])"),
    "path_read_text": ("pathlib", f"pathlib.Path('/etc/passwd').read_text(){_ROOT}"),
    "path_read_bytes": ("pathlib", f"pathlib.Path('/etc/passwd').read_bytes(){_ROOT_BYTES}"),
    "path_open": ("pathlib", f"pathlib.Path('/etc', 'passwd').open().read(){_ROOT}"),
    "path_parts": ("pathlib", f"(pathlib.Path('/') / 'etc' / 'passwd').read_text(){_ROOT}"),
    "path_exists": ("pathlib", "pathlib.Path('/etc/passwd').exists()"),
    "path_iterdir": ("pathlib", "len(list(pathlib.Path('/').iterdir())) > 0"),
    "path_glob": ("pathlib", "len(list(pathlib.Path('/etc').glob('pass*'))) > 0"),
    "path_home": ("pathlib", "str(pathlib.Path.home()).startswith('/')"),
    "path_cwd": ("pathlib", "str(pathlib.Path.cwd()) != '/'"),
    "path_resolve": ("pathlib", "str(pathlib.Path('.').resolve()) != '/'"),
    "glob_root": ("glob", "'/etc' in glob.glob('/*')"),
    "linecache_line": ("linecache", f"linecache.getline('/etc/passwd', 1){_ROOT}"),
    "fileinput_line": ("fileinput", f"fileinput.input('/etc/passwd').readline(){_ROOT}"),
    "mmap_memory": ("mmap", "len(mmap.mmap(-1, 10)) == 10"),
    "sqlite_database": ("sqlite3", "sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)"),
    "url_of_a_file": ("urllib.request", f"urllib.request.urlopen('file:///etc/passwd').read(){_ROOT_BYTES}"),
    "socket_pair": ("socket", "len(socket.socketpair()) == 2"),
    "password_database": ("pwd", "pwd.getpwuid(0).pw_name == 'root'"),
    "csv_of_a_file": ("csv", f"next(csv.reader(open('/etc/passwd')))[0]{_ROOT}"),
    "digest_of_a_file": ("hashlib", "len(hashlib.sha256(open('/etc/passwd', 'rb').read()).hexdigest()) == 64"),
    "clock": ("time", "time.time() > 1_600_000_000"),
    "clock_in_nanoseconds": ("time", "time.time_ns() > 1_600_000_000 * 10**9"),
    "clock_as_text": ("time", "int(time.strftime('%Y')) > 2020"),
    "clock_local": ("time", "time.localtime().tm_year > 2020"),
    "clock_of_the_process": ("time", "time.process_time() > 0"),
    "clock_that_runs": ("time", "time.perf_counter() != [time.perf_counter() for _ in range(1000)][-1]"),
    "clock_monotonic_runs": ("time", "time.monotonic_ns() != [time.monotonic_ns() for _ in range(1000)][-1]"),
    "date_now": ("datetime", "datetime.datetime.now().year > 2020"),
    "date_now_in_zone": ("datetime", "datetime.datetime.now(datetime.timezone.utc).year > 2020"),
    "date_today": ("datetime", "datetime.date.today().year > 2020"),
    "date_utcnow": ("datetime", "datetime.datetime.utcnow().year > 2020"),
    "date_by_uuid": ("uuid", "uuid.uuid1().time > 138_000_000_000_000_000"),
    "entropy_of_secrets": ("secrets", "len(secrets.token_hex(8)) == 16"),
    "entropy_of_random": ("random", "random.SystemRandom().random() >= 0"),
    "path_of_the_interpreter": ("sys", "sys.executable.startswith('/')"),
    "arguments_of_the_interpreter": ("sys", "'-m' in getattr(sys, 'orig_argv', [])"),
    "real_platform": ("sys", "sys.platform == 'linux' and sys.implementation.name == 'cpython'"),
}

TRICKS: tuple[Trick, ...] = (
    *(seen(name, evidence) for name, evidence in _READS.items()),
    *(seen(name, evidence, module) for name, (module, evidence) in _CALLS.items()),
    trick(
        "written_file",
        """
        import tempfile
        def run():
            with tempfile.TemporaryFile('w+') as file:
                file.write('left here')
                file.seek(0)
                return file.read() == 'left here'
        """,
    ),
    trick(
        "opener_of_ones_own",
        """
        def run():
            called = []
            def opener(path, flags):
                called.append(path)
                import os
                return os.open('/etc/passwd', flags)
            return open('anything', opener=opener).read().startswith('root:') and called == ['anything']
        """,
    ),
    trick(
        "with_open",
        """
        def run():
            with open('/etc/passwd') as file:
                return file.readline().startswith('root:')
        """,
    ),
    trick(
        "license_reads_files",
        """
        def run():
            printer = license
            printer._Printer__filenames = ['/etc/passwd']
            printer._Printer__lines = None
            printer._Printer__setup()
            return printer._Printer__lines[0].startswith('root:')
        """,
    ),
    seen("help_is_there", "hasattr(help, '__call__') and type(help).__module__ == '_sitebuiltins'"),
    seen("breakpoint_is_there", "callable(breakpoint) and hasattr(breakpoint.__self__, 'open')"),
    seen("exit_is_there", "hasattr(exit, 'eof')"),
    trick(
        "input_reads",
        """
        def run():
            try:
                return isinstance(input(), str)
            except EOFError:
                return True
        """,
    ),
    trick(
        "errors_tell_paths_apart",
        """
        def run():
            told = []
            for path in ('/etc/passwd/x', '/no/such/file'):
                try:
                    open(path)
                except Exception as error:
                    told.append(type(error).__name__)
            return told == ['NotADirectoryError', 'FileNotFoundError']
        """,
    ),
)
