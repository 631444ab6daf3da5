/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/pci.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads @min to @max hexadecimal digits. Returns behind them, or NULL. */
static const char *hex_number(const char *s, unsigned int min, unsigned int max, __u32 *ret)
{
	__u32 value = 0;
	unsigned int n;

	for (n = 0; n < max && hex_digit(s[n]) >= 0; n++)
		value = value << 4 | (__u32)hex_digit(s[n]);
	if (n < min)
		return NULL;
	*ret = value;
	return s + n;
}

/* A number that ends with @end, which is skipped unless it is the end of the string. */
static const char *hex_field(const char *s, unsigned int min, unsigned int max, char end,
			     __u32 *ret)
{
	s = hex_number(s, min, max, ret);
	if (!s || *s != end)
		return NULL;
	return end ? s + 1 : s;
}

static bool has_domain(const char *s)
{
	const char *colon = strchr(s, ':');

	return colon && strchr(colon + 1, ':');
}

int pci_address_parse(const char *s, struct p2pmem_pci_address *ret)
{
	__u32 domain = 0, bus, device, function;

	if (has_domain(s))
		s = hex_field(s, 4, 8, ':', &domain);
	if (s)
		s = hex_field(s, 2, 2, ':', &bus);
	if (s)
		s = hex_field(s, 2, 2, '.', &device);
	if (s)
		s = hex_field(s, 1, 1, '\0', &function);
	if (!s || device > 0x1f || function > 7)
		return -EINVAL;
	*ret = (struct p2pmem_pci_address){
		.domain = domain,
		.bus = (__u8)bus,
		.devfn = (__u8)(device << 3 | function),
	};
	return 0;
}

char *pci_address_format(const struct p2pmem_pci_address *a, char buf[static PCI_ADDRESS_MAX])
{
	snprintf(buf, PCI_ADDRESS_MAX, "%04x:%02x:%02x.%x", a->domain, a->bus, a->devfn >> 3,
		 a->devfn & 7U);
	return buf;
}

bool pci_address_equal(const struct p2pmem_pci_address *a, const struct p2pmem_pci_address *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->devfn == b->devfn;
}
