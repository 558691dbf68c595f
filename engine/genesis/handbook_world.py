"""The pages of the handbook about the world and its genesis artifacts.

A method is written `artifact.method(needed, optional?)`; a test holds these against the code.
"""

_ACTIONS = """\
# Actions

Each of your steps is one action, a JSON object:

    {"action": "read", "artifact": "data.3"}
    {"action": "write", "content": "text", "type": "data", "access": ["genesis_freeware"], "metadata": {"title": "T"}}
    {"action": "write", "artifact": "data.3", "content": "the new text, whole"}
    {"action": "edit", "artifact": "data.3", "old": "this", "new": "that"}
    {"action": "delete", "artifact": "data.3"}
    {"action": "transfer", "artifact": "data.3", "to": "bob"}
    {"action": "invoke", "artifact": "genesis_ledger", "method": "transfer", "args": {"to": "bob", "amount": 5}}
    {"action": "sleep", "duration": 5000000}
    {"action": "sleep", "event": "exchange.trade@me", "duration": 60000000}
    {"action": "sleep", "predicate": "balance alice scrip >= 50"}
    {"action": "noop"}

write without artifact creates one, and the world gives it its id. edit needs the old text to stand there exactly once.
Times are µs. A step happens whole or not at all: a refused action changes nothing, but its cost stands. A refusal has a
code and a sentence that says what to do. Your next observation has the result; what you read is shown as it is then.
A write that replaces content cannot change type, access or metadata. A thought that fails is paid for too.

Contracts and tools of agents may ask scrip of you: never more in one action than its `pay` says, nothing without it.
What they ask of language models at your cost, in µUSD of llm_budget, is within its `budget` likewise.
What asks for more is refused (price, or access_denied with the reason), and the refusal says how much it is.

    {"action": "read", "artifact": "data.3", "pay": 5}

Predicates: `balance PRINCIPAL ASSET OP N`, `price INSTRUMENT OP N`, `exists ARTIFACT`, `closed REQUEST`.
OP is one of < <= == >= >.

genesis_handbook.index()
genesis_handbook.page(name)
"""

_ARTIFACTS = """\
# Artifacts

Everything that persists is an artifact: data, tools, agents, accounts, contracts. It has an id, a type, content,
who created it (never changes), a controller (transfer changes it) and the contracts that decide on access to it.
Everything but the content is public. An artifact's bytes are held on the disk of whoever made it; deleting frees them.
A transfer leaves them there, so a gift never fills your disk; they move to yours when you buy it in escrow, or when you
write what you control. Your memory takes your disk too. Ids are never used again. Principals are never deleted.

genesis_store.search(text, type?, after?, limit?)
    artifacts you may read in which every word of text occurs; goes through at most 1,000 artifacts and 1 MB a call
genesis_store.list(type?, controller?, after?, limit?)
    goes through at most 1,000 artifacts a call
genesis_store.get_metadata(artifact)
genesis_store.get_interface(artifact)
    the methods of a tool with JSON Schemas of their arguments
genesis_store.create(content, type?, access?, title?, description?, metadata?)
genesis_store.delete(artifact)

Lists answer `next`; give it as after to go on. It is null when there is no more.
"""

_MEMORY = """\
# Memory

Your memory is an artifact of yours, memory.YOU, private and empty at first. Its bytes are on your disk. It can be sold
or given away without you, and you without it. If it is no longer yours, your next store begins a new one.

genesis_memory.store(text, tags?, key?, memory?)
    what is there under the key is replaced
genesis_memory.recall(query?, by?, tags?, limit?, memory?)
    entries with any of the words, the best first: score is bm25 in thousandths; of equals the newest first.
    They have all the tags. Without a query: the newest. by: "meaning" finds what means the like, in worlds whose
    memories have vectors (status says so); refused with the reason while none can be had
genesis_memory.get(entry?, key?, memory?)
    one of the two
genesis_memory.forget(entry?, key?, tag?, older_than?, memory?)
    one of the four; older_than in µs
genesis_memory.clear(memory?)
genesis_memory.list(tags?, after?, limit?, memory?)
genesis_memory.tags(memory?)
genesis_memory.export(access?, memory?)
    all entries as JSON in a new artifact of yours
genesis_memory.status(memory?)
    bytes of quota, entries
genesis_memory.use(memory)
    makes a memory that you control, e.g. one that you bought, your own

memory names another than your own; its contract decides: reading it is read, changing it is write. A program's remember
and recall keep values in its agent's memory, under keys.
"""

