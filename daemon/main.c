/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon.h"
#include "policy/load.h"

int main(int argc, char **argv)
{
	static const struct world world = {
		.driver = &region_driver_kernel,
		.sysfs = "/sys",
		.policy = policy_folders,
		.udev = true,
	};

	return daemon_main(argc, argv, &world);
}
