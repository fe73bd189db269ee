#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# lib/gtp and tshark read the same in 3,000 GTP-C messages: those of the suite's GSNs, P-GW and S-GW, messages from networks, and
# mutations of both. Of a reader that takes the F-TEID of an S-GW for that of a P-GW, the comparison complains.
. "$(dirname "$0")/_init.sh"

compare() { # READER COUNT
	python3 "$e2e_dir/gtpc_differential.py" "$1" "$lab/messages.pcap" "$2" "$e2e_dir/gtpc_examples.hex" >"$lab/differences"
}

compare "$build/test/gtpc-read" 3000 || die "read otherwise: $(tail -n 1 "$lab/differences"): $(head -n 4 "$lab/differences")"
say "$(tail -n 1 "$lab/differences")"
printf '#!/bin/bash\n"%s" | sed s/sgw_u/pgw_u/\n' "$build/test/gtpc-read" >"$lab/wrong-reader"
chmod +x "$lab/wrong-reader"
! compare "$lab/wrong-reader" 100 || die "a reader that takes one F-TEID for the other is not found out"
