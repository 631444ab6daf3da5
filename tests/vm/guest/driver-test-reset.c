// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A reset of an NVMe controller tells nobody. Buffers stay; what is in them is
 * undefined afterwards. Here: no harm comes of it, under transfers of both the
 * provider's own disk and another one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <glob.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (256 * KIB)
#define RESETS 5

/* Reads, whatever comes of each read, until its input is closed. */
static int read_on(struct lab *lab, const char *disk, int go, int end)
{
	int fd = open(disk, O_RDONLY | O_DIRECT | O_CLOEXEC), buffer = alloc(lab, LENGTH);
	char *memory = map(buffer, LENGTH), byte;
	bool told = false;

	fcntl(end, F_SETFL, O_NONBLOCK);
	while (read(end, &byte, 1) != 0) {
		if (pread(fd, memory, LENGTH, 0) < 0 && errno == EFAULT)
			return 1;
		if (!told && write(go, "", 1) != 1)
			return 2;
		told = true;
	}
	return touch(memory) ? 3 : 0;
}

static pid_t start_reading(struct lab *lab, const char *disk, const int go[2], const int end[2])
{
	pid_t child = fork();
	char byte;

	if (!child) {
		close(end[1]);
		_exit(read_on(lab, disk, go[1], end[0]));
	}
	check(read(go[0], &byte, 1) == 1);
	return child;
}

static void reset_controller(const struct lab *lab)
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/%s/nvme/nvme*/reset_controller",
		 lab->provider);
	if (check(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1))
		check_errno(write_text(found.gl_pathv[0], "1"), 0);
	globfree(&found);
}

static const char *disk_of(const struct lab *lab)
{
	for (size_t i = 0; i < lab->n_nvme; i++)
		if (!strcmp(lab->nvme[i].bdf, lab->provider))
			return *lab->nvme[i].disk ? lab->nvme[i].disk : NULL;
	return NULL;
}

static void test_reset(struct lab *lab)
{
	const char *own = disk_of(lab);
	struct p2pmem_buffer_info info;
	int go[2], end[2], status, fd;
	pid_t children[2];

	if (!own || !lab->scratch) {
		skip("needs an NVMe provider with a disk, and a scratch disk");
		return;
	}
	check(pipe(go) == 0 && pipe(end) == 0);
	fd = alloc(lab, LENGTH);
	children[0] = start_reading(lab, own, go, end);
	children[1] = start_reading(lab, lab->scratch, go, end);
	for (int i = 0; i < RESETS; i++)
		reset_controller(lab);
	close(end[0]);
	close(end[1]);
	for (int i = 0; i < 2; i++) {
		status = -1;
		waitpid(children[i], &status, 0);
		if (!check(WIFEXITED(status) && WEXITSTATUS(status) == 0))
			note("reader %d ended with status %#x", i, status);
	}
	check(buffer_info(fd, &info) && info.state == P2PMEM_STATE_LIVE);
	close(fd);
	check(can_read(lab, own) && can_read(lab, lab->scratch));
	close(go[0]);
	close(go[1]);
}

const struct test reset_tests[] = {
	{ "buffers outlive a controller reset under reads", test_reset },
	{ 0 },
};
