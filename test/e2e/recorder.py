#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""recorder: which COUNTs were used, of every protected N-PDU that crosses an interface of the access side, as it crosses.

It makes the keys as oracle.py does, from the RAND that each PCO names, and finds the COUNT of an N-PDU by its MAC alone,
with eea2 and eia2. On SIGUSR1, and in the end, it prints a line of figures:

  keysets=N protected=N up=N down=N twice=N unknown=N reflected=N skipped=N

`twice` counts N-PDUs whose key, COUNT, BEARER and DIRECTION were used before; each is printed. `skipped` counts COUNTs that were
left out, in both directions. `unknown` counts N-PDUs of no keyset and COUNT that could be found. `reflected` counts frames that
came back to their sender.
"""

import argparse
import ctypes
import os
import select
import signal
import socket
import struct

import oracle
from frames import g_pdus, open_interface

UPLINK, DOWNLINK = 0, 1


class Cmac:
    """AES-128-CMAC by libcrypto, without a process for each."""

    lib = ctypes.CDLL("libcrypto.so.3")

    class Param(ctypes.Structure):
        _fields_ = [("key", ctypes.c_char_p), ("type", ctypes.c_uint), ("data", ctypes.c_void_p),
                    ("size", ctypes.c_size_t), ("return_size", ctypes.c_size_t)]

    for name in ("EVP_MAC_fetch", "EVP_MAC_CTX_new", "EVP_MAC_CTX_dup"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.OSSL_PARAM_construct_utf8_string.restype = Param
    lib.OSSL_PARAM_construct_end.restype = Param

    def __init__(self, key):
        cipher = ctypes.create_string_buffer(b"AES-128-CBC")
        params = (self.Param * 2)(self.lib.OSSL_PARAM_construct_utf8_string(b"cipher", cipher, ctypes.c_size_t(0)),
                                  self.lib.OSSL_PARAM_construct_end())
        mac = ctypes.c_void_p(self.lib.EVP_MAC_fetch(None, b"CMAC", None))
        self.context = ctypes.c_void_p(self.lib.EVP_MAC_CTX_new(mac))
        if self.lib.EVP_MAC_init(self.context, key, ctypes.c_size_t(16), params) != 1:
            raise SystemExit("libcrypto has no CMAC")

    def mac(self, message):
        out, size = ctypes.create_string_buffer(16), ctypes.c_size_t()
        context = ctypes.c_void_p(self.lib.EVP_MAC_CTX_dup(self.context))
        self.lib.EVP_MAC_update(context, message, ctypes.c_size_t(len(message)))
        self.lib.EVP_MAC_final(context, out, ctypes.byref(size), ctypes.c_size_t(16))
        self.lib.EVP_MAC_CTX_free(context)
        return out.raw[:4]


class Keyset:
    def __init__(self, rand, key_id, args):
        self.rand, self.key_id = rand, key_id
        keys = oracle.key_hierarchy(args.k, args.opc, rand)
        _, kint = oracle.algorithm_keys(keys["e2mck"], keys["e2mik"], "eea2", "eia2", args.counter_octets, 4)
        self.cmac = Cmac(kint)
        self.h = [0, 0]
        self.seen = [set(), set()]

    def has(self, bearer, direction, count, pdu):
        place = struct.pack(">IB3x", count, bearer << 3 | direction << 2)
        return self.cmac.mac(place + pdu[:-4]) == pdu[-4:]


class Recorder:
    def __init__(self, args):
        self.args = args
        self.keysets = []  # the latest first
        self.figures = dict.fromkeys(("protected", "up", "down", "twice", "unknown", "reflected"), 0)

    def learn(self, frame):
        at = frame.find(b"\x80\xff\x00\x16")
        if at < 0 or frame[at + 7 : at + 9] != b"\xe2\x02":
            return
        key_id, rand = frame[at + 9], frame[at + 10 : at + 26]
        known = next((k for k in self.keysets if k.rand == rand), None)
        if known:
            self.keysets.remove(known)
            known.key_id = key_id
        self.keysets.insert(0, known or Keyset(rand, key_id, self.args))

    def find(self, direction, pdu):
        """Keyset and COUNT: near the highest COUNT first, then farther and farther away, up and down."""
        n = self.args.counter_octets
        window = 1 << 3 + 8 * n
        ctr = int.from_bytes(pdu[: 1 + n], "big") & window - 1
        keysets = [k for k in self.keysets if k.key_id == pdu[0] >> 3 & 7]
        for far in [0] + [sign * k for k in range(1, self.args.windows + 1) for sign in (1, -1)]:
            for keyset in keysets:
                base = max(0, keyset.h[direction] - window // 2)
                count = base + (ctr - base) % window + far * window
                if 0 <= count < 2**32 - 1 and keyset.has(self.args.bearer, direction, count, pdu):
                    return keyset, count
        return None, None

    def take(self, pdu, is_sent):
        payload = pdu.payload
        if len(payload) < 5 + self.args.counter_octets or payload[0] & 0xC0 != 0x80:
            self.figures["unknown"] += 1
            print(f"no protected N-PDU: TEID {pdu.teid:#010x} {payload.hex()}", flush=True)
            return
        direction = UPLINK if pdu.dst == self.args.ggsn else DOWNLINK
        if is_sent != (direction == UPLINK):
            self.figures["reflected"] += 1
            print(f"reflected: direction {direction} {payload.hex()}", flush=True)
            return
        keyset, count = self.find(direction, payload)
        if not keyset:
            self.figures["unknown"] += 1
            print(f"no COUNT found: direction {direction} {payload.hex()}", flush=True)
            return
        self.figures["protected"] += 1
        self.figures[("up", "down")[direction]] += 1
        if count in keyset.seen[direction]:
            self.figures["twice"] += 1
            print(f"twice: RAND {keyset.rand.hex()} direction {direction} COUNT {count}: {payload.hex()}", flush=True)
        keyset.seen[direction].add(count)
        keyset.h[direction] = max(keyset.h[direction], count + 1)

    def take_frame(self, frame, is_sent):
        self.learn(frame)
        for pdu in g_pdus([frame]):
            self.take(pdu, is_sent)

    def say(self):
        skipped = sum(k.h[d] - len(k.seen[d]) for k in self.keysets for d in (UPLINK, DOWNLINK))
        figures = {"keysets": len(self.keysets), **self.figures, "skipped": skipped}
        print(*(f"{name}={value}" for name, value in figures.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("interface", help="the SGSN's")
    parser.add_argument("--ggsn", default="10.1.0.2", help="who receives uplink")
    parser.add_argument("--k", type=bytes.fromhex, required=True)
    parser.add_argument("--opc", type=bytes.fromhex, required=True)
    parser.add_argument("--counter-octets", type=int, default=1)
    parser.add_argument("--bearer", type=int, default=5)
    parser.add_argument("--windows", type=int, default=256, help="how far from the highest COUNT one is looked for")
    args = parser.parse_args()

    recorder = Recorder(args)
    s = open_interface(args.interface)
    wake_r, wake_w = os.pipe()
    os.set_blocking(wake_w, False)
    signal.set_wakeup_fd(wake_w)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, lambda *_: None)
    print("recording", flush=True)
    while True:
        readable = select.select([s, wake_r], [], [])[0]
        while True:
            try:
                frame, address = s.recvfrom(65536)
                recorder.take_frame(frame, address[2] == socket.PACKET_OUTGOING)
            except BlockingIOError:
                break
        if wake_r in readable:
            recorder.say()
            if any(number != signal.SIGUSR1 for number in os.read(wake_r, 64)):
                return


main()
