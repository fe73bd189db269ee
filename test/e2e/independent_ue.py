#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""independent_ue: a UE that shares no code with lib/: keys and N-PDUs are oracle.py's, with eea2, eia2 and one octet of
counter.

  independent_ue.py keyset                          e2mCK and e2mIK of that AKA run, for a key file
  independent_ue.py ping FROM TO COUNT [SIZE]       a protected uplink N-PDU: an ICMP echo request, sequence number COUNT
  independent_ue.py open                            downlink N-PDUs of stdin, one a line in hex: COUNT, and what is in it
"""

import argparse
import socket
import sys

import oracle
import pinger
from samples import ipv4

UPLINK, DOWNLINK = 0, 1
IDENTIFIER = 0x4853


def data(size):
    return (b"independent " * (size // 12 + 1))[:size]


def command_keyset(args, keys):
    print(f"e2mck: {keys['e2mck'].hex()}, e2mik: {keys['e2mik'].hex()}")


def command_ping(args, keys):
    icmp = pinger.request(IDENTIFIER, args.count, data(args.size))
    npdu = ipv4(icmp, socket.IPPROTO_ICMP, link=b"", src=args.src, dst=args.dst)[2:]
    print(oracle.protect_pdu(keys, args.nsapi, UPLINK, args.key_id, args.count, npdu).hex())


def command_open(args, keys):
    for line in sys.stdin:
        count, npdu = oracle.open_pdu(keys, "eea2", "eia2", 4, 1, args.nsapi, DOWNLINK, bytes.fromhex(line))
        src, dst = socket.inet_ntoa(npdu[12:16]), socket.inet_ntoa(npdu[16:20])
        answer = npdu[20:]
        sequence = int.from_bytes(answer[6:8], "big")
        wanted = bytearray(pinger.request(IDENTIFIER, sequence, data(len(answer) - 8)))
        wanted[0], wanted[2:4] = pinger.ECHO_REPLY, answer[2:4]
        if answer != wanted or pinger.checksum(answer):
            raise SystemExit(f"COUNT {count}: not the answer to an echo request of ours: {npdu.hex()}")
        print(f"{count}: {src} to {dst}: echo reply {sequence}, {len(answer) - 8} octets")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("k", "opc", "rand"):
        parser.add_argument(f"--{name}", type=bytes.fromhex, required=True)
    parser.add_argument("--nsapi", type=int, default=5)
    parser.add_argument("--key-id", type=int, default=1)
    what = parser.add_subparsers(required=True)
    what.add_parser("keyset").set_defaults(run=command_keyset)
    ping = what.add_parser("ping")
    ping.set_defaults(run=command_ping)
    ping.add_argument("src")
    ping.add_argument("dst")
    ping.add_argument("count", type=int)
    ping.add_argument("size", type=int, nargs="?", default=56)
    what.add_parser("open").set_defaults(run=command_open)
    args = parser.parse_args()
    args.run(args, oracle.key_hierarchy(args.k, args.opc, args.rand))


main()
