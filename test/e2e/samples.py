# SPDX-License-Identifier: BSD-3-Clause
"""samples: frames made up for the end-to-end tests: protected N-PDUs gone bad, GTP-C with wrong lengths,
and a bit of everything else that an Ethernet link may carry.
"""

import random
import socket
import struct

from frames import ETH_P_IP, GTPC_PORT, GTPU_PORT, Udp, checksum

# --- bad input -------------------------------------------------------------------------------------------

def flip(payload, at):
    spoilt = bytearray(payload)
    spoilt[at] ^= 0x01
    return bytes(spoilt)


def noise(length):
    return random.Random(length).randbytes(length)


# name: function(protected N-PDU, octets of its header, octets of its MAC) -> what takes its place
SPOIL = {
    "untouched": lambda p, h, m: p,
    "corrupt_ciphertext": lambda p, h, m: flip(p, h + 3),
    "corrupt_mac": lambda p, h, m: flip(p, -1),
    "corrupt_header_u": lambda p, h, m: bytes([p[0] & 0x7F]) + p[1:],
    "corrupt_header_r": lambda p, h, m: bytes([p[0] | 0x40]) + p[1:],
    "corrupt_header_ctr": lambda p, h, m: flip(p, h - 1),
    "other_key_id": lambda p, h, m: bytes([p[0] ^ 0x30]) + p[1:],
    "truncate_to_header": lambda p, h, m: p[:h],
    "truncate_to_nothing": lambda p, h, m: b"",
    "truncate_one_octet": lambda p, h, m: p[:-1],
    "foreign_key": lambda p, h, m: p[:h] + noise(len(p) - h),
    "foreign_mac": lambda p, h, m: p[:-m] + noise(m),
    "clear_text": lambda p, h, m: CLEAR,
}


