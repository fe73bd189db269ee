#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""packets: captures, counts, spoils and sends frames; the end-to-end tests' hand on the wire.

Run it in the network namespace whose interface it is given.
"""

import argparse
import collections
import json
import socket
import sys

import samples
from frames import G_PDU, GTPU_PORT, capture, g_pdus, pcap_read, send, tag
from pinger import ping


def select(args):
    """The G-PDUs of a capture that the options let through."""
    return g_pdus(pcap_read(args.pcap), args.to, args.teid)


def command_capture(args):
    capture(args.interface, args.pcap)


def command_ping(args):
    lost = ping(args.address, args.count, args.interval, args.wait, args.size, bytes.fromhex(args.pattern),
                args.device, args.source)
    print(f"{args.count} sent, {args.count - lost} received")
    sys.exit(lost != 0)


def command_tag(args):
    tag(args.inside, args.outside, bytes.fromhex(args.tags))


def command_count(args):
    if args.containing:
        octets = bytes.fromhex(args.containing)
        print(sum(octets in frame for frame in pcap_read(args.pcap)))
    elif args.without_udp_checksum:
        print(sum(pdu.udp.udp_sum == 0 for pdu in select(args)))
    else:
        print(sum(1 for _ in select(args)))


def command_payloads(args):
    for pdu in select(args):
        print(f"{pdu.teid:#010x} {pdu.payload.hex()}")


def command_checksums(args):
    wrong = [pdu for pdu in select(args) if not pdu.udp.checksums_are_right()]
    if wrong:
        raise SystemExit(f"{args.pcap}: {len(wrong)} G-PDUs with a wrong checksum")


def command_inject(args):
    pdu = list(select(args))[args.nth]
    payload = samples.SPOIL[args.kind](pdu.payload, 1 + args.counter_octets, args.mac)
    frame = pdu.build(payload, ip_id=args.ip_id, options=args.ip_options, no_sum=args.no_udp_checksum)
    if args.fragmented:
        send(args.interface, samples.fragments(frame))
    else:
        send(args.interface, [frame[: len(frame) - args.cut_frame]])


def command_replay(args):
    send(args.interface, [pdu.frame for pdu in select(args)] if args.to else list(pcap_read(args.pcap)))


def command_reused(args):
    """Prints each counter that stands in several protected N-PDUs of one tunnel: CTR with its Key ID."""
    seen = collections.Counter((pdu.teid, pdu.payload[: 1 + args.counter_octets]) for pdu in select(args))
    for (teid, counter), times in seen.items():
        if times > 1:
            print(f"{teid:#010x} {counter.hex()} {times}")


def command_send(args):
    send(args.interface, [bytes.fromhex(line.split()[-1]) for line in open(args.frames)])


def command_missing(args):
    """Prints the names of frames of a list that are not in a capture, octet for octet."""
    seen = set(pcap_read(args.pcap))
    for line in open(args.frames):
        name, octets = line.split()
        if bytes.fromhex(octets) not in seen:
            print(name)


def command_twice(args):
    """Prints each N-PDU that crossed more than once in one tunnel."""
    seen = collections.Counter((pdu.teid, pdu.payload) for pdu in select(args))
    for (teid, payload), times in seen.items():
        if times > 1:
            print(f"{teid:#010x} {payload.hex()} {times}")


def command_gpdu(args):
    link = bytes.fromhex((args.to_mac + args.from_mac).replace(":", ""))
    data = samples.gtp(G_PDU, samples.ipv4(bytes(20), socket.IPPROTO_UDP)[14:], teid=args.teid)
    print("g-pdu", samples.udp(data, GTPU_PORT, link=link, src=args.src, dst=args.dst).hex())


def command_sundry(args):
    frames = {**samples.sundry(), **(samples.jumbo() if args.jumbo else {})}
    for name, frame in frames.items():
        print(name, frame.hex())


def command_gtpc_broken(args):
    link = bytes.fromhex((args.to_mac + args.from_mac).replace(":", ""))
    for name, frame in samples.gtpc_broken_frames(link):
        print(name, frame.hex())


def command_beside(args):
    """Prints the same packet as it crosses the access side and, beside it, the core side."""
    access, core = (next(g_pdus(pcap_read(p), args.to)) for p in (args.pcap, args.core_pcap))
    header, mac = 1 + args.counter_octets, args.mac

    def parts(pdu, head, tail):
        udp, n = pdu.udp, len(pdu.payload)
        frame = udp.build(udp.data)
        link, ip = len(udp.link), len(udp.ip_header)
        return ((frame[:link], frame[link : link + ip], frame[link + ip : link + ip + 8], pdu.header,
                     pdu.payload[:head], pdu.payload[head : n - tail], pdu.payload[n - tail :]))

    names = ("Ethernet", "IPv4", "UDP", "GTP-U", "e2m header", "N-PDU", "MAC")
    readable = lambda octets: "".join(chr(o) if 32 <= o < 127 else "." for o in octets)
    print(f"{'':11}{'access side':33} core side")
    for name, left, right in zip(names, parts(access, header, mac), parts(core, 0, 0)):
        for at in range(0, max(len(left), len(right)), 8):
            a, b = left[at : at + 8], right[at : at + 8]
            line = f"{name if not at else '':11}{a.hex(' '):24}{readable(a):9} {b.hex(' '):24}{readable(b)}"
            print(line.rstrip())
    print(f"{'G-PDU':11}{f'{len(access.payload)} octets':33} {len(core.payload)} octets")
    print(f"overhead: {len(access.payload) - len(core.payload)} octets a packet")


def flatten(node, prefix=""):
    """{"access": {"drop": {"bad_mac": 1}}} to ("access.drop.bad_mac", 1)."""
    for name, value in node.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def command_counters(args):
    said = json.load(sys.stdin)
    for name, value in sorted([*flatten(said["total"]), *flatten(said["control"])]):
        if name.startswith(args.prefix):
            print(name, value)


def main():
    def number(text):
        return int(text, 0)

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, run, *arguments):
        sub = commands.add_parser(name)
        sub.set_defaults(run=run)
        for argument in arguments:
            sub.add_argument(argument)
        if "pcap" in arguments:
            sub.add_argument("--to", help="only G-PDUs to this address")
            sub.add_argument("--teid", type=number, help="only G-PDUs of this TEID")
        return sub

    command("capture", command_capture, "interface", "pcap")
    pinger = command("ping", command_ping, "address")
    pinger.add_argument("--count", type=number, default=20)
    pinger.add_argument("--interval", type=float, default=0.02, help="seconds")
    pinger.add_argument("--wait", type=float, default=10, help="seconds, for the last answers")
    pinger.add_argument("--size", type=number, default=56, help="octets of data")
    pinger.add_argument("--pattern", default="68656c6c6f", help="of the data, in hex")
    pinger.add_argument("--device")
    pinger.add_argument("--source", help="address")
    command("tag", command_tag, "inside", "outside", "tags")
    count = command("count", command_count, "pcap")
    count.add_argument("--containing", help="octets, in hex")
    count.add_argument("--without-udp-checksum", action="store_true", help="G-PDUs whose checksum is zero")
    command("payloads", command_payloads, "pcap")
    command("checksums", command_checksums, "pcap")
    beside = command("beside", command_beside, "pcap", "core_pcap")
    beside.add_argument("--counter-octets", type=number, default=1)
    beside.add_argument("--mac", type=number, default=4, help="octets of the MAC")
    inject = command("inject", command_inject, "interface", "pcap", "kind")
    inject.add_argument("--nth", type=number, default=0, help="which G-PDU of the capture")
    inject.add_argument("--counter-octets", type=number, default=1)
    inject.add_argument("--mac", type=number, default=4, help="octets of the MAC")
    inject.add_argument("--ip-id", type=number, help="identification of the outer IP header")
    inject.add_argument("--ip-options", type=bytes.fromhex, help="of the outer IPv4 header, in hex")
    inject.add_argument("--no-udp-checksum", action="store_true")
    inject.add_argument("--fragmented", action="store_true")
    inject.add_argument("--cut-frame", type=number, default=0, help="octets cut off the frame alone")
    command("replay", command_replay, "interface", "pcap")
    command("twice", command_twice, "pcap")
    reused = command("reused", command_reused, "pcap")
    reused.add_argument("--counter-octets", type=number, default=1)
    command("send", command_send, "interface", "frames")
    command("missing", command_missing, "pcap", "frames")
    gpdu = command("gpdu", command_gpdu, "to_mac", "from_mac", "src", "dst")
    gpdu.add_argument("teid", type=number)
    command("sundry", command_sundry).add_argument("--jumbo", action="store_true", help="also those of 9000 octets")
    command("gtpc-broken", command_gtpc_broken, "from_mac", "to_mac")
    command("counters", command_counters, "prefix")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