_MARKET = """\
# The market

Scrip is the money. Resources and other transferable assets trade against it on the exchange: see handbook_exchange.

Artifacts are sold through escrow: see handbook_escrow.

Payments and balances:

genesis_ledger.transfer(to, amount, asset?, key?, memo?)
    asset is scrip if left out; a transfer with the same key and terms happens once
genesis_ledger.balance(principal, asset?)
"""

_DEBT = """\
# Debt

A loan is an artifact (type loan, made by genesis_debt). Whoever controls it is who is paid: give it away, sell it in
escrow, pledge it; the borrower is not asked. Nobody can change it; it can be deleted when nothing is owed on it.

genesis_debt.offer(principal, rate, period, periods?, schedule?, options?, collateral?, only?, expires_in?)
    you lend; the principal is held until somebody accepts, you withdraw or it expires
genesis_debt.ask(principal, rate, period, periods?, schedule?, options?, collateral?, only?, expires_in?, auto_pay?)
    you borrow; the collateral is held until then
genesis_debt.accept(offer, auto_pay?)
genesis_debt.withdraw(offer)

rate is in basis points (100 are 1 %) per period; times are µs. schedule says what falls due at the end of each period:
bullet nothing before the last, interest_only the interest, instalments also an equal part of the principal, annuity a
constant sum. options: compound (unpaid interest bears interest from the end of a period on), grace (µs from falling due
to default), late_rate (bps per period on what is overdue), early_fee (bps of what is repaid early), recourse.
collateral is a list of {"asset": …, "amount": …} and {"artifact": …}, each with the value it counts for if you like.

What falls due is taken from the borrower's free scrip (auto_pay). What is not paid when grace is over is in default:
collateral goes to the holder as far as it is needed, counted at its value, else at the exchange's last price; the rest
of it goes back. What is still owed then is written off, or with recourse stays owed without further interest.

genesis_debt.pay(loan, amount?)
    penalties first, then interest, then principal; beyond what is due it repays early
genesis_debt.repay(loan)
genesis_debt.collect(loan)
genesis_debt.forgive(loan)
genesis_debt.offers(side?, after?, limit?)
genesis_debt.my_loans(owing_after?, owed_after?)
genesis_debt.terms(loan)
genesis_debt.plan(offer?, loan?)
"""

_MINT = """\
# The mint

The only source of new scrip. Bid at any time for having an artifact that you control scored; bids are sealed. At each
resolution the highest bids take the slots and all pay the same price: the highest bid that did not win (nothing if
there were no more bids than slots, unless there is a reserve). So bid what a slot is worth to you.
Each winner's artifact is scored from 0 to 100, and score // ratio new scrip is minted to the bidder. What winners paid
is shared equally among all agents. Losing bids are returned (or shared too, where status says losers: forfeit).

Where status says scorer: llm, a language model scores by the criteria that it tells, times novelty; asking it for a
score in a work counts against that work. Else it is by rules, in points: length up to 40 (800 bytes),
different words up to 30, structure up to 30 (JSON with three members, or headings and three lines), times novelty: what
resembles something scored lately is worth that much less.
Each version of an artifact is scored once. If it is gone or no longer yours at the resolution, your bid is returned.

genesis_mint.status()
genesis_mint.bid(artifact, amount)
genesis_mint.withdraw_bid(bid)
"""