def fragments(frame):
    """The frame as two IPv4 fragments, the second with the last part of the UDP datagram."""
    udp = Udp(frame)
    body = frame[len(udp.link) + len(udp.ip_header) :]
    cut = len(body) // 2 & ~7
    out = []
    for part, field in ((body[:cut], 0x2000), (body[cut:], cut // 8)):
        ip = bytearray(udp.ip_header)
        struct.pack_into(">HHH", ip, 2, len(ip) + len(part), 0x4652, field)
        struct.pack_into(">H", ip, 10, 0)
        struct.pack_into(">H", ip, 10, checksum(bytes(ip)))
        out.append(udp.link + bytes(ip) + part)
    return out


# --- whole frames from nothing ------------------------------------------------------------------------------

# Addresses that no kernel of the lab has, so that nobody answers.
LINK = bytes.fromhex("020000000002" "020000000001")


def ipv4(payload, protocol, link=LINK, src="10.1.0.1", dst="10.1.0.2", ip_id=0, options=b"", fragment=0x4000):
    length = 20 + len(options) + len(payload)
    version = 0x40 | (5 + len(options) // 4)
    head = struct.pack(">BBHHHBBH", version, 0, length, ip_id, fragment, 64, protocol, 0)
    head += socket.inet_aton(src) + socket.inet_aton(dst) + options
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return link + struct.pack(">H", ETH_P_IP) + head + payload


def udp(data, port, **ip):
    frame = ipv4(struct.pack(">4H", port, port, 8 + len(data), 0) + data, socket.IPPROTO_UDP, **ip)
    return Udp(frame).build(data)


def gtp(kind, body, teid=0, sequence=None, length=None):
    """GTP version 1 (TS 29.060 6, TS 29.281 5.1), with a sequence number where one is given."""
    if sequence is not None:
        body = struct.pack(">HBB", sequence, 0, 0) + body
    flags = 0x30 if sequence is None else 0x32
    return struct.pack(">BBHI", flags, kind, len(body) if length is None else length, teid) + body


# What an N-PDU in the clear looks like: an ICMP echo request from the UE to the GGSN's TUN device.
CLEAR = ipv4(bytes.fromhex("0800000000010001") + b"leakleak", socket.IPPROTO_ICMP, link=b"",
             src="10.2.0.2", dst="10.2.0.1")[2:]


# --- GTP-C with wrong lengths: TS 29.060 6, 7.7 -----------------------------------------------------------------

CREATE_REQUEST, CREATE_RESPONSE = 16, 17
# IMSI, Recovery, Selection mode, TEID Data I, TEID Control Plane, NSAPI: fixed lengths (7.7).
FIXED_IES = bytes.fromhex("026202010000009909" "0e00" "0ffd" "1000000007" "1100000008" "1405")
# End User Address, Access Point Name: with a length of their own.
VARIABLE_IES = bytes.fromhex("800002f121" "830009") + b"\x08internet"


def gtpc_broken():
    """name: a message whose lengths are wrong."""

    def create(ies, **how):
        return gtp(CREATE_REQUEST, ies, sequence=0x1234, **how)

    return {
        "header_length_too_long": create(FIXED_IES + VARIABLE_IES, length=2000),
        "header_length_too_short": create(FIXED_IES + VARIABLE_IES, length=2),
        "header_cut_short": create(FIXED_IES)[:7],
        "ie_runs_past_the_end": create(FIXED_IES + VARIABLE_IES[:-4]),
        "ie_length_of_ffff": create(FIXED_IES + bytes.fromhex("84ffff80")),
        "ie_length_cut_short": create(FIXED_IES + bytes.fromhex("8400")),
        "fixed_ie_cut_short": create(FIXED_IES[:-1] + bytes.fromhex("1100")),
        "response_cut_short": gtp(CREATE_RESPONSE, bytes.fromhex("018010000000"), sequence=0x1235),
    }


def gtpc_broken_frames(link):
    for i, (name, data) in enumerate(gtpc_broken().items()):
        yield name, udp(data, GTPC_PORT, link=link, ip_id=0xC000 + i)


# --- a bit of everything: e2m.md 6, "frames pass from one to the other unchanged" ----------------------------------


def icmp6(body, dst, hops=255):
    """ICMPv6 from a link-local address, checksum right (RFC 4443 2.3)."""
    src, dst = (socket.inet_pton(socket.AF_INET6, a) for a in ("fe80::1", dst))
    pseudo = src + dst + struct.pack(">II", len(body), socket.IPPROTO_ICMPV6)
    body = body[:2] + struct.pack(">H", checksum(pseudo + body)) + body[4:]
    head = struct.pack(">IHBB", 6 << 28, len(body), socket.IPPROTO_ICMPV6, hops)
    return bytes.fromhex("3333") + dst[12:] + LINK[6:] + b"\x86\xdd" + head + src + dst + body


def link_local():
    """name: a frame that stays on one link, so that a bridge would keep it; and one more that no bridge knows."""
    ether = lambda address, kind, body: bytes.fromhex(address) + LINK[6:] + struct.pack(">H", kind) + body
    target = socket.inet_pton(socket.AF_INET6, "fe80::2")
    source = bytes.fromhex("0101") + LINK[6:]  # option of RFC 4861 4.6.1
    lldp = bytes.fromhex("0207" "04" "020000000001" "0403" "0561" "62" "0602" "0078" "0000") + bytes(30)
    lacp = bytes.fromhex("0101" "0114") + noise(18) + bytes.fromhex("0214") + noise(18) + bytes.fromhex("0310") + noise(66)
    bpdu = bytes.fromhex("424203" "00000202") + noise(33)
    return {
        "lldp": ether("0180c200000e", 0x88CC, lldp),
        "lldp_nearest_customer": ether("0180c2000000", 0x88CC, lldp),
        "lldp_nearest_non_tpmr": ether("0180c2000003", 0x88CC, lldp),
        "lacp": ether("0180c2000002", 0x8809, lacp),
        "ethernet_oam": ether("0180c2000002", 0x8809, bytes.fromhex("03000800") + noise(42)),
        "spanning_tree": ether("0180c2000000", 3 + len(bpdu), bpdu + b"\x00\x00\x00"),
        "provider_spanning_tree": ether("0180c2000008", 3 + len(bpdu), bpdu + b"\x00\x00\x00"),
        "spanning_tree_per_vlan": ether("01000ccccccd", 50, bytes.fromhex("aaaa0300000c010b") + noise(42)),
        "pause": ether("0180c2000001", 0x8808, bytes.fromhex("0001ffff") + bytes(42)),
        "port_access": ether("0180c2000003", 0x888E, bytes.fromhex("02010000") + bytes(42)),
        "macsec": ether(LINK[:6].hex(), 0x88E5, noise(90)),
        "time_of_peer_delay": ether("0180c200000e", 0x88F7, noise(54)),
        "connectivity_fault": ether("0180c2000033", 0x8902, noise(75)),
        "mvrp": ether("0180c2000021", 0x88F5, noise(46)),
        "cdp": ether("01000ccccccc", 60, bytes.fromhex("aaaa0300000c2000") + noise(52)),
        "arp_request": ether("ff" * 6, 0x0806, bytes.fromhex("00010800060400010200000000010a01004d" "0000000000000a010063")),
        "arp_reply": ether(LINK[:6].hex(), 0x0806, bytes.fromhex("00010800060400020200000000010a01004d" "0200000000020a010063")),
        "neighbor_solicitation": icmp6(bytes.fromhex("87000000" "00000000") + target + source, "ff02::1:ff00:2"),
        "neighbor_advertisement": icmp6(bytes.fromhex("88000000" "20000000") + target + source, "ff02::1"),
        "router_solicitation": icmp6(bytes.fromhex("85000000" "00000000") + source, "ff02::2"),
        "router_advertisement": icmp6(bytes.fromhex("86000000" "40000708" "00000000" "00000000") + source, "ff02::1"),
        "multicast_listener_report": icmp6(bytes.fromhex("8f000000" "00000001" "04000000") + target, "ff02::16", 1),
        "loopback_test": ether(LINK[:6].hex(), 0x9000, bytes(46)),
    }


def jumbo():
    """name: a frame for links of 9000 octets that nobody knows the type of, and one of plain IPv4."""
    return {
        "jumbo_unknown_ethertype": LINK + bytes.fromhex("88b6") + noise(8990),
        "jumbo_vlan": LINK + bytes.fromhex("8100" "0064" "88b6") + noise(8900),
        "jumbo_sctp": ipv4(noise(8800), socket.IPPROTO_SCTP),
    }


def sundry():
    """name: a frame that is none of hse's business."""
    ether = lambda kind, body, link=LINK: link + struct.pack(">H", kind) + body
    vlan = lambda tag, kind, frame: frame[:12] + struct.pack(">HH", kind, tag) + frame[12:]
    ping = ipv4(bytes.fromhex("08000000000100ab") + noise(48), socket.IPPROTO_ICMP)
    g_pdu = gtp(255, CLEAR, teid=0xDEADBEEF)
    ip6 = struct.pack(">IHBB", 6 << 28, 40, socket.IPPROTO_UDP, 64) + noise(32)
    return {
        **link_local(),
        "experimental_ethertype": ether(0x88B5, noise(700)),
        "mpls": ether(0x8847, noise(99)),
        "shortest_frame": ether(0x88B5, b""),
        "largest_frame": ether(0x88B5, noise(1500)),
        "icmp": ping,
        "vlan": vlan(0x2064, 0x8100, ping),
        "vlan_priority_only": vlan(0xE000, 0x8100, ping),
        "qinq": vlan(0x0005, 0x88A8, vlan(0x0006, 0x8100, ping)),
        "vlan_of_gtpu": vlan(0x0007, 0x8100, udp(g_pdu, GTPU_PORT)),
        "ipv4_options": ipv4(noise(24), socket.IPPROTO_TCP, options=bytes.fromhex("94040000")),
        "ipv4_fragment": ipv4(noise(80), socket.IPPROTO_TCP, ip_id=77, fragment=0x0010),
        # Of UDP the first must have come: it alone tells the tunnel.
        "ipv4_fragment_udp_first": ipv4(
            struct.pack(">4H", 5000, 5000, 208, 0) + noise(120), socket.IPPROTO_UDP, ip_id=78, fragment=0x2000
        ),
        "ipv4_fragment_udp_rest": ipv4(noise(80), socket.IPPROTO_UDP, ip_id=78, fragment=0x0010),
        "ipv4_header_length_wrong": ether(ETH_P_IP, bytes.fromhex("4200") + noise(40)),
        "ipv4_checksum_wrong": ping[:24] + bytes([ping[24] ^ 0xFF]) + ping[25:],
        "ipv6": ether(0x86DD, ip6 + struct.pack(">4H", 5000, 5000, 40, 0x1234) + noise(32)),
        "ipv6_gtpu": ether(0x86DD, ip6 + struct.pack(">4H", GTPU_PORT, GTPU_PORT, 40, 0x1234) + gtp(255, CLEAR[:24], teid=0xDEADBEEF)),
        "sctp": ipv4(noise(64), socket.IPPROTO_SCTP),
        "gtpu_unknown_teid": udp(g_pdu, GTPU_PORT),
        "gtpu_echo_request": udp(gtp(1, b"", sequence=9), GTPU_PORT),
        "gtpu_echo_response": udp(gtp(2, b"\x0e\x00", sequence=9), GTPU_PORT),
        "gtpu_error_indication": udp(gtp(26, b"\x10\xde\xad\xbe\xef\x85\x00\x04\x0a\x01\x00\x02"), GTPU_PORT),
        "gtpu_end_marker": udp(gtp(254, b"", teid=0xDEADBEEF), GTPU_PORT),
        "gtpu_version_2": udp(b"\x48\xff" + noise(20), GTPU_PORT),
        "gtpu_cut_short": udp(g_pdu[:5], GTPU_PORT),
        "gtpc_echo_request": udp(gtp(1, b"", sequence=10), GTPC_PORT),
        "gtpc_version_2": udp(bytes.fromhex("40010009000001000300010000"), GTPC_PORT),
        "gtp_prime": udp(bytes.fromhex("0e0100000001"), 3386),
        "empty_udp": udp(b"", GTPU_PORT),
        "bad_udp_checksum": udp(noise(30), 5000)[:-1] + b"\x00",
    }
