#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""gtpc_differential: GTP-C as lib/gtp reads it, and as tshark does.

usage: gtpc_differential.py GTPC-READ PCAP COUNT [EXAMPLES...]

Messages as the suite's GSNs, P-GW and S-GW write them, examples in hex, and mutations of both, COUNT in all. tshark finds
the elements; what a receiver makes of them by TS 29.060 and TS 29.274 is written here once more. Each difference is
printed. A message that is not compared needs one of REASONS.
"""

import collections
import json
import random
import socket
import struct
import subprocess
import sys
import xml.etree.ElementTree

import gsn
import pgw
import sgw

SEED = 14
PCO_OCTETS = bytes.fromhex("80ff000c62f210e20101000000000021000d00")
IMSI_OCTETS = bytes.fromhex("62020100000000f1")
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1")


# --- messages ---


def v1_messages():
    tunnel = gsn.ie(16, b"\0\0\x10\1") + gsn.ie(17, b"\0\0\x30\1")
    two = gsn.ie(133, socket.inet_aton("10.1.0.1")) + gsn.ie(133, socket.inet_aton("10.1.0.8"))
    alternatives = gsn.ie(133, V6) + gsn.ie(133, V6[:-1] + b"\x08")
    qos, pco, nsapi = gsn.ie(135, bytes.fromhex("0223921f9396fefe7403ffff")), gsn.ie(132, PCO_OCTETS), gsn.ie(20, b"\x05")
    imsi, accepted, recovery = gsn.ie(2, IMSI_OCTETS), gsn.ie(1, b"\x80"), gsn.ie(14, b"\x07")
    rai, selection = gsn.ie(3, bytes.fromhex("62f21000010a")), gsn.ie(15, b"\xfd")
    user = gsn.ie(128, bytes.fromhex("f1210a020002"))
    apn, msisdn = gsn.ie(131, b"\x08internet"), gsn.ie(134, bytes.fromhex("91947100000010"))
    rat, uli = gsn.ie(151, b"\x01"), gsn.ie(152, bytes.fromhex("0162f21000010001"))
    bodies = [
        (16, imsi + rai + recovery + selection + tunnel + nsapi + gsn.ie(128, b"\xf1\x21") + apn + pco + two + msisdn + qos + rat + uli),
        (16, tunnel + nsapi + gsn.ie(20, b"\x06") + pco + two + qos),
        (17, accepted + gsn.ie(8, b"\xfe") + recovery + tunnel + gsn.ie(127, b"\0\0\0\7") + user + pco + two + alternatives + qos),
        (17, gsn.ie(1, b"\xc7")),
        (18, imsi + recovery + tunnel + nsapi + pco + two + alternatives + qos),
        (18, nsapi + user + qos),
        (19, accepted + recovery + tunnel + gsn.ie(127, b"\0\0\0\7") + two + alternatives + qos),
        (19, accepted + gsn.ie(16, b"\0\0\x77\x77") + gsn.ie(133, socket.inet_aton("10.1.0.9")) + gsn.ie(182, b"\x01")),
        (20, gsn.ie(1, b"\x80") + gsn.ie(19, b"\xff") + nsapi),
        (21, accepted + pco),
        (1, b""),
        (2, recovery),
    ]
    return [gsn.gtp(kind, 0x4001, body, 7) for kind, body in bodies]


def v2_messages():
    control, user = pgw.fteid(6, 0x3001, "10.1.0.1"), pgw.fteid(4, 0x1001, "10.1.0.1", 2)
    both = pgw.ie(pgw.FTEID, struct.pack(">BI", 0xC6, 0x11) + socket.inet_aton("10.1.0.1") + V6)
    accepted, ebi, pco = pgw.cause(16), pgw.ie(pgw.EBI, b"\x05"), pgw.ie(pgw.PCO, PCO_OCTETS)
    imsi, apn = pgw.ie(pgw.IMSI, IMSI_OCTETS), pgw.ie(71, b"\x08internet")
    paa, recovery = pgw.ie(pgw.PAA, b"\1" + socket.inet_aton("10.2.0.2")), pgw.ie(pgw.RECOVERY, b"\7")
    qos, serving = pgw.ie(pgw.BEARER_QOS, bytes([0x7C, 9]) + bytes(20)), pgw.ie(83, bytes.fromhex("62f210"))
    csids = b"".join(pgw.ie(132, b"\x02" + socket.inet_aton("10.1.0.9") + bytes([0, 1, 0, i]), i) for i in range(2))
    epco, apco = pgw.ie(197, PCO_OCTETS), pgw.ie(163, PCO_OCTETS)

    def bearer(*ies, instance=0):
        return pgw.ie(pgw.BEARER_CONTEXT, b"".join(ies), instance)

    bodies = [
        (32, [imsi, serving, pgw.ie(82, b"\6"), control, apn, paa, pco, bearer(ebi, user, qos), recovery, csids]),
        (32, [imsi, both, pgw.fteid(7, 0x4001, "10.1.0.2", 1), apn, epco, bearer(ebi, user, pgw.fteid(5, 9, "10.1.0.2", 3))]),
        (32, [imsi, pgw.fteid(30, 1, "10.1.0.3"), apn, apco, bearer(ebi, pgw.fteid(31, 2, "10.1.0.3", 5))]),
        (32, [imsi, pgw.fteid(35, 1, "10.1.0.3"), apn, bearer(ebi, pgw.fteid(34, 2, "10.1.0.3", 6))]),
        (33, [accepted, pgw.fteid(7, 0x4001, "10.1.0.2", 1), paa, pco, bearer(ebi, accepted, pgw.fteid(5, 0x2001, "10.1.0.2", 2)),
              bearer(pgw.ie(pgw.EBI, b"\6"), pgw.cause(64), instance=1), recovery, csids]),
        (33, [accepted, pgw.fteid(32, 1, "10.1.0.2", 1), paa, bearer(ebi, accepted, pgw.fteid(33, 2, "10.1.0.2", 4))]),
        (33, [pgw.cause(73)]),
        (34, [both, pco, bearer(ebi, pgw.fteid(4, 0x7777, "10.1.0.1", 1)), bearer(pgw.ie(pgw.EBI, b"\6"), instance=1), csids]),
        (34, [pgw.fteid(10, 1, "10.1.0.5"), bearer(ebi, pgw.fteid(0, 2, "10.1.0.6"))]),
        (35, [accepted, bearer(ebi, accepted), csids]),
        (36, [ebi, control]),
        (37, [accepted, recovery]),
        (68, [ebi, pgw.ie(100, b"\1"), pco, pgw.ie(85, bytes(21)), pgw.ie(84, b"\x21\x30\0\0")]),
        (69, [pgw.cause(73), ebi, pgw.ie(100, b"\1")]),
        (95, [ebi, bearer(pgw.ie(pgw.EBI, b"\0"), pgw.tft("10.2.0.9"), pgw.fteid(5, 0x2006, "10.1.0.2", 1), qos), csids]),
        (96, [accepted, bearer(pgw.ie(pgw.EBI, b"\6"), accepted, pgw.fteid(4, 0x1006, "10.1.0.1", 2), pgw.fteid(5, 0x2006, "10.1.0.2", 3), pco), csids]),
        (97, [bearer(ebi, qos), pgw.ie(72, bytes(8)), csids]),
        (98, [accepted, bearer(ebi, accepted, epco), pco, csids]),
        (99, [pgw.ie(pgw.EBI, b"\6", 1), pgw.ie(pgw.EBI, b"\7", 1), csids]),
        (100, [accepted, bearer(ebi, accepted), csids]),
        (101, [csids]),
        (102, [accepted, recovery]),
        (200, [csids]),
        (201, [accepted]),
    ]
    out = [pgw.message(kind, 0x4001, 7, ies) for kind, ies in bodies]
    out.append(sgw.create_session("10.1.0.1", "262010000000001", "internet", 9))
    out.append(pgw.message(1, None, 3, [recovery]))
    return out


def split(message):
    """(octets before the IEs, [octets of each IE]), or None."""
    try:
        if message[0] >> 5 == 2:
            at = 12 if message[0] & 8 else 8
            head, out = 4, []
            size = lambda i: struct.unpack_from(">H", message, i + 1)[0]
        else:
            at, out = 12 if message[0] & 7 else 8, []
        start = at
        while at < len(message):
            if message[0] >> 5 == 2:
                n = head + size(at)
            else:
                n = 1 + gsn.FIXED[message[at]] if message[at] < 128 else 3 + struct.unpack_from(">H", message, at + 1)[0]
            out.append(message[at : at + n])
            at += n
        return message[:start], out
    except (KeyError, IndexError, struct.error):
        return None


def join(head, ies):
    body = bytearray(head + b"".join(ies))
    struct.pack_into(">H", body, 2, len(body) - (4 if head[0] >> 5 == 2 else 8))
    return bytes(body)


def mutate_ie(ie, r, v2):
    ie, at = bytearray(ie), 4 if v2 else 3 if ie[0] >= 128 else 1
    how = r.randrange(5)
    if how == 0 and v2:
        ie[3] = r.randrange(12)  # another instance
    elif how == 1 and (v2 or ie[0] >= 128) and len(ie) > at:
        del ie[-r.randint(1, len(ie) - at):]  # shorter
        struct.pack_into(">H", ie, 1, len(ie) - at)
    elif how == 2 and (v2 or ie[0] >= 128):
        ie += r.randbytes(r.randint(1, 4))  # longer
        struct.pack_into(">H", ie, 1, len(ie) - at)
    elif v2 and ie[0] == 93 and len(ie) > 8:
        inner, where = [], 4  # of a Bearer Context
        while where + 4 <= len(ie):
            n = 4 + struct.unpack_from(">H", ie, where + 1)[0]
            inner.append(bytes(ie[where : where + n]))
            where += n
        body = b"".join(mutate_ies(inner, r, v2))
        ie = bytearray(ie[:1] + struct.pack(">H", len(body)) + ie[3:4] + body)
    elif len(ie) > at:
        ie[r.randrange(at, len(ie))] = r.choice([0, 1, 2, 5, 0x80, 0x84, 0x85, 0xFF, r.randrange(256)])
    return bytes(ie)


def mutate_ies(ies, r, v2):
    ies = list(ies)
    how = r.randrange(6)
    if how == 0 and ies:
        ies.insert(r.randrange(len(ies) + 1), r.choice(ies))  # twice
    elif how == 1 and ies:
        del ies[r.randrange(len(ies))]
    elif how == 2:
        r.shuffle(ies)
    elif how == 3:
        unknown = r.choice([254, 253, 210])  # no element of any release
        ies.insert(r.randrange(len(ies) + 1), struct.pack(">BH", unknown, 3) + (b"\0abc" if v2 else b"abc"))
    elif ies:
        i = r.randrange(len(ies))
        ies[i] = mutate_ie(ies[i], r, v2)
    return ies


def mutate(message, r):
    parts, v2 = split(message), message[0] >> 5 == 2
    if parts and r.random() < 0.85:
        head, ies = parts
        for _ in range(r.choice([1, 1, 2])):
            ies = mutate_ies(ies, r, v2)
        return join(head, ies)
    octets = bytearray(message)
    how = r.randrange(3)
    if how == 0:
        return bytes(octets[: r.randrange(1, len(octets))])
    if how == 1:
        return bytes(octets + r.randbytes(r.randint(1, 5)))
    octets[r.randrange(len(octets))] = r.randrange(256)
    return bytes(octets)


def messages(count, examples):
    r = random.Random(SEED)
    base = v1_messages() + v2_messages() + examples
    return base, (base + [mutate(r.choice(base), r) for _ in range(count - len(base))])[:max(count, len(base))]


# --- tshark ---


def write_pcap(path, payloads):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for i, payload in enumerate(payloads):
            # Ports of their own: tshark would take equal requests for retransmissions.
            port = 10000 + i % 50000
            frame = (struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0) + bytes([10, 1, 0, 1, 10, 1, 0, 2])
                     + struct.pack(">HHHH", port, 2123, 8 + len(payload), 0) + payload)
            f.write(struct.pack("<IIII", i, 0, len(frame), len(frame)) + frame)


def tshark(path):
    process = subprocess.Popen(["tshark", "-n", "-r", path, "-T", "pdml"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for _, packet in xml.etree.ElementTree.iterparse(process.stdout):
        if packet.tag == "packet":
            yield packet
    if process.wait():
        raise SystemExit("tshark failed")


def octets_of(field):
    """Of a field of bits: none."""
    value = field.get("value") or ""
    return bytes.fromhex(value) if len(value) % 2 == 0 else b""


def field_in(node, name):
    return next((f for f in node.iter("field") if f.get("name") == name), None)


def number_in(node, name):
    field = field_in(node, name)
    return None if field is None or not field.get("value") else int(field.get("value"), 16)


# --- what a receiver makes of it ---

# TS 29.060 table 37.
TV = {1: 1, 2: 8, 3: 6, 4: 4, 5: 4, 8: 1, 9: 28, 11: 1, 12: 3, 13: 1, 14: 1, 15: 1, 16: 4, 17: 4, 18: 5, 19: 1, 20: 1, 21: 1, 22: 9,
      23: 1, 24: 1, 25: 2, 26: 2, 27: 2, 28: 2, 29: 1, 127: 4}


def unreadable_v1(m):
    """Why a GSN cannot read it, or None: TS 29.060 6, 11.1."""
    if m[0] & 0xF0 != 0x30:
        return "wrong version"
    if len(m) < 8 or 8 + struct.unpack_from(">H", m, 2)[0] > len(m):
        return "cut short"
    if 8 + struct.unpack_from(">H", m, 2)[0] < len(m):
        return "wrong length"
    at = 8
    if m[0] & 7:
        if len(m) < 12:
            return "wrong length"
        at, extension = 12, m[11] if m[0] & 4 else 0
        while extension:
            size = m[at] * 4 if at < len(m) else 0
            if not size or at + size > len(m):
                return "cut short"
            extension = m[at + size - 1]
            at += size
    while at < len(m):
        if m[at] < 128:
            if m[at] not in TV:
                return "element of unknown length"
            at += 1 + TV[m[at]]
        elif m[at] == 141:
            at += 2 + m[at + 1] if at + 1 < len(m) else 2
        else:
            at += 3 + struct.unpack_from(">H", m, at + 1)[0] if at + 3 <= len(m) else 3
    return "cut short" if at > len(m) else None


def unreadable_v2(m):
    """TS 29.274 5.1, 7.7."""
    if len(m) < 8:
        return "cut short"
    end = 4 + struct.unpack_from(">H", m, 2)[0]
    if end > len(m):
        return "cut short"
    at = 12 if m[0] & 8 else 8
    if at > end or bool(m[0] & 0x10) != (end < len(m)):
        return "wrong length"
    while at < end:
        if at + 4 > end:
            return "cut short"
        at += 4 + struct.unpack_from(">H", m, at + 1)[0]
    return "cut short" if at > end else None


def v1_of_tshark(proto):
    """Elements by their first occurrence, GSN Addresses and NSAPIs in their order."""
    out, imsis, nsapis, gsns = {}, [], [], []
    out["type"], out["teid"] = number_in(proto, "gtp.message"), number_in(proto, "gtp.teid")
    for node in proto:
        name, raw = node.get("name"), octets_of(node)
        if name == "e212.imsi":
            imsis.append(node.get("show", "").rstrip("?") if is_tbcd(raw) else "")
        elif name in ("gtp.teid_data", "gtp.teid_cp", "gtp.cause", "gtp.recovery"):
            key = {"gtp.teid_data": "teid_data", "gtp.teid_cp": "teid_control", "gtp.cause": "cause", "gtp.recovery": "recovery"}[name]
            out.setdefault(key, int(node.get("value")[-8 if "teid" in key else -2 :], 16))
        elif raw[:1] == b"\x14" and field_in(node, "gtp.nsapi") is not None:
            nsapis.append(number_in(node, "gtp.nsapi"))
        elif raw[:1] == b"\x85":
            gsns.append(raw[3:].hex() if len(raw) in (7, 19) else "")
        elif raw[:1] in (b"\x80", b"\x83", b"\x84") and not name:
            out.setdefault({0x80: "end_user_address", 0x83: "apn", 0x84: "pco"}[raw[0]], raw[3:].hex())
    if imsis and 6 <= len(imsis[0]) <= 15:
        out["imsi"] = imsis[0]
    for key, value in zip(("nsapi", "linked_nsapi"), nsapis):
        out[key] = value
    for i, value in enumerate(gsns[:4]):
        out[f"gsn{i}"] = value
    return out


# TS 29.274 tables 7.2.1-1 to 7.2.9.1-1: (type, in a Bearer Context, instance): what it is, interface types.
PLACES = {
    (32, 0, 0): ("sgw_c", {6, 30, 35}), (32, 0, 1): ("pgw_c", {7, 32, 36}), (33, 0, 1): ("pgw_c", {7, 32, 36}),
    (34, 0, 0): ("sgw_c", {6, 30, 35}), (36, 0, 0): ("sgw_c", {6, 30, 35}), (68, 0, 2): ("sgw_c", {6, 30, 35}),
    (32, 1, 2): ("sgw_u", {4}), (32, 1, 3): ("pgw_u", {5}), (32, 1, 5): ("sgw_u", {31}), (32, 1, 6): ("sgw_u", {34}),
    (33, 1, 2): ("pgw_u", {5}), (33, 1, 4): ("pgw_u", {33}), (33, 1, 5): ("pgw_u", {37}), (34, 1, 1): ("sgw_u", {4}),
    (95, 1, 1): ("pgw_u", {5}), (95, 1, 4): ("pgw_u", {33}), (95, 1, 5): ("pgw_u", {37}),
    (96, 1, 2): ("sgw_u", {4}), (96, 1, 3): ("pgw_u", {5}), (96, 1, 8): ("sgw_u", {31}), (96, 1, 9): ("pgw_u", {33}),
    (96, 1, 10): ("sgw_u", {34}), (96, 1, 11): ("pgw_u", {37}),
}
OURS = {4, 5, 6, 7, 30, 31, 32, 33, 34, 35, 36, 37}
ACCESS = {t: a for a, types in enumerate(({4, 5, 6, 7}, {34, 35, 36, 37}, {30, 31, 32, 33})) for t in types}
SERVED = {32, 33, 34, 35, 36, 37, 68, 69, 95, 96, 97, 98, 99, 100, 101, 102, 200, 201}
SETS_OF_SGW, SETS_OF_PGW = ("mme", "sgw", "epdg", "twan"), ("pgw", "sgw")
SETS = {**dict.fromkeys((32, 34, 96, 98, 100, 200), SETS_OF_SGW), **dict.fromkeys((33, 35, 95, 97, 99, 201), SETS_OF_PGW),
        101: ("mme", "sgw", "pgw", "epdg", "twan")}
OCTETS = {71: "apn", 78: "pco", 79: "paa", 163: "apco", 197: "epco"}


def ies_of(node):
    """[(type, instance, node, contents)]"""
    return [(int(n[0].get("value"), 16), int(field_in(n, "gtpv2.instance").get("value"), 16), n, octets_of(n)[4:])
            for n in node if len(n) and n[0].get("name") == "gtpv2.ie_type" and field_in(n, "gtpv2.instance") is not None]


def fteid_of(node, contents):
    """[TEID, IPv4, IPv6] as tshark has them; None: not whole."""
    address = {v: field_in(node, f"gtpv2.f_teid_ipv{v}") for v in (4, 6)}
    flags = contents[0] >> 6
    if not flags or len(contents) < 5 + (4 if flags & 2 else 0) + (16 if flags & 1 else 0):
        return None
    return [number_in(node, "gtpv2.f_teid_gre_key")] + [address[v].get("value") if address[v] is not None else "" for v in (4, 6)]


class Receiver:
    """Reads the elements that tshark has found."""

    def __init__(self, kind):
        self.kind, self.fault, self.accesses = kind, None, set()

    def note(self, fault):
        self.fault = self.fault or fault

    def fteid(self, out, seen, in_bearer, instance, node, contents):
        place = PLACES.get((self.kind, in_bearer, instance))
        interface = contents[0] & 63 if contents else None
        if place and not contents:
            return self.note("mandatory element invalid")
        if interface not in OURS:
            if place and in_bearer:
                self.note("ambiguous")
            return
        if not place or interface not in place[1]:
            return self.note("ambiguous")
        if instance in seen:
            return
        seen.add(instance)
        self.accesses.add(ACCESS[interface])
        whole = fteid_of(node, contents)
        if whole:
            out[place[0]] = whole
        else:
            self.note("mandatory element invalid")

    def bearer(self, instance, node, contents):
        out, seen, had_ebi, at = {"instance": instance, "ebi": 0}, set(), False, 0
        for kind, inner, n, value in ies_of(node):
            at += 4 + len(value)
            if kind == 73 and inner == 0:
                if not had_ebi and value:
                    out["ebi"] = number_in(n, "gtpv2.ebi")
                had_ebi = True
            elif kind == 2 and inner == 0 and len(value) >= 2:
                out.setdefault("cause", number_in(n, "gtpv2.cause"))
            elif kind in (78, 163, 197) and inner == 0:
                out.setdefault(OCTETS[kind], value.hex())
            elif kind == 87 and instance == 0:
                self.fteid(out, seen, 1, inner, n, value)
        if at != len(contents):
            self.note("mandatory element invalid")
        return out

    def message(self, proto):
        out, bearers, seen, ebis, had, invalid = {}, [], set(), 0, set(), set()
        for kind, instance, node, contents in ies_of(proto):
            if kind == 1 and instance == 0 and kind not in had:
                had.add(kind)
                shown = field_in(node, "e212.imsi")
                digits = shown.get("show").rstrip("?") if shown is not None else ""
                if digits.isdigit() and 6 <= len(digits) <= 15 and len(contents) <= 8 and is_tbcd(contents):
                    out["imsi"] = digits
                else:
                    invalid.add(1)
            elif kind == 2 and instance == 0 and kind not in had:
                had.add(kind)
                if len(contents) >= 2:
                    out["cause"] = number_in(node, "gtpv2.cause")
                else:
                    invalid.add(2)
            elif kind == 3 and instance == 0 and kind not in had:
                had.add(kind)
                if contents:
                    out["recovery"] = number_in(node, "gtpv2.rec")
            elif kind == 73 and instance == 0 and kind not in had:
                had.add(kind)
                if contents and number_in(node, "gtpv2.ebi"):
                    out["linked_ebi"] = number_in(node, "gtpv2.ebi")
            elif kind == 73 and instance == 1 and contents:
                ebis |= 1 << number_in(node, "gtpv2.ebi")
            elif kind in OCTETS and instance == 0:
                out.setdefault(OCTETS[kind], contents.hex())
            elif kind == 87:
                self.fteid(out, seen, 0, instance, node, contents)
            elif kind == 93 and instance < 2:
                bearers.append(self.bearer(instance, node, contents))
            elif kind == 132:
                self.fq_csid(out, instance, node, contents)
        if ebis:
            out["ebis"] = ebis
        out["bearers"] = bearers
        if len(self.accesses) > 1:
            self.note("ambiguous")
        self.note(self.missing(out, invalid))
        return out

    def fq_csid(self, out, instance, node, contents):
        nodes = SETS.get(self.kind, ())
        if instance >= len(nodes) or f"csid_{nodes[instance]}" in out or not contents or contents[0] >> 4 > 2:
            return
        if len(contents) >= 1 + (16 if contents[0] >> 4 == 1 else 4) + 2 * (contents[0] & 15):
            ids = [f.get("value") for f in node.iter("field") if f.get("name") == "gtpv2.fq_csid_id"]
            out[f"csid_{nodes[instance]}"] = "".join(ids[: contents[0] & 15])

    def missing(self, out, invalid):
        """TS 29.274 7.2, 7.9: M in the tables, of what is read."""
        responses = {33, 35, 37, 69, 96, 98, 100, 102, 201}
        if self.kind in responses and 2 in invalid or self.kind == 32 and 1 in invalid:
            return "mandatory element invalid"
        if self.kind in responses and "cause" not in out or self.kind in (68, 69, 95) and "linked_ebi" not in out:
            return "mandatory element missing"
        if self.kind in responses and not 16 <= out["cause"] < 64:
            return None
        if self.kind in (32, 33, 95, 96, 97, 98) and not any(b["instance"] == 0 for b in out["bearers"]):
            return "mandatory element missing"
        if self.kind not in (32, 33, 34, 35, 96, 97, 98, 99, 100):
            return None
        for b in out["bearers"]:
            if self.kind in (33, 35, 96, 98, 100) and "cause" not in b:
                return "mandatory element missing"
            if not b["ebi"] and 16 <= b.get("cause", 16) < 64:
                return "mandatory element missing"
        return None


def is_tbcd(octets):
    halves = [half for o in octets for half in (o & 15, o >> 4)]
    digits = [h for h in halves if h != 15]
    return all(d < 10 for d in digits) and halves[: len(digits)] == digits


# Why a message is not compared element by element, or not as a whole. Each is found here without lib/gtp.
REASONS = {
    "wrong version": "no GTPv1-C",
    "cut short": "an element, or the message, runs past the end",
    "wrong length": "octets are left over",
    "element of unknown length": "a TV element that TS 29.060 table 37 does not have",
    "of another type": "hse does not read it, and tshark knows it or not",
    "tshark gives up": "at an element that makes no sense; those before it are compared",
}


# Types that hse reads, and Echo.
READ = {1: {1, 2, 16, 17, 18, 19, 20, 21}, 2: SERVED | {1, 2}}


def gave_up(packet):
    """tshark has found a malformed element, and not read on, or has lost its place after an element."""
    return any(p.get("name") in ("_ws.malformed", "gtp.unknown_extension_header") for p in packet.iter())


def different(ours, theirs, is_part):
    """Of a part of the message, only what tshark has found is compared."""
    if not is_part:
        keys = sorted(set(ours) | set(theirs))
    else:
        keys = sorted(set(theirs) - {"fault", "bearers", "ebis"})
    return [f"{k}: {ours.get(k)} tshark {theirs.get(k)}" for k in keys if ours.get(k) != theirs.get(k)]


def protos_of(packet, name):
    return [p for p in packet if p.tag == "proto" and p.get("name") == name]


def compare_v1(message, read, packet):
    protos = protos_of(packet, "gtp")
    if not protos:
        return ["tshark finds no GTP in it"]
    theirs = v1_of_tshark(protos[0])
    ours = {k: v for k, v in read.items() if k not in ("version", "octets", "fault_sgsn", "fault_ggsn", "sequence", "user_sgsn")}
    return different(ours, theirs, gave_up(packet))


def compare_v2(message, read, packet):
    protos = protos_of(packet, "gtpv2")
    if not protos:
        return ["tshark finds no GTPv2 in it"]
    receiver = Receiver(message[1])
    theirs = receiver.message(protos[0])
    theirs["type"], theirs["sequence"] = number_in(protos[0], "gtpv2.message_type"), number_in(protos[0], "gtpv2.seq")
    if message[0] & 8:
        theirs["teid"] = number_in(protos[0], "gtpv2.teid")
    theirs["fault"] = (receiver.fault if message[1] in SERVED else None) or "faultless"
    ours = {k: v for k, v in read.items() if k not in ("version", "octets")}
    return different(ours, theirs, gave_up(packet))


def main():
    reader, pcap, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    examples = [bytes.fromhex(line) for path in sys.argv[4:] for line in open(path).read().split("\n")
                if line and not line.startswith("#")]
    base, all_messages = messages(count, examples)
    write_pcap(pcap, all_messages)
    read = subprocess.run([reader], input="".join(m.hex() + "\n" for m in all_messages), text=True, check=True,
                          stdout=subprocess.PIPE).stdout.splitlines()
    counts, wrong = collections.Counter(), 0
    for i, (message, line, packet) in enumerate(zip(all_messages, map(json.loads, read), tshark(pcap), strict=True)):
        v2 = message[0] >> 5 == 2
        reason = unreadable_v2(message) if v2 else unreadable_v1(message)
        if reason or line["octets"] < 0:
            differences = [] if line.get("fault") == reason else [f"unreadable: {line.get('fault')}, here {reason}"]
        elif message[1] not in READ[2 if v2 else 1]:
            differences, reason = [], "of another type"
        else:
            differences = (compare_v2 if v2 else compare_v1)(message, line, packet)
            reason = "tshark gives up" if gave_up(packet) else None
        if i < len(base) and message not in examples and (reason or v2 and line["fault"] != "faultless"):
            differences.append(f"a message without mutations: {reason or line['fault']}")
        if reason and reason not in REASONS:
            differences.append(f"no listed reason: {reason}")
        counts[reason or "compared"] += 1
        wrong += bool(differences)
        for difference in differences:
            print(f"{i} {message.hex()}\n    {difference}")
    print(f"{len(all_messages)} messages, {wrong} read otherwise by tshark; " + ", ".join(f"{n} {r}" for r, n in counts.most_common()))
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
