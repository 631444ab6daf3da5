// SPDX-License-Identifier: LGPL-2.1-or-later
/* Buffers as files: allocation, what they are and what they refuse. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (256 * KIB)
#define NOBODY 65534
#define FLOOD 100000

static void test_region_info(struct lab *lab)
{
	struct p2pmem_region_info info = { .size = sizeof(info) };
	int fd;

	if (!check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &info), 0))
		return;
	check(info.abi_version == P2PMEM_ABI_VERSION);
	check(info.region == lab->info.region);
	check(info.granule == (uint32_t)sysconf(_SC_PAGESIZE));
	check(!memcmp(&info.provider, &lab->info.provider, sizeof(info.provider)));
	check(info.allocated == 0 && info.draining == 0 && info.buffers == 0);

	fd = alloc(lab, LENGTH);
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &info), 0);
	check(info.allocated == LENGTH && info.buffers == 1);
	check(lab_available(lab) == lab->available - LENGTH);
	close(fd);
}

static void test_alloc(struct lab *lab)
{
	struct p2pmem_alloc a = { .size = sizeof(a),
				  .length = LENGTH,
				  .cookie = "0123456789abcde" };
	struct p2pmem_alloc b = a;
	struct p2pmem_buffer_info info;

	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, &a), 0);
	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, &b), 0);
	check(b.id > a.id);
	check(fcntl(a.fd, F_GETFD) == FD_CLOEXEC);

	check(buffer_info(a.fd, &info));
	check(info.id == a.id && info.length == LENGTH);
	check(info.state == P2PMEM_STATE_LIVE);
	check(info.caching == P2PMEM_CACHING_WRITE_COMBINING);
	check(!memcmp(info.cookie, a.cookie, sizeof(info.cookie)));
	check(info.uid == getuid() && info.pid == getpid());
	check(info.region == lab->info.region && info.pinned_pages == 0);
	check(!memcmp(&info.provider, &lab->info.provider, sizeof(info.provider)));
	close(a.fd);
	close(b.fd);
}

static void test_alloc_refused(struct lab *lab)
{
	uint64_t free_now = lab_available(lab);
	struct p2pmem_alloc request = { .size = sizeof(request), .length = 4 * KIB };

	check_errno(alloc(lab, 0), EINVAL);
	check_errno(alloc(lab, 1), EINVAL);
	check_errno(alloc(lab, 4 * KIB + 1), EINVAL);
	check_errno(alloc(lab, free_now + 4 * KIB), ENOMEM);
	check_errno(alloc(lab, 1ULL << 50), ENOMEM);
	check_errno(alloc(lab, 1ULL << 63), ENOMEM);
	check_errno(alloc(lab, -4096ULL), ENOMEM);
	check_errno(alloc(lab, UINT64_MAX), EINVAL);
	request.flags = 1;
	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, &request), EINVAL);
	request.flags = 0;
	request.caching = 3;
	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, &request), EINVAL);
	check(lab_available(lab) == free_now);
}

/* A request and its answer must survive growth on either side. */
static void test_sizes(struct lab *lab)
{
	struct {
		struct p2pmem_region_info info;
		uint32_t tail;
	} longer = { .info.size = sizeof(longer) };
	struct p2pmem_region_info info = { .size = sizeof(info) - 1 };

	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &longer), 0);
	check(longer.info.region == lab->info.region && longer.info.size == sizeof(longer));
	longer.tail = 1;
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &longer), E2BIG);
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &info), EINVAL);
	info.size = 0;
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &info), EINVAL);
	info.size = 1 << 20;
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, &info), E2BIG);
	check_errno(ioctl(lab->region, P2PMEM_REGION_INFO, 8), EFAULT);
}

static void test_unknown_requests(struct lab *lab)
{
	uint64_t argument = sizeof(argument);
	int fd = alloc(lab, LENGTH);

	check_errno(ioctl(lab->region, P2PMEM_BUFFER_INFO, &argument), ENOTTY);
	check_errno(ioctl(lab->control, P2PMEM_REGION_INFO, &argument), ENOTTY);
	check_errno(ioctl(fd, P2PMEM_REGION_ALLOC, &argument), ENOTTY);
	check_errno(ioctl(fd, P2PMEM_BUFFER_EXPORT, &argument), ENOTTY);
	close(fd);
}

/* An answer that cannot be delivered leaves nothing behind. */
static void test_answer_undeliverable(struct lab *lab)
{
	struct p2pmem_alloc *request =
		mmap(NULL, 4 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int before = dup(0), after;

	close(before);
	*request = (struct p2pmem_alloc){ .size = sizeof(*request), .length = LENGTH };
	mprotect(request, 4 * KIB, PROT_READ);
	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, request), EFAULT);
	after = dup(0);
	check(before == after);
	close(after);
	munmap(request, 4 * KIB);
}

/* Dirty memory comes back zeroed: the pool hands out the first free extent. */
static void test_zeroed(struct lab *lab)
{
	for (int round = 0; round < 2; round++) {
		int fd = alloc(lab, MIB);
		void *memory = map(fd, MIB);

		if (check(memory != MAP_FAILED)) {
			check(is_filled(memory, 0, MIB));
			fill(memory, 0xa5a5a5a5a5a5a5a5, MIB);
			check(is_filled(memory, 0xa5a5a5a5a5a5a5a5, MIB));
			munmap(memory, MIB);
		}
		close(fd);
	}
}

