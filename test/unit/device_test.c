/* SPDX-License-Identifier: BSD-3-Clause */
/* What ports.*.device names: PCI addresses in any spelling, vdevs, and the interfaces behind them. */
#include "device.h"

#include "unit.h"

static struct device read_device(const char *text)
{
	struct device device;

	device_read(text, &device);
	return device;
}

static void pci_addresses_have_one_form(void)
{
	static const char *const same[] = {"0000:3b:00.1", "3b:00.1", "0000:3B:00.1",
					   "3b:0.1,foo=1"};

	for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		const struct device device = read_device(same[i]);

		CU_ASSERT_TRUE(device.is_pci);
		CU_ASSERT_STRING_EQUAL(device.name, "0000:3b:00.1");
		CU_ASSERT_EQUAL(device.count, 0);
	}
}

static void a_vdev_has_its_name_and_interfaces(void)
{
	const struct device device =
		read_device("net_pcap0,rx_iface_in=acc0,tx_iface=acc0,rx_iface=acc1,infinite_rx=1");

	CU_ASSERT_FALSE(device.is_pci);
	CU_ASSERT_STRING_EQUAL(device.name, "net_pcap0");
	CU_ASSERT_EQUAL_FATAL(device.count, 2);
	CU_ASSERT_STRING_EQUAL(device.interfaces[0], "acc0");
	CU_ASSERT_STRING_EQUAL(device.interfaces[1], "acc1");
}

static void other_arguments_are_no_interfaces(void)
{
	CU_ASSERT_EQUAL(read_device("net_null0,no-rx=1,ifaces=acc0,xiface=acc1").count, 0);
	CU_ASSERT_EQUAL(read_device("net_af_packet0,iface=").count, 0);
	CU_ASSERT_EQUAL(read_device("net_af_packet0,iface=longer-than-any-name").count, 0);
}

static const char *shared(const char *a, const char *b)
{
	static struct device x, y;

	device_read(a, &x);
	device_read(b, &y);
	return device_shared(&x, &y);
}

static void one_interface_for_two_vdevs_is_seen(void)
{
	CU_ASSERT_STRING_EQUAL(shared("net_af_packet0,iface=acc0", "net_pcap1,iface=acc0"), "acc0");
	CU_ASSERT_STRING_EQUAL(shared("net_af_packet0,iface=lo", "net_tap0,remote=lo"), "lo");
	CU_ASSERT_STRING_EQUAL(shared("3b:00.1", "0000:3b:00.1"), "0000:3b:00.1");
	CU_ASSERT_STRING_EQUAL(shared("net_null0", "net_null0,no-rx=1"), "net_null0");
}

static void two_interfaces_are_two(void)
{
	CU_ASSERT_PTR_NULL(shared("net_af_packet0,iface=acc0", "net_af_packet1,iface=core0"));
	CU_ASSERT_PTR_NULL(shared("net_af_packet0,iface=lo", "net_af_packet1,iface=core0"));
	CU_ASSERT_PTR_NULL(shared("3b:00.0", "3b:00.1"));
	CU_ASSERT_PTR_NULL(shared("net_null0", "net_null1"));
}

UNIT_MAIN("device", {"pci_addresses_have_one_form", pci_addresses_have_one_form},
	  {"a_vdev_has_its_name_and_interfaces", a_vdev_has_its_name_and_interfaces},
	  {"other_arguments_are_no_interfaces", other_arguments_are_no_interfaces},
	  {"one_interface_for_two_vdevs_is_seen", one_interface_for_two_vdevs_is_seen},
	  {"two_interfaces_are_two", two_interfaces_are_two})
