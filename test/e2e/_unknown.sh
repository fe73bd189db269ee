# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
#
# _unknown.sh: G-PDUs of tunnels that hse does not know. For tests that source it after _init.sh.

# g_pdu NAME FROM TO [INNER-SOURCE INNER-DESTINATION]: a line with a frame of an unknown tunnel, as `packets send` wants it.
g_pdu() {
	python3 - "$e2e_dir" "$@" <<-'END'
		import socket, struct, sys
		sys.path.insert(0, sys.argv[1])
		from frames import checksum, udp_checksum
		name, source, to = sys.argv[2:5]
		inner = [socket.inet_aton(a) for a in sys.argv[5:7] or ("10.9.0.1", "10.9.0.2")]
		family = socket.AF_INET6 if ":" in to else socket.AF_INET
		source, to = (socket.inet_pton(family, a) for a in (source, to))
		npdu = bytes.fromhex("450000240001000040110000") + inner[0] + inner[1] + b"unknown tunnel.."
		gtpu = struct.pack(">BBHI", 0x30, 255, len(npdu), 0x777) + npdu
		udp = struct.pack(">4H", 2152, 2152, 8 + len(gtpu), 0) + gtpu
		udp = udp[:6] + struct.pack(">H", udp_checksum(source, to, udp)) + udp[8:]
		if family == socket.AF_INET6:
		    frame = struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + source + to + udp
		else:
		    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, source, to)
		    frame = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + udp
		print(name, (bytes.fromhex("02aabbccddee02aabbccddef" + ("86dd" if family == socket.AF_INET6 else "0800")) + frame).hex())
	END
}

# guarded ADDRESS ACCESS CORE: G-PDUs of an unknown tunnel between ACCESS and CORE do not cross, as their N-PDUs have the
# ADDRESS of a protected session.
guarded() {
	local up down
	up=$(counter access.drop.wrong_address) down=$(counter core.drop.wrong_address)
	g_pdu up "$2" "$3" "$1" 10.9.0.2 >"$lab/up"
	g_pdu down "$3" "$2" 10.9.0.2 "$1" >"$lab/down"
	packets_in sgsn send gn0 "$lab/up"
	packets_in ggsn send gn0 "$lab/down"
	wait_for 5 "uplink with the address to be dropped" counter_is access.drop.wrong_address $((up + 1))
	wait_for 5 "downlink to the address to be dropped" counter_is core.drop.wrong_address $((down + 1))
}
