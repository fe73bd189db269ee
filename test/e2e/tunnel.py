#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tunnel: frames of a tunnel that has no GSN behind it, made with the oracle's own cryptography: eea2, eia2, one octet
of counter. Each line is a name and a frame, for packets.py send and missing.

  tunnel.py clear|protected up|down TEID FIRST COUNT   N-PDUs FIRST to FIRST+COUNT-1; a protected one's number is its COUNT
  tunnel.py counts PCAP up|down                        the COUNTs of the protected N-PDUs of a capture
"""

import argparse
import socket

import oracle
from frames import GTPU_PORT, G_PDU, g_pdus, pcap_read
from samples import gtp, ipv4, udp

GSN = {"up": ("10.1.0.1", "10.1.0.2"), "down": ("10.1.0.2", "10.1.0.1")}
DIRECTION = {"up": 0, "down": 1}


def npdu(direction, number):
    src, dst = ("10.2.0.2", "10.2.0.1") if direction == "up" else ("10.2.0.1", "10.2.0.2")
    icmp = bytes.fromhex("08000000") + number.to_bytes(4, "big") + b"clear text " * 3
    return ipv4(icmp, socket.IPPROTO_ICMP, link=b"", src=src, dst=dst)[2:]


def frame(args, keys, number):
    payload = npdu(args.direction, number)
    if args.what == "protected":
        payload = oracle.protect_pdu(keys, args.nsapi, DIRECTION[args.direction], args.key_id, number, payload)
    src, dst = GSN[args.direction]
    return udp(gtp(G_PDU, payload, teid=args.teid), GTPU_PORT, src=src, dst=dst, ip_id=number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keyset", type=bytes.fromhex, required=True, help="e2mCK and e2mIK")
    parser.add_argument("--nsapi", type=int, default=5)
    parser.add_argument("--key-id", type=int, default=1)
    what = parser.add_subparsers(dest="what", required=True)
    for name in ("clear", "protected"):
        frames = what.add_parser(name)
        frames.add_argument("direction", choices=GSN)
        for argument in ("teid", "first", "count"):
            frames.add_argument(argument, type=lambda text: int(text, 0))
    counts = what.add_parser("counts")
    counts.add_argument("pcap")
    counts.add_argument("direction", choices=GSN)
    args = parser.parse_args()

    keys = oracle.keys_of_keyset(args.keyset)
    if args.what == "counts":
        for pdu in g_pdus(pcap_read(args.pcap), GSN[args.direction][1]):
            count, _ = oracle.open_pdu(keys, "eea2", "eia2", 4, 1, args.nsapi, DIRECTION[args.direction], pdu.payload)
            print(count)
        return
    for number in range(args.first, args.first + args.count):
        print(f"{args.what}-{args.direction}-{number}", frame(args, keys, number).hex())


main()
