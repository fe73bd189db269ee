# SPDX-License-Identifier: BSD-3-Clause
"""frames: Ethernet frames with GTP-U in them, taken apart and put together, captured and sent.

Python's standard library only. Captures are pcap files, so a failed run can be looked at with tcpdump
or Wireshark.
"""

import os
import select
import signal
import socket
import struct
import time

ETH_P_ALL = 0x0003
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
VLAN_TYPES = (0x8100, 0x88A8)
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 1, 8, 23
PACKET_MR_PROMISC = 1
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
GTPU_PORT, GTPC_PORT, G_PDU = 2152, 2123, 255


# --- the frame ---------------------------------------------------------------------------------------


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_checksum(src, dst, segment):
    """Of IPv6's pseudo header the sum is the same: what it has more is zero."""
    pseudo = src + dst + struct.pack(">BBH", 0, socket.IPPROTO_UDP, len(segment))
    return checksum(pseudo + segment) or 0xFFFF


class Udp:
    """An Ethernet frame with one unfragmented UDP datagram over IPv4, or IPv6 without extension headers, taken apart."""

    def __init__(self, frame):
        at = 12
        while struct.unpack_from(">H", frame, at)[0] in VLAN_TYPES:
            at += 4
        self.version = {ETH_P_IP: 4, ETH_P_IPV6: 6}.get(struct.unpack_from(">H", frame, at)[0])
        ip = at + 2
        if self.version is None or frame[ip] >> 4 != self.version:
            raise ValueError("not IP")
        if self.version == 4:
            header_len, (total_len,) = (frame[ip] & 15) * 4, struct.unpack_from(">H", frame, ip + 2)
            is_whole = struct.unpack_from(">H", frame, ip + 6)[0] & 0x3FFF == 0 and frame[ip + 9] == socket.IPPROTO_UDP
            self.src, self.dst = frame[ip + 12 : ip + 16], frame[ip + 16 : ip + 20]
        else:
            header_len, total_len = 40, 40 + struct.unpack_from(">H", frame, ip + 4)[0]
            is_whole = frame[ip + 6] == socket.IPPROTO_UDP
            self.src, self.dst = frame[ip + 8 : ip + 24], frame[ip + 24 : ip + 40]
        if not is_whole:
            raise ValueError("not a whole UDP datagram")
        udp = ip + header_len
        self.link = frame[:ip]
        self.ip_header = frame[ip:udp]
        self.sport, self.dport, self.udp_len, self.udp_sum = struct.unpack_from(">4H", frame, udp)
        if len(frame) < ip + total_len or total_len < header_len + self.udp_len or self.udp_len < 8:
            raise ValueError("cut short")
        self.data = frame[udp + 8 : udp + self.udp_len]

    def checksums_are_right(self):
        """Of IP and UDP; over IPv4 a UDP checksum of zero says that there is none."""
        segment = struct.pack(">4H", self.sport, self.dport, self.udp_len, self.udp_sum) + self.data
        is_right = self.udp_sum != 0 and udp_checksum(self.src, self.dst, segment) in (0, 0xFFFF)
        if self.version == 6:
            return is_right
        return (is_right or self.udp_sum == 0) and checksum(self.ip_header) == 0

    def build(self, data, ip_id=None, cut=0, options=None, no_sum=False):
        """The frame with other UDP data, lengths and checksums right; then cut octets fewer. options: those of IPv4."""
        udp_len = 8 + len(data)
        segment = struct.pack(">4H", self.sport, self.dport, udp_len, 0) + data
        if not no_sum:
            segment = segment[:6] + struct.pack(">H", udp_checksum(self.src, self.dst, segment)) + data
        ip = bytearray(self.ip_header)
        if self.version == 6:
            struct.pack_into(">H", ip, 4, udp_len)
            return (self.link + bytes(ip) + segment)[: len(self.link) + 40 + udp_len - cut]
        if options is not None:
            ip = ip[:20] + options
            ip[0] = 0x40 | len(ip) // 4
        struct.pack_into(">H", ip, 2, len(ip) + udp_len)
        if ip_id is not None:
            struct.pack_into(">H", ip, 4, ip_id)
        struct.pack_into(">H", ip, 10, 0)
        struct.pack_into(">H", ip, 10, checksum(bytes(ip)))
        frame = self.link + bytes(ip) + segment
        return frame[: len(frame) - cut]


