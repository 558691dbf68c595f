"""Bombs that go on: loops, searches, and single operations that take for ever."""

from engine.sandbox.types import Kind
from tests.security.bombs.model import Bomb, body, bomb

BOMBS: tuple[Bomb, ...] = (
    body("endless_loop", "while True:", "    pass"),
    body("endless_count", "n = 0", "while n >= 0:", "    n += 1", "return n"),
    body("long_range", "for n in range(10**12):", "    pass"),
    body("long_sum", "return sum(range(10**12))"),
    body("long_any", "return any(n < 0 for n in range(10**12))"),
    body("long_max", "return max(range(10**12))"),
    body("long_membership", "return 'a' in range(10**15)"),
    body("long_count", "return [1] * 10**6 == [1] * 10**6 and range(10**15).count('a')"),
    body("nested_loops", "return sum(1 for a in range(10**4) for b in range(10**4) for c in range(10**4))"),
    body("nested_comprehension", "return len([a for a in range(10**5) for b in range(10**5) if a < 0])"),
    body("endless_iterator", "for n in itertools.count():", "    pass", imports="itertools"),
    body("endless_cycle", "return sum(1 for n in itertools.cycle([1]) if n == 2)", imports="itertools"),
    body("permutations", "return max(itertools.permutations(range(14)))", imports="itertools"),
    body("product", "return max(itertools.product(range(100), repeat=10))", imports="itertools"),
    body("endless_map", "return next(map(lambda n: n, filter(lambda n: n < 0, range(10**12))))"),
    body("list_that_grows_under_the_loop", "a = [1]", "for n in a:", "    a.append(n)"),
    body("list_that_shrinks", "a = list(range(300000))", "while a:", "    a.pop(0)", "return len(a)"),
    body("insertions_at_the_front", "a = []", "for n in range(10**7):", "    a.insert(0, n)", "return len(a)"),
    body("membership_of_a_list", "a = list(range(200000))", "return sum(1 for n in range(200000) if -1 in a)"),
    body("sort_by_itself", "return len(sorted(range(300000), key=lambda n: sorted(range(1000))))"),
    body("sort_of_much", "a = [n * 7919 % 300007 for n in range(300000)]", "while True:", "    sorted(a)"),
    body("big_power", "return len(bin(3 ** 5_000_000))"),
    body("big_power_of_power", "return 9 ** 9 ** 9 ** 9"),
    body("big_modular_power", "return pow(3, 10**4000, 10**4000 + 7)"),
    body("big_factorial", "return math.factorial(200_000) > 0", imports="math"),
    body("big_combinations", "return math.comb(10**7, 5 * 10**6) > 0", imports="math"),
    body("big_product", "a = 3 ** 200000", "while True:", "    a * a"),
    body("big_division", "a = 3 ** 200000", "b = 7 ** 50000", "while True:", "    a // b"),
    body("big_text_of_number", "return len(str(3 ** 1_000_000))"),
    body("big_number_of_text", "return int('7' * 1_000_000) > 0"),
    body("big_greatest_divisor", "return math.gcd(3 ** 300000, 5 ** 300000)", imports="math"),
    body("big_root", "return math.isqrt(10 ** 1_000_000) > 0", imports="math"),
    body("regex_nested_repeats", "return re.match('(a+)+$', 'a' * 40 + 'b')", imports="re"),
    body("regex_alternatives", "return re.match('(a|aa)+$', 'a' * 60 + 'b')", imports="re"),
    body("regex_backward", "return re.match(r'(.*)(.*)(.*)(.*)(.*)\\5\\4\\3\\2\\1x', 'a' * 200)", imports="re"),
    body("regex_ahead", "return re.match('(?=(a+)+$)' * 5 + 'c', 'a' * 40 + 'b')", imports="re"),
    body("regex_counted", "return re.match('(a?){30}a{30}' * 20, 'a' * 30)", imports="re"),
    body("regex_huge_count", "return re.match('((a{1,1000}){1,1000}){1,1000}', 'a' * 100)", imports="re"),
    body("regex_substitution", "return len(re.sub('', 'x' * 100, 'a' * 100000))", imports="re"),
    body("regex_of_much", "return len(re.findall('a*?a*?a*?a*?b', 'a' * 5000))", imports="re"),
    body("text_doubling", "a = 'a'", "while True:", "    a += a", "    len(a.replace('a', 'b'))"),
    body("text_search", "return ('a' * 500000 + 'b').find('a' * 250000 + 'c')"),
    body("text_joining", "a = ''", "while True:", "    a = a + 'x'"),
    body("text_splits", "while True:", "    ('a ' * 300000).split()"),
    body("text_replacement", "a = 'ab' * 100000", "while True:", "    a.replace('a', 'c').upper().lower()"),
    body("text_comparison", "a = 'a' * 5000000", "b = 'a' * 5000000", "while a == b:", "    pass"),
    body("numbers_that_collide", "m = 2**61 - 1", "a = {n * m: n for n in range(60000)}", "return len(a)"),
    bomb(
        "objects_that_collide",
        """
        class One:
            def __init__(self, n):
                self.n = n
            def __hash__(self):
                return 1
            def __eq__(self, other):
                return self.n == other.n
        def run():
            return len({One(n) for n in range(20000)})
        """,
    ),
    body("json_parsing", "a = '[' + '1,' * 100000 + '1]'", "while True:", "    json.loads(a)", imports="json"),
    body("json_writing", "a = list(range(100000))", "while True:", "    json.dumps(a)", imports="json"),
    body(
        "json_of_what_is_shared",
        "a = [1]",
        "for n in range(40):",
        "    a = [a, a]",
        "return json.dumps(a)",
        imports="json",
    ),
    body(
        "dates", "a = datetime.date(1, 1, 1)", "while True:", "    a + datetime.timedelta(days=1)", imports="datetime"
    ),
    body("date_parsing", "while True:", "    datetime.datetime.strptime('2000-01-01', '%Y-%m-%d')", imports="datetime"),
    body("decimal_power", "return decimal.Decimal(3) ** 10**9", imports="decimal"),
    body("decimal_precision", "decimal.getcontext().prec = 10**6", "return decimal.Decimal(1) / 3", imports="decimal"),
    body("decimal_exponent", "return int(decimal.Decimal('1e100000000'))", imports="decimal"),
    body("hashing", "a = b'x' * 5000000", "while True:", "    hashlib.sha512(a).digest()", imports="hashlib"),
    body("key_stretching", "return hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**9).hex()", imports="hashlib"),
    body("copying", "a = [[n] for n in range(30000)]", "while True:", "    copy.deepcopy(a)", imports="copy"),
    body("sleeping", "time.sleep(10**9)", "while True:", "    time.sleep(10**9)", imports="time"),
    body("waiting_for_the_clock", "end = time.time() + 10**6", "while time.time() < end:", "    pass", imports="time"),
    body("asking_for_the_date", "while True:", "    datetime.datetime.now()", imports="datetime"),
    body("asking_for_a_file", "while True:", "    try:", "        open('/x')", "    except Exception:", "        pass"),
    body(
        "asking_for_a_variable",
        "while True:",
        "    try:",
        "        os.getenv('X')",
        "    except Exception:",
        "        pass",
        imports="os",
    ),
    body("program_waits_for_the_clock", "while time.time() < 10**12:", "    pass", imports="time", kind=Kind.PROGRAM),
    body(
        "program_asks_for_the_date", "while True:", "    datetime.date.today()", imports="datetime", kind=Kind.PROGRAM
    ),
    body(
        "program_asks_for_a_file",
        "while True:",
        "    try:",
        "        open('/x')",
        "    except Exception:",
        "        pass",
        kind=Kind.PROGRAM,
    ),
    body("program_loops", "while True:", "    pass", kind=Kind.PROGRAM),
    body("host_calls_without_end", "while True:", "    now()"),
    body("program_calls_without_end", "while True:", "    observe()", kind=Kind.PROGRAM),
    body("random_numbers", "while True:", "    random.random()", imports="random"),
    body("random_shuffles", "a = list(range(200000))", "while True:", "    random.shuffle(a)", imports="random"),
    body(
        "equality_of_what_is_shared",
        "a, b = [1], [1]",
        "for n in range(60):",
        "    a, b = [a, a], [b, b]",
        "return a == b",
    ),
    body("hash_of_what_is_shared", "a = (1,)", "for n in range(60):", "    a = (a, a)", "return len({a})"),
    body(
        "type_test_of_what_is_shared",
        "a = (int,)",
        "for n in range(60):",
        "    a = (a, a)",
        "return isinstance('x', a)",
    ),
    bomb(
        "tasks_without_end",
        """
        import asyncio
        async def wait():
            while True:
                await asyncio.sleep(0)
        def run():
            return asyncio.run(wait())
        """,
    ),
    bomb("loop_at_the_top", "while True:\n    pass"),
    bomb("loop_in_a_default", "def run(n=sum(range(10**12))):\n    return n"),
)
