"""Messages from and to a process that may send anything, at any pace, or nothing.

This is the door: what comes in is no larger than it may be, and every text in it is clean.
"""

import time
from contextlib import suppress

from ..exercise.text import cleaned
from ..student import protocol

MOST_PARTS = 500_000  # of one message; each takes memory, however short it is
SEPARATORS = (b"[", b"{", b",")  # in front of a part


class Wire:
    """Messages over a socket, never larger than allowed, never later than a deadline, which is a
    time of the monotonic clock in seconds."""

    def __init__(self, sock):
        self.sock, self.data = sock, bytearray()

    def send(self, message: dict, deadline: float):
        """Raises OSError (TimeoutError among them) where it does not get through."""
        self.sock.settimeout(max(0.001, deadline - time.monotonic()))
        self.sock.sendall(protocol.encode(message))

    def greet(self, message: dict, deadline: float) -> dict:
        """The first reply, which one that has ended at once may have left behind. Raises as
        `receive`."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send(message, deadline)
        return self.receive(deadline)

    def receive(self, deadline: float) -> dict:
        """The next message. Raises TimeoutError, after which it can be waited for again, EOFError,
        or ValueError where it is no message."""
        head = protocol.LENGTH.size
        self._fill(head, deadline)
        whole = head + protocol.length(bytes(self.data[:head]))
        self._fill(whole, deadline)
        data = bytes(self.data[head:whole])
        del self.data[:whole]
        if sum(map(data.count, SEPARATORS)) > MOST_PARTS:
            raise ValueError("message of too many parts")
        try:
            return cleaned(protocol.decode(data))
        except RecursionError:
            raise ValueError("message too deep") from None

    def _fill(self, count, deadline):
        while len(self.data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            part = self.sock.recv(1 << 20)
            if not part:
                raise EOFError
            self.data += part

    def close(self):
        """Hang up."""
        self.sock.close()