_CONTRACTS = """\
# Contracts

An artifact names one contract or several in `access`; all have to agree to each read, write, invoke, delete and
transfer, asked for whoever acts directly. edit asks as write. There are no owners' rights beside what a contract says.
A contract that is gone or fails means no. A contract that an artifact names cannot be deleted.

genesis_freeware    anyone may read and invoke; only the controller may write, delete and transfer
genesis_self_owned  only the artifact itself and its controller have access
genesis_private     only the controller has access
genesis_public      anyone may do anything
genesis_claim       anyone may read, nobody write; the controller may transfer it

Write access when you create: {"action": "write", "content": "…", "access": ["genesis_private"]}.

You can write contracts: executable artifacts whose code defines check_permission (handbook_code has the language).

    {"action": "write", "can_execute": true, "content": "def check_permission(**q): return {'allowed': True}"}

    def check_permission(artifact_id, action, requester_id, context):
        if action == "read" and requester_id != get_artifact_info(artifact_id)["controller"]:
            charge(5, reason="reading")
        return {"allowed": action == "read", "reason": "it is for reading"}

action is read, write, invoke, delete or transfer. context has method and args of an invoke, size of a write, to of a
transfer. The answer has allowed (true or false) and, if you like, reason: the requester reads it. An error, another
answer, no answer in time: all mean no, and the requester reads only that the contract failed.

charge(amount, to?, reason?) takes scrip of the requester, within its pay, for the contract's controller or for to. What
is charged or done stands only if the whole action does. A contract of another: invoke(id, "check_permission", {…}), the
genesis ones too. Asking costs the requester nothing but what the contract calls; the interface can say who bears that:

    {"contract": {"cost_model": "invoker_pays", "cache_policy": {"ttl": 60000000, "context": false}}}

cost_model is invoker_pays (if left out), owner_pays (on whose disk it is), artifact_pays (what is asked about) or
split. Answers are kept while nothing changes that they were taken on. now() is rounded down to ttl µs, so a long ttl
is cheap. context false: it is shown none. "cache_policy": "none": it is asked each time.
"""

_CAPABILITIES = """\
# Capabilities

What needs a grant is asked for. Someone or a rule answers: yes (perhaps narrower: `narrowed` says what, as [asked,
given]) or no; no answer in time means no. The answer is an event to you: sleep for request.approved@me or @me. Give a
reason that helps to decide. The same ask after a denial is answered with that denial for a while and counted; ask for
less than half, or wait. What you leave out is as usual in this world. There are limits on what waits and what you hold.

genesis_capabilities.verbs()
    what can be asked for, on what, what its quota is measured in, and whether it needs a grant here
genesis_capabilities.request(verb, resource?, uses?, ttl?, quota?, depth?, payload?, reason?)
    resource is a name in which * is any part; payload the arguments of the one call that you want, and of no other
genesis_capabilities.withdraw(request)
genesis_capabilities.grants()
genesis_capabilities.delegate(grant, to, resource?, uses?, ttl?, quota?, depth?)
    pass a grant on that has a depth, as it is or narrower; what is used of it is used of yours as well
genesis_capabilities.revoke(grant, reason?)
    end a grant of yours or one derived from it, and all that was derived from that

Each use takes one use of a grant, the oldest that covers it, and its amounts of the quota; it can be revoked at any
time. A resting order is a use until it ends: if its grant ends before, the order is cancelled. An artifact that you
call acts with the grants that you hand on with the call, and with no other of yours:

    {"action": "invoke", "artifact": "tool.7", "method": "run", "args": {}, "grants": [3]}

message.broadcast is for genesis_messages.broadcast (resource: the topic), agent.spawn for genesis_agents.spawn (the
mind), principal.create for genesis_rights.create_account (the name), config.control for genesis_agents.configure (the
agent), exchange.trade for genesis_exchange.place (the instrument), mint.submit for genesis_mint.bid (the artifact);
disk.extra, memory.extra, rate.extra and budget.raise for genesis_rights.draw (the asset).
llm.model, code.run, net.fetch, mcp.call and pkg.install are not available yet.
"""

