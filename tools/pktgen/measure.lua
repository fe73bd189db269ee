-- SPDX-License-Identifier: BSD-3-Clause
-- measure: plays a port's pcap file in a loop and counts what comes out of the other port.
--
--   PORTS    0 (uplink), 1 (downlink) or all (all)
--   RATE     per cent of the line rate (100)
--   SECONDS  (10)

package.path = package.path .. ";?.lua"
require "Pktgen"

local ports = os.getenv("PORTS") or "all"
local rate = tonumber(os.getenv("RATE") or "100")
local seconds = tonumber(os.getenv("SECONDS") or "10")
local other = {["0"] = "1", ["1"] = "0"}

local function stats(port)
	return pktgen.portStats(port, "port")[tonumber(port)]
end

pktgen.screen("off")
pktgen.set("all", "rate", rate)
pktgen.set("all", "count", 0)
pktgen.pcap("all", "on")
pktgen.clr()
pktgen.start(ports)
pktgen.delay(seconds * 1000)
pktgen.stop(ports)
pktgen.delay(1000)
for port, peer in pairs(other) do
	if ports == "all" or ports == port then
		local sent, received = stats(port).opackets, stats(peer).ipackets
		printf("port %s to port %s: %d sent, %d received, %.3f Mpps, %.2f %% lost\n", port, peer, sent,
			received, received / seconds / 1e6, sent > 0 and 100 * (sent - received) / sent or 0)
	end
end
pktgen.quit()
