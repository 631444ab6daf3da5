/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as the file of a kernel module, which a captured machine may have. */
#include <string.h>

#include "common/utf8.h"
#include "client/module_file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module_file m = {};

	must(module_file_parse(data, size, &m) == 0);
	must(m.known);
	if (m.version)
		must(utf8_valid(m.version, strlen(m.version)));
	module_file_clear(&m);
	return 0;
}
