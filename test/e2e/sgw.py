#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sgw.py: the S-GW, and all behind it, of an ordinary EPS subscriber, without protection. Shares no code with lib/.

usage: sgw.py ADDRESS PGW TUN IMSI APN

It asks the P-GW at PGW for a PDN connection, again and again until it is answered, and then is the UE by the TUN
device, which it makes with the address that it was given. What happens is told on stdout. It ends, with a Delete
Session Request, by SIGTERM.
"""

import os
import select
import signal
import socket
import struct
import sys
import time

from pgw import (ACCEPTED, BEARER_CONTEXT, BEARER_QOS, CAUSE, CREATE_SESSION, DELETE_SESSION, EBI, IMSI, PAA, S5_PGW_C,
                 S5_PGW_U, S5_SGW_C, S5_SGW_U, T3_S, find_fteid, fteid, ie, message, open_tun, read_ies, say, split, values)

APN, AMBR, SERVING_NETWORK, RAT_TYPE, SELECTION_MODE, PDN_TYPE = 71, 72, 83, 82, 128, 99
CONTROL_TEID, USER_TEID, BEARER = 0x70000001, 0x70000002, 5
SOONEST_S = 0.2


def bind(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))
    return s


def create_session(address, imsi, apn, sequence):
    digits = imsi + "f" * (len(imsi) % 2)
    context = (
        ie(EBI, bytes([BEARER]))
        + fteid(S5_SGW_U, USER_TEID, address, 2)
        + ie(BEARER_QOS, bytes([0x7C, 9]) + bytes(20))
    )
    return message(CREATE_SESSION, 0, sequence, [
        ie(IMSI, bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))),
        ie(SERVING_NETWORK, bytes.fromhex("62f210")),
        ie(RAT_TYPE, b"\x06"),
        fteid(S5_SGW_C, CONTROL_TEID, address),
        ie(APN, b"".join(bytes([len(label)]) + label.encode() for label in apn.split("."))),
        ie(SELECTION_MODE, b"\0"),
        ie(PDN_TYPE, b"\1"),
        ie(PAA, b"\1" + bytes(4)),
        ie(AMBR, struct.pack(">II", 1000, 1000)),
        ie(BEARER_CONTEXT, context),
    ])


def connect(control, address, pgw, imsi, apn, sequence, stop):
    """(the P-GW's F-TEID for control, for user data, the UE's address)"""
    while not stop:
        control.sendto(create_session(address, imsi, apn, sequence), (pgw, 2123))
        if not select.select([control], [], [], T3_S)[0]:
            say("no answer")
            continue
        for kind, teid, answered, ies in split(control.recv(65536)):
            if (kind, teid, answered) != (CREATE_SESSION + 1, CONTROL_TEID, sequence):
                continue
            if values(ies, CAUSE)[0][0] != ACCEPTED:
                sys.exit(f"refused: cause {values(ies, CAUSE)[0][0]}")
            context = read_ies(values(ies, BEARER_CONTEXT)[0])
            host = socket.inet_ntoa(values(ies, PAA)[0][1:5])
            return find_fteid(ies, S5_PGW_C), find_fteid(context, S5_PGW_U), host
    sys.exit()


def main():
    address, pgw, tun, imsi, apn = sys.argv[1:6]
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    sequence = time.time_ns() // 1000 & 0xFFFFFF  # the P-GW may remember those of before
    control, user = bind(address, 2123), bind(address, 2152)
    peer_c, peer_u, host = connect(control, address, pgw, imsi, apn, sequence, stop)
    fd = open_tun(tun, [f"{host}/32"])
    say(f"ready: IMSI {imsi}, address {host}")
    while not stop:
        for ready in select.select([user, fd], [], [], SOONEST_S)[0]:
            if ready is user:
                packet = user.recv(65536)
                _, kind, length, teid = struct.unpack_from(">BBHI", packet)
                if kind == 255 and teid == USER_TEID:
                    os.write(fd, packet[8 : 8 + length])
            else:
                packet = os.read(fd, 65536)
                if packet[0] >> 4 == 4:
                    header = struct.pack(">BBHI", 0x30, 255, len(packet), peer_u[0])
                    user.sendto(header + packet, (peer_u[1], 2152))
    control.sendto(message(DELETE_SESSION, peer_c[0], sequence + 1 & 0xFFFFFF, [ie(EBI, bytes([BEARER]))]), (pgw, 2123))
    say("deleted" if select.select([control], [], [], T3_S)[0] else "no answer")


if __name__ == "__main__":
    main()
