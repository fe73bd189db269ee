# SPDX-License-Identifier: BSD-3-Clause
"""pinger: ICMP echo that waits for every answer. ping(8) gives up two round trips after its last request, so that
on a busy machine it reports as lost what has only been late.
"""

import os
import select
import socket
import struct
import time

from frames import checksum

ECHO_REPLY, ECHO_REQUEST = 0, 8


def open_socket(device, source):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    if source:
        s.bind((source, 0))
    return s


def request(identifier, sequence, data):
    head = struct.pack(">BBHHH", ECHO_REQUEST, 0, 0, identifier, sequence)
    return head[:2] + struct.pack(">H", checksum(head + data)) + head[4:] + data


def take_answers(s, until, identifier, data, waiting):
    """Takes sequence numbers out of waiting as they are answered, until the time or the last one."""
    while waiting and (left := until - time.monotonic()) > 0:
        if not select.select([s], [], [], left)[0]:
            return
        packet = s.recv(65535)
        icmp = packet[(packet[0] & 15) * 4 :]
        kind, _, _, ident, sequence = struct.unpack_from(">BBHHH", icmp)
        if (kind, ident, icmp[8:]) == (ECHO_REPLY, identifier, data):
            waiting.discard(sequence)


def ping(address, count, interval, wait, size, pattern, device=None, source=None):
    """Sends count requests; returns how many were never answered."""
    s = open_socket(device, source)
    identifier = os.getpid() & 0xFFFF
    data = (pattern * (size // len(pattern) + 1))[:size]
    waiting = set()
    for sequence in range(1, count + 1):
        waiting.add(sequence)
        s.sendto(request(identifier, sequence, data), (address, 0))
        until = time.monotonic() + (interval if sequence < count else wait)
        take_answers(s, until, identifier, data, waiting)
        if sequence < count:
            time.sleep(max(0, until - time.monotonic()))
    return len(waiting)
