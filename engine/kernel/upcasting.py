"""Changes as older versions wrote them into the log, read as this one would have written them."""

import hashlib
from typing import Any


def sale_number(artifact: str) -> int:
    """The number of a sale from the time when an artifact's id was all that named it: above those that are counted."""
    return (1 << 52) + int.from_bytes(hashlib.blake2b(artifact.encode(), digest_size=6).digest())


def upcast(change: list[Any]) -> list[list[Any]]:
    """The changes that a change stands for today: itself, but for a listing under the id of its artifact."""
    if change[0] != "listings":
        return [change]
    if len(change) == 3:
        key = change[1]
        return [change] if isinstance(key, int) else [["listings", sale_number(key), None], ["escrowed", key, None]]
    fields = change[1]
    if "artifact" not in fields:
        return [change]
    artifact, seller = fields["artifact"], fields["seller"]
    sale = sale_number(artifact)
    alone = {"arbiter": None, "fee": 0, "decide_within": 0, "on_silence": "", "expires_at": None}
    told = {"id": sale, "seller": seller, "artifacts": [artifact], "price": fields["price"], "buyer": fields["buyer"]}
    row = {**told, **alone, "listed_at": fields["listed_at"]}
    return [["listings", row], ["escrowed", {"artifact": artifact, "sale": sale, "seller": seller}]]
