"""Messages from and to a process that may send anything, at any pace, or nothing."""

import time
from contextlib import suppress

from ..student import protocol


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
        """The next message. Raises TimeoutError, EOFError, or ValueError where it is no message."""
        size = protocol.length(self._exactly(protocol.LENGTH.size, deadline))
        return protocol.decode(self._exactly(size, deadline))

    def _exactly(self, count, deadline):
        while len(self.data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            part = self.sock.recv(1 << 20)
            if not part:
                raise EOFError
            self.data += part
        data = bytes(self.data[:count])
        del self.data[:count]
        return data

    def close(self):
        """Hang up."""
        self.sock.close()
