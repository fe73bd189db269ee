#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""oracle: e2m.md clauses 2, 5 and 7 written a second time, with the openssl command and nothing of lib/.

It reads from a capture of the access side the RAND that the UE named in its PCO, makes the keys from
the subscriber's K and OPc, and opens the protected N-PDUs. What it prints must be what crosses the core
side: two programs that share a mistake with each other do not share it with this one.
"""

import argparse
import functools
import hashlib
import hmac
import struct
import subprocess

from frames import g_pdus, pcap_read


def openssl(*arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def aes(key, block):
    return openssl("enc", "-aes-128-ecb", "-nopad", "-K", key.hex(), data=block)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


# --- keys: TS 35.206 4.1, TS 33.220 annex B, e2m.md 2 -----------------------------------------------------


def milenage(k, opc, rand):
    """CK (f3) and IK (f4)."""
    temp = xor(aes(k, xor(rand, opc)), opc)

    def out(rotate, constant):
        block = temp[rotate:] + temp[:rotate]
        return xor(aes(k, block[:15] + bytes([block[15] ^ constant])), opc)

    return out(4, 2), out(8, 4)


def kdf(key, fc, *parameters):
    s = bytes([fc]) + b"".join(p + struct.pack(">H", len(p)) for p in parameters)
    return hmac.new(key, s, hashlib.sha256).digest()


def key_hierarchy(k, opc, rand):
    ck, ik = milenage(k, opc, rand)
    prime = kdf(ck + ik, 0xE0)
    return {"ck": ck, "ik": ik, "ck'": prime[:16], "ik'": prime[16:]} | keys_of_keyset(kdf(ck + ik, 0xE1))


def keys_of_keyset(keyset):
    return {"e2mck": keyset[:16], "e2mik": keyset[16:]}


IDENTITIES = {"eea0": 0x00, "eea2": 0x02, "eia0": 0x00, "eia2": 0x02, "gcm": 0x10}


@functools.cache
def algorithm_keys(e2mck, e2mik, ciphering, integrity, n, mac_len):
    """Kenc and Kint of a profile; the integrity algorithm of gcm is gcm."""
    integrity = "gcm" if ciphering == "gcm" else integrity
    profile = bytes([IDENTITIES[ciphering], IDENTITIES[integrity], n, mac_len])
    return tuple(kdf(e2mck + e2mik, 0xE2, bytes([kind]), profile)[16:] for kind in (1, 2))


# --- e2m.md 7, algorithms of TS 33.401 B.1.3 and B.2.3, and RFC 5116 ------------------------------------------


def ctr(key, counter, data):
    return openssl("enc", "-aes-128-ctr", "-K", key.hex(), "-iv", counter.hex(), data=data) if data else b""


def eia2(kint, place, message):
    mac = openssl("mac", "-cipher", "AES-128-CBC", "-macopt", "hexkey:" + kint.hex(), "-in", "-",
                  "CMAC", data=place + bytes(3) + message)
    return bytes.fromhex(mac.decode())[:4]


def ghash(h, data):
    """NIST SP 800-38D 6.4."""
    h, y = int.from_bytes(h, "big"), 0
    for at in range(0, len(data), 16):
        x, y, v = y ^ int.from_bytes(data[at : at + 16], "big"), 0, h
        for bit in range(127, -1, -1):
            y ^= v if x >> bit & 1 else 0
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
    return y.to_bytes(16, "big")


def gcm(key, nonce, header, ciphertext):
    """The N-PDU and the whole tag."""
    pad = lambda octets: octets + bytes(-len(octets) % 16)
    sizes = struct.pack(">QQ", 8 * len(header), 8 * len(ciphertext))
    s = ghash(aes(key, bytes(16)), pad(header) + pad(ciphertext) + sizes)
    clear = ctr(key, nonce + struct.pack(">I", 2), ciphertext)
    return clear, xor(s, aes(key, nonce + struct.pack(">I", 1)))


def open_pdu(keys, ciphering, integrity, mac_len, n, bearer, direction, pdu):
    """COUNT and clear text of a protected N-PDU whose COUNT is below 2^(3+8n), so that CTR is COUNT."""
    header, body, mac = pdu[: 1 + n], pdu[1 + n : len(pdu) - mac_len], pdu[len(pdu) - mac_len :]
    count = int.from_bytes(header, "big") & (1 << 3 + 8 * n) - 1
    place = struct.pack(">IB", count, bearer << 3 | direction << 2)
    kenc, kint = algorithm_keys(keys["e2mck"], keys["e2mik"], ciphering, integrity, n, mac_len)
    if ciphering == "gcm":
        clear, wanted = gcm(kenc, place + bytes(7), header, body)
    else:
        clear = ctr(kenc, place + bytes(11), body) if ciphering == "eea2" else body
        wanted = eia2(kint, place, header + body) if integrity == "eia2" else b""
    if header[0] & 0xC0 != 0x80 or wanted[:mac_len] != mac:
        raise SystemExit(f"COUNT {count}, direction {direction}: the MAC or the header is wrong: {pdu.hex()}")
    return count, clear


def protect_pdu(keys, bearer, direction, key_id, count, npdu):
    """With eea2, eia2 and one octet of counter."""
    header = (1 << 15 | key_id << 11 | count & 0x7FF).to_bytes(2, "big")
    place = struct.pack(">IB", count, bearer << 3 | direction << 2)
    kenc, kint = algorithm_keys(keys["e2mck"], keys["e2mik"], "eea2", "eia2", 1, 4)
    body = ctr(kenc, place + bytes(11), npdu)
    return header + body + eia2(kint, place, header + body)


# --- commands ---------------------------------------------------------------------------------------------------


def find_rand(path):
    """From our container (e2m.md 5) of type 2 in any frame."""
    for frame in pcap_read(path):
        at = frame.find(b"\x80\xff\x00\x16")
        if at >= 0 and frame[at + 7 : at + 9] == b"\xe2\x02":
            return frame[at + 10 : at + 26]
    raise SystemExit(f"{path}: no PCO names an AKA run by its RAND")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("keys", "open", "counts"))
    parser.add_argument("pcap", help="the access side, from before the PDP context was made")
    parser.add_argument("--k", type=bytes.fromhex, required=True)
    parser.add_argument("--opc", type=bytes.fromhex, required=True)
    parser.add_argument("--to", help="receiver: the GGSN (uplink) or the SGSN (downlink)")
    parser.add_argument("--teid", type=lambda text: int(text, 0), help="of the tunnel; else all of them")
    parser.add_argument("--direction", type=int, choices=(0, 1), help="0 uplink, 1 downlink")
    parser.add_argument("--algorithms", default="eea2 eia2", help="ciphering and integrity")
    parser.add_argument("--counter-octets", type=int, default=1)
    parser.add_argument("--mac", type=int, default=4, help="octets of the MAC")
    parser.add_argument("--bearer", type=int, default=5)
    parser.add_argument("--others", action="store_true", help="passes over N-PDUs that these keys do not open")
    args = parser.parse_args()

    keys = key_hierarchy(args.k, args.opc, find_rand(args.pcap))
    ciphering, integrity = args.algorithms.split()
    if args.what == "keys":
        kenc, kint = algorithm_keys(keys["e2mck"], keys["e2mik"], ciphering, integrity, args.counter_octets, args.mac)
        for name, key in (keys | {"kenc": kenc, "kint": kint}).items():
            print(name, key.hex())
        return
    for pdu in g_pdus(pcap_read(args.pcap), args.to, args.teid):
        try:
            count, clear = open_pdu(keys, ciphering, integrity, args.mac, args.counter_octets, args.bearer,
                                    args.direction, pdu.payload)
        except SystemExit:
            if not args.others:
                raise
            continue
        print(count if args.what == "counts" else clear.hex())


if __name__ == "__main__":
    main()
