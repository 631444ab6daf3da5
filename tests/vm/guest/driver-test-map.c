// SPDX-License-Identifier: LGPL-2.1-or-later
/* Mappings of buffers and nodes: what each call of memory management does. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (256 * KIB)

static void test_map_refused(struct lab *lab)
{
	const int rw = PROT_READ | PROT_WRITE;
	int fd = alloc(lab, LENGTH);

	check_errno((long)mmap(NULL, LENGTH, rw, MAP_PRIVATE, fd, 0), EINVAL);
	check_errno((long)mmap(NULL, LENGTH + 4 * KIB, rw, MAP_SHARED, fd, 0), EINVAL);
	check_errno((long)mmap(NULL, 4 * KIB, rw, MAP_SHARED, fd, LENGTH), EINVAL);
	check_errno((long)mmap(NULL, 8 * KIB, rw, MAP_SHARED, fd, LENGTH - 4 * KIB), EINVAL);
	check_errno((long)mmap(NULL, 4 * KIB, rw, MAP_SHARED, fd, 1L << 62), EINVAL);
	check_errno((long)mmap(NULL, LENGTH, rw | PROT_EXEC, MAP_SHARED, fd, 0), EPERM);
	close(fd);
}

static void test_map_part(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char *whole = map(fd, LENGTH);
	char *part = mmap(NULL, 8 * KIB, PROT_READ, MAP_SHARED, fd, LENGTH - 8 * KIB);

	if (!check(whole != MAP_FAILED && part != MAP_FAILED))
		return;
	fill(whole + LENGTH - 8 * KIB, 9, 8 * KIB);
	check(is_filled(part, 9, 8 * KIB));
	check_errno(mprotect(part, 8 * KIB, PROT_READ | PROT_EXEC), EACCES);
	munmap(part, 8 * KIB);

	/* A hole, and the end moved elsewhere: each page stays where it was. */
	munmap(whole + 64 * KIB, 64 * KIB);
	part = mremap(whole + LENGTH - 64 * KIB, 64 * KIB, 64 * KIB, MREMAP_MAYMOVE);
	check(part != MAP_FAILED && is_filled(part + 56 * KIB, 9, 8 * KIB));
	check_errno((long)mremap(part, 64 * KIB, 128 * KIB, MREMAP_MAYMOVE), EFAULT);
	munmap(part, 64 * KIB);
	check(touch(whole + 64 * KIB) == SIGSEGV);
	check(touch(whole) == 0);
	munmap(whole, LENGTH);
	close(fd);
}

static void test_dontneed(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);

	fill(memory, 5, LENGTH);
	check_errno(madvise(memory + 4 * KIB, 8 * KIB, MADV_DONTNEED), 0);
	check(is_filled(memory, 5, LENGTH));
	check_errno(madvise(memory, LENGTH, MADV_DONTNEED), 0);
	check(is_filled(memory + LENGTH / 2, 5, LENGTH / 2));
	check(is_filled(memory, 5, LENGTH));
	munmap(memory, LENGTH);
	close(fd);
}

/* A child has the descriptor, not the mapping. */
static void test_fork(struct lab *lab)
{
	int fd = alloc(lab, LENGTH), status = -1;
	char *memory = map(fd, LENGTH);
	pid_t child;

	fill(memory, 3, LENGTH);
	child = fork();
	if (!child)
		_exit(touch(memory) == SIGSEGV && is_filled(map(fd, LENGTH), 3, LENGTH) ? 0 : 1);
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	munmap(memory, LENGTH);
	close(fd);
}

/* A mapping of the node is a buffer of its own, as long as it lasts. */
static void test_map_node(struct lab *lab)
{
	void *a = map(lab->region, LENGTH), *b = map(lab->region, LENGTH);
	const int rw = PROT_READ | PROT_WRITE;

	if (!check(a != MAP_FAILED && b != MAP_FAILED))
		return;
	check(lab_available(lab) == lab->available - 2 * LENGTH);
	fill(a, 1, LENGTH);
	check(is_filled(b, 0, LENGTH));
	check(is_filled(a, 1, LENGTH));
	munmap(a, LENGTH / 2);
	check(lab_available(lab) == lab->available - 2 * LENGTH);
	munmap((char *)a + LENGTH / 2, LENGTH / 2);
	check(lab_available(lab) == lab->available - LENGTH);
	munmap(b, LENGTH);

	check_errno((long)mmap(NULL, LENGTH, rw, MAP_PRIVATE, lab->region, 0), EINVAL);
	check_errno((long)mmap(NULL, LENGTH, rw, MAP_SHARED, lab->region, 4096), EINVAL);
	check_errno((long)map(lab->region, 1UL << 40), ENOMEM);
}

const struct test map_tests[] = {
	{ "private, outside and executable mappings are refused", test_map_refused },
	{ "parts map, split and move", test_map_part },
	{ "MADV_DONTNEED loses nothing", test_dontneed },
	{ "a child does not inherit the mapping", test_fork },
	{ "mapping the node allocates", test_map_node },
	{ 0 },
};
