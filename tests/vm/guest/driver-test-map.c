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

/* Older kernels let a program ask for inheritance; it must be a full share. */
static int use_inherited(volatile uint64_t *word, int go, int end)
{
	char byte;

	if (*word != 3)
		return 1;
	*word = 4;
	__sync_synchronize();
	if (write(go, "", 1) != 1 || read(end, &byte, 1) != 1)
		return 2;
	return touch((void *)word) == SIGBUS ? 0 : 3;
}

static void share(struct lab *lab, char *memory, uint64_t id)
{
	int go[2], end[2], status = -1;
	pid_t child;
	char byte;

	check(pipe(go) == 0 && pipe(end) == 0);
	child = fork();
	if (!child)
		_exit(use_inherited((void *)memory, go[1], end[0]));
	check(read(go[0], &byte, 1) == 1);
	check(is_filled(memory, 4, sizeof(uint64_t)));
	munmap(memory, LENGTH);
	check(lab_available(lab) == lab->available - LENGTH);
	check_errno(revoke_buffer(lab, id, 0), 0);
	check(lab_available(lab) == lab->available);
	check(write(end[1], "", 1) == 1);
	waitpid(child, &status, 0);
	if (!check(WIFEXITED(status) && WEXITSTATUS(status) == 0))
		note("child ended with status %#x", status);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(end[i]);
	}
}

static void test_dofork(struct lab *lab)
{
	struct p2pmem_buffer_info info;
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);

	check(buffer_info(fd, &info));
	fill(memory, 3, LENGTH);
	close(fd);
	if (madvise(memory, LENGTH, MADV_DOFORK) < 0) {
		check(errno == EINVAL);
		munmap(memory, LENGTH);
	} else {
		note("this kernel takes MADV_DOFORK");
		share(lab, memory, info.id);
	}
}

static void test_protect(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);

	fill(memory, 6, LENGTH);
	check_errno(mprotect(memory, LENGTH, PROT_READ), 0);
	check(touch(memory) == 0 && touch_write(memory) == SIGSEGV);
	check_errno(mprotect(memory, LENGTH, PROT_NONE), 0);
	check(touch(memory) == SIGSEGV);
	check_errno(mprotect(memory, LENGTH, PROT_READ | PROT_EXEC), EACCES);
	check_errno(mprotect(memory, LENGTH, PROT_READ | PROT_WRITE), 0);
	check(touch_write(memory) == 0);
	check(is_filled(memory + 4 * KIB, 6, LENGTH - 4 * KIB));
	munmap(memory, LENGTH);
	close(fd);
}

static void test_remap(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);
	char *place = mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	fill(memory, 8, LENGTH);
	check_errno((long)mremap(memory, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE), EFAULT);
	check_errno((long)mremap(memory, 0, LENGTH, MREMAP_MAYMOVE), EFAULT);
	check_errno((long)mremap(memory, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP),
		    EINVAL);
	check(mremap(memory, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
	check(touch(memory) == SIGSEGV);
	check(is_filled(place, 8, LENGTH));
	check(mremap(place, LENGTH, LENGTH / 2, 0) == place);
	check(touch(place + LENGTH / 2) == SIGSEGV);
	check(is_filled(place, 8, LENGTH / 2));
	munmap(place, LENGTH / 2);
	close(fd);
}

static void test_advice(struct lab *lab)
{
	static const struct {
		int advice, expected;
	} advices[] = {
		{ MADV_FREE, EINVAL },	 { MADV_WIPEONFORK, EINVAL },
		{ MADV_DODUMP, EINVAL }, { MADV_REMOVE, EOPNOTSUPP },
		{ MADV_DONTDUMP, 0 },	 { MADV_DONTFORK, 0 },
		{ MADV_COLD, 0 },	 { MADV_SEQUENTIAL, 0 },
	};
	int fd = alloc(lab, LENGTH);
	char *memory = map(fd, LENGTH);

	fill(memory, 2, LENGTH);
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (!check_errno(madvise(memory, LENGTH, advices[i].advice), advices[i].expected))
			note("advice %d", advices[i].advice);
	check_errno(mlock(memory, LENGTH), EREMOTEIO);
	check_errno(munlock(memory, LENGTH), 0);
	check_errno(msync(memory, LENGTH, MS_SYNC), EINVAL);
	check(is_filled(memory, 2, LENGTH));
	munmap(memory, LENGTH);
	close(fd);
}

static void test_populate(struct lab *lab)
{
	int fd = alloc(lab, 4 * MIB);
	char *memory =
		mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

	if (check(memory != MAP_FAILED)) {
		check(touch(memory) == 0 && touch(memory + 4 * MIB - 1) == 0);
		munmap(memory, 4 * MIB);
	}
	check_errno(mlockall(MCL_FUTURE), 0);
	memory = map(fd, 4 * MIB);
	if (check(memory != MAP_FAILED)) {
		check(touch(memory) == 0 && touch(memory + 4 * MIB - 1) == 0);
		munmap(memory, 4 * MIB);
	}
	munlockall();
	close(fd);
}

/* Structures of requests may be in such memory, and in it alone. */
static void test_argument_inside(struct lab *lab)
{
	int fd = alloc(lab, LENGTH), other;
	char *memory = map(fd, LENGTH);
	struct p2pmem_alloc *request = (void *)memory;
	struct p2pmem_buffer_info *info = (void *)(memory + 4 * KIB), seen;

	*request = (struct p2pmem_alloc){ .size = sizeof(*request), .length = 4 * KIB };
	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, request), 0);
	other = request->fd;
	info->size = sizeof(*info);
	check_errno(ioctl(fd, P2PMEM_BUFFER_INFO, info), 0);
	check(info->length == LENGTH);
	check(buffer_info(other, &seen) && seen.id == request->id);
	check_errno(revoke_buffer(lab, info->id, 0), 0);
	check_errno(ioctl(fd, P2PMEM_BUFFER_INFO, info), EFAULT);
	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, request), EFAULT);
	munmap(memory, LENGTH);
	close(other);
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
	{ "MADV_DOFORK is refused, or shares", test_dofork },
	{ "mprotect takes and gives back", test_protect },
	{ "mremap moves and shrinks, no more", test_remap },
	{ "other advice and locks do no harm", test_advice },
	{ "MAP_POPULATE and mlockall do no harm", test_populate },
	{ "a request may be in such memory", test_argument_inside },
	{ "mapping the node allocates", test_map_node },
	{ 0 },
};
