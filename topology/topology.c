/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/pci.h"
#include "topology/topology.h"

#define CLASS_NVME 0x010802U

static const char *const verdict_names[] = {
	[P2PMEM_VERDICT_UNKNOWN] = "unknown",
	[P2PMEM_VERDICT_UNSUPPORTED] = "unsupported",
	[P2PMEM_VERDICT_BRIDGE] = "bridge",
	[P2PMEM_VERDICT_BUS] = "bus",
};

#define N_VERDICTS (sizeof(verdict_names) / sizeof(verdict_names[0]))

struct topology_function *topology_function_new(const struct p2pmem_pci_address *address)
{
	struct topology_function *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->address = *address;
	f->type = TOPOLOGY_TYPE_UNKNOWN;
	f->numa_node = -1;
	return f;
}

struct topology_function *topology_function_free(struct topology_function *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->n_blocks; i++)
		free(f->blocks[i].name);
	free(f->blocks);
	free(f->driver);
	free(f->serial);
	free(f->model);
	free(f);
	return NULL;
}

static void root_free(struct topology_root *root)
{
	free(root->name);
	free(root);
}

void topology_done(struct topology *t)
{
	for (size_t i = 0; i < t->n_functions; i++)
		topology_function_free(t->functions[i]);
	free(t->functions);
	for (size_t i = 0; i < t->n_roots; i++)
		root_free(t->roots[i]);
	free(t->roots);
	*t = (struct topology){};
}

static struct topology_root *root_new(uint32_t domain, uint8_t bus)
{
	struct topology_root *root = calloc(1, sizeof(*root));

	if (!root)
		return NULL;
	root->domain = domain;
	root->bus = bus;
	if (asprintf(&root->name, "pci%04x:%02x", domain, bus) < 0) {
		free(root);
		return NULL;
	}
	return root;
}

static bool is_before(const struct topology_root *root, uint32_t domain, uint8_t bus)
{
	return root->domain < domain || (root->domain == domain && root->bus < bus);
}

/* Where that root bus is, or would be. */
static size_t root_position(const struct topology *t, uint32_t domain, uint8_t bus)
{
	size_t from = 0, to = t->n_roots;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (is_before(t->roots[middle], domain, bus))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct topology_root *topology_root(struct topology *t, uint32_t domain, uint8_t bus)
{
	size_t at = root_position(t, domain, bus);
	struct topology_root *root;

	if (at < t->n_roots && t->roots[at]->domain == domain && t->roots[at]->bus == bus)
		return t->roots[at];
	root = root_new(domain, bus);
	if (!root)
		return NULL;
	if (array_push(t->roots, t->n_roots, root) < 0) {
		root_free(root);
		return NULL;
	}
	memmove(&t->roots[at + 1], &t->roots[at], (t->n_roots - 1 - at) * sizeof(*t->roots));
	t->roots[at] = root;
	return root;
}

static int compare(const struct p2pmem_pci_address *a, const struct p2pmem_pci_address *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	return a->devfn < b->devfn ? -1 : a->devfn > b->devfn;
}

size_t topology_from(const struct topology *t, const struct p2pmem_pci_address *address)
{
	size_t from = 0, to = t->n_functions;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare(&t->functions[middle]->address, address) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

int topology_add(struct topology *t, struct topology_function *f)
{
	size_t at = topology_from(t, &f->address);
	int r;

	if (at < t->n_functions && pci_address_equal(&t->functions[at]->address, &f->address)) {
		topology_function_free(f);
		return -EEXIST;
	}
	r = array_push(t->functions, t->n_functions, f);
	if (r < 0) {
		topology_function_free(f);
		return r;
	}
	memmove(&t->functions[at + 1], &t->functions[at],
		(t->n_functions - 1 - at) * sizeof(*t->functions));
	t->functions[at] = f;
	return 0;
}

struct topology_function *topology_find(const struct topology *t,
					const struct p2pmem_pci_address *address)
{
	size_t at = topology_from(t, address);

	if (at < t->n_functions && pci_address_equal(&t->functions[at]->address, address))
		return t->functions[at];
	return NULL;
}

static bool is_below(const struct topology_function *f, const struct topology_function *above)
{
	for (; f; f = f->parent)
		if (f == above)
			return true;
	return false;
}

static bool is_used(const struct topology *t, const struct topology_root *root)
{
	for (size_t i = 0; i < t->n_functions; i++)
		if (t->functions[i]->root == root)
			return true;
	return false;
}

static void remove_root(struct topology *t, struct topology_root *root)
{
	size_t at = root_position(t, root->domain, root->bus);

	memmove(&t->roots[at], &t->roots[at + 1], (t->n_roots - 1 - at) * sizeof(*t->roots));
	t->n_roots--;
	root_free(root);
}

void topology_remove(struct topology *t, const struct p2pmem_pci_address *address)
{
	struct topology_function *top = topology_find(t, address);
	struct topology_root *root = top ? top->root : NULL;
	size_t kept = 0, n = t->n_functions;

	if (!top)
		return;
	/* Marked first, as telling what is below reads what is to be freed. */
	for (size_t i = 0; i < n; i++)
		if (is_below(t->functions[i], top))
			t->functions[i]->root = NULL;
	for (size_t i = 0; i < n; i++)
		if (t->functions[i]->root)
			t->functions[kept++] = t->functions[i];
		else
			topology_function_free(t->functions[i]);
	t->n_functions = kept;
	if (!is_used(t, root))
		remove_root(t, root);
}

const struct topology_function *topology_first(const struct topology *t,
					       const struct topology_root *root)
{
	const struct p2pmem_pci_address start = { .domain = root->domain, .bus = root->bus };
	size_t at = topology_from(t, &start);
	const struct topology_function *f = at < t->n_functions ? t->functions[at] : NULL;

	return f && f->root == root && f->address.bus == root->bus ? f : NULL;
}

const struct topology_function *topology_host_bridge(const struct topology *t,
						     const struct topology_root *root)
{
	const struct topology_function *f = topology_first(t, root);

	return f && (f->address.devfn == 0 || f->type == TOPOLOGY_TYPE_ROOT_PORT) ? f : NULL;
}

bool topology_is_client(const struct topology_function *f)
{
	return f->class == CLASS_NVME || f->n_blocks > 0;
}

static size_t depth(const struct topology_function *f)
{
	size_t n = 0;

	for (; f; f = f->parent)
		n++;
	return n;
}

const struct topology_function *topology_common(const struct topology_function *a,
						const struct topology_function *b)
{
	size_t of_a = depth(a), of_b = depth(b);

	for (; of_a > of_b; of_a--)
		a = a->parent;
	for (; of_b > of_a; of_b--)
		b = b->parent;
	for (; a != b; a = a->parent)
		b = b->parent;
	return a;
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
