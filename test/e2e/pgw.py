#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""pgw.py: a P-GW for tests, written from TS 29.274 and TS 29.281 and sharing no code with lib/.

usage: pgw.py ADDRESS TUN COMMANDS [--piggyback REMOTE]

It speaks GTPv2-C and GTP-U on ADDRESS, gives addresses of 10.2.0.0/24 out, and is the network behind them by the TUN
device, which it makes with 10.2.0.1, 10.2.0.8 and 10.2.0.9. It knows nothing of protected N-PDUs. What happens is
told on stdout. COMMANDS is a FIFO, read a line at a time:

  dedicated REMOTE   makes a bearer beside each default bearer, for packets to and from that address
  update EBI         Update Bearer Request for that bearer
  release EBI        Delete Bearer Request for that dedicated bearer
  disconnect         Delete Bearer Request for each default bearer: the PDN connection ends

--piggyback REMOTE puts the Create Bearer Request of a dedicated bearer behind the Create Session Response, in the
same datagram (TS 29.274 5.5.1).
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time

ECHO_REQUEST, ECHO_RESPONSE = 1, 2
CREATE_SESSION, MODIFY_BEARER, DELETE_SESSION = 32, 34, 36  # responses are one more
CREATE_BEARER, UPDATE_BEARER, DELETE_BEARER = 95, 97, 99
IMSI, CAUSE, RECOVERY, EBI, PCO, PAA, BEARER_QOS, BEARER_TFT = 1, 2, 3, 73, 78, 79, 80, 84
FTEID, BEARER_CONTEXT, CHARGING_ID, APN_RESTRICTION = 87, 93, 94, 127
S5_SGW_U, S5_PGW_U, S5_SGW_C, S5_PGW_C = 4, 5, 6, 7  # F-TEID interface types, 8.22
ACCEPTED, CONTEXT_NOT_FOUND = 16, 64
RESTART_COUNTER = 7
T3_S, N3 = 1.0, 5


def say(text):
    print(text, flush=True)


# --- information elements, clause 8 ---


def ie(kind, value, instance=0):
    return struct.pack(">BHB", kind, len(value), instance) + value


def read_ies(data):
    """[(type, instance, value)]"""
    out, at = [], 0
    while at < len(data):
        kind, length, instance = struct.unpack_from(">BHB", data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) != length:
            raise ValueError("an IE runs past the end")
        out.append((kind, instance & 15, value))
        at += 4 + length
    return out


def values(ies, kind, instance=0):
    return [v for k, i, v in ies if k == kind and i == instance]


def fteid(interface, teid, address, instance=0):
    return ie(FTEID, struct.pack(">BI", 0x80 | interface, teid) + socket.inet_aton(address), instance)


def find_fteid(ies, interface):
    """(TEID, IPv4 address) of the F-TEID with that interface type; None."""
    for kind, _, v in ies:
        if kind == FTEID and v[0] & 0x3F == interface and v[0] & 0x80:
            return struct.unpack(">I", v[1:5])[0], socket.inet_ntoa(v[5:9])
    return None


def ebi_of(ies, instance=0):
    v = values(ies, EBI, instance)
    return v[0][0] & 15 if v else 0


def cause(value):
    return ie(CAUSE, bytes([value, 0]))


def tft(remote):
    """Create new TFT with one filter, both ways: that remote address (TS 24.008 10.5.6.12)."""
    contents = b"\x10" + socket.inet_aton(remote) + b"\xff\xff\xff\xff"
    return ie(BEARER_TFT, bytes([0x21, 0x30, 1, len(contents)]) + contents)


def message(kind, teid, sequence, ies, piggybacks=False):
    body = b"".join(ies)
    flags = 0x40 | (0x10 if piggybacks else 0) | (0x08 if teid is not None else 0)
    rest = struct.pack(">I", sequence << 8) + body
    if teid is not None:
        rest = struct.pack(">I", teid) + rest
    return struct.pack(">BBH", flags, kind, len(rest)) + rest


