/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any calls, by whom the first byte says, to a broker on the mock driver and
 * the made-up machine: one JSON object after the other, with NUL between them.
 * Each gets one answer, and when all is given back nothing is left.
 */
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "daemon/service.h"
#include "policy/load.h"
#include "tests/fuzz/fuzz.h"
#include "tests/mock/driver.h"
#include "tests/mock/tree.h"

static const struct peer peers[] = {
	{ .uid = 0 },
	{ .uid = 1000, .gid = 50 },
	{ .uid = 1001, .gid = 50 },
	{ .uid = 1002, .gid = 1002 },
};

/* Made once, as the broker that looks at it, until an input leaves something in that. */
static char root[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static void remove_machine(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* In the folder of the machine, for whoever has it read again. */
static void write_policy(void)
{
	static const char text[] =
		"{\"rules\":[{\"name\":\"some\",\"who\":{\"group\":50},\"regions\":[\"*\"],"
		"\"devices\":[\"*\"],\"limits\":{\"perUid\":{\"bytes\":\"25%\"}}}]}";
	char path[sizeof(root) + sizeof("/policy.json")];
	int fd;

	snprintf(path, sizeof(path), "%s/policy.json", root);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		err(1, "%s", path);
}

static void make_machine(void)
{
	if (*root)
		return;
	strcpy(root, "/tmp/p2pmem-fuzz-XXXXXX");
	if (!mkdtemp(root))
		err(1, "%s", root);
	tree_machine(root);
	write_policy();
	atexit(remove_machine);
	log_set_max(-1);
}

static void check_answer(const struct answer *a)
{
	must(!a->error || (strchr(a->error, '.') && a->fd < 0 && !a->list));
	must(!a->list || json_object_is_type(a->list, json_type_array));
	must(!a->parameters || json_object_is_type(a->parameters, json_type_object));
	must(!a->later);
}

static void call(struct broker *b, const struct peer *who, const char *text, size_t size)
{
	_cleanup_json_ struct json_object *message = NULL;
	struct answer a = ANSWER_INIT;
	struct varlink_call c;

	if (json_parse(text, size, 16, &message) < 0 || varlink_call_parse(message, &c) < 0)
		return;
	must(service_call(b, who, &c, &a) == 0);
	check_answer(&a);
	answer_done(&a);
}

static uint64_t held(const struct mock_driver *m)
{
	const struct region_driver *d = mock_driver_interface((struct mock_driver *)m);
	struct p2pmem_buffer_info *buffers = NULL;
	size_t n = 0;

	must(d->ops->list_buffers(d->data, &buffers, &n) == 0);
	free(buffers);
	return n;
}

static struct mock_driver *driver;
static struct broker broker;

static void open_broker(void)
{
	static const char *const folders[] = { root, NULL };
	struct policy policy = {};
	struct mistakes mistakes = {};

	make_machine();
	must(policy_load(folders, NULL, &policy, &mistakes) == 0);
	mistakes_done(&mistakes);
	driver = mock_driver_new(root);
	must(driver && broker_init(&broker, mock_driver_interface(driver), root, &policy) == 0);
	/* Nothing changes in this machine, so that it is read once. */
	broker.watched = true;
	broker.policy_folders = folders;
}

static void close_broker(void)
{
	broker_done(&broker);
	driver = mock_driver_free(driver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data + 1, *end = (const char *)data + size;

	if (size == 0)
		return 0;
	if (!driver)
		open_broker();
	while (at < end) {
		size_t n = strnlen(at, (size_t)(end - at));

		call(&broker, &peers[data[0] % (sizeof(peers) / sizeof(peers[0]))], at, n);
		at += n + 1;
	}
	must(held(driver) == 0);
	/* A region that is drained would refuse all that comes. */
	if (broker.drains)
		close_broker();
	return 0;
}
