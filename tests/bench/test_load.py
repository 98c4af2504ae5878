"""The load generator, against a server that misbehaves."""

import contextlib
import itertools
import socket
import threading

import pytest

from bench import load

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@contextlib.contextmanager
def server(answers):
    """A server that gives these answers in turn, whatever comes; None closes the connection instead."""
    queue, lock = itertools.chain(answers, itertools.repeat(OK)), threading.Lock()
    listening = socket.create_server(("127.0.0.1", 0))

    def talk(connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(65536):
                with lock:
                    answer = next(queue)
                if answer is None:
                    return
                connection.sendall(answer)
                if b"Connection: close" in answer:
                    return

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connection.settimeout(10)
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def sent(port, count, connections=1):
    return load.run(port, itertools.repeat(REQUEST, count), seconds=20, connections=connections)


def test_it_sends_each_request_once_and_times_each_answer():
    with server([]) as port:
        result = sent(port, 100, connections=4)
    assert result.statuses == {200: 100}
    assert len(result.took) == 100
    assert result.clean
    assert result.rate > 0


def test_an_answer_that_is_not_200_spoils_the_figure_and_is_kept_to_be_shown():
    refused = b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nslow"
    with server([OK, refused, OK]) as port:
        result = sent(port, 3)
    assert result.statuses == {200: 2, 429: 1}
    assert not result.clean
    assert result.sample == refused


def test_it_sends_again_where_the_server_closed_an_idle_connection_and_says_so():
    with server([OK, None, OK]) as port:
        result = sent(port, 2)
    assert result.statuses == {200: 2}
    assert result.again == 1


def test_it_opens_a_new_connection_where_the_server_says_that_it_closes():
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    with server([closing, closing]) as port:
        result = sent(port, 3)
    assert result.statuses == {200: 3}
    assert result.again == 0


def test_it_gives_up_on_a_server_that_closes_every_connection():
    with server([None] * 10) as port, pytest.raises(ConnectionError):
        sent(port, 1)


def test_half_an_answer_is_none():
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhello"
    with server([half]) as port, pytest.raises(ConnectionError, match="broke off"):
        sent(port, 1)


def test_rounds_add_up():
    result = load.Result()
    for seconds, count in ((1.0, 10), (3.0, 10)):
        one = load.Result(seconds=seconds, took=[0.01] * count)
        one.statuses[200] = count
        result.add(one)
    assert result.rate == 5
    assert result.rates == [10, pytest.approx(10 / 3)]
    assert result.percentile(0.95) == 10
