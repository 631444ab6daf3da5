/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * topology FILE: what it costs to read a machine, to judge all its pairs and
 * to follow an event, on made-up machines of growing size: a table, and the
 * same as JSON in FILE. Each machine is read once, from a cold start.
 *
 * Every domain of a machine is a switch with 16 ports and 8 functions behind
 * each; all have a whole configuration space, and every bridge has ACS.
 */
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "topology/path.h"
#include "topology/scan.h"
#include "tests/mock/tree.h"

#define PORTS 16
#define PER_PORT 8
#define EVENTS 100
#define SECOND 1e9

struct size {
	size_t functions;
	unsigned int regions;
	unsigned int devices;
};

/* Nanoseconds each, but the counts. */
struct result {
	size_t functions;
	size_t pairs;
	size_t supported;
	size_t depth; /* hops of all pairs */
	double load;
	double judge;
	double event;
};

/* How much of a machine is made. */
struct maker {
	const char *root;
	struct size size;
	struct size made;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * SECOND + (double)t.tv_nsec;
}

__attribute__((format(printf, 2, 3))) static void text(char path[static 512], const char *format,
						       ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(path, 512, format, args);
	va_end(args);
}

static void make_bridge(struct maker *m, const char *path, int type)
{
	const struct tree_config config = { .type = type, .header = 1 };

	tree_pci(m->root, path, "0x060400\n");
	tree_config(m->root, path, &config);
	m->made.functions++;
}

/* The first below a switch has memory, those after it are drives as long as some are wanted. */
static void make_endpoint(struct maker *m, const char *path, unsigned int port, unsigned int number)
{
	const struct tree_config config = { .acs = -1 };
	char block[32], serial[32];

	if (port == 0 && m->made.devices < m->size.devices) {
		snprintf(serial, sizeof(serial), "drive%u\n", m->made.devices);
		snprintf(block, sizeof(block), "259:%u", m->made.devices);
		tree_nvme(m->root, path, m->made.devices, serial, "Made up\n");
		tree_namespace(m->root, path, m->made.devices++, block);
	} else {
		tree_pci(m->root, path, "0x020000\n");
	}
	tree_config(m->root, path, &config);
	if (port == 0 && number == 0 && m->made.regions < m->size.regions) {
		tree_p2pmem(m->root, strrchr(path, '/') + 1, 1 << 26, 1 << 26);
		m->made.regions++;
	}
	m->made.functions++;
}

static void make_port(struct maker *m, const char *above, unsigned int domain, unsigned int port)
{
	char bridge[512], path[512];

	text(bridge, "%s/%04x:02:%02x.0", above, domain, port);
	make_bridge(m, bridge, TOPOLOGY_TYPE_DOWNSTREAM);
	for (unsigned int i = 0; i < PER_PORT && m->made.functions < m->size.functions; i++) {
		text(path, "%.300s/%04x:%02x:00.%u", bridge, domain, port + 3, i);
		make_endpoint(m, path, port, i);
	}
}

static void make_domain(struct maker *m, unsigned int domain)
{
	char root_port[512], above[512];

	text(root_port, "pci%04x:00/%04x:00:01.0", domain, domain);
	make_bridge(m, root_port, TOPOLOGY_TYPE_ROOT_PORT);
	text(above, "%.300s/%04x:01:00.0", root_port, domain);
	make_bridge(m, above, TOPOLOGY_TYPE_UPSTREAM);
	for (unsigned int i = 0; i < PORTS && m->made.functions < m->size.functions; i++)
		make_port(m, above, domain, i);
}

static void make_machine(const char *root, const struct size *size)
{
	struct maker m = { .root = root, .size = *size };

	tree_file(root, "devices/system/cpu/modalias",
		  "cpu:type:x86,ven0000fam0006mod006A:feature:\n");
	for (unsigned int i = 0; m.made.functions < size->functions; i++)
		make_domain(&m, i);
	if (m.made.regions != size->regions || m.made.devices != size->devices)
		errx(1, "%zu functions hold no %u regions and %u devices", size->functions,
		     size->regions, size->devices);
}

