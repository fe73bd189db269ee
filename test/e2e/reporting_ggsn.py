#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""reporting_ggsn: a GGSN that reports its sessions to an hse over Diameter (e2m.md 4), and prints the Result-Code of each
answer. A report is a row of words, each of which adds an AVP, in their order, so that reports can be wrong in any way:

  activate  update  delete  event=N
  imsi=262010000000001  nsapi=5  key_id=1  sqn=HEX  rand=HEX
  up=10.1.0.2/0x1001  down=10.1.0.1/0x2001
  ip=10.0.0.1  ipv6=2001:db8:1:2::/64  apn=internet
  route=192.0.2.0/24  route6=2001:db8:7::/48  delegated=2001:db8:100::/40
"""

import argparse
import ipaddress
import itertools
import socket
import struct

from diameter import (APPLICATION, AUTH_APPLICATION, CER, DESTINATION_HOST, DESTINATION_REALM, DPR, ESR, PROXIABLE, REQUEST,
                      RESULT_CODE, SESSION_ID, USER_NAME, VENDOR, VENDOR_ID, VENDOR_SPECIFIC, Connection, Message, avp,
                      connect, receive)

AUTH_SESSION_STATE, NO_STATE_MAINTAINED = 277, 1
DISCONNECT_CAUSE, REBOOTING = 273, 0
RAND = (1447, 10415)
SQN, TEID, GSN_ADDRESS, NSAPI, KEY_ID, UPLINK, DOWNLINK, EVENT = ((code, VENDOR) for code in (1, 5, 6, 7, 8, 9, 10, 11))
FRAMED_IP_ADDRESS, FRAMED_ROUTE, CALLED_STATION_ID, FRAMED_IPV6_PREFIX, FRAMED_IPV6_ROUTE, DELEGATED_IPV6_PREFIX = (
    8, 22, 30, 97, 99, 123)
EVENTS = {"activate": 0, "update": 1, "delete": 2}


def tunnel(text):
    address, teid = text.split("/")
    return avp(TEID, int(teid, 0)) + avp(GSN_ADDRESS, b"\0\1" + socket.inet_aton(address))


def prefix(text):
    network = ipaddress.ip_network(text)
    return bytes([0, network.prefixlen]) + network.network_address.packed


VALUES = {
    "imsi": (USER_NAME, str.encode),
    "event": (EVENT, lambda text: struct.pack(">I", int(text))),
    "nsapi": (NSAPI, lambda text: struct.pack(">I", int(text))),
    "key_id": (KEY_ID, lambda text: struct.pack(">I", int(text))),
    "sqn": (SQN, bytes.fromhex),
    "rand": (RAND, bytes.fromhex),
    "up": (UPLINK, tunnel),
    "down": (DOWNLINK, tunnel),
    "ip": (FRAMED_IP_ADDRESS, socket.inet_aton),
    "ipv6": (FRAMED_IPV6_PREFIX, prefix),
    "apn": (CALLED_STATION_ID, str.encode),
    "route": (FRAMED_ROUTE, lambda text: f"{text} 0.0.0.0 1".encode()),
    "route6": (FRAMED_IPV6_ROUTE, lambda text: f"{text} :: 1".encode()),
    "delegated": (DELEGATED_IPV6_PREFIX, prefix),
}


def avp_of(word):
    if word in EVENTS:
        return EVENT, struct.pack(">I", EVENTS[word])
    name, text = word.split("=")
    code, value = VALUES[name]
    return code, value(text)


class Ggsn(Connection):
    def __init__(self, args):
        super().__init__(args, connect(args, args.connect, args.peer))
        self.sock.settimeout(10)
        self.hops = itertools.count(1)
        answer = self.ask(CER, 0, self.capabilities())
        if answer is None or answer.get(RESULT_CODE) != struct.pack(">I", 2001):
            raise SystemExit("hse does not take us for a peer")

    def ask(self, code, application, contents):
        hop = next(self.hops)
        request = Message(REQUEST | (PROXIABLE if application else 0), code, application, hop, hop, b"")
        request.avps = contents
        self.send(request.pack())
        while message := receive(self.stream):
            if not self.serve_base(message) and message.hop == hop:
                return message
        return None

    def say_goodbye(self):
        """Else hse would have three watchdogs of the next connection before it answers there (RFC 3539 3.4.1)."""
        self.ask(DPR, 0, [*self.identity(), (DISCONNECT_CAUSE, REBOOTING)])

    def report(self, words):
        node = self.node
        application = avp(VENDOR_ID, VENDOR) + avp(AUTH_APPLICATION, APPLICATION)
        session = f"{node.identity};{id(self)};{next(self.hops)}"
        return self.ask(ESR, APPLICATION, [
            (SESSION_ID, session.encode()), (VENDOR_SPECIFIC, application), (AUTH_SESSION_STATE, NO_STATE_MAINTAINED),
            *self.identity(), (DESTINATION_HOST, node.peer), (DESTINATION_REALM, node.realm), *map(avp_of, words)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("identity", "realm", "connect", "peer", "certificate", "key", "ca"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("reports", nargs="+")
    args = parser.parse_args()
    ggsn = Ggsn(args)
    for report in args.reports:
        answer = ggsn.report(report.split())
        if answer is None:
            raise SystemExit("hse has closed the connection")
        print(struct.unpack(">I", answer.get(RESULT_CODE))[0])
    ggsn.say_goodbye()


main()
