/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci.h"
#include "daemon/topology.h"

#define CLASS_NVME 0x010802U

static const char *const verdict_names[] = {
	[P2PMEM_VERDICT_UNKNOWN] = "unknown",
	[P2PMEM_VERDICT_UNSUPPORTED] = "unsupported",
	[P2PMEM_VERDICT_BRIDGE] = "bridge",
	[P2PMEM_VERDICT_BUS] = "bus",
};

#define N_VERDICTS (sizeof(verdict_names) / sizeof(verdict_names[0]))

void topology_function_done(struct topology_function *f)
{
	for (size_t i = 0; i < f->n_blocks; i++)
		free(f->blocks[i].name);
	free(f->blocks);
	free(f->path);
	free(f->root);
	free(f->driver);
	free(f->serial);
	free(f->model);
	*f = (struct topology_function){};
}

void topology_done(struct topology *t)
{
	for (size_t i = 0; i < t->n_functions; i++)
		topology_function_done(&t->functions[i]);
	free(t->functions);
	*t = (struct topology){};
}

const struct topology_function *topology_find(const struct topology *t,
					      const struct p2pmem_pci_address *address)
{
	for (size_t i = 0; i < t->n_functions; i++)
		if (pci_address_equal(&t->functions[i].address, address))
			return &t->functions[i];
	return NULL;
}

bool topology_is_client(const struct topology_function *f)
{
	return f->class == CLASS_NVME || f->n_blocks > 0;
}

const struct p2pmem_pci_address *topology_common_bridge(const struct topology_function *a,
							const struct topology_function *b)
{
	const struct p2pmem_pci_address *common = NULL;

	for (size_t i = 0; i < a->n_path && i < b->n_path; i++) {
		if (!pci_address_equal(&a->path[i], &b->path[i]))
			break;
		common = &a->path[i];
	}
	return common;
}

const char *verdict_name(enum p2pmem_verdict v)
{
	return verdict_names[(size_t)v < N_VERDICTS ? v : P2PMEM_VERDICT_UNKNOWN];
}

int verdict_parse(const char *name, enum p2pmem_verdict *ret)
{
	for (size_t i = 0; i < N_VERDICTS; i++)
		if (strcmp(verdict_names[i], name) == 0) {
			*ret = (enum p2pmem_verdict)i;
			return 0;
		}
	return -EINVAL;
}

static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	if (a->free != b->free)
		return a->free > b->free ? -1 : 1;
	return a->region->region < b->region->region ? -1 : a->region->region > b->region->region;
}

void candidates_sort(struct candidate *c, size_t n)
{
	if (n > 1)
		qsort(c, n, sizeof(*c), compare);
}
