"""The world's host names by DNS (RFC 1035), for containers of Docker: these have an /etc/hosts of their own.

Docker's name server, which each container asks, passes on what it does not know, and waits long where nobody
answers. So a name that nobody here has must be denied too.
"""

import functools
import socket
import socketserver
import struct
import threading

from rig.world import ADDRESS

A, FOUND, UNKNOWN = 1, 0x8580, 0x8583


@functools.cache
def start(world):
    """Serves the names of `world.hosts` as long as this process lives; returns the address."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self):
            query, client = self.request
            client.sendto(answer(query, world.hosts), self.client_address)

    server = socketserver.UDPServer((ADDRESS, 53), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return ADDRESS


def answer(query, hosts):
    """A name has one address, of IPv4; of any other type it has no record."""
    labels, place = [], 12
    while length := query[place]:
        labels.append(query[place + 1 : place + 1 + length].decode(errors="replace"))
        place += 1 + length
    (kind,) = struct.unpack("!H", query[place + 1 : place + 3])
    address = hosts.get(".".join(labels).lower())
    records = b""
    if address and kind == A:
        # 0xC00C: the name of the question. Class IN, a minute to live, four bytes.
        records = struct.pack("!HHHIH", 0xC00C, A, 1, 60, 4) + socket.inet_aton(address)
    header = query[:2] + struct.pack("!HHHHH", FOUND if address else UNKNOWN, 1, bool(records), 0, 0)
    return header + query[12 : place + 5] + records
