#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bad_hss: a Diameter peer that hands pulls on to the true HSS, and spoils the answers on their way back as its mode
file says when they come. It speaks Diameter over TLS by itself, from RFC 6733, and shares no code with lib/.

  good              as it came
  slow MS           that much later
  never             not at all
  twice             two times
  cut               closes the connection instead
  garbage           octets that are no Diameter, instead
  hop_by_hop        as the answer to a request that was never sent
  other_session     with the Session-Id of another request
  other_subscriber  with the User-Name of another subscriber
  length N          Confidentiality-Key of N octets
  algorithm         a ciphering algorithm that does not exist
  mandatory         with one more AVP, mandatory and unknown
  busy              DIAMETER_TOO_BUSY, without asking the true HSS
"""

import argparse
import itertools
import socket
import ssl
import struct
import threading
import time

HEADER = 20
REQUEST, PROXIABLE, ERROR = 0x80, 0x40, 0x20
CER, DWR, DPR, EKR = 257, 280, 282, 16777214
USER_NAME, HOST_IP, AUTH_APPLICATION, VENDOR_SPECIFIC = 1, 257, 258, 260
SESSION_ID, ORIGIN_HOST, VENDOR_ID, RESULT_CODE, PRODUCT_NAME = 263, 264, 266, 268, 269
DESTINATION_REALM, DESTINATION_HOST, ORIGIN_REALM = 283, 293, 296
CONFIDENTIALITY_KEY, CIPHERING = (625, 10415), (2, 32473)
APPLICATION, VENDOR = 4294967040, 32473


def avp(code, data, vendor=0):
    """Mandatory, as all of them are here; code may be a pair with its vendor."""
    if isinstance(code, tuple):
        code, vendor = code
    if isinstance(data, int):
        data = struct.pack(">I", data)
    if isinstance(data, str):
        data = data.encode()
    head = struct.pack(">II", code, (0xC0 if vendor else 0x40) << 24 | (12 if vendor else 8) + len(data))
    return head + (struct.pack(">I", vendor) if vendor else b"") + data + bytes(-len(data) % 4)


def avps(body):
    """((code, vendor) or code, contents) of each."""
    while body:
        code, flags_len = struct.unpack_from(">II", body)
        length, has_vendor = flags_len & 0xFFFFFF, flags_len >> 31
        vendor = struct.unpack_from(">I", body, 8)[0] if has_vendor else 0
        yield ((code, vendor) if vendor else code), body[12 if has_vendor else 8 : length]
        body = body[length + (-length % 4) :]


class Message:
    def __init__(self, flags, code, application, hop, end, body):
        self.flags, self.code, self.application, self.hop, self.end = flags, code, application, hop, end
        self.avps = list(avps(body))

    def pack(self):
        body = b"".join(avp(code, data) for code, data in self.avps)
        return struct.pack(">IIIII", 1 << 24 | HEADER + len(body), self.flags << 24 | self.code, self.application,
                           self.hop, self.end) + body

    def get(self, code):
        return next((data for c, data in self.avps if c == code), None)

    def put(self, code, data):
        """In place of what is there, or at the end."""
        at = next((i for i, (c, _) in enumerate(self.avps) if c == code), len(self.avps))
        self.avps[at : at + 1] = [(code, data)]

    def answer(self, *contents):
        made = Message(self.flags & ~REQUEST, self.code, self.application, self.hop, self.end, b"")
        made.avps = [(SESSION_ID, self.get(SESSION_ID))] if self.get(SESSION_ID) else []
        made.avps += contents
        return made


def receive(stream):
    head = stream.read(HEADER)
    if len(head) < HEADER:
        return None
    length, flags_code, application, hop, end = struct.unpack(">IIIII", head)
    body = stream.read((length & 0xFFFFFF) - HEADER)
    return Message(flags_code >> 24, flags_code & 0xFFFFFF, application, hop, end, body)


class Connection:
    """One to a peer, and its half of the base protocol."""

    def __init__(self, node, sock):
        self.node, self.sock, self.lock = node, sock, threading.Lock()
        self.stream = sock.makefile("rb")

    def send(self, octets):
        with self.lock:
            self.sock.sendall(octets)

    def identity(self):
        return [(ORIGIN_HOST, self.node.identity), (ORIGIN_REALM, self.node.realm)]

    def capabilities(self):
        application = avp(VENDOR_ID, VENDOR) + avp(AUTH_APPLICATION, APPLICATION)
        address = socket.inet_aton(self.sock.getsockname()[0])
        return [*self.identity(), (HOST_IP, b"\0\1" + address), (VENDOR_ID, 0), (PRODUCT_NAME, "bad_hss"),
                (AUTH_APPLICATION, 0xFFFFFFFF), (VENDOR_SPECIFIC, application)]

    def serve_base(self, message):
        """True: it was for this layer."""
        if message.application or not message.flags & REQUEST:
            return False
        more = self.capabilities() if message.code == CER else self.identity()
        self.send(message.answer((RESULT_CODE, 2001), *more).pack())
        return True

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)


class Upstream(Connection):
    """To the true HSS: requests of several threads."""

    def __init__(self, node, sock):
        super().__init__(node, sock)
        self.hops, self.waiting = itertools.count(1), {}
        cer = Message(REQUEST, CER, 0, next(self.hops), 1, b"")
        cer.avps = self.capabilities()
        self.send(cer.pack())
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while message := receive(self.stream):
            if not self.serve_base(message) and message.hop in self.waiting:
                done, found = self.waiting.pop(message.hop)
                found.append(message)
                done.set()

    def ask(self, request):
        """The answer, to be sent on as if it were ours."""
        asked = Message(request.flags, request.code, request.application, next(self.hops), request.end, b"")
        asked.avps = list(request.avps)
        asked.put(ORIGIN_HOST, self.node.identity)
        asked.put(DESTINATION_HOST, self.node.upstream_identity)
        done, found = threading.Event(), []
        self.waiting[asked.hop] = done, found
        self.send(asked.pack())
        if not done.wait(5):
            raise TimeoutError("the true HSS does not answer")
        found[0].hop = request.hop
        return found[0]


class Downstream(Connection):
    """From an hse."""

    def run(self):
        try:
            while message := receive(self.stream):
                if not self.serve_base(message) and message.code == EKR:
                    threading.Thread(target=self.pull, args=(message,), daemon=True).start()
        except OSError:
            pass
        self.sock.close()

    def pull(self, request):
        mode, *parameters = self.node.mode()
        print(f"{mode} {request.get(USER_NAME).decode()}", flush=True)
        try:
            self.spoil(mode, parameters, request)
        except OSError:
            pass

    def spoil(self, mode, parameters, request):
        if mode == "never":
            return
        if mode == "cut":
            self.close()
            return
        if mode == "garbage":
            self.send(b"\x02garbage that is no Diameter")
            return
        if mode == "busy":
            busy = request.answer((RESULT_CODE, 3004), *self.identity())
            busy.flags |= ERROR
            self.send(busy.pack())
            return
        answer = self.node.ask(request)
        if mode == "slow":
            time.sleep(int(parameters[0]) / 1000)
        elif mode == "hop_by_hop":
            answer.hop ^= 0x5A5A5A5A
        elif mode == "other_session":
            answer.put(SESSION_ID, answer.get(SESSION_ID) + b"0")
        elif mode == "other_subscriber":
            answer.put(USER_NAME, b"262010000000077")
        elif mode == "length":
            answer.put(CONFIDENTIALITY_KEY, bytes(range(1, 1 + int(parameters[0]))))
        elif mode == "algorithm":
            answer.put(CIPHERING, struct.pack(">I", 9))
        elif mode == "mandatory":
            answer.put((999, VENDOR), struct.pack(">I", 1))
        self.send(answer.pack() * (2 if mode == "twice" else 1))


class Node:
    def __init__(self, args):
        self.identity, self.realm, self.args = args.identity, args.realm, args
        self.upstream_identity, self.lock, self.upstream = args.upstream_identity, threading.Lock(), None

    def mode(self):
        with open(self.args.mode) as f:
            return f.read().split()

    def context(self, purpose):
        context = ssl.SSLContext(purpose)
        context.load_cert_chain(self.args.certificate, self.args.key)
        context.load_verify_locations(self.args.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def connect(self):
        context = self.context(ssl.PROTOCOL_TLS_CLIENT)
        sock = socket.create_connection((self.args.upstream, 5868), 5)
        sock.settimeout(None)
        return Upstream(self, context.wrap_socket(sock, server_hostname=self.upstream_identity))

    def ask(self, request):
        with self.lock:
            self.upstream = self.upstream or self.connect()
        return self.upstream.ask(request)

    def run(self):
        listener = socket.create_server((self.args.address, 5868), reuse_port=True)
        context = self.context(ssl.PROTOCOL_TLS_SERVER)
        print("listening", flush=True)
        while True:
            sock, _ = listener.accept()
            try:
                connection = Downstream(self, context.wrap_socket(sock, server_side=True))
            except (OSError, ssl.SSLError) as error:
                print(f"no TLS: {error}", flush=True)
                continue
            threading.Thread(target=connection.run, daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("identity", "realm", "address", "certificate", "key", "ca", "mode", "upstream", "upstream-identity"):
        parser.add_argument("--" + name, required=True)
    Node(parser.parse_args()).run()


main()