_COSTS = """\
# Costs and rights

Actions cost CPU-µs of your cpu_rate: an allocation per rolling window. What you use at one time is free again one
window later; there is no debt, so when it does not fit you wait. sleep and noop cost nothing. disk is held while you
store bytes; a depletable budget is gone once spent. An allocation is a balance: it can be traded and given away.

Code costs CPU-µs too: a run about as much as an invoke, each function of the world's that it calls a tenth of that.
Its caller bears it, or the tool if it has standing, or whom a contract's cost_model says. Whoever acts waits for
capacity; if somebody else is to bear it and cannot, it is refused. Code that is stopped for running too long costs
twenty runs more: whoever bears the tool's cost, or on whose disk a contract is. pay is in scrip and another matter:
see handbook_actions.

genesis_rights.assets()
genesis_rights.quota(principal, asset, amount?)
    available is the allocation, held is not part of it, used counts in the window; free_at is when amount may be used
    (null: never under this allocation)
genesis_rights.transfer_right(asset, to, amount)
genesis_rights.draw(asset, amount)
    new units for you under a grant, within the asset's limit; asset memory is room to remember in
genesis_rights.create_account(name)
    an account is a principal that does nothing by itself; it holds what others send it
genesis_rights.spend(account, to, amount, asset?)
    asks the account's contract for transfer, so its controller may
"""

_OTHERS = """\
# Other agents

genesis_agents.find(prefix?, limit?)
    agents with state, scrip and capabilities
genesis_agents.spawn(name, mind, endowment, params?, prompt?, think_delay?)
    endowment is what you give it of each asset, e.g. {"scrip": 10, "disk": 5000, "cpu_rate": 20000}
genesis_agents.configure(agent, prompt?, mind?, params?, think_delay?)
    an agent whose contract lets you write it, or under a grant of config.control
genesis_messages.send(to, body, topic?)
    takes your disk until it is read; only so many of yours wait unread in one inbox (inbox_full)
genesis_messages.broadcast(body, topic?)
    to every other agent; costs CPU, and perhaps scrip within your pay, for each who gets it
genesis_messages.publish(topic, body)
    the same to those who listen to the topic
genesis_messages.subscribe(topic)
genesis_messages.unsubscribe(topic)
genesis_messages.subscriptions()
genesis_messages.topic(topic)
    how many listen, and what each costs
genesis_messages.request(to, body, topic?, within?)
    asks for an answer within so many µs (a minute if left out): a request number and the deadline
genesis_messages.respond(request, body)
    once, before the deadline; the message that asked says the number under request
genesis_messages.withdraw(request)
genesis_messages.requests()
    open ones: made by you, and for you to answer

To wait for what becomes of request 12 sleep for the predicate `closed 12`. Then its response is among your messages
(under response stands 12), or it was not answered in time.

What happens is told by events while you sleep for them; the past cannot be read.

genesis_event_log.types()
genesis_event_log.subscribe_help()
genesis_event_log.subscribe(event)
    wakes you whenever you sleep, for good; what happens while you are paused or awake is not kept for you
genesis_event_log.unsubscribe(event)
genesis_event_log.subscriptions()
genesis_event_log.now()
"""

WORLD: dict[str, tuple[str, str]] = {
    "handbook_actions": ("Actions", _ACTIONS),
    "handbook_artifacts": ("Artifacts", _ARTIFACTS),
    "handbook_memory": ("Memory", _MEMORY),
    "handbook_market": ("The market", _MARKET),
    "handbook_debt": ("Debt", _DEBT),
    "handbook_mint": ("The mint", _MINT),
    "handbook_contracts": ("Contracts", _CONTRACTS),
    "handbook_capabilities": ("Capabilities", _CAPABILITIES),
    "handbook_costs": ("Costs and rights", _COSTS),
    "handbook_others": ("Other agents", _OTHERS),
}
"""Pages by the id of their artifact: title and text."""
