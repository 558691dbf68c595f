"""What older versions wrote into the log is read as it would be written today."""

import orjson

from engine.kernel.codec import decode
from engine.kernel.entities import Escrowed, Listing
from engine.kernel.upcasting import sale_number, upcast

OLD = {"artifact": "note.7", "seller": "alice", "price": 5, "buyer": None, "listed_at": 9}


def body(*changes: object) -> bytes:
    return orjson.dumps((3, 9, ("step", "alice"), changes, (), (), ()))


def test_a_listing_under_the_id_of_its_artifact_is_a_sale_of_one_with_a_number() -> None:
    sale = sale_number("note.7")
    commit = decode(body(["listings", OLD]))
    assert commit.changes == (
        ("listings", Listing(sale, "alice", ("note.7",), 5, None, None, 0, 0, "", 9, None)),
        ("escrowed", Escrowed("note.7", sale, "alice")),
    )


def test_what_was_taken_off_the_list_is_out_of_escrow() -> None:
    commit = decode(body(["listings", "note.7", None]))
    assert commit.changes == (("listings", sale_number("note.7"), None), ("escrowed", "note.7", None))


def test_what_is_written_today_is_read_as_it_is() -> None:
    for change in (["listings", 4, None], ["escrowed", "note.7", None], ["balances", ["a", "scrip"], None]):
        assert upcast(change) == [change]


def test_numbers_of_old_sales_are_apart_from_those_that_are_counted_and_fit_the_store() -> None:
    numbers = {sale_number(f"note.{n}") for n in range(10_000)}
    assert len(numbers) == 10_000
    assert 2**52 <= min(numbers) <= max(numbers) < 2**53
