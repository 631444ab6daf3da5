// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests as 32-bit programs make them: by the 32-bit system call, with
 * structures below 4 GiB. Their layout being the same is tests/abi's to show.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver-test.h"

#define LENGTH (64 * KIB)
#define IOCTL_32 54
#define GETPID_32 20
#define PAGE 4096

#ifdef __x86_64__

/* A 32-bit system call; sets errno and returns -1 as others do. */
static long call_32(long number, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	if ((int)result >= -4095 && (int)result < 0) {
		errno = -(int)result;
		return -1;
	}
	return (unsigned int)result;
}

static bool has_32_bit_calls(void)
{
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(call_32(GETPID_32, 0, 0, 0, 0, 0) == getpid() ? 0 : 1);
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	skip("the kernel has no 32-bit system calls");
	return false;
}

static void *low_memory(void)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	check(memory != MAP_FAILED);
	return memory;
}

static long ioctl_32(int fd, unsigned long request, void *argument)
{
	return call_32(IOCTL_32, fd, (long)request, (long)argument, 0, 0);
}

static void check_buffer(const struct p2pmem_alloc *request, struct p2pmem_buffer_info *info)
{
	char *memory =
		mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_32BIT, request->fd, 0);

	info->size = sizeof(*info);
	check_errno(ioctl_32(request->fd, P2PMEM_BUFFER_INFO, info), 0);
	check(info->id == request->id && info->length == LENGTH);
	check(is_filled(memory, 0, LENGTH));
	munmap(memory, LENGTH);
}

static void check_control(struct lab *lab, uint64_t id, void *low)
{
	struct p2pmem_revoke *revoke = low;
	struct p2pmem_list *list = low;
	struct p2pmem_buffer_info *entry = (void *)(list + 1);

	*list = (struct p2pmem_list){ .size = sizeof(*list),
				      .entry_size = sizeof(*entry),
				      .entries = (uintptr_t)entry,
				      .capacity = 1,
				      .start = id };
	check_errno(ioctl_32(lab->control, P2PMEM_CONTROL_LIST_BUFFERS, list), 0);
	check(list->count == 1 && entry->id == id);
	*revoke = (struct p2pmem_revoke){ .size = sizeof(*revoke), .id = id };
	check_errno(ioctl_32(lab->control, P2PMEM_CONTROL_REVOKE, revoke), 0);
}

static void test_requests(struct lab *lab)
{
	struct p2pmem_alloc *request;
	void *low;

	if (!has_32_bit_calls())
		return;
	low = low_memory();
	request = low_memory();
	*request = (struct p2pmem_alloc){ .size = sizeof(*request), .length = LENGTH };
	check_errno(ioctl_32(lab->region, P2PMEM_REGION_ALLOC, request), 0);
	check_buffer(request, low);
	check_control(lab, request->id, low);
	close(request->fd);
	check_errno(ioctl_32(lab->region, P2PMEM_BUFFER_INFO, low), ENOTTY);
	munmap(low, PAGE);
	munmap(request, PAGE);
}

#else

static void test_requests(struct lab *lab)
{
	(void)lab;
	skip("made for x86");
}

#endif

const struct test compat_tests[] = {
	{ "32-bit programs make the same requests", test_requests },
	{ 0 },
};
