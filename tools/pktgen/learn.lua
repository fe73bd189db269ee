-- SPDX-License-Identifier: BSD-3-Clause
-- learn: plays create-request.pcap on port 0 and create-response.pcap on port 1, each packet once, so that hse
-- learns the sessions. SESSIONS is what make-pcap was given (1000).

package.path = package.path .. ";?.lua"
require "Pktgen"

local sessions = tonumber(os.getenv("SESSIONS") or "1000")
-- Per cent of the line rate: GTP-C goes by way of hse's control thread.
local rate = tonumber(os.getenv("LEARN_RATE") or "0.1")

local function wait_until_sent(port)
	for _ = 1, 600 do
		pktgen.delay(100)
		if pktgen.portStats(port, "port")[tonumber(port)].opackets >= sessions then
			break
		end
	end
	pktgen.delay(1000)
end

pktgen.screen("off")
pktgen.clr()
pktgen.set("all", "rate", rate)
pktgen.set("all", "count", sessions)
for _, port in ipairs({"0", "1"}) do
	pktgen.pcap(port, "on")
	pktgen.start(port)
	wait_until_sent(port)
end
for _, port in ipairs({"0", "1"}) do
	local s = pktgen.portStats(port, "port")[tonumber(port)]
	printf("port %s: %d sent, %d received\n", port, s.opackets, s.ipackets)
end
pktgen.quit()
