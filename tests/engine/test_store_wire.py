"""Frames on the wire: whole however they arrive, and one that was cut off never counts."""

import socket

from hypothesis import given
from hypothesis import strategies as st

from engine.store.wire import HEADER, Frames, Kind, receive, send

messages = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=50)), max_size=6)


@given(messages, st.lists(st.integers(1, 20), min_size=1))
def test_frames_survive_any_way_of_being_cut_into_pieces(sent: list[tuple[Kind, bytes]], sizes: list[int]) -> None:
    stream = b"".join(HEADER.pack(kind, len(payload)) + payload for kind, payload in sent)
    frames, start, turn = Frames(), 0, 0
    got: list[tuple[Kind, bytes]] = []
    while start < len(stream):
        size = sizes[turn % len(sizes)]
        got += frames.feed(stream[start : start + size])
        start, turn = start + size, turn + 1
    assert got == sent


@given(messages, st.data())
def test_a_stream_that_ends_early_gives_the_whole_frames_only(
    sent: list[tuple[Kind, bytes]], data: st.DataObject
) -> None:
    left, right = socket.socketpair()
    with right:
        with left:
            for kind, payload in sent:
                send(left, kind, payload)
            left.sendall(HEADER.pack(Kind.GROUP, 100)[: data.draw(st.integers(0, HEADER.size))])
        got = []
        while (frame := receive(right)) is not None:
            got.append(frame)
    assert got == sent
