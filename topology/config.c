/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "topology/config.h"

#define STATUS 0x06
#define STATUS_CAPABILITIES 0x10U
#define CLASS_REVISION 0x08
#define HEADER_TYPE 0x0e
#define HEADER_TYPE_MASK 0x7fU
#define HEADER_BRIDGE 1U
#define HEADER_CARDBUS 2U
#define CAPABILITIES 0x34
#define CAPABILITIES_CARDBUS 0x14
#define CAPABILITIES_FIRST 0x40U /* those below are the header */
#define CAPABILITIES_MAX 48
#define CAPABILITY_EXPRESS 0x10U

#define EXTENDED_FIRST 0x100U
#define EXTENDED_MAX ((CONFIG_SIZE_EXTENDED - CONFIG_SIZE) / 8)
#define EXTENDED_ACS 0x000dU

#define ONES 0xffffffffU
#define CLASS_HOST_BRIDGE 0x0600U
#define CLASS_PCI_BRIDGE 0x0604U

/* Outcomes of looking for a capability. */
enum {
	FOUND,
	ABSENT,
	UNREADABLE,
};

/* The aligned four bytes at @at. */
static bool read32(const struct config *c, unsigned int at, uint32_t *ret)
{
	uint8_t read[4];
	const uint8_t *b = read;

	if ((size_t)at + 4 <= c->n)
		b = c->bytes + at;
	else if (c->fd < 0 || pread(c->fd, read, sizeof(read), (off_t)at) != sizeof(read))
		return false;
	*ret = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	return true;
}

/* Virtual functions have ones for their ids, and nothing has them for its class. */
static bool is_gone(const struct config *c)
{
	uint32_t ids, class;

	return !read32(c, 0, &ids) || !read32(c, CLASS_REVISION, &class) ||
	       (ids == ONES && class == ONES);
}

static bool read_header_type(const struct config *c, unsigned int *ret)
{
	uint32_t word;

	if (!read32(c, HEADER_TYPE & ~3U, &word))
		return false;
	*ret = word >> 16 & HEADER_TYPE_MASK;
	return true;
}

static int find_express(const struct config *c, uint32_t *ret)
{
	uint32_t word;
	unsigned int header, at;

	if (!read_header_type(c, &header) || !read32(c, STATUS & ~3U, &word))
		return UNREADABLE;
	at = header == HEADER_CARDBUS ? CAPABILITIES_CARDBUS : CAPABILITIES;
	if (!(word >> 16 & STATUS_CAPABILITIES))
		return ABSENT;
	if (!read32(c, at, &word))
		return UNREADABLE;
	at = word & 0xfcU;
	for (int i = 0; i < CAPABILITIES_MAX && at >= CAPABILITIES_FIRST; i++) {
		if (!read32(c, at, &word) || word == ONES)
			return UNREADABLE;
		if ((word & 0xffU) == CAPABILITY_EXPRESS) {
			*ret = word;
			return FOUND;
		}
		at = word >> 8 & 0xfcU;
	}
	return ABSENT;
}

static int find_type(const struct config *c)
{
	uint32_t word;

	switch (find_express(c, &word)) {
	case FOUND:
		return (int)(word >> 20 & 0xfU);
	case ABSENT:
		return TOPOLOGY_TYPE_CONVENTIONAL;
	default:
		return TOPOLOGY_TYPE_UNKNOWN;
	}
}

/* Where the kernel would find the ACS capability. */
static int find_acs(const struct config *c, unsigned int *ret)
{
	unsigned int at = EXTENDED_FIRST;
	uint32_t word;

	for (unsigned int i = 0; i < EXTENDED_MAX && at >= EXTENDED_FIRST; i++) {
		if (!read32(c, at, &word) || word == ONES)
			return UNREADABLE;
		if ((word & 0xffffU) == EXTENDED_ACS) {
			*ret = at;
			return FOUND;
		}
		at = word >> 20 & 0xffcU;
	}
	return ABSENT;
}

/*
 * Whether there is extended space at all. Where it is not known how large it
 * is, functions that are not PCI Express have none; exceptions are host
 * bridges, of which the kernel tries, and PCI-X 2.0, which has no ACS.
 */
static bool has_no_extended(const struct config *c, const struct topology_function *f)
{
	if (c->size)
		return c->size <= CONFIG_SIZE;
	return f->type == TOPOLOGY_TYPE_CONVENTIONAL && f->class >> 8 != CLASS_HOST_BRIDGE;
}

static void set_acs(const struct config *c, struct topology_function *f)
{
	unsigned int at = 0;
	uint32_t word;
	int r;

	f->acs = (struct topology_acs){};
	r = has_no_extended(c, f) ? ABSENT : find_acs(c, &at);
	if (r == ABSENT) {
		f->acs.state = TOPOLOGY_ACS_ABSENT;
	} else if (r == FOUND && at + 8 <= CONFIG_SIZE_EXTENDED && read32(c, at + 4, &word) &&
		   word != ONES) {
		f->acs.state = TOPOLOGY_ACS_PRESENT;
		f->acs.capability = (uint16_t)word;
		f->acs.control = (uint16_t)(word >> 16);
	}
}

void config_apply(const struct config *c, struct topology_function *f)
{
	unsigned int header;

	f->bridge = f->class >> 8 == CLASS_PCI_BRIDGE;
	f->type = TOPOLOGY_TYPE_UNKNOWN;
	f->acs = (struct topology_acs){};
	if (is_gone(c))
		return;
	if (read_header_type(c, &header))
		f->bridge = header == HEADER_BRIDGE || header == HEADER_CARDBUS;
	f->type = find_type(c);
	set_acs(c, f);
}
