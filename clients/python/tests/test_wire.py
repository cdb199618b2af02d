from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from eddy_client import commands
from eddy_client.back_off import back_off
from eddy_client.commands import alarm, recorded_topic, topic_name, units_of
from eddy_client.errors import EddyError
from eddy_client.wire import Address, decode, encode, float32_bytes, tensor


def test_values_are_contiguous_little_endian_float32() -> None:
    values = np.arange(6, dtype=np.float64).reshape(2, 3)
    expected = np.array([0, 1, 2, 3, 4, 5], "<f4").tobytes()
    assert float32_bytes(values, "x") == expected
    assert float32_bytes(np.asfortranarray(values), "x") == expected
    assert float32_bytes(values[:, ::-1], "x") != expected
    assert float32_bytes(values.astype(">f8"), "x") == expected
    assert float32_bytes([[0, 1, 2], [3, 4, 5]], "x") == expected


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([1.0, np.nan], "NOT_FINITE"),
        ([np.inf], "NOT_FINITE"),
        ([1e300], "NOT_FINITE"),
        ([1j], "INVALID_ARGUMENT"),
        (["1"], "INVALID_ARGUMENT"),
        ([object()], "INVALID_ARGUMENT"),
    ],
)
def test_refuses_values_that_are_no_finite_numbers(values: list[object], code: str) -> None:
    with pytest.raises(EddyError, match="input") as caught:
        float32_bytes(values, "input")  # type: ignore[arg-type]
    assert caught.value.code == code


def test_tensors_are_arrays_of_their_own() -> None:
    array = tensor(np.array([1, 2, 3, 4], "<f4").tobytes(), "float32", [2, 2])
    assert array.tolist() == [[1, 2], [3, 4]]
    array[0, 0] = 5  # a view of bytes would refuse
    assert tensor(b"\x00\xff", "uint8", [2]).tolist() == [0, 255]
    with pytest.raises(EddyError):
        tensor(b"\x00\x00\x00", "float32", None)
    with pytest.raises(EddyError):
        tensor(b"\x00\x00\x00\x00", "float32", [2])


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x81\xa1", b"\x01\x02", "text"])
def test_refuses_what_is_no_message(data: object) -> None:
    with pytest.raises(EddyError) as caught:
        decode(data)
    assert caught.value.code == "MALFORMED_MESSAGE"


def test_messages_survive_the_wire() -> None:
    message = {"op": "cmd", "id": 2**40, "command": {"values": b"\x00\x01", "value": 0.1, "none": None}}
    assert decode(encode(message)) == message
    with pytest.raises(EddyError):
        encode({"value": object()})


@pytest.mark.parametrize(
    ("url", "expected", "token"),
    [
        ("http://127.0.0.1:81/#token=a%2Bb", "ws://127.0.0.1:81/ws", "a+b"),
        ("https://lab.example/eddy/", "wss://lab.example/eddy/ws", None),
        ("ws://[::1]:8080/ws", "ws://[::1]:8080/ws", None),
        ("127.0.0.1:8080", "ws://127.0.0.1:8080/ws", None),
    ],
)
def test_addresses(url: str, expected: str, token: str | None) -> None:
    address = Address(url)
    assert (address.url, address.token) == (expected, token)
    assert Address(url, "mine").token == "mine"


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "http://127.0.0.1:99999/", "http://h:0/", "http://h:port/", "http://[::1"]
)
def test_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(EddyError, match="url") as caught:
        Address(url)
    assert caught.value.code == "INVALID_ARGUMENT"


def test_an_address_does_not_show_its_token() -> None:
    assert "secret" not in repr(Address("http://127.0.0.1/#token=secret"))
    with pytest.raises(EddyError) as caught:
        Address("ftp://x/#token=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("m1.state", "state/m1"),
        ("state/m1", "state/m1"),
        ("a.b.state", "state/a.b"),
        ("twin:m1.state", "twin:state/m1"),
        ("difference:twin/state/m1", "difference:twin/state/m1"),
        ("events", "events"),
    ],
)
def test_topics_have_two_forms(given: str, expected: str) -> None:
    assert topic_name(given) == expected