def split(datagram):
    """[(type, TEID or None, sequence, IEs)]: one message, or one and what is piggybacked on it."""
    out = []
    while datagram:
        flags, kind, length = struct.unpack_from(">BBH", datagram)
        if flags >> 5 != 2 or len(datagram) < 4 + length:
            raise ValueError("no GTPv2-C message, or cut short")
        this, datagram = datagram[4 : 4 + length], datagram[4 + length :]
        if bool(flags & 0x10) != bool(datagram):
            raise ValueError("the P flag does not say what follows")
        teid = None
        if flags & 0x08:
            teid, this = struct.unpack_from(">I", this)[0], this[4:]
        out.append((kind, teid, struct.unpack_from(">I", this)[0] >> 8, read_ies(this[4:])))
    return out


# --- PDN connections ---


class Bearer:
    def __init__(self, ebi, teid, remote=None):
        self.ebi, self.teid, self.remote = ebi, teid, remote
        self.peer = None  # the S-GW's F-TEID for user data
        self.up = self.down = 0  # packets


class Connection:
    def __init__(self, imsi, address, teid, sgw):
        self.imsi, self.address, self.teid, self.sgw = imsi, address, teid, sgw
        self.bearers = []

    def default(self):
        return self.bearers[0]

    def bearer(self, ebi):
        return next((b for b in self.bearers if b.ebi == ebi), None)


