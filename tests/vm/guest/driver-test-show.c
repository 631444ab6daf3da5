// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the driver shows of itself: attributes, tracepoints, the self-test. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (64 * KIB)
#define TRACING "/sys/kernel/tracing"
#define SELFTEST "/sys/kernel/debug/p2pmem/selftest"

static void check_attributes(struct lab *lab, uint64_t allocated, uint64_t buffers)
{
	const char *node = strrchr(lab->node, '/') + 1;
	uint64_t value = -1;

	check(read_number(&value, "/sys/bus/p2pmem/devices/%s/allocated", node));
	check(value == allocated);
	check(read_number(&value, "/sys/bus/p2pmem/devices/%s/buffers", node));
	check(value == buffers);
	check(read_number(&value, "/sys/bus/p2pmem/devices/%s/draining", node));
	check(value == 0);
}

static void test_attributes(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	void *memory = map(lab->region, 4 * KIB);

	check_attributes(lab, LENGTH + 4 * KIB, 2);
	munmap(memory, 4 * KIB);
	check_attributes(lab, LENGTH, 1);
	close(fd);
	check_attributes(lab, 0, 0);
}

/* ---- tracepoints ------------------------------------------------------ */

/* In the order in which things came about; the processors' clocks may differ. */
bool trace_begin(void)
{
	if (access(TRACING "/events", F_OK) < 0)
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	return write_text(TRACING "/trace_clock", "counter") == 0 &&
	       write_text(TRACING "/trace", "\n") == 0 &&
	       write_text(TRACING "/events/p2pmem/enable", "1") == 0;
}

/* All that was traced, to be freed. */
char *trace_end(void)
{
	int fd = open(TRACING "/trace", O_RDONLY | O_CLOEXEC);
	size_t size = 0, room = 1 << 20;
	char *text = calloc(1, room + 1);
	ssize_t n;

	while (size < room && (n = read(fd, text + size, room - size)) > 0)
		size += n;
	close(fd);
	write_text(TRACING "/events/p2pmem/enable", "0");
	return text;
}

/* Finds a line from *at on, and goes past it. */
static bool next_line(const char **at, const char *what, uint64_t id)
{
	char line[64];
	const char *found;

	snprintf(line, sizeof(line), "%s: id=%llu ", what, (unsigned long long)id);
	found = strstr(*at, line);
	if (!found)
		note("no line \"%s\" in turn", line);
	else
		*at = found + strlen(line);
	return found;
}

static void test_tracepoints(struct lab *lab)
{
	struct p2pmem_buffer_info info;
	const char *at;
	void *memory;
	char *text;
	int fd;

	if (!check(trace_begin()))
		return;
	fd = alloc(lab, LENGTH);
	memory = map(fd, LENGTH);
	check(buffer_info(fd, &info));
	check_errno(revoke_buffer(lab, info.id, P2PMEM_REVOKE_NOTICE), 0);
	check_errno(revoke_buffer(lab, info.id, 0), 0);
	munmap(memory, LENGTH);
	close(fd);
	text = trace_end();
	at = text;
	check(next_line(&at, "p2pmem_alloc", info.id));
	check(next_line(&at, "p2pmem_map", info.id));
	check(next_line(&at, "p2pmem_revoke", info.id));
	check(next_line(&at, "p2pmem_revoke", info.id));
	check(next_line(&at, "p2pmem_free", info.id));
	free(text);
}

/* ---- scatterlists ------------------------------------------------------ */

/* The report on a pair, to be freed; NULL, with errno, if there is none. */
static char *selftest(const char *pair)
{
	int fd = open(SELFTEST, O_RDWR | O_CLOEXEC);
	char *text = NULL;
	int err;

	if (fd >= 0 && write(fd, pair, strlen(pair)) == (ssize_t)strlen(pair)) {
		text = calloc(1, 4 * KIB);
		check(read(fd, text, 4 * KIB - 1) > 0);
	}
	err = errno;
	close(fd);
	errno = err;
	return text;
}

static unsigned int count_lines(const char *text, const char *end)
{
	unsigned int n = 0;

	for (const char *at = text; (at = strstr(at, end)); at++)
		n++;
	return n;
}

static void check_pair(struct lab *lab, const struct nvme *client)
{
	struct p2pmem_query query = { .size = sizeof(query),
				      .provider = lab->info.provider,
				      .client = client->address };
	unsigned int bus, other;
	char pair[40], *text;

	check_errno(ioctl(lab->control, P2PMEM_CONTROL_QUERY, &query), 0);
	snprintf(pair, sizeof(pair), "%s %s\n", lab->provider, client->bdf);
	text = selftest(pair);
	if (!check(text))
		return;
	if (!check(strstr(text, "result agrees\n")))
		note("%s", text);
	bus = count_lines(text, " bus-address\n");
	other = count_lines(text, " translated\n");
	check((bus != 0) == (query.verdict == P2PMEM_VERDICT_BUS));
	check((other != 0) == (query.verdict == P2PMEM_VERDICT_BRIDGE));
	check(!strstr(text, "map 0\n") == (query.verdict == P2PMEM_VERDICT_UNSUPPORTED));
	free(text);
}

static void test_scatterlists(struct lab *lab)
{
	if (access(SELFTEST, F_OK) < 0)
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	for (size_t i = 0; i < lab->n_nvme; i++)
		check_pair(lab, &lab->nvme[i]);
	if (!lab->n_nvme)
		skip("no NVMe function");
}

static void check_refused(const char *pair, int expected)
{
	char *text = selftest(pair);

	check_errno(text ? 0 : -1, expected);
	free(text);
}

static void test_selftest_refused(struct lab *lab)
{
	char pair[100];

	check_refused("\n", EINVAL);
	check_refused("0000:00:00.0", EINVAL);
	check_refused("0000:00:00.0 0000:00:00.0 0", EINVAL);
	check_refused("0000:00:20.0 0000:00:00.0", EINVAL);
	check_refused("ffff:00:00.0 0000:00:00.0", ENODEV);
	snprintf(pair, sizeof(pair), "%s ffff:00:00.0", lab->provider);
	check_refused(pair, ENODEV);
	/* The host bridge has no driver. */
	snprintf(pair, sizeof(pair), "%s 0000:00:00.0", lab->provider);
	check_refused(pair, ENXIO);
	memset(pair, '0', sizeof(pair) - 1);
	pair[sizeof(pair) - 1] = '\0';
	check_refused(pair, EINVAL);
}

const struct test show_tests[] = {
	{ "attributes count what is allocated", test_attributes },
	{ "tracepoints tell a buffer's life in order", test_tracepoints },
	{ "mapped segments are flagged as the verdict says", test_scatterlists },
	{ "the self-test refuses what it cannot do", test_selftest_refused },
	{ 0 },
};
