#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# hse starts without its private key, and then with one that others may read: it forwards at once, keeps protected
# sessions closed, says what is wrong, and serves them when the key is as it must be, without a restart.
. "$(dirname "$0")/_init.sh"
. "$e2e_dir/_starts_with.sh"

certificate hse.home.example
mv "$lab/hse.home.example.key" "$lab/kept.key"
start_with_fault
expect_fault "$lab/hse.yaml:[0-9]+:[0-9]+: diameter.tls.key: $lab/hse.home.example.key cannot be read: No such file or directory"
expect_closed

cp "$lab/kept.key" "$lab/hse.home.example.key"
chmod 644 "$lab/hse.home.example.key"
wait_log hse "error: $lab/hse.yaml:[0-9]+:[0-9]+: diameter.tls.key: $lab/hse.home.example.key may be read or written by others than its owner: chmod 600"
expect_equal "state of the session" "$(session_state)" pulling
chmod 600 "$lab/hse.home.example.key"
expect_open
