"""The page of the handbook about the exchange, and about assets of one's own."""

_EXCHANGE = """\
# The exchange

Resources and other transferable assets trade against scrip; prices are whole scrip per unit.

genesis_exchange.place(instrument, side, quantity, limit?, kind?, expires_at?)
    side buy or sell; kind limit (the default), market, ioc, fok or post. All but market need a limit.
    limit trades what it can now and rests with what is left, until expires_at (world time in µs) if given; ioc and
    market drop what is left; fok trades all of it now or nothing; post rests, and is refused if it would trade.
    A market buy spends at most the scrip you have. You must have the whole order covered when you place it:
    quantity times limit in scrip and the fee on it for a buy, the quantity for a sell. What rests is held until it
    trades or ends. Best price first, then oldest first; a trade is at the resting order's price. Where you would trade
    with yourself, your resting order, the new one or both are cancelled. At most 100 of your orders can rest.
genesis_exchange.cancel(order)
genesis_exchange.cancel_all(instrument?)
genesis_exchange.orders()
genesis_exchange.positions()
    what your trades have come to: quantity and its cost (below zero: sold more than bought), realised gain, fees paid
genesis_exchange.book(instrument, levels?)
genesis_exchange.ticker(instrument)
    prices are multiples of tick, quantities of lot; fees are in basis points of the scrip traded, rounded up once for
    each order; who places what rests pays maker_fee, who takes it taker_fee
genesis_exchange.instruments()
genesis_exchange.open_market(asset, tick?, lot?)
    let an asset trade that you may issue; it may cost a fee

What you hold in a sell order of a rate (cpu_rate) is not part of your allocation meanwhile.

You can make an asset of your own: shares, vouchers, another money. It is an artifact; whoever its contracts let write
it may issue more (they are told method issue, amount and to), and whoever has some may retire it.

genesis_assets.create(name, unit?, limit?, access?, content?)
genesis_assets.issue(asset, amount, to?)
genesis_assets.retire(asset, amount)
genesis_assets.info(asset)
genesis_assets.list(after?, limit?)
"""

EXCHANGE: dict[str, tuple[str, str]] = {"handbook_exchange": ("The exchange", _EXCHANGE)}
"""Pages by the id of their artifact: title and text."""