static void test_uncached(struct lab *lab)
{
	struct p2pmem_alloc request = { .size = sizeof(request),
					.length = 4 * KIB,
					.caching = P2PMEM_CACHING_UNCACHED };
	struct p2pmem_buffer_info info;
	void *memory;

	check_errno(ioctl(lab->region, P2PMEM_REGION_ALLOC, &request), 0);
	check(buffer_info(request.fd, &info) && info.caching == P2PMEM_CACHING_UNCACHED);
	memory = map(request.fd, 4 * KIB);
	if (check(memory != MAP_FAILED)) {
		fill(memory, 7, 4 * KIB);
		check(is_filled(memory, 7, 4 * KIB));
		munmap(memory, 4 * KIB);
	}
	close(request.fd);
}

static void test_stat(struct lab *lab)
{
	int fd = alloc(lab, LENGTH), other = alloc(lab, LENGTH);
	struct stat a, b;

	check_errno(fstat(fd, &a), 0);
	check_errno(fstat(other, &b), 0);
	check(a.st_size == LENGTH);
	check(a.st_mode == (S_IFREG | 0666));
	check(a.st_uid == geteuid());
	check(a.st_ino != b.st_ino);
	check(lseek(fd, 0, SEEK_END) == LENGTH);
	close(fd);
	close(other);
}

static void test_attributes_refused(struct lab *lab)
{
	int fd = alloc(lab, LENGTH);
	char byte = 0;

	check_errno(fchmod(fd, 0600), EPERM);
	check_errno(fchown(fd, 1, 1), EPERM);
	check_errno(futimens(fd, NULL), EPERM);
	check_errno(ftruncate(fd, 0), EPERM);
	check_errno(ftruncate(fd, 2 * LENGTH), EPERM);
	check_errno(fallocate(fd, 0, 0, LENGTH), EOPNOTSUPP);
	check_errno(write(fd, &byte, 1), EINVAL);
	check_errno(read(fd, &byte, 1), EINVAL);
	close(fd);
}

/* The memory lives on by the second file, after the first is closed. */
static void test_reopen(struct lab *lab)
{
	int fd = alloc(lab, LENGTH), again;
	void *memory = map(fd, LENGTH);
	char path[32];

	fill(memory, 0x1122334455667788, LENGTH);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	check(again >= 0);
	munmap(memory, LENGTH);
	close(fd);
	check(lab_available(lab) == lab->available - LENGTH);

	memory = map(again, LENGTH);
	if (check(memory != MAP_FAILED)) {
		check(is_filled(memory, 0x1122334455667788, LENGTH));
		munmap(memory, LENGTH);
	}
	close(again);
}

static int reopen_as_nobody(int fd)
{
	char path[32];
	void *memory;
	int again;

	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	prctl(PR_SET_DUMPABLE, 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again < 0)
		return 2;
	memory = map(again, LENGTH);
	if (memory == MAP_FAILED)
		return 3;
	return is_filled(memory, 0, LENGTH) ? 0 : 4;
}

static void test_reopen_by_another_user(struct lab *lab)
{
	int fd = alloc(lab, LENGTH), status = -1;
	pid_t child = fork();

	if (!child)
		_exit(reopen_as_nobody(fd));
	check(waitpid(child, &status, 0) == child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(fd);
}

static void test_poll_live(struct lab *lab)
{
	struct pollfd pollfd = { .fd = alloc(lab, LENGTH), .events = POLLIN | POLLPRI };

	check(poll(&pollfd, 1, 0) == 0);
	close(pollfd.fd);
}

/* A child's table of descriptors is empty but for what it opens. */
static int exhaust_descriptors(struct lab *lab)
{
	struct rlimit limit = { 0, 0 };

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1;
	if (alloc(lab, LENGTH) != -1 || errno != EMFILE)
		return 2;
	return 0;
}

static void test_no_descriptors(struct lab *lab)
{
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(exhaust_descriptors(lab));
	check(waitpid(child, &status, 0) == child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	check(lab_available(lab) == lab->available);
}

/* While somebody listens and never reads: that costs no more than a queue. */
static void test_flood(struct lab *lab)
{
	int events = open("/dev/p2pmem-control", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct p2pmem_event event = { 0 };
	uint64_t kept = 0;

	for (int i = 0; i < FLOOD; i++)
		close(alloc(lab, 4 * KIB));
	check(lab_available(lab) == lab->available);
	while (read(events, &event, sizeof(event)) == sizeof(event) &&
	       event.type == P2PMEM_EVENT_FREED)
		kept++;
	check(event.type == P2PMEM_EVENT_LOST && event.lost == FLOOD - kept);
	close(events);
}

const struct test buffer_tests[] = {
	{ "region info counts what is allocated", test_region_info },
	{ "a buffer tells what it is", test_alloc },
	{ "lengths and flags that cannot be are refused", test_alloc_refused },
	{ "structures may be longer or shorter", test_sizes },
	{ "unknown requests are ENOTTY", test_unknown_requests },
	{ "an allocation that cannot be told is undone", test_answer_undeliverable },
	{ "memory reads as zeros, also after use", test_zeroed },
	{ "uncached on request", test_uncached },
	{ "fstat and lseek know the size", test_stat },
	{ "attributes and data calls are refused", test_attributes_refused },
	{ "a buffer opens again through /proc/self/fd", test_reopen },
	{ "another user may open it again", test_reopen_by_another_user },
	{ "poll is silent while it lives", test_poll_live },
	{ "without descriptors nothing is allocated", test_no_descriptors },
	{ 0 },
};

const struct test flood_tests[] = {
	{ "100000 allocations, and an ear that never listens", test_flood },
	{ 0 },
};
