/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * p2pmemd-mock TREE GROUP ERRNO [OPTIONS OF p2pmemd]
 *
 * The daemon on the mock driver. TREE is made (see tree_machine()) if it is
 * not there. The policy is read from TREE.policy, which is made if it is not
 * there, with a rule that lets GROUP have everything. Every request of the
 * driver fails with ERRNO unless that is 0. With P2PMEM_MOCK_DRIVER=SOCKET the
 * driver is the process that listens there (server.c), and outlives the daemon.
 * P2PMEM_MOCK_ALLOWANCE=SESSIONS:OF_ROOT:OF_USER:UNREAD_OF_USER:PATIENCE sets
 * what clients may have, PATIENCE in milliseconds; 0 leaves what is usual.
 * While the file P2PMEM_MOCK_FAIL is there, requests fail with the number in it.
 * With P2PMEM_MOCK_STILL=1 nothing changes in TREE, and the daemon goes by that.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "tests/mock/driver.h"
#include "tests/mock/remote.h"
#include "tests/mock/tree.h"

static const char *make_policy(const char *tree, const char *group)
{
	static char folder[4096];
	char rule[256];

	snprintf(folder, sizeof(folder), "%s.policy", tree);
	if (access(folder, F_OK) == 0)
		return folder;
	snprintf(rule, sizeof(rule),
		 "{\"rules\":[{\"name\":\"group\",\"who\":{\"group\":\"%s\"},"
		 "\"regions\":[\"*\"],\"devices\":[\"*\"]}]}\n",
		 group);
	tree_file(folder, "policy.json", rule);
	return folder;
}

static const struct allowance *read_allowance(void)
{
	static struct allowance a;
	const char *text = getenv("P2PMEM_MOCK_ALLOWANCE");
	unsigned int n[5];

	if (!text)
		return NULL;
	if (sscanf(text, "%u:%u:%u:%u:%u", &n[0], &n[1], &n[2], &n[3], &n[4]) != 5)
		errx(1, "P2PMEM_MOCK_ALLOWANCE=%s", text);
	a = allowance_default;
	a.sessions = n[0] ?: a.sessions;
	a.sessions_of_root = n[1] ?: a.sessions_of_root;
	a.sessions_of_user = n[2] ?: a.sessions_of_user;
	a.unread_of_user = n[3] ?: a.unread_of_user;
	a.patience_usec = n[4] ? n[4] * 1000ULL : a.patience_usec;
	return &a;
}

int main(int argc, char **argv)
{
	const char *policy[2] = {};
	const char *server = getenv("P2PMEM_MOCK_DRIVER");
	struct region_driver remote = {};
	struct world world = {};
	struct mock_driver *m;
	int r;

	if (argc < 4)
		errx(1, "usage: %s TREE GROUP ERRNO [OPTIONS]", argv[0]);
	if (access(argv[1], F_OK) < 0)
		tree_machine(argv[1]);
	m = mock_driver_new(argv[1]);
	world.still = getenv("P2PMEM_MOCK_STILL");
	if (world.still)
		mock_driver_set_still(m);
	mock_driver_fail(m, -atoi(argv[3]));
	if (server)
		remote_driver_init(&remote, server);
	world.driver = server ? &remote : mock_driver_interface(m);
	world.sysfs = argv[1];
	policy[0] = make_policy(argv[1], argv[2]);
	world.policy = policy;
	world.allowance = read_allowance();
	r = daemon_main(argc - 3, argv + 3, &world);
	mock_driver_free(m);
	return r;
}
