// SPDX-License-Identifier: LGPL-2.1-or-later
/* The module's own end. Comes last: the others need the module. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (256 * KIB)

static void test_module_stays(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	void *memory = map(fd, LENGTH);

	close(fd);
	lab_close_region(lab);
	close(lab->control);
	check_errno(syscall(SYS_delete_module, "p2pmem", O_NONBLOCK), EAGAIN);
	check(is_filled(memory, 0, LENGTH));
	munmap(memory, LENGTH);
	lab->control = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC);
	check(lab->control >= 0);
	lab_reopen_region(lab);
}

static void test_module_reloads(struct lab *lab)
{
	int file;

	if (!lab->module) {
		skip("P2PMEM_MODULE is not set");
		return;
	}
	lab_close_region(lab);
	close(lab->control);
	check_errno(syscall(SYS_delete_module, "p2pmem", O_NONBLOCK), 0);
	check(access(lab->node, F_OK) < 0);

	file = open(lab->module, O_RDONLY | O_CLOEXEC);
	check_errno(syscall(SYS_finit_module, file, "", 0), 0);
	close(file);
	lab->control = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC);
	check(lab->control >= 0);
	lab_reopen_region(lab);
}

const struct test module_tests[] = {
	{ "it stays while a buffer lives", test_module_stays },
	{ "it unloads and loads again", test_module_reloads },
	{ 0 },
};