class Pgw:
    def __init__(self, address, tun, piggyback):
        self.address, self.tun, self.piggyback = address, tun, piggyback
        self.control = self.bind(2123)
        self.user = self.bind(2152)
        self.connections = {}  # by our control TEID
        self.by_user_teid = {}
        self.next_teid = 0x50000001
        self.next_host = 100
        self.sequence = 0x1000
        self.waiting = {}  # sequence: [datagram, to, due, tries, what to do with the response]
        self.answered = {}  # (from, type, sequence): datagram

    def bind(self, port):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((self.address, port))
        return s

    def teid(self):
        self.next_teid += 1
        return self.next_teid

    # --- requests of ours ---

    def ask(self, kind, connection, ies, answered):
        """The request; it is sent again until its response is there."""
        self.sequence += 1
        datagram = message(kind, connection.sgw[0], self.sequence, ies)
        self.waiting[self.sequence] = [datagram, (connection.sgw[1], 2123), time.time() + T3_S, 1, answered]
        return datagram

    def send_again(self):
        for sequence, entry in list(self.waiting.items()):
            if time.time() < entry[2]:
                continue
            if entry[3] == N3:
                say(f"no answer to {sequence:#x}")
                del self.waiting[sequence]
                continue
            entry[2], entry[3] = time.time() + T3_S, entry[3] + 1
            self.control.sendto(entry[0], entry[1])

    def create_bearer(self, connection, remote):
        bearer = Bearer(0, self.teid(), remote)
        context = (
            ie(EBI, b"\0")
            + tft(remote)
            + fteid(S5_PGW_U, bearer.teid, self.address, 1)
            + ie(BEARER_QOS, bytes([0x7C, 7]) + bytes(20))
        )

        def answered(ies):
            contexts = [read_ies(v) for v in values(ies, BEARER_CONTEXT)]
            if values(ies, CAUSE)[0][0] != ACCEPTED or len(contexts) != 1:
                say(f"bearer for {remote} refused")
                return
            bearer.ebi = ebi_of(contexts[0])
            bearer.peer = find_fteid(contexts[0], S5_SGW_U)
            ours = find_fteid(contexts[0], S5_PGW_U)
            if not bearer.ebi or not bearer.peer or ours != (bearer.teid, self.address):
                say("a Create Bearer Response that lacks something")
                return
            connection.bearers.append(bearer)
            self.by_user_teid[bearer.teid] = (connection, bearer)
            say(f"bearer EBI {bearer.ebi} of IMSI {connection.imsi} for {remote}: uplink TEID {bearer.teid:#010x}, "
                f"downlink TEID {bearer.peer[0]:#010x}")

        ies = [ie(EBI, bytes([connection.default().ebi])), ie(BEARER_CONTEXT, context)]
        return self.ask(CREATE_BEARER, connection, ies, answered)

    def forget(self, connection, bearer):
        connection.bearers.remove(bearer)
        del self.by_user_teid[bearer.teid]
        say(f"bearer EBI {bearer.ebi} of IMSI {connection.imsi} ended: {bearer.up} up, {bearer.down} down")

    def forget_all(self, connection):
        for bearer in list(connection.bearers):
            self.forget(connection, bearer)
        del self.connections[connection.teid]

    def command(self, line):
        words = line.split()
        for connection in list(self.connections.values()):
            to = (connection.sgw[1], 2123)
            if words[0] == "dedicated":
                datagram = self.create_bearer(connection, words[1])
            elif words[0] == "update":
                context = ie(EBI, bytes([int(words[1])])) + ie(BEARER_QOS, bytes([0x7C, 7]) + bytes(20))
                datagram = self.ask(
                    UPDATE_BEARER,
                    connection,
                    [ie(BEARER_CONTEXT, context), ie(72, struct.pack(">II", 1000, 1000))],
                    lambda ies: say(f"updated: cause {values(ies, CAUSE)[0][0]}"),
                )
            elif words[0] == "release":
                bearer = connection.bearer(int(words[1]))
                datagram = self.ask(
                    DELETE_BEARER,
                    connection,
                    [ie(EBI, bytes([bearer.ebi]), 1)],
                    lambda ies, c=connection, b=bearer: self.forget(c, b),
                )
            else:
                datagram = self.ask(
                    DELETE_BEARER,
                    connection,
                    [ie(EBI, bytes([connection.default().ebi]))],
                    lambda ies, c=connection: self.forget_all(c),
                )
            self.control.sendto(datagram, to)

    # --- requests of the S-GW ---

    def create_session(self, sequence, ies):
        digits = "".join(f"{o & 15:x}{o >> 4:x}" for o in values(ies, IMSI)[0]).rstrip("f")
        sgw = find_fteid(ies, S5_SGW_C)
        context = read_ies(values(ies, BEARER_CONTEXT)[0])
        connection = Connection(digits, f"10.2.0.{self.next_host}", self.teid(), sgw)
        bearer = Bearer(ebi_of(context), self.teid())
        bearer.peer = find_fteid(context, S5_SGW_U)
        self.next_host += 1
        connection.bearers.append(bearer)
        self.connections[connection.teid] = connection
        self.by_user_teid[bearer.teid] = (connection, bearer)
        say(f"session of IMSI {digits}, EBI {bearer.ebi}, address {connection.address}, "
            f"PCO {values(ies, PCO)[0].hex() if values(ies, PCO) else 'none'}")
        created = (
            ie(EBI, bytes([bearer.ebi]))
            + cause(ACCEPTED)
            + fteid(S5_PGW_U, bearer.teid, self.address, 2)
            + ie(CHARGING_ID, struct.pack(">I", bearer.teid))
        )
        response = [
            cause(ACCEPTED),
            fteid(S5_PGW_C, connection.teid, self.address, 1),
            ie(PAA, b"\1" + socket.inet_aton(connection.address)),
            ie(APN_RESTRICTION, b"\0"),
            ie(BEARER_CONTEXT, created),
            ie(RECOVERY, bytes([RESTART_COUNTER])),
        ]
        more = self.create_bearer(connection, self.piggyback) if self.piggyback else b""
        return message(CREATE_SESSION + 1, sgw[0], sequence, response, bool(more)) + more

    def modify_bearer(self, connection, sequence, ies):
        moved = find_fteid(ies, S5_SGW_C)
        modified = []
        if moved:
            connection.sgw = moved
        for context in [read_ies(v) for v in values(ies, BEARER_CONTEXT)]:
            bearer, peer = connection.bearer(ebi_of(context)), find_fteid(context, S5_SGW_U)
            if bearer and peer:
                bearer.peer = peer
            result = ACCEPTED if bearer else CONTEXT_NOT_FOUND
            modified.append(ie(BEARER_CONTEXT, ie(EBI, bytes([ebi_of(context)])) + cause(result)))
        say(f"modified IMSI {connection.imsi}: S-GW {connection.sgw[1]}, "
            f"PCO {values(ies, PCO)[0].hex() if values(ies, PCO) else 'none'}")
        return message(MODIFY_BEARER + 1, connection.sgw[0], sequence, [cause(ACCEPTED)] + modified)

    def answer(self, kind, teid, sequence, ies):
        if kind == CREATE_SESSION:
            return self.create_session(sequence, ies)
        connection = self.connections.get(teid)
        if not connection:
            return message(kind + 1, 0, sequence, [cause(CONTEXT_NOT_FOUND)])
        if kind == MODIFY_BEARER:
            return self.modify_bearer(connection, sequence, ies)
        sgw = connection.sgw
        if ebi_of(ies) != connection.default().ebi:
            return message(kind + 1, sgw[0], sequence, [cause(CONTEXT_NOT_FOUND)])
        self.forget_all(connection)
        return message(DELETE_SESSION + 1, sgw[0], sequence, [cause(ACCEPTED)])

    def receive_control(self):
        datagram, source = self.control.recvfrom(65536)
        for kind, teid, sequence, ies in split(datagram):
            key = (source, kind, sequence)
            if kind == ECHO_REQUEST:
                out = message(ECHO_RESPONSE, None, sequence, [ie(RECOVERY, bytes([RESTART_COUNTER]))])
                self.control.sendto(out, source)
            elif kind in (CREATE_SESSION, MODIFY_BEARER, DELETE_SESSION):
                if key not in self.answered:
                    self.answered[key] = self.answer(kind, teid, sequence, ies)
                self.control.sendto(self.answered[key], source)
            elif sequence in self.waiting and teid in self.connections:
                self.waiting.pop(sequence)[4](ies)
            else:
                say(f"unexpected message {kind}")

    # --- user data ---

    def receive_user(self):
        packet, source = self.user.recvfrom(65536)
        flags, kind, length, teid = struct.unpack_from(">BBHI", packet)
        header = 12 if flags & 7 else 8
        if kind == 1:
            out = struct.pack(">BBHIHBB", 0x32, 2, 6, 0, struct.unpack_from(">H", packet, 8)[0], 0, 0) + b"\x0e\0"
            self.user.sendto(out, source)
        elif kind == 255 and teid in self.by_user_teid:
            self.by_user_teid[teid][1].up += 1
            os.write(self.tun, packet[header : 8 + length])

    def receive_tun(self):
        packet = os.read(self.tun, 65536)
        if packet[0] >> 4 != 4:
            return
        source, to = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        for connection in self.connections.values():
            if connection.address != to:
                continue
            bearer = next((b for b in connection.bearers if b.remote == source), connection.default())
            bearer.down += 1
            header = struct.pack(">BBHI", 0x30, 255, len(packet), bearer.peer[0])
            self.user.sendto(header + packet, (bearer.peer[1], 2152))


def open_tun(name, addresses):
    """The device, with these and up."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    for address in addresses:
        subprocess.run(["ip", "addr", "add", address, "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return fd


def main():
    address, tun, commands = sys.argv[1:4]
    piggyback = sys.argv[5] if sys.argv[4:5] == ["--piggyback"] else None
    pgw = Pgw(address, open_tun(tun, ["10.2.0.1/24", "10.2.0.8/32", "10.2.0.9/32"]), piggyback)
    fifo = os.open(commands, os.O_RDWR | os.O_NONBLOCK)  # for writing too: so it never ends
    text = b""
    say("ready")
    while True:
        for ready in select.select([pgw.control, pgw.user, pgw.tun, fifo], [], [], 0.2)[0]:
            if ready is pgw.control:
                pgw.receive_control()
            elif ready is pgw.user:
                pgw.receive_user()
            elif ready == pgw.tun:
                pgw.receive_tun()
            else:
                text += os.read(fifo, 4096)
                *lines, text = text.split(b"\n")
                for line in lines:
                    pgw.command(line.decode())
        pgw.send_again()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
