"""What crosses between judge and host arrives as it was sent, bit for bit; what is no frame of the protocol is refused."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import resource
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from harness.asking import messages, outcomes, scenarios, wire
from harness.asking.channel import Channel, Closed
from harness.asking.messages import CODEC, Answers, Batch, Described, Ended, Ending, Hello, NotHere
from harness.asking.wire import FRAME, MAGIC, MOST_HEADER, WireError

DTYPES = ("?", "i1", "<i8", ">i4", "u2", "<f2", "<f4", ">f8", "g", "<c8", ">c16", "G")
SHAPES = ((), (0,), (3,), (2, 0, 4), (2, 3), (1, 1, 1, 5))


def there_and_back(value: Any) -> Any:
    """The value of its own frame, in one piece of bytes as it comes from a socket."""
    raw = b"".join(bytes(piece) for piece in CODEC.encode(value))
    header, body = wire.head(raw[: FRAME.size])
    assert len(raw) == FRAME.size + header + body
    return CODEC.decode(raw[FRAME.size : FRAME.size + header], raw[FRAME.size + header :])


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same: arrays bit for bit, in dtype, byte order and shape."""
    if isinstance(a, np.ndarray):
        alike = isinstance(b, np.ndarray) and (a.dtype.str, a.shape) == (b.dtype.str, b.shape)
        return alike and a.tobytes() == b.tobytes()
    if isinstance(a, Mapping):
        return isinstance(b, Mapping) and list(a) == list(b) and all(same(x, b[n]) for n, x in a.items())
    if isinstance(a, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if dataclasses.is_dataclass(a):
        names = [f.name for f in dataclasses.fields(a)]
        return type(a) is type(b) and all(same(getattr(a, n), getattr(b, n)) for n in names)
    if isinstance(a, str):
        return isinstance(b, str) and a == b
    return type(a) is type(b) and repr(a) == repr(b)


def numbers(dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An array of that dtype and shape, no two of its entries alike but for single bits."""
    return (np.arange(np.prod(shape, dtype=int)) + 1).reshape(shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [*DTYPES, ml_dtypes.bfloat16], ids=str)
def test_an_array_arrives_bit_for_bit(dtype: Any, shape: tuple[int, ...]) -> None:
    x = numbers(dtype, shape)
    assert same(there_and_back({"x": x}), {"x": x})


@given(npst.arrays(st.sampled_from(["<f8", ">f4", "<c16", "i2"]), npst.array_shapes(min_dims=0, min_side=0)))
def test_any_array_arrives_bit_for_bit(x: np.ndarray) -> None:
    assert same(there_and_back([x]), [np.asarray(x)])


@pytest.mark.parametrize("view", ["transposed", "strided", "reversed", "broadcast"])
def test_a_view_arrives_as_the_numbers_it_shows(view: str) -> None:
    x = numbers("<f8", (3, 4))
    shown = {"transposed": x.T, "strided": x[:, ::2], "reversed": x[::-1], "broadcast": np.broadcast_to(x, (2, 3, 4))}
    assert same(there_and_back(shown[view]), np.array(shown[view]))


def test_a_number_of_numpy_arrives_as_an_array_without_axes() -> None:
    assert same(there_and_back(np.float32(1.5)), np.array(1.5, np.float32))


def test_what_is_no_number_keeps_its_bits() -> None:
    x = np.array([0x7FF8DEADBEEF0001, 0xFFF0000000000000, 0x8000000000000000, 1], np.uint64).view(np.float64)
    assert there_and_back(x).tobytes() == x.tobytes()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**80),
        0.1,
        float("inf"),
        "",
        "é\u2028\0",
        (),
        (1, (2, ())),
        [],
        [[(None,)]],
        {},
        {"a": {"b": (1,)}},
    ],
    ids=repr,
)
def test_plain_values_arrive_as_what_they_are(value: Any) -> None:
    assert same(there_and_back(value), value)


def test_one_array_under_two_names_crosses_once() -> None:
    x = numbers("<f8", (100,))
    *_, body = CODEC.encode({"a": x, "b": x, "c": x.copy()})
    pieces = CODEC.encode({"a": x, "b": x, "c": x.copy()})
    assert FRAME.unpack(pieces[0])[2] == 2 * x.nbytes
    found = there_and_back({"a": x, "b": x})
    assert same(found["a"], found["b"])
    assert body.nbytes == x.nbytes


def test_what_arrives_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        there_and_back(numbers("<f8", (3,)))[0] = 0


# --- every scenario, every outcome, every message ---------------------------------------------------------------------

X = {"input": numbers("<f8", (2, 3)), "weight": numbers(ml_dtypes.bfloat16, (3,))}
OTHERS = {name: x + x for name, x in X.items()}
UPSTREAM = {"output": numbers("<c8", (2, 3))}

#: A value for each field that has no default.
GIVEN: Mapping[str, Any] = {
    "inputs": X,
    "others": OTHERS,
    "tangents": OTHERS,
    "upstream": UPSTREAM,
    "wrt": ("input", "weight"),
    "over": ("input",),
    "calls": 4,
    "mode": "of results",
    "layout": "strided",
    "first": "input",
    "second": "weight",
    "numbers": {"input": np.array([[0, -1], [1, 2]])},
    "pairs": np.array([[0, 1], [0, 2]]),
    "large": 2.0**100,
}

OUTCOMES = (
    outcomes.Returned(
        {"output": X["input"], "other": None}, {"dtypes": {"output": "float64"}, "state": ["one", "two"]}
    ),
    outcomes.Raised("ValueError", "a message", "here.py:1 in f"),
    outcomes.NotAnArray("returned None, expected a NumPy array"),
    outcomes.NoGraph("nothing"),
    outcomes.Escaped("SystemExit", "4"),
    outcomes.OutOfMemory(),
    outcomes.NotOffered(outcomes.Reason.DECLINED, "not here"),
    outcomes.Skipped(),
)

#: What the judge says itself, and no host can.
OF_THE_JUDGE = (outcomes.Died(), outcomes.TimedOut(1.0), outcomes.GivenUp("Call", 3))

TOLD = Described(
    7,
    messages.Signature((messages.Parameter("input", True), messages.Parameter("dim", False)), anything=True),
    messages.Signature(None),
    False,
    "torch",
    ("strided",),
    (),
    True,
    ("bfloat16",),
)

GIVEN |= {"siblings": ("m:g",), "rows": ("x",), "count": 5, "most": 3}
GIVEN["kin"] = (scenarios.Kin({"x": X}, messages.Arguments(("x",), ("y",), keywords={"n": 3})),)

MESSAGES = (
    Hello("m:f", "", "numpy", "", "/place", 2**32, "/scratch"),
    TOLD,
    NotHere(True, "needs jax"),
    Batch(
        messages.Arguments(("input",), ("output",), (), keywords={"dim": (1, 2), "eps": 1e-5}),
        [scenarios.Call(X)],
        True,
    ),
    Answers(list(OUTCOMES)),
    Ended(3),
    Ending(True, -11),
)


def made(kind: type) -> Any:
    """A scenario with a value in every field."""
    return kind(**{f.name: GIVEN[f.name] for f in dataclasses.fields(kind) if f.name in GIVEN})


@pytest.mark.parametrize("kind", scenarios.SCENARIOS, ids=lambda kind: kind.__name__)
def test_every_scenario_arrives_as_it_was_sent(kind: type) -> None:
    assert same(there_and_back(made(kind)), made(kind))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
def test_every_outcome_of_a_host_arrives_as_it_was_sent(outcome: Any) -> None:
    assert same(there_and_back(outcome), outcome)


@pytest.mark.parametrize("outcome", OF_THE_JUDGE, ids=lambda o: type(o).__name__)
def test_how_its_process_ends_no_host_can_say(outcome: Any) -> None:
    with pytest.raises(WireError, match=type(outcome).__name__):
        CODEC.encode(outcome)
    with pytest.raises(WireError):
        CODEC.decode(json.dumps({"$type": type(outcome).__name__}).encode(), b"")


def test_the_outcomes_that_are_tried_here_are_all_there_are() -> None:
    assert {type(o) for o in (*OUTCOMES, *OF_THE_JUDGE)} == set(outcomes.Outcome.__args__)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_every_message_arrives_as_it_was_sent(message: Any) -> None:
    assert same(there_and_back(message), message)


def test_a_reason_that_arrives_is_one() -> None:
    found = there_and_back(outcomes.NotOffered(outcomes.Reason.PARAM, "takes no `dim`"))
    assert found.reason == outcomes.Reason.PARAM


# --- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.array(["text"]),
        np.array(["2026-01-01"], "datetime64[D]"),
        np.zeros(2, [("a", "f8"), ("b", "i4")]),
        object(),
        {1, 2},
        b"bytes",
        1j,
        scenarios.Call,
        wire.Codec([]),
    ],
    ids=lambda v: type(v).__name__ if not isinstance(v, np.ndarray) else str(v.dtype),
)
def test_what_is_no_value_of_the_protocol_is_not_sent(value: Any) -> None:
    with pytest.raises(WireError):
        CODEC.encode(value)


@pytest.mark.parametrize(
    "header",
    [
        {"$array": ["O", [1], 0, 8]},
        {"$array": ["|O8", [1], 0, 8]},
        {"$array": ["<U1", [2], 0, 8]},
        {"$array": ["<M8[D]", [1], 0, 8]},
        {"$array": ["V8", [1], 0, 8]},
        {"$array": ["f8,f8", [1], 0, 16]},
        {"$array": ["no dtype", [1], 0, 8]},
        {"$array": ["<f8", [2], 0, 8]},
        {"$array": ["<f8", [1], 0, 16]},
        {"$array": ["<f8", [1], 16, 8]},
        {"$array": ["<f8", [1], -8, 8]},
        {"$array": ["<f8", [-1], 0, -8]},
        {"$array": ["<f8", [-1, -1], 0, 8]},
        {"$array": ["<f8", ["1"], 0, 8]},
        {"$array": ["<f8", [1.0], 0, 8]},
        {"$array": ["<f8", [1], 0]},
        {"$array": ["<f8", [2**62], 0, 2**65]},
        {"$array": None},
        {"$tuple": 3},
        {"$type": "Popen", "args": ["true"]},
        {"$type": "Call"},
        {"$type": "Call", "inputs": {}, "nothing": 1},
        {"$type": ["Call"]},
        {"$type": None},
    ],
    ids=str,
)
def test_a_header_that_does_not_fit_is_refused(header: Any) -> None:
    with pytest.raises(WireError):
        CODEC.decode(json.dumps(header).encode(), bytes(16))


@pytest.mark.parametrize("header", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["none", "half", "no text", "deep"])
def test_a_header_that_is_no_json_is_refused(header: bytes) -> None:
    with pytest.raises(WireError):
        CODEC.decode(header, b"")


@pytest.mark.parametrize(
    "head",
    [
        FRAME.pack(b"HTTP", 10, 10),
        FRAME.pack(b"\x93NUM", 10, 10),
        FRAME.pack(MAGIC[:3] + bytes([wire.VERSION + 1]), 10, 10),
        FRAME.pack(MAGIC, MOST_HEADER + 1, 0),
        FRAME.pack(MAGIC, 2**64 - 1, 2**64 - 1),
    ],
    ids=["other magic", "npy", "other version", "huge header", "huge everything"],
)
def test_a_head_of_something_else_is_refused(head: bytes) -> None:
    with pytest.raises(WireError):
        wire.head(head)


@given(st.binary(max_size=200), st.binary(max_size=64))
def test_whatever_is_read_is_a_value_or_refused(header: bytes, body: bytes) -> None:
    with suppress(WireError):
        CODEC.decode(header, body)


# --- over a socket -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the bare socket at its other end."""
    one, other = socket.socketpair()
    with closing(Channel(one)) as channel, other:
        yield channel, other


def test_what_is_larger_than_a_socket_holds_arrives_whole(pair: tuple[Channel, socket.socket]) -> None:
    channel, other = pair
    large = Answers([outcomes.Returned({"output": np.arange(2**20, dtype="<f8")})])
    sender = threading.Thread(target=Channel(other).send, args=(large,))
    sender.start()
    found = channel.receive()
    sender.join()
    assert same(found, large)


def test_what_ends_half_way_is_closed_and_nothing_else(pair: tuple[Channel, socket.socket]) -> None:
    channel, other = pair
    raw = b"".join(bytes(piece) for piece in CODEC.encode(MESSAGES[-1]))
    other.sendall(raw[: len(raw) // 2])
    other.close()
    with pytest.raises(Closed):
        channel.receive()
    with pytest.raises(Closed):
        channel.send(MESSAGES[-1])


def test_a_channel_reads_from_a_descriptor_above_1023() -> None:
    """A judge of a hundred candidates has more than a thousand open files, which `select` knows nothing of."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1100
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    ours, theirs = socket.socketpair()
    try:
        high = socket.socket(fileno=fcntl.fcntl(ours.fileno(), fcntl.F_DUPFD, 1024))
        assert high.fileno() > 1023
        assert Channel(high, 2**20).received(0.01) == (False, None)
        Channel(theirs, 2**20).send(Ended(1))
        assert Channel(high, 2**20).received(5.0)[0]
        high.close()
    finally:
        ours.close()
        theirs.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
