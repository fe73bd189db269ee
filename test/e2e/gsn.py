#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""gsn: a small GGSN (TS 29.060, TS 29.281) over IPv4 or IPv6, which osmo-ggsn does not speak on its Gn side.

PDP contexts for IPv4 behind a TUN device. It has nothing of lib/, and knows nothing of e2m. Of information elements it
reads what it needs and passes over the others by their lengths. It stops at SIGTERM.
"""

import argparse
import fcntl
import ipaddress
import os
import select
import signal
import socket
import struct
import subprocess

from frames import G_PDU, GTPC_PORT, GTPU_PORT

ECHO_REQUEST, ECHO_RESPONSE = 1, 2
CREATE_REQUEST, UPDATE_REQUEST, DELETE_REQUEST = 16, 18, 20
ACCEPTED, NON_EXISTENT, ALL_ADDRESSES_TAKEN = 128, 192, 211

# TS 29.060 table 37: contents' octets of the IEs that have no length of their own.
FIXED = {1: 1, 2: 8, 3: 6, 4: 4, 5: 4, 8: 1, 9: 3, 11: 1, 12: 3, 13: 1, 14: 1, 15: 1, 16: 4, 17: 4, 18: 5, 19: 1, 20: 1,
         21: 1, 22: 1, 23: 1, 24: 1, 25: 2, 26: 2, 27: 2, 28: 2, 29: 1, 127: 4}
CAUSE, REORDERING, RECOVERY, TEID_DATA, TEID_CONTROL, NSAPI = 1, 8, 14, 16, 17, 20
CHARGING_ID, END_USER_ADDRESS, GSN_ADDRESS = 127, 128, 133


def read_ies(data):
    """{type: [contents, ...]}"""
    ies, at = {}, 0
    while at < len(data):
        kind = data[at]
        if kind < 128:
            head, size = 1, FIXED[kind]
        else:
            head, size = 3, struct.unpack_from(">H", data, at + 1)[0]
        if at + head + size > len(data):
            raise ValueError("an IE runs past the end")
        ies.setdefault(kind, []).append(data[at + head : at + head + size])
        at += head + size
    return ies


def ie(kind, contents):
    return bytes([kind]) + (struct.pack(">H", len(contents)) if kind >= 128 else b"") + contents


def gtp(kind, teid, body, sequence=None):
    if sequence is None:
        return struct.pack(">BBHI", 0x30, kind, len(body), teid) + body
    return struct.pack(">BBHIHBB", 0x32, kind, 4 + len(body), teid, sequence, 0, 0) + body


def read_gtp(data):
    """Message type, TEID, sequence number or None, and what follows."""
    flags, kind, length, teid = struct.unpack_from(">BBHI", data)
    if flags & 0xF0 != 0x30 or len(data) != 8 + length:
        raise ValueError("not GTPv1")
    if not flags & 7:
        return kind, teid, None, data[8:]
    at, extension = 12, data[11] if flags & 4 else 0
    while extension:
        size = data[at] * 4
        at, extension = at + size, data[at + size - 1]
    return kind, teid, struct.unpack_from(">H", data, 8)[0] if flags & 2 else None, data[at:]


def open_tun(name, network):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    subprocess.run(["ip", "addr", "add", f"{network[1]}/{network.prefixlen}", "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return tun


class Ggsn:
    def __init__(self, args):
        self.address = ipaddress.ip_address(args.address)
        self.knows_sgsn = args.knows_sgsn
        self.told_address = args.told_address
        network = ipaddress.ip_network(args.network)
        self.free = list(network)[2:-1]
        self.contexts = {}  # by our TEID: of user plane and control plane alike
        self.by_ue = {}
        self.teid = 0
        self.control, self.user = (self.open_socket(port) for port in (GTPC_PORT, GTPU_PORT))
        self.tun = open_tun(args.tun, network)

    def open_socket(self, port):
        s = socket.socket(socket.AF_INET if self.address.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
        s.bind((str(self.address), port))
        return s

    # --- GTP-C ---

    def endpoints(self, context, ies):
        """Takes over what a request says of the SGSN's ends."""
        for name, kind in (("teid_data", TEID_DATA), ("teid_control", TEID_CONTROL)):
            if kind in ies:
                context[name], = struct.unpack(">I", ies[kind][0])
        if len(ies.get(GSN_ADDRESS, [])) > 1:
            context["control"], context["user"] = (str(ipaddress.ip_address(a)) for a in ies[GSN_ADDRESS][:2])

    def accept(self, context):
        teid, address = struct.pack(">I", context["ours"]), self.address.packed
        return (ie(CAUSE, bytes([ACCEPTED])) + ie(RECOVERY, b"\x01") + ie(TEID_DATA, teid) + ie(TEID_CONTROL, teid)
                + ie(CHARGING_ID, teid), ie(GSN_ADDRESS, address) * 2)

    @staticmethod
    def asked_address(ies):
        asked = ies.get(END_USER_ADDRESS, [b""])[0][2:]
        return ipaddress.ip_address(asked) if len(asked) == 4 and any(asked) else None

    def take_address(self, ies):
        """The static address of the request, or a free one."""
        address = self.asked_address(ies) or self.free[0]
        self.free = [a for a in self.free if a != address]
        return address

    def tell_address(self, context):
        how = self.told_address if context["is_static"] else "given"
        if how == "none":
            return b""
        return ie(END_USER_ADDRESS, b"\xf1\x21" + (bytes(4) if how == "zero" else context["ue"].packed))

    def create(self, ies):
        context = {}
        self.endpoints(context, ies)
        if not self.free:
            return context["teid_control"], ie(CAUSE, bytes([ALL_ADDRESSES_TAKEN]))
        self.teid += 1
        context.update(ours=self.teid, ue=self.take_address(ies), is_static=self.asked_address(ies) is not None)
        self.contexts[self.teid] = self.by_ue[context["ue"].packed] = context
        head, tail = self.accept(context)
        print(f"created: UE {context['ue']}, TEID {self.teid:#x}, SGSN {context['user']}", flush=True)
        # The order of TS 29.060 table 6: Reordering Required before Recovery, QoS left out.
        head = head[:2] + ie(REORDERING, b"\xfe") + head[2:]
        return context["teid_control"], head + self.tell_address(context) + tail

    def update(self, context, ies):
        self.endpoints(context, ies)
        return context["teid_control"], b"".join(self.accept(context))

    def delete(self, context, peer):
        if self.knows_sgsn and peer != context["control"]:
            return 0, ie(CAUSE, bytes([NON_EXISTENT]))
        del self.contexts[context["ours"]], self.by_ue[context["ue"].packed]
        self.free.append(context["ue"])
        print(f"deleted: UE {context['ue']}", flush=True)
        return context["teid_control"], ie(CAUSE, bytes([ACCEPTED]))

    def take_control(self):
        data, peer = self.control.recvfrom(65535)
        kind, teid, sequence, body = read_gtp(data)
        context = self.contexts.get(teid)
        if kind == ECHO_REQUEST:
            answer = 0, ie(RECOVERY, b"\x01")
        elif kind == CREATE_REQUEST:
            answer = self.create(read_ies(body))
        elif kind not in (UPDATE_REQUEST, DELETE_REQUEST):
            return
        elif not context:
            answer = 0, ie(CAUSE, bytes([NON_EXISTENT]))
        else:
            answer = (self.delete(context, peer[0]) if kind == DELETE_REQUEST
                      else self.update(context, read_ies(body)))
        self.control.sendto(gtp(kind + 1, answer[0], answer[1], sequence), peer)

    # --- G-PDUs ---

    def take_user(self):
        data, peer = self.user.recvfrom(65535)
        kind, teid, sequence, body = read_gtp(data)
        if kind == ECHO_REQUEST:
            self.user.sendto(gtp(ECHO_RESPONSE, 0, ie(RECOVERY, b"\x00"), sequence), peer)
        elif kind == G_PDU and teid in self.contexts:
            try:
                os.write(self.tun, body)
            except OSError:
                print(f"no N-PDU of IPv4: {body[:8].hex()}", flush=True)

    def take_tun(self):
        npdu = os.read(self.tun, 65535)
        context = self.by_ue.get(npdu[16:20]) if npdu[0] >> 4 == 4 else None
        if context:
            self.user.sendto(gtp(G_PDU, context["teid_data"], npdu), (context["user"], GTPU_PORT))

    def run(self):
        takers = {self.control: self.take_control, self.user: self.take_user, self.tun: self.take_tun}
        print("ready", flush=True)
        while True:
            for source in select.select(list(takers), [], [])[0]:
                try:
                    takers[source]()
                except (ValueError, KeyError, IndexError, struct.error) as e:
                    print(f"unparsed: {e!r}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="ours, for GTP-C and GTP-U")
    parser.add_argument("--tun", default="tun0")
    parser.add_argument("--network", default="10.2.0.0/24", help="of UEs; its first address is the TUN device's")
    parser.add_argument("--knows-sgsn", action="store_true",
                        help="to whoever is not the SGSN of a context, a Delete of it is of one that does not exist")
    parser.add_argument("--told-address", choices=["given", "zero", "none"], default="given",
                        help="what the response to a Create with a static address tells: the address, 0.0.0.0, or none")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    Ggsn(args).run()


if __name__ == "__main__":
    main()