def test_a_topic_of_the_server_is_taken_as_it_stands() -> None:
    assert topic_name("my.events", ["my.events"]) == "my.events"


def test_units_are_slices() -> None:
    assert units_of(slice(0, 8, 2)) == {"start": 0, "end": 8, "every": 2}
    assert units_of(slice(8)) == {"start": 0, "end": 8, "every": 1}
    assert recorded_topic("m1.state", 2, slice(4)) == {
        "topic": "state/m1",
        "every": 2,
        "units": {"start": 0, "end": 4, "every": 1},
    }
    for wrong in (slice(3, None), slice(-3, -1), slice(4, 4), slice(8, 0, -1)):
        with pytest.raises(EddyError, match="units"):
            units_of(wrong)


def test_alarms_hold_only_what_was_given() -> None:
    assert alarm("low", "accuracy", "pause", task="gabor", over=20, below=0.6) == {
        "kind": "alarm",
        "name": "low",
        "when": {"measure": "accuracy", "task": "gabor", "over": 20, "below": 0.6},
        "action": "pause",
    }


def test_an_alarm_takes_its_condition_whole() -> None:
    when = {"measure": "residual", "module": "m1", "below": np.float32(0.5)}
    assert alarm("rest", when=when) == alarm("rest", "residual", module="m1", below=0.5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "measure: given None, needed one of accuracy"),
        ({"measure": "speed"}, "measure: given 'speed'"),
        ({"when": "notFinite"}, "measure: given 'notFinite'"),
        ({"measure": "accuracy", "task": "gabor"}, "needed for accuracy: task, over, above or below"),
        ({"measure": "residual", "module": "m1", "over": 3, "below": 1}, "needed for residual: module"),
        ({"measure": "notFinite", "above": 1}, "needed for notFinite: nothing more"),
        ({"measure": "residual", "module": "m1", "below": "low"}, "below: given 'low'"),
        ({"measure": "notFinite", "when": {"measure": "notFinite"}}, "when: given beside measure"),
    ],
)
def test_alarms_say_what_they_need(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(EddyError, match=says) as caught:
        alarm("a", **arguments)  # type: ignore[arg-type]
    assert caught.value.code == "INVALID_ARGUMENT"


def test_numbers_of_numpy_are_numbers() -> None:
    sent = [
        commands.gate("p", np.float32(0.5)),
        commands.lesion("m1", np.arange(3)),
        commands.reset(seed=np.int64(7)),  # type: ignore[arg-type]
        commands.drive("m1", [0], ticks=1e3),  # type: ignore[arg-type]
    ]
    assert decode(encode(sent)) == sent
    assert (sent[0]["gate"], sent[1]["units"], sent[2]["seed"], sent[3]["ticks"]) == (0.5, [0, 1, 2], 7, 1000)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda: commands.gate("p", "open"), "gate"),  # type: ignore[arg-type]
        (lambda: commands.noise("m1", None), "deviation"),  # type: ignore[arg-type]
        (lambda: commands.beta([1, 2]), "value"),  # type: ignore[arg-type]
        (lambda: commands.drive("m1", [0], ticks=1.5), "ticks"),  # type: ignore[arg-type]
        (lambda: commands.lesion("m1", ["a"]), "units"),  # type: ignore[list-item]
        (lambda: commands.reset(seed=float("nan")), "seed"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_number_is_refused_by_name(wrong: Callable[[], object], field: str) -> None:
    with pytest.raises(EddyError, match=f"^{field}: given") as caught:
        wrong()
    assert caught.value.code == "INVALID_ARGUMENT"


def test_backs_off_from_half_a_second_to_thirty() -> None:
    waits = [back_off(attempt, 1 - 1e-9) for attempt in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(1)
    assert waits[-1] == pytest.approx(30)
    assert {back_off(attempt, 0) for attempt in range(12)} == {0.5}
