/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration space as it goes into a report: the header, how capabilities
 * follow each other, and those that topology/config.c reads. The rest is
 * blanked: the serial number of a network card is its MAC address, and what
 * vendors keep in capabilities of their own nobody knows.
 */
#include <stdint.h>
#include <string.h>

#include "client/capture.h"

#define CONFIG_MAX 4096U
#define HEADER 64U
#define HEADER_TYPE 0x0eU
#define HEADER_CARDBUS 2
#define CAPABILITIES 0x34U
#define CAPABILITIES_CARDBUS 0x14U
#define CAPABILITIES_MAX 48
#define EXPRESS 0x10U
#define EXPRESS_SIZE 60U
#define EXTENDED 0x100U
#define EXTENDED_MAX ((CONFIG_MAX - EXTENDED) / 8)
#define ACS 0x0dU
#define ACS_SIZE 8U
#define ONES 0xffffffffU

struct copy {
	const char *from;
	char kept[CONFIG_MAX];
	size_t size;
};

static void keep(struct copy *c, size_t at, size_t n)
{
	if (at >= c->size)
		return;
	if (n > c->size - at)
		n = c->size - at;
	memcpy(c->kept + at, c->from + at, n);
}

static uint32_t word(const struct copy *c, size_t at)
{
	uint8_t b[4];

	if (at + sizeof(b) > c->size)
		return ONES;
	memcpy(b, c->from + at, sizeof(b));
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void keep_capabilities(struct copy *c)
{
	bool cardbus = (c->from[HEADER_TYPE] & 0x7f) == HEADER_CARDBUS;
	uint32_t at = word(c, cardbus ? CAPABILITIES_CARDBUS : CAPABILITIES) & 0xfc;

	for (int i = 0; i < CAPABILITIES_MAX && at >= HEADER; i++) {
		uint32_t header = word(c, at);

		keep(c, at, (header & 0xff) == EXPRESS ? EXPRESS_SIZE : sizeof(header));
		if (header == ONES)
			return;
		at = header >> 8 & 0xfc;
	}
}

static void keep_extended(struct copy *c)
{
	uint32_t at = EXTENDED;

	for (unsigned int i = 0; i < EXTENDED_MAX && at >= EXTENDED; i++) {
		uint32_t header = word(c, at);

		keep(c, at, (header & 0xffff) == ACS ? ACS_SIZE : sizeof(header));
		if (header == ONES)
			return;
		at = header >> 20 & 0xffc;
	}
}

void capture_blank_config(char *data, size_t size)
{
	struct copy c = { .from = data, .size = size < CONFIG_MAX ? size : CONFIG_MAX };

	keep(&c, 0, HEADER);
	if (c.size > HEADER) {
		keep_capabilities(&c);
		keep_extended(&c);
	}
	memcpy(data, c.kept, c.size);
}