static void judge(const struct topology *t, const struct topology_function *provider,
		  const struct topology_function *client, struct result *r)
{
	_cleanup_(path_done) struct path path = {};
	struct verdict v;

	if (path_find(t, provider, client, &path) < 0)
		errx(1, "no path");
	path_judge(&path, &t->cpu, &v);
	r->pairs++;
	r->depth += path.n_hops;
	r->supported += v.verdict >= P2PMEM_VERDICT_BRIDGE;
}

static void judge_all(const struct topology *t, struct result *r)
{
	for (size_t i = 0; i < t->n_functions; i++)
		for (size_t k = 0; t->functions[i]->provider && k < t->n_functions; k++)
			if (topology_is_client(t->functions[k]))
				judge(t, t->functions[i], t->functions[k], r);
}

/* A drive comes back, again and again. */
static double follow(const struct sysfs *s, struct topology *t)
{
	static const char drive[] = "/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/"
				    "0000:03:00.0";
	double start = now();

	for (int i = 0; i < EVENTS; i++)
		if (topology_update(s, t, drive) != 0)
			errx(1, "cannot follow an event");
	return (now() - start) / EVENTS;
}

static void measure(const char *root, struct result *r)
{
	_cleanup_(topology_done) struct topology t = {};
	_cleanup_(sysfs_done) struct sysfs s = {};
	double start = now(), loaded;

	if (sysfs_open(root, &s) < 0 || topology_scan(&s, &t) < 0)
		errx(1, "cannot read %s", root);
	loaded = now();
	judge_all(&t, r);
	r->judge = now() - loaded;
	r->load = loaded - start;
	r->functions = t.n_functions;
	r->event = follow(&s, &t);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static void run(const struct size *size, struct result *r)
{
	char root[] = "/tmp/p2pmem-bench-XXXXXX";

	if (!mkdtemp(root))
		err(1, "%s", root);
	make_machine(root, size);
	measure(root, r);
	nftw(root, remove_one, 64, FTW_DEPTH | FTW_PHYS);
	printf("%9zu %7u %7u %7zu %9.1f %9.1f %12.2f %11.0f %9.1f\n", r->functions, size->regions,
	       size->devices, r->pairs, r->load / 1e6, r->judge / 1e6,
	       r->load / 1e3 / (double)r->functions, r->judge / (double)r->depth, r->event / 1e3);
}

static struct json_object *describe(const struct size *size, const struct result *r)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "functions", json_object_new_uint64(r->functions));
	json_object_object_add(o, "regions", json_object_new_int64(size->regions));
	json_object_object_add(o, "devices", json_object_new_int64(size->devices));
	json_object_object_add(o, "pairs", json_object_new_uint64(r->pairs));
	json_object_object_add(o, "supported", json_object_new_uint64(r->supported));
	json_object_object_add(o, "hops", json_object_new_uint64(r->depth));
	json_object_object_add(o, "loadSeconds", json_object_new_double(r->load / SECOND));
	json_object_object_add(o, "judgeSeconds", json_object_new_double(r->judge / SECOND));
	json_object_object_add(o, "eventSeconds", json_object_new_double(r->event / SECOND));
	return o;
}

int main(int argc, char **argv)
{
	static const struct size sizes[] = { { 100, 1, 8 }, { 1000, 6, 51 }, { 10000, 64, 512 } };
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	_cleanup_json_ struct json_object *all = json_object_new_array();
	struct result r[sizeof(sizes) / sizeof(sizes[0])] = {};

	if (argc != 2)
		errx(1, "usage: %s FILE", argv[0]);
	printf("functions regions devices   pairs   load ms  pairs ms  us/function  ns/pair-hop  "
	       "us/event\n");
	for (size_t i = 0; i < n; i++) {
		run(&sizes[i], &r[i]);
		json_object_array_add(all, describe(&sizes[i], &r[i]));
	}
	if (json_object_to_file_ext(argv[1], all, JSON_C_TO_STRING_PRETTY) < 0)
		errx(1, "cannot write %s", argv[1]);
	printf("%zu functions, from a cold start to the last pair: %.2f s\n", r[n - 1].functions,
	       (r[n - 1].load + r[n - 1].judge) / SECOND);
	return 0;
}
