/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * p2pmemd-mock TREE GROUP ERRNO [OPTIONS OF p2pmemd]
 *
 * The daemon on the mock driver. TREE is made (see tree_machine()) if it is
 * not there. GROUP takes the place of p2pmem. Every request of the driver
 * fails with ERRNO unless that is 0.
 */
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "tests/mock/driver.h"
#include "tests/mock/tree.h"

int main(int argc, char **argv)
{
	struct world world = {};
	struct mock_driver *m;
	int r;

	if (argc < 4)
		errx(1, "usage: %s TREE GROUP ERRNO [OPTIONS]", argv[0]);
	if (access(argv[1], F_OK) < 0)
		tree_machine(argv[1]);
	m = mock_driver_new(argv[1]);
	mock_driver_fail(m, -atoi(argv[3]));
	world.driver = mock_driver_interface(m);
	world.sysfs = argv[1];
	world.group = argv[2];
	r = daemon_main(argc - 3, argv + 3, &world);
	mock_driver_free(m);
	return r;
}
