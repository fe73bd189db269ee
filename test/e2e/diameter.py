# SPDX-License-Identifier: BSD-3-Clause
"""diameter: Diameter over TLS from RFC 6733, for peers that the end-to-end tests play. Shares no code with lib/."""

import socket
import ssl
import struct
import threading

HEADER = 20
REQUEST, PROXIABLE, ERROR = 0x80, 0x40, 0x20
CER, DPR, EKR, ESR = 257, 282, 16777214, 16777215
USER_NAME, HOST_IP, AUTH_APPLICATION, VENDOR_SPECIFIC = 1, 257, 258, 260
SESSION_ID, ORIGIN_HOST, VENDOR_ID, RESULT_CODE, PRODUCT_NAME = 263, 264, 266, 268, 269
DESTINATION_REALM, DESTINATION_HOST, ORIGIN_REALM = 283, 293, 296
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
        return [*self.identity(), (HOST_IP, b"\0\1" + address), (VENDOR_ID, 0), (PRODUCT_NAME, "e2e"),
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


def tls_context(purpose, args):
    """With certificates on both sides; args has the names of files: certificate, key, ca."""
    context = ssl.SSLContext(purpose)
    context.load_cert_chain(args.certificate, args.key)
    context.load_verify_locations(args.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def connect(args, address, identity):
    """To the peer of that identity."""
    sock = socket.create_connection((address, 5868), 5)
    sock.settimeout(None)
    return tls_context(ssl.PROTOCOL_TLS_CLIENT, args).wrap_socket(sock, server_hostname=identity)
