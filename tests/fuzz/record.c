/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the record of a lease; what is one comes back as it was written. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/record.h"
#include "tests/fuzz/fuzz.h"

#define ID "000102030405060708090a0b0c0d0e0f"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(lease_freep) struct lease *l = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL, *text_again = NULL;

	if (record_parse(ID, (const char *)data, size, &l) < 0) {
		must(!l);
		return 0;
	}
	must(l->tenant && *l->tenant && l->rule && *l->rule && l->n_devices > 0);
	text = record_format(l);
	must(text && record_parse(ID, text, strlen(text), &again) == 0);
	text_again = record_format(again);
	must(text_again && strcmp(text, text_again) == 0);
	return 0;
}
