"""Messages from and to a process that may send anything, at any pace, or nothing."""

import time

from ..student import protocol

LOOK_EVERY = 0.25  # seconds between two calls of `watch` while nothing arrives


class Wire:
    """Messages over a socket, never larger than allowed, never later than a deadline, which is a
    time of the monotonic clock in seconds.

    `watch` is called now and then while nothing arrives; what it raises goes to the caller.
    """

    def __init__(self, sock, watch=lambda: None):
        self.sock, self.watch, self.data = sock, watch, bytearray()

    def send(self, message: dict, deadline: float):
        """Raises OSError (TimeoutError among them) where it does not get through."""
        self.sock.settimeout(max(0.001, deadline - time.monotonic()))
        self.sock.sendall(protocol.encode(message))

    def receive(self, deadline: float) -> dict:
        """The next message. Raises TimeoutError, EOFError, or ValueError where it is no message."""
        size = protocol.length(self._exactly(protocol.LENGTH.size, deadline))
        return protocol.decode(self._exactly(size, deadline))

    def _exactly(self, count, deadline):
        while len(self.data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(min(left, LOOK_EVERY))
            try:
                part = self.sock.recv(1 << 20)
            except TimeoutError:
                self.watch()
                continue
            if not part:
                raise EOFError
            self.data += part
        data = bytes(self.data[:count])
        del self.data[:count]
        return data

    def close(self):
        """Hang up."""
        self.sock.close()
