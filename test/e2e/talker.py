#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""talker: sends ICMP echo requests at a rate, whatever becomes of them, and keeps the number of answers in a file.

  talker.py ADDRESS FILE [--rate N] [--device NAME]
"""

import argparse
import os
import select
import struct
import time

import pinger

IDENTIFIER = os.getpid() & 0xFFFF


def is_answer(packet):
    icmp = packet[(packet[0] & 15) * 4 :]
    return len(icmp) >= 8 and icmp[0] == pinger.ECHO_REPLY and struct.unpack_from(">H", icmp, 4)[0] == IDENTIFIER


def talk(s, args):
    """Until the device goes."""
    sequence, due = 0, time.monotonic()
    while True:
        left = due - time.monotonic()
        if left <= 0:
            sequence = (sequence + 1) & 0xFFFF
            s.sendto(pinger.request(IDENTIFIER, sequence, b"talk" * args.words), (args.address, 0))
            due = max(due + 1 / args.rate, time.monotonic() - 1)
        elif select.select([s], [], [], left)[0] and is_answer(s.recv(65535)):
            args.answered += 1
            os.pwrite(args.fd, b"%12d\n" % args.answered, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("file")
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    parser.add_argument("--words", type=int, default=10, help="of four octets, in each request")
    parser.add_argument("--device")
    args = parser.parse_args()
    args.fd = os.open(args.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    args.answered = 0
    os.pwrite(args.fd, b"%12d\n" % args.answered, 0)
    while True:
        try:
            talk(pinger.open_socket(args.device, None), args)
        except OSError:
            time.sleep(0.1)


main()
