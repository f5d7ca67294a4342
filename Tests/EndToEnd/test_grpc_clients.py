"""grpcurl and grpcio as clients of services behind the gateway, over HTTP/2."""

import json
import threading

import grpc
import pytest

from framed import PACKAGE, message, parsed, peer_gateway
from peer_programs import PEERS, go_peer, grpcurl, python_peer
from rig import until
from wire import once

LANGUAGES = ("python", "go")


@pytest.fixture(scope="module", params=LANGUAGES)
def gateway(request, tmp_path_factory, platform):
    folder = tmp_path_factory.mktemp("clients")
    peer = {"python": python_peer, "go": go_peer}[request.param](folder).start()
    gateway = peer_gateway(folder, peer, platform.configuration()["issuers"]).start()
    yield gateway
    gateway.stop()
    peer.stop()


@pytest.fixture
def channel(gateway):
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        yield channel


def method(channel, kind, name, reply):
    return getattr(channel, kind)(
        f"/{PACKAGE}.{name}", lambda request: request.SerializeToString(), lambda data: parsed(reply, data))


def curl(gateway, name, *arguments):
    return grpcurl(
        "-protoset", PEERS / "peers.pb", *arguments, f"127.0.0.1:{gateway.port}", f"{PACKAGE}.{name}")


def test_grpcurl_calls_through_the_gateway(gateway):
    reply = json.loads(curl(gateway, "Basics/Echo", "-H", "x-custom: one", "-H", "x-user-id: root", "-d", '{"text": "hi"}'))
    assert reply["text"] == "hi" and reply["metadata"]["x-custom"] == "one" and "x-user-id" not in reply["metadata"]
    assert curl(gateway, "Basics/Count", "-d", '{"count": 3}').count('"number"') == 3
    assert json.loads(curl(gateway, "Everything/Sum", "-d", '{"value": 1}{"value": 2}'))["sum"] == "3"
    assert curl(gateway, "Everything/Chat", "-d", '{"text": "a"}{"text": "b"}').count('"text"') == 2


def test_every_kind_of_method(channel):
    echo = method(channel, "unary_unary", "Basics/Echo", "EchoReply")
    assert echo(message("EchoRequest", text="hi"), timeout=10).text == "hi"
    count = method(channel, "unary_stream", "Basics/Count", "Tick")
    assert [tick.number for tick in count(message("CountRequest", count=2000, padding_bytes=200), timeout=20)] == list(range(1, 2001))
    total = method(channel, "stream_unary", "Everything/Sum", "Total")
    assert total((message("Number", value=value) for value in range(2000)), timeout=20).sum == 1_999_000
    chat = method(channel, "stream_stream", "Everything/Chat", "Note")
    sent = [f"note {number}" * 100 for number in range(500)]
    assert [note.text for note in chat((message("Note", text=text) for text in sent), timeout=20)] == sent


def test_a_reply_before_the_next_message(channel):
    turn = threading.Semaphore(1)

    def notes():
        for number in range(5):
            assert turn.acquire(timeout=10)
            yield message("Note", text=str(number))

    chat = method(channel, "stream_stream", "Everything/Chat", "Note")
    for number, note in enumerate(chat(notes(), timeout=20)):
        assert note.text == str(number)
        turn.release()


def test_a_status_with_its_trailers(channel):
    fail = method(channel, "unary_unary", "Basics/Fail", "EchoReply")
    with pytest.raises(grpc.RpcError) as raised:
        fail(message("FailRequest", code=9, message="nö", problem={"everything": True}), timeout=10)
    assert raised.value.code() == grpc.StatusCode.FAILED_PRECONDITION and raised.value.details() == "nö"
    assert "grpc-status-details-bin" in dict(raised.value.trailing_metadata())


def test_a_stream_that_fails_midway(channel):
    count = method(channel, "unary_stream", "Basics/Count", "Tick")
    seen = []
    with pytest.raises(grpc.RpcError) as raised:
        for tick in count(message("CountRequest", count=5, fail_after=2, failure={"code": 10, "message": "stop"}), timeout=10):
            seen.append(tick.number)
    assert seen == [1, 2] and raised.value.code() == grpc.StatusCode.ABORTED


@pytest.mark.parametrize(("user", "code"), [
    (None, grpc.StatusCode.UNAUTHENTICATED), ("member@acme", grpc.StatusCode.PERMISSION_DENIED), ("admin@acme", None)])
def test_who_may_call(channel, platform, user, code):
    sleep = method(channel, "unary_unary", "Basics/Sleep", "EchoReply")
    metadata = [("authorization", f"Bearer {platform.token(user)}")] if user else []
    if code is None:
        assert sleep(message("SleepRequest", milliseconds=1), metadata=metadata, timeout=10).text == "slept"
        return
    with pytest.raises(grpc.RpcError) as raised:
        sleep(message("SleepRequest"), metadata=metadata, timeout=10)
    assert raised.value.code() == code


@pytest.mark.parametrize("name", ["Basics/Nothing", "Everything/Raw", "Everything/Mirror"])
def test_what_is_not_offered(channel, name):
    with pytest.raises(grpc.RpcError) as raised:
        method(channel, "unary_unary", name, "EchoReply")(message("EchoRequest"), timeout=10)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_message_that_is_too_large(channel):
    echo = method(channel, "unary_unary", "Basics/Echo", "EchoReply")
    with pytest.raises(grpc.RpcError) as raised:
        echo(message("EchoRequest", text="x" * (5 << 20)), timeout=10)
    assert raised.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert echo(message("EchoRequest", text="x"), timeout=10).text == "x", "the connection goes on"


def test_a_client_that_cancels_ends_the_call(gateway, channel):
    def cancelled():
        return once(
            gateway.port, "POST", "/api/v1/echo", {"Content-Type": "application/json"}, b'{"text": "cancelled"}').json()["attempt"] - 1

    before = cancelled()
    stop = threading.Event()

    def notes():
        yield message("Note", text="a")
        stop.wait(10)

    call = method(channel, "stream_stream", "Everything/Chat", "Note")(notes(), timeout=20)
    assert next(call).text == "a"
    call.cancel()
    stop.set()
    until(lambda: cancelled() > before, what="the end of the call")


def test_time_that_is_up(channel, platform):
    sleep = method(channel, "unary_unary", "Basics/Sleep", "EchoReply")
    metadata = [("authorization", f"Bearer {platform.token()}")]
    with pytest.raises(grpc.RpcError) as raised:
        sleep(message("SleepRequest", milliseconds=5000), metadata=metadata, timeout=0.3)
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
