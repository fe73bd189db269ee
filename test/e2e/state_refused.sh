#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A state that hse must not go on with: damaged, another's, on a disk that cannot be written, or of more sessions than it has
# room for. It does not start, says why, what to do, and what that costs, and leaves the file as it is. Reset as it says, it
# starts, and a UE that activates again is served.
. "$(dirname "$0")/_init.sh"

hse_state="{path: $lab/state}"
file=$lab/state/sessions.mdb

# refused TEXT: hse does not start, and says TEXT.
refused() {
	local status=0 before
	before=$(cksum "$lab"/state/sessions.mdb 2>/dev/null || true)
	in_ns hse timeout 30 "$build/app/hse" --config "$lab/refused.yaml" >"$lab/refused.out" 2>"$lab/refused.log" \
		</dev/null || status=$?
	expect_equal "exit status" "$status" 1
	grep -qF "hse: error: state: $1" "$lab/refused.log" || die "it does not say: $1"
	expect_equal "the file" "$(cksum "$lab"/state/sessions.mdb 2>/dev/null || true)" "$before"
}

lab_start
ping_up 5
config_hse | sed "s/prefix: $run/prefix: $run-2/; s/net_af_packet\([01]\),iface=[a-z]*0/net_null\1,no-rx=1/" >"$lab/refused.yaml"
refused "$lab/state: in use by another hse; give each its own state.path"
stop hse

config_hse | sed 's/max: 1024/max: 1/' >"$lab/refused.yaml"
cp "$file" "$lab/kept"
python3 - "$file" <<'END'
import sys
octets = open(sys.argv[1], "rb").read()
open(sys.argv[1], "wb").write(octets.replace(b"2620100000", b"2621100000"))  # in the session's record
END
config_hse >"$lab/refused.yaml"
refused "$file: the state is damaged: session 1. It is not used, for the COUNTs of its sessions could come twice."
head -c 9000 "$lab/kept" >"$file"
refused "$file: the state is damaged"

small_disk "$lab/readonly" 1M
mount -o remount,ro "$lab/readonly"
config_hse | sed "s,path: $lab/state,path: $lab/readonly/state," >"$lab/refused.yaml"
refused "$lab/readonly/state: the folder of the state cannot be made: Read-only file system"

# As the message says.
rm "$file"
stop hse-ue || true
start_hse
expect_equal "sessions after the reset" "$(status sessions)" 0
wait_peer_open
rm "$lab/hse-ue.out"
start_ue
ping_up 5
ping_down 5