class GPdu:
    """A GTP-U G-PDU in such a frame: TS 29.281 5.1."""

    def __init__(self, frame):
        self.frame = frame
        self.udp = Udp(frame)
        data = self.udp.data
        if self.udp.dport != GTPU_PORT or len(data) < 8 or data[0] & 0xF0 != 0x30 or data[1] != G_PDU:
            raise ValueError("not a G-PDU")
        length, self.teid = struct.unpack_from(">HI", data, 2)
        header = 8
        if data[0] & 7:
            header, kind = 12, data[11] if data[0] & 4 else 0
            while kind:
                size = data[header] * 4
                header, kind = header + size, data[header + size - 1]
        if not header <= 8 + length <= len(data):
            raise ValueError("lengths of GTP-U")
        self.header = data[:header]
        self.payload = data[header : 8 + length]
        self.dst = socket.inet_ntop(socket.AF_INET if self.udp.version == 4 else socket.AF_INET6, self.udp.dst)

    def build(self, payload, **how):
        header = bytearray(self.header)
        struct.pack_into(">H", header, 2, len(header) - 8 + len(payload))
        return self.udp.build(bytes(header) + payload, **how)


def g_pdus(frames, to=None, teid=None):
    for frame in frames:
        try:
            pdu = GPdu(frame)
        except (ValueError, IndexError, struct.error):
            continue
        if (to is None or pdu.dst == to) and (teid is None or pdu.teid == teid):
            yield pdu


# --- pcap ----------------------------------------------------------------------------------------------


def pcap_read(path):
    with open(path, "rb") as f:
        if f.read(24)[:4] != b"\xd4\xc3\xb2\xa1":
            raise SystemExit(f"{path}: not a pcap file of this machine")
        while len(record := f.read(16)) == 16:  # the last may be half written still
            frame = f.read(length := struct.unpack("<4I", record)[2])
            if len(frame) == length:
                yield frame


def vlan_put_back(frame, ancillary):
    """The kernel hands the VLAN tag beside the frame; it belongs after the addresses."""
    for level, kind, data in ancillary:
        if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", data[:20])
        if status & TP_STATUS_VLAN_VALID:
            tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else VLAN_TYPES[0]
            return frame[:12] + struct.pack(">HH", tpid, tci) + frame[12:]
    return frame


def open_interface(interface):
    """For all frames that cross it, either way."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.bind((interface, ETH_P_ALL))
    s.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    membership = struct.pack("iHH8s", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0, b"")
    s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    s.setblocking(False)
    return s


def tag(inside, outside, tags):
    """Between two interfaces, as a kernel's VLAN device would be: puts tags on what comes from inside, takes them off
    what comes from outside with them, and lets nothing else pass."""
    inner, outer = open_interface(inside), open_interface(outside)
    for s in (inner, outer):
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    print("tagging", flush=True)
    while True:
        for s in select.select([inner, outer], [], [])[0]:
            frame, ancillary, _, _ = s.recvmsg(65536, 256)
            frame = vlan_put_back(frame, ancillary)
            if s is inner:
                outer.send(frame[:12] + tags + frame[12:])
            elif frame[12 : 12 + len(tags)] == tags:
                inner.send(frame[:12] + frame[12 + len(tags) :])


def capture(interface, path):
    """Writes every frame that crosses interface, either way, until SIGTERM or SIGINT."""
    s = open_interface(interface)
    wake_r, wake_w = os.pipe()
    os.set_blocking(wake_w, False)
    signal.set_wakeup_fd(wake_w)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        out.flush()
        print("capturing", flush=True)
        while True:
            readable = select.select([s, wake_r], [], [])[0]
            while True:
                try:
                    frame, ancillary, _, _ = s.recvmsg(65536, 256)
                except BlockingIOError:
                    break
                frame = vlan_put_back(frame, ancillary)
                now = time.time()
                out.write(struct.pack("<4I", int(now), int(now % 1 * 1e6), len(frame), len(frame)))
                out.write(frame)
            out.flush()
            if wake_r in readable:
                return


def send(interface, frames):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    for frame in frames:
        s.send(frame)
