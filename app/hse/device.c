/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <stdio.h>
#include <string.h>

/* The arguments of net_af_packet, net_pcap, net_af_xdp, net_tap and virtio_user that name an
 * interface. */
static const char *const interface_arguments[] = {"iface",    "rx_iface", "rx_iface_in",
						  "tx_iface", "remote",	  NULL};

static bool read_pci(const char *text, struct device *device)
{
	unsigned domain = 0, bus, slot, function;

	if (sscanf(text, "%x:%x:%x.%u", &domain, &bus, &slot, &function) != 4) {
		domain = 0;
		if (sscanf(text, "%x:%x.%u", &bus, &slot, &function) != 3)
			return false;
	}
	snprintf(device->name, sizeof(device->name), "%04x:%02x:%02x.%u", domain, bus, slot,
		 function);
	return true;
}

static bool is_known(const struct device *device, const char *interface)
{
	for (unsigned i = 0; i < device->count; i++)
		if (strcmp(device->interfaces[i], interface) == 0)
			return true;
	return false;
}

static void add_interface(struct device *device, const char *value, size_t len)
{
	char name[IF_NAMESIZE];

	/* The value is not a valid interface name. */
	if (len == 0 || len >= sizeof(name) || device->count == DEVICE_INTERFACES_MAX)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)len, value);
	if (!is_known(device, name))
		strcpy(device->interfaces[device->count++], name);
}

/* Reads one "key=value" of len octets. */
static void read_argument(struct device *device, const char *argument, size_t len)
{
	const char *equals = memchr(argument, '=', len);
	const size_t key = equals ? (size_t)(equals - argument) : len;

	for (unsigned i = 0; equals && interface_arguments[i]; i++)
		if (strlen(interface_arguments[i]) == key &&
		    strncmp(argument, interface_arguments[i], key) == 0)
			add_interface(device, equals + 1, len - key - 1);
}

void device_read(const char *text, struct device *device)
{
	const size_t name = strcspn(text, ",");

	*device = (struct device){0};
	device->is_pci = read_pci(text, device);
	if (!device->is_pci)
		snprintf(device->name, sizeof(device->name), "%.*s", (int)name, text);
	text += name;
	while (*text == ',') {
		const size_t len = strcspn(++text, ",");

		read_argument(device, text, len);
		text += len;
	}
}

static bool is_same_interface(const char *a, const char *b)
{
	const unsigned index = if_nametoindex(a);

	return strcmp(a, b) == 0 || (index != 0 && index == if_nametoindex(b));
}

const char *device_shared(const struct device *a, const struct device *b)
{
	if (strcmp(a->name, b->name) == 0)
		return b->name;
	for (unsigned i = 0; i < a->count; i++)
		for (unsigned j = 0; j < b->count; j++)
			if (is_same_interface(a->interfaces[i], b->interfaces[j]))
				return b->interfaces[j];
	return NULL;
}
