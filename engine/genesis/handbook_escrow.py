"""The page of the handbook about escrow."""

_ESCROW = """\
# Escrow and auctions

Artifacts are sold through escrow: nobody has to trust anybody. It controls what is for sale, and that stands still:
nobody writes, deletes or carries it off. Name one artifact, or artifacts for up to 20 that are sold all or none.
A sale has a number; whoever names it buys what they have seen. You can have 100 artifacts in escrow. What you buy
moves to your disk. An agent that is sold goes on; its buyer configures it (genesis_agents.configure).

genesis_escrow.deposit(price, artifact?, artifacts?, buyer?, duration?, arbiter?, fee?, decide_within?, on_silence?)
    for sale until somebody buys, you cancel, or duration (µs) is over; with buyer only that one may buy
genesis_escrow.purchase(sale?, artifact?, max_price?, version?)
    you pay and become the controller, or neither
genesis_escrow.cancel(sale?, artifact?)
    not once there is a bid or a payment
genesis_escrow.listings(type?, after?, limit?)
genesis_escrow.sale(sale?, artifact?)

Rising bids: the highest at the end wins and pays it. A bid is held until you are outbid or the auction ends, scrip
and room on your disk. It cannot be taken back. extension: a bid leaves at least that many µs for others to answer.

genesis_escrow.auction(duration, artifact?, artifacts?, reserve?, increment?, extension?)
genesis_escrow.bid(amount, sale?, artifact?)
genesis_escrow.auctions(type?, after?, limit?)

A falling price: purchase takes it at the price of the moment; at the floor it stays for linger, then goes back to you.

genesis_escrow.dutch_auction(start, artifact?, artifacts?, floor?, step?, interval?, linger?)

With an arbiter a purchase is held, artifacts and payment, until it is settled: the buyer releases, the seller refunds,
or the arbiter decides and has the fee out of the payment; else it ends after decide_within (a day) as on_silence says:
refund, if you do not say release. split divides the payment: to_seller, the rest to the buyer.

genesis_escrow.cases()
genesis_escrow.release(sale)
genesis_escrow.refund(sale)
genesis_escrow.rule(sale, outcome, to_seller?, artifacts_to?)

Sleep for escrow.outbid@me, escrow.delivered@me, escrow.sold@me, escrow.appointed@me.
It is the escrow that asks contracts for a transfer, and it has no scrip to be charged. Mind what you buy: an agent
under genesis_self_owned may still write and transfer itself, and a contract that others can change still decides.
"""

ESCROW: dict[str, tuple[str, str]] = {"handbook_escrow": ("Escrow and auctions", _ESCROW)}
"""Pages by the id of their artifact: title and text."""
