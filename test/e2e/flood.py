#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""flood: Create PDP Context Requests and Create Session Requests of SGSNs and S-GWs that do not exist, to a GGSN that does
not exist, at a rate that the kernel's rings take. Each names a keyset and a tunnel of its own. Any of them can be answered, as that GGSN
would.
"""

import argparse
import socket
import struct
import time

import gsn
import pgw
import samples
from frames import GTPC_PORT, checksum, send

GGSN = "10.1.0.77"
KEYSET = bytes.fromhex("80" "ff00" "16" "62f210" "e2" "02" "03") + b"\x5a" * 16  # e2m.md 5: Key ID 3, by a RAND
AN_SGSN = socket.inet_aton("10.9.0.0")
SENDERS = 5000
V2_EVERY = 4  # of so many requests one is of GTPv2-C
BURST = 50
UE = 262019990000000
FIRST_TEID = 0x50000000


def imsi(n):
    digits = str(UE + n) + "f"
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, 16, 2))


def teid(n):
    return struct.pack(">I", FIRST_TEID + n)


def sender(n):
    return struct.pack(">I", int.from_bytes(AN_SGSN, "big") + n % SENDERS)


def create_v1(n):
    """TS 29.060 7.3.1."""
    body = (gsn.ie(2, imsi(n)) + gsn.ie(15, b"\xfd") + gsn.ie(gsn.TEID_DATA, teid(n)) + gsn.ie(gsn.TEID_CONTROL, teid(n))
            + gsn.ie(gsn.NSAPI, b"\x05") + gsn.ie(gsn.END_USER_ADDRESS, b"\xf1\x21") + gsn.ie(131, b"\x08internet")
            + gsn.ie(132, KEYSET) + gsn.ie(gsn.GSN_ADDRESS, sender(n)) * 2)
    return gsn.gtp(gsn.CREATE_REQUEST, 0, body, n & 0xFFFF)


def create_v2(n):
    """TS 29.274 7.2.1."""
    address = socket.inet_ntoa(sender(n))
    bearer = pgw.ie(pgw.EBI, b"\x05") + pgw.fteid(4, FIRST_TEID + n, address, 2)
    return pgw.message(pgw.CREATE_SESSION, 0, n & 0xFFFF, [
        pgw.ie(pgw.IMSI, imsi(n)), pgw.fteid(6, FIRST_TEID + n, address), pgw.ie(71, b"\x08internet"),
        pgw.ie(pgw.PCO, KEYSET), pgw.ie(pgw.BEARER_CONTEXT, bearer)])


def is_v2(n):
    return n % V2_EVERY == V2_EVERY - 1


class Template:
    """A request's frame, of which what differs from another's is put in place: to build each anew would take too long."""

    def __init__(self, create, link):
        self.n = 0x1234
        data = create(self.n)
        self.frame = bytearray(samples.udp(data, GTPC_PORT, link=link, src=socket.inet_ntoa(sender(self.n)), dst=GGSN))
        self.frame[40:42] = b"\0\0"  # no UDP checksum
        self.ip = len(link) + 2
        self.places = [(make, self.find(make(self.n)))
                       for make in (imsi, teid, sender, lambda n: struct.pack(">H", n & 0xFFFF))]

    def find(self, octets):
        first = 42 if len(octets) == 2 else self.ip + 12
        last = first + 12 if len(octets) == 2 else len(self.frame)  # a sequence number is in the header
        return [at for at in range(first, last) if self.frame[at : at + len(octets)] == octets]

    def of(self, n):
        for make, places in self.places:
            octets = make(n)
            for at in places:
                self.frame[at : at + len(octets)] = octets
        self.frame[self.ip + 10 : self.ip + 12] = b"\0\0"
        self.frame[self.ip + 10 : self.ip + 12] = struct.pack(">H", checksum(bytes(self.frame[self.ip : self.ip + 20])))
        return self.frame


def link_of(args):
    return bytes.fromhex((args.to_mac + args.from_mac).replace(":", ""))


def paced(frames, rate):
    began = time.monotonic()
    for i, frame in enumerate(frames):
        if i % BURST == 0:
            time.sleep(max(0, began + i / rate - time.monotonic()))
        yield frame


def command_requests(args):
    v1, v2 = (Template(create, link_of(args)) for create in (create_v1, create_v2))
    frames = ((v2 if is_v2(n) else v1).of(n) for n in range(args.first, args.first + args.count))
    send(args.interface, paced(frames, args.rate))


def acceptance(n):
    """The answer to one of GTPv1-C."""
    body = (gsn.ie(gsn.CAUSE, bytes([gsn.ACCEPTED])) + gsn.ie(gsn.REORDERING, b"\xfe") + gsn.ie(gsn.TEID_DATA, teid(n))
            + gsn.ie(gsn.TEID_CONTROL, teid(n)) + gsn.ie(gsn.CHARGING_ID, teid(n))
            + gsn.ie(gsn.END_USER_ADDRESS, b"\xf1\x21\x0a\x03\x00\x01") + gsn.ie(gsn.GSN_ADDRESS, socket.inet_aton(GGSN)) * 2)
    data = gsn.gtp(gsn.CREATE_REQUEST + 1, FIRST_TEID + n, body, n & 0xFFFF)
    return {"data": data, "src": GGSN, "dst": socket.inet_ntoa(sender(n))}


def command_accept(args):
    numbers = [n for n in range(args.first, args.first + args.count) if not is_v2(n)]
    send(args.interface, [samples.udp(port=GTPC_PORT, link=link_of(args), **acceptance(n)) for n in numbers])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in (("requests", command_requests), ("accept", command_accept)):
        sub = commands.add_parser(name)
        sub.set_defaults(run=run)
        for argument in ("interface", "from_mac", "to_mac"):
            sub.add_argument(argument)
        for argument in ("first", "count"):
            sub.add_argument(argument, type=int)
        sub.add_argument("--rate", type=int, default=20000, help="requests a second, at most")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
