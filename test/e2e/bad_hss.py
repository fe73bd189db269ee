#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""bad_hss: a Diameter peer that hands pulls on to the true HSS, and spoils the answers on their way back as its mode
file says when they come. It shares no code with lib/.

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

from diameter import (CER, DESTINATION_HOST, EKR, ERROR, ORIGIN_HOST, REQUEST, RESULT_CODE, SESSION_ID, USER_NAME,
                      VENDOR, Connection, Message, connect, receive, tls_context)

CONFIDENTIALITY_KEY, CIPHERING = (625, 10415), (2, 32473)


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

    def connect(self):
        return Upstream(self, connect(self.args, self.args.upstream, self.upstream_identity))

    def ask(self, request):
        with self.lock:
            self.upstream = self.upstream or self.connect()
        return self.upstream.ask(request)

    def run(self):
        listener = socket.create_server((self.args.address, 5868), reuse_port=True)
        context = tls_context(ssl.PROTOCOL_TLS_SERVER, self.args)
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
