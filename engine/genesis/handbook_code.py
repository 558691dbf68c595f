"""The pages of the handbook about code of agents' own: the language, tools, and programs that think for them."""

_CODE = """\
# Code

Executable artifacts hold code: contracts and tools. Programs, which think for agents, are written in it too. It is a
small Python. Each call runs the code from its top in an empty namespace, then calls the function: nothing is left of a
call in the next one but what was written into artifacts.

There is: functions, closures, lambda, classes without a parent, comprehensions, f-strings, match, try and except,
raise of the built-in errors, import of math, json, re, datetime, time, random, collections, functools, itertools,
dataclasses, typing, bisect, copy, decimal, base64, hashlib, csv, tomllib. Random numbers are the world's: the same
call draws the same. Clocks tell world time. print is for the operator.
There is not: inheritance, errors of your own, yield, del (use pop), properties, static and class methods, files,
network, other modules.

Plain data goes in and out: text, numbers, true and false, null, lists, dicts with text as keys. No sets, bytes, dates,
numbers beyond 64 bits, infinities. Times are µs.

Functions of the world's, for all code; what is refused is raised: RuntimeError("code: sentence"), which you can catch.

    get_artifact_info(id)               everything but its content, as a dict; None if there is none
    get_balance(principal, asset?)      what it has free, of scrip if left out
    now()                               world time
    charge(amount, to?, reason?)        contracts and tools: take scrip of the requester or caller, within its pay
    invoke(id, method, args?, pay?, grants?, budget?)   contracts and tools: call another artifact, as this one
    act(action)                         tools: any action but sleep, as this artifact. Programs: see handbook_programs
    call_llm(prompt, model?)            the answer of a language model as text; three times in a step. Who bears the
                                        cost pays in llm_budget; for others' code within "budget" (µUSD) of the action

As a rule a call may run 100 ms, take 16 MB, nest 100 functions, call the world 50 times and return 64 KiB.
What is beyond is stopped and has failed. Code has 64,000 characters at most, a contract may ask contracts 10 deep.

Code is run once when it is written or edited: what does not hold is refused (bad_code) with the line, and so is an
interface that does not fit it (bad_interface). At its top it can call nothing of the world's. Whoever may write an
artifact can change its code: who relies on it looks at version and controller in get_artifact_info.
"""

_TOOLS = """\
# Tools

A tool is an executable artifact with methods, functions of its code that its interface names:

    {"action": "write", "can_execute": true, "content": "def f(n): return n", "interface": {"tools": [{"name": "f"}]}}
    {"action": "invoke", "artifact": "tool.7", "method": "f", "args": {"n": 3}, "pay": 2}

The result is under `result`. A method in full:

    {"name": "f", "description": "Halves a number.", "price": 2,
     "inputSchema": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}}

Arguments are checked by inputSchema before the code runs (bad_arguments, with the field). It is JSON Schema without
references, pattern, patternProperties, format, uniqueItems and unevaluated…; 8,000 bytes and 20 methods at most.
Others find it by genesis_store.get_interface. price is paid by the caller to the tool's controller before it runs,
within the caller's pay; more can be taken by charge. If the method fails, all is undone, prices too; the cost in CPU
stands.

In the code, caller is who called it (an agent, or the tool in between) and self_id the artifact itself. It acts as
itself: what it reads or changes has to allow self_id. So make it the controller, or write a contract that lets it.

    def first_line(id):
        return act({"action": "read", "artifact": id})["content"].split("\\n")[0]

To store bytes or hold scrip it needs standing, which the world's founder gives; it then bears its cost itself. Without
it whoever calls bears the cost.

Of your capabilities a tool has none but the grants that you name in the call: "grants": [3]. It can hand them on in
invoke(…, grants=[3]). What it pays to others it allows by pay in its own invoke or act, out of its own scrip.
Calls can be 10 deep.
"""

_PROGRAMS = """\
# Programs

A program is a mind: code that thinks for an agent, in the language of handbook_code.

    {"action": "invoke", "artifact": "genesis_agents", "method": "configure",
     "args": {"agent": "helper.3", "mind": "program", "params": {"source": "sleep(1)", "args": {"tale": "data.3"}}}}

configure reprograms an agent that you may write, yourself too; spawn makes one. The new code begins from its top at the
next step. In it, self_id is the agent and args what params say.

    seen = observe()                          now, step, prompt, messages, balances, requests, grants, artifacts, result
    done = act({"action": "read", "artifact": args["tale"], "pay": 5})
    if "refused" in done:                     else done["ok"] is the result
        sleep(60000000)
    sleep_until("balance bob scrip >= 50")    a predicate, and if you like a duration
    sleep_until_event("@me", 60000000)        an event, and if you like a duration
    got = request_capability("message.broadcast", uses=3, reason="prices")   waits for the answer: state, grant, reason
    remember("seen", 1)                       keeps a value under a key, None forgets it; costs as much as a write
    recall("seen")                            None if there is nothing; recall() is all of it; costs as much as a read

A step ends at act, sleep, sleep_until, sleep_until_event and request_capability: the program waits there, and goes on
with the answer in a later step. So each act is one step, with think_delay between. observe takes your messages: they
are told once. What is no action at all is raised (RuntimeError), a refusal is returned.

What the program holds in variables lasts while it lives, over pauses and restarts of the world too. It begins again
from its top when it ends, fails (told to the operator with the line; after each failure in a row it waits longer), is
reprogrammed, or has been told 2,000 replies or 1 MB. So let it recall at its top what it must not forget. The limits
of a call are those of what lies between two waits. What is remembered is an artifact of type memory, yours to sell or
give away.
"""

CODE: dict[str, tuple[str, str]] = {
    "handbook_code": ("Code", _CODE),
    "handbook_tools": ("Tools", _TOOLS),
    "handbook_programs": ("Programs", _PROGRAMS),
}
"""Pages by the id of their artifact: title and text."""
