/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a buffer in use: waited for, detached, under the hands of
 * other threads and of signal handlers.
 *
 * A memfd stands in for P2P memory. It is taken away by being cut short, after
 * which accesses raise SIGBUS as after a revocation. What is polled is a socket:
 * urgent data is notice, and the end of the other end is revocation.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "client/lib_buffer.h"
#include "tests/unit/server.h"

#define SIZE (64 * 4096)

/* P2P memory, as far as the library knows. @ret_behind: the same file, to do harm with. */
static struct p2pmem_buffer *lent(int *ret_behind)
{
	int fd = server_memory(SIZE);
	struct server s = { .reply = LEASE("262144"), .fd = fd };
	struct p2pmem_allocate_options o = { .struct_size = sizeof(o), .size = SIZE };
	struct p2pmem_buffer *buffer;
	struct p2pmem_client *c;

	server_start(&s);
	c = server_client(&s, 0, false);
	assert_int_equal(p2pmem_allocate(c, &o, &buffer), 0);
	p2pmem_client_free(c);
	server_stop(&s);
	if (ret_behind)
		*ret_behind = fd;
	else
		close(fd);
	return buffer;
}

/* ---- waiting --------------------------------------------------------- */

/* The descriptor polls as the other end of a socket has it. */
static struct p2pmem_buffer *polled(int *ret_other)
{
	struct p2pmem_buffer *buffer = lent(NULL);
	int s[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	assert_int_equal(dup2(s[0], p2pmem_buffer_fd(buffer)), p2pmem_buffer_fd(buffer));
	close(s[0]);
	*ret_other = s[1];
	return buffer;
}

static void notice_and_revocation_are_told(void **state)
{
	int other;
	struct p2pmem_buffer *b = polled(&other);

	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, 0), P2PMEM_STATE_LIVE);
	assert_int_equal(send(other, "!", 1, MSG_OOB), 1);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1), P2PMEM_STATE_NOTICE);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, 0), P2PMEM_STATE_NOTICE);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_NOTICE, 0), P2PMEM_STATE_NOTICE);
	close(other);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_NOTICE, -1), P2PMEM_STATE_REVOKED);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1), P2PMEM_STATE_REVOKED);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_REVOKED, 0), -EINVAL);
	assert_int_equal(p2pmem_buffer_wait(b, 0, 0), -EINVAL);
	p2pmem_buffer_free(b);
}

/* Which is a mistake in a program, and not to be waited out. */
static void a_closed_descriptor_ends_waiting(void **state)
{
	int other, kept;
	struct p2pmem_buffer *b = polled(&other);

	kept = dup(p2pmem_buffer_fd(b));
	assert_true(kept >= 0);
	close(p2pmem_buffer_fd(b));
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1), -EBADF);
	assert_int_equal(dup2(kept, p2pmem_buffer_fd(b)), p2pmem_buffer_fd(b));
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, 0), P2PMEM_STATE_LIVE);
	close(kept);
	close(other);
	p2pmem_buffer_free(b);
}

struct waiter {
	struct p2pmem_buffer *buffer;
	enum p2pmem_state known;
	int result;
	int began; /* written to before it waits */
};

static void *wait_for_it(void *data)
{
	struct waiter *w = data;

	assert_int_equal(write(w->began, "", 1), 1);
	w->result = p2pmem_buffer_wait(w->buffer, w->known, -1);
	return NULL;
}

static pthread_t start_waiter(struct waiter *w)
{
	pthread_t thread;
	int began[2];
	char c;

	assert_int_equal(pipe(began), 0);
	w->began = began[1];
	pthread_create(&thread, NULL, wait_for_it, w);
	assert_int_equal(read(began[0], &c, 1), 1);
	close(began[0]);
	close(began[1]);
	return thread;
}

static void waiting_ends_with_what_happens(void **state)
{
	struct waiter w = { .known = P2PMEM_STATE_LIVE };
	pthread_t thread;
	int other;

	w.buffer = polled(&other);
	thread = start_waiter(&w);
	assert_int_equal(send(other, "!", 1, MSG_OOB), 1);
	pthread_join(thread, NULL);
	assert_int_equal(w.result, P2PMEM_STATE_NOTICE);
	w.known = P2PMEM_STATE_NOTICE;
	thread = start_waiter(&w);
	close(other);
	pthread_join(thread, NULL);
	assert_int_equal(w.result, P2PMEM_STATE_REVOKED);
	p2pmem_buffer_free(w.buffer);
}

static void waiting_can_be_cancelled(void **state)
{
	struct waiter w = { .known = P2PMEM_STATE_LIVE, .buffer = lent(NULL) };
	pthread_t thread = start_waiter(&w);

	p2pmem_buffer_cancel(w.buffer);
	pthread_join(thread, NULL);
	assert_int_equal(w.result, -ECANCELED);
	assert_int_equal(p2pmem_buffer_wait(w.buffer, P2PMEM_STATE_LIVE, -1), -ECANCELED);
	assert_int_equal(p2pmem_buffer_kind(w.buffer), P2PMEM_KIND_PEER_TO_PEER);
	p2pmem_buffer_free(w.buffer);
	p2pmem_buffer_cancel(NULL);
}

static struct p2pmem_buffer *to_cancel;

static void cancel_here(int number)
{
	p2pmem_buffer_cancel(to_cancel);
}

/* Whether the handler runs before poll() or during it. */
static void a_handler_ends_waiting(void **state)
{
	struct sigaction sa = { .sa_handler = cancel_here };
	struct waiter w = { .known = P2PMEM_STATE_LIVE, .buffer = lent(NULL) };
	pthread_t thread;

	to_cancel = w.buffer;
	sigaction(SIGUSR1, &sa, NULL);
	thread = start_waiter(&w);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	assert_true(w.result == -ECANCELED || w.result == -EINTR);
	assert_int_equal(p2pmem_buffer_wait(w.buffer, P2PMEM_STATE_LIVE, -1), -ECANCELED);
	p2pmem_buffer_free(w.buffer);
}

static void the_driver_is_asked(void **state)
{
	struct p2pmem_buffer *b = lent(NULL);
	struct p2pmem_info info = { .struct_size = sizeof(info) }, small = { .struct_size = 8 };

	/* Which a memfd does not answer for. */
	assert_int_equal(p2pmem_buffer_get_info(b, &info), -ENOTTY);
	assert_int_equal(p2pmem_buffer_get_info(b, &small), -EINVAL);
	p2pmem_buffer_free(b);
}

/* ---- detaching ------------------------------------------------------- */

static void is_detached(struct p2pmem_buffer *b)
{
	struct p2pmem_info info = { .struct_size = sizeof(info) };
	struct stat st;

	assert_int_equal(p2pmem_buffer_kind(b), P2PMEM_KIND_HOST);
	assert_int_equal(p2pmem_buffer_fallback_error(b), -EKEYREVOKED);
	assert_non_null(strstr(p2pmem_buffer_fallback_reason(b), "given back"));
	assert_int_equal(p2pmem_buffer_get_info(b, &info), 0);
	assert_int_equal(info.kind, P2PMEM_KIND_HOST);
	assert_int_equal(info.state, P2PMEM_STATE_LIVE);
	/* The number is taken, and not by the memory. */
	assert_int_equal(fstat(p2pmem_buffer_fd(b), &st), 0);
	assert_int_not_equal(st.st_size, SIZE);
	assert_int_equal(fcntl(p2pmem_buffer_fd(b), F_GETFD), FD_CLOEXEC);
	assert_int_equal(p2pmem_buffer_wait(b, P2PMEM_STATE_LIVE, -1), -ECANCELED);
}

static void detaching_keeps_the_address(void **state)
{
	int behind;
	struct p2pmem_buffer *b = lent(&behind);
	char *memory, *again, seen[4];

	assert_int_equal(p2pmem_buffer_map(b, (void **)&memory), 0);
	memset(memory, 'x', SIZE);
	assert_int_equal(p2pmem_buffer_detach(b), 0);
	is_detached(b);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(memory[i], 0);
	memcpy(memory, "new", 4);
	/* Neither is seen in the other, and a second time changes nothing. */
	assert_int_equal(pread(behind, seen, 4, 0), 4);
	assert_memory_equal(seen, "xxxx", 4);
	assert_int_equal(p2pmem_buffer_detach(b), 0);
	assert_string_equal(memory, "new");
	assert_int_equal(p2pmem_buffer_map(b, (void **)&again), 0);
	assert_ptr_equal(memory, again);
	p2pmem_buffer_free(b);
	assert_int_equal(msync(memory, SIZE, MS_ASYNC), -1);
	close(behind);
}

static void detaching_may_come_before_mapping(void **state)
{
	struct p2pmem_buffer *b = lent(NULL);
	char *memory;

	assert_int_equal(p2pmem_buffer_detach(b), 0);
	is_detached(b);
	assert_int_equal(p2pmem_buffer_map(b, (void **)&memory), 0);
	memset(memory, 1, SIZE);
	p2pmem_buffer_free(b);
}

/* Nobody has it any more: whoever watches the file sees its last close. */
static void detaching_gives_the_memory_back(void **state)
{
	struct p2pmem_buffer *b = lent(NULL);
	char path[64], name[64] = "";
	void *memory;
	FILE *maps = NULL;
	bool mapped = false;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", p2pmem_buffer_fd(b));
	assert_true(readlink(path, name, sizeof(name) - 1) > 0);
	assert_non_null(strstr(name, "memfd:buffer"));
	assert_int_equal(p2pmem_buffer_map(b, &memory), 0);
	assert_int_equal(p2pmem_buffer_detach(b), 0);
	memset(name, 0, sizeof(name));
	assert_true(readlink(path, name, sizeof(name) - 1) > 0);
	assert_null(strstr(name, "memfd"));
	maps = fopen("/proc/self/maps", "re");
	assert_non_null(maps);
	while (fgets(path, sizeof(path), maps))
		mapped |= strstr(path, "memfd:buffer") != NULL;
	fclose(maps);
	assert_false(mapped);
	p2pmem_buffer_free(b);
}

static void a_waiter_learns_of_detaching(void **state)
{
	struct waiter w = { .known = P2PMEM_STATE_LIVE, .buffer = lent(NULL) };
	pthread_t thread = start_waiter(&w);

	assert_int_equal(p2pmem_buffer_detach(w.buffer), 0);
	pthread_join(thread, NULL);
	assert_int_equal(w.result, -ECANCELED);
	p2pmem_buffer_free(w.buffer);
}

static void a_child_has_no_mapping(void **state)
{
	struct p2pmem_buffer *b = lent(NULL);
	void *memory;
	int status;
	pid_t pid;

	assert_int_equal(p2pmem_buffer_map(b, &memory), 0);
	assert_int_equal(p2pmem_buffer_detach(b), 0);
	pid = fork();
	if (pid == 0)
		_exit(msync(memory, SIZE, MS_ASYNC) == 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	p2pmem_buffer_free(b);
}

/* ---- under the hands of others --------------------------------------- */

struct worker {
	char *memory;
	int file;
	atomic_bool stop;
	atomic_uint rounds;
	int error;
};

/* Transfers and accesses, of which none may fail. */
static void *work(void *data)
{
	struct worker *w = data;

	while (!atomic_load(&w->stop)) {
		if (pread(w->file, w->memory, SIZE, 0) != SIZE ||
		    pwrite(w->file, w->memory, SIZE, SIZE) != SIZE)
			w->error = errno ?: EIO;
		memset(w->memory, 1, SIZE);
		atomic_fetch_add(&w->rounds, 1);
	}
	return NULL;
}

static void await_rounds(struct worker *w, unsigned int n)
{
	unsigned int until = atomic_load(&w->rounds) + n;

	while ((int)(atomic_load(&w->rounds) - until) < 0)
		sched_yield();
}

static void others_go_on_meanwhile(void **state)
{
	struct p2pmem_buffer *b = lent(NULL);
	struct worker w = { .file = server_memory(2 * SIZE) };
	pthread_t thread;

	assert_int_equal(p2pmem_buffer_map(b, (void **)&w.memory), 0);
	pthread_create(&thread, NULL, work, &w);
	await_rounds(&w, 3);
	assert_int_equal(p2pmem_buffer_detach(b), 0);
	await_rounds(&w, 3);
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(w.error, 0);
	p2pmem_buffer_free(b);
	close(w.file);
}

struct detacher {
	struct p2pmem_buffer *buffer;
	atomic_int tid;
	atomic_bool done;
};

static void *detach_it(void *data)
{
	struct detacher *d = data;

	atomic_store(&d->tid, gettid());
	assert_int_equal(p2pmem_buffer_detach(d->buffer), 0);
	atomic_store(&d->done, true);
	return NULL;
}

/* Whether a thread sits in that system call. */
static bool is_in(int tid, long number)
{
	char path[64];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	f = fopen(path, "re");
	assert_non_null(f);
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n == number;
}

/* Whoever comes second would put zeros over what was written since. */
static void one_at_a_time_detaches(void **state)
{
	struct detacher d = { .buffer = lent(NULL) };
	pthread_t thread;
	sigset_t saved;

	buffer_lock(d.buffer, &saved);
	pthread_create(&thread, NULL, detach_it, &d);
	while (!atomic_load(&d.tid))
		sched_yield();
	while (!atomic_load(&d.done) && !is_in(atomic_load(&d.tid), SYS_futex))
		sched_yield();
	assert_false(atomic_load(&d.done));
	assert_int_equal(p2pmem_buffer_kind(d.buffer), P2PMEM_KIND_PEER_TO_PEER);
	buffer_unlock(d.buffer, &saved);
	pthread_join(thread, NULL);
	is_detached(d.buffer);
	p2pmem_buffer_free(d.buffer);
}

static struct p2pmem_buffer *taken_away;
static atomic_uint faults;

static void on_fault(int number)
{
	atomic_fetch_add(&faults, 1);
	if (p2pmem_buffer_detach(taken_away) < 0)
		_exit(1);
}

static void survive(struct p2pmem_buffer *b)
{
	struct sigaction sa = { .sa_handler = on_fault };

	taken_away = b;
	atomic_store(&faults, 0);
	sigaction(SIGBUS, &sa, NULL);
}

static void revocation_is_survived(void **state)
{
	int behind;
	struct p2pmem_buffer *b = lent(&behind);
	char *memory;

	assert_int_equal(p2pmem_buffer_map(b, (void **)&memory), 0);
	memset(memory, 'x', SIZE);
	survive(b);
	assert_int_equal(ftruncate(behind, 0), 0);
	memory[5000] = 'y';
	assert_int_equal(atomic_load(&faults), 1);
	assert_int_equal(memory[5000], 'y');
	assert_int_equal(memory[0], 0);
	is_detached(b);
	signal(SIGBUS, SIG_DFL);
	p2pmem_buffer_free(b);
	close(behind);
}

enum {
	N_FAULTING = 8,
	N_ROUNDS = 10
};

static pthread_barrier_t together;

/* Each in a page of its own: what it wrote after the first fault of anybody stays. */
static void *fault_in(void *page)
{
	pthread_barrier_wait(&together);
	for (int i = 1; i < 100; i++) {
		*(volatile char *)page = (char)i;
		sched_yield();
		if (*(volatile char *)page != i)
			return page;
	}
	return NULL;
}

static void fault_at_once(void)
{
	pthread_t threads[N_FAULTING];
	int behind;
	struct p2pmem_buffer *b = lent(&behind);
	char *memory;
	void *lost;

	assert_int_equal(p2pmem_buffer_map(b, (void **)&memory), 0);
	survive(b);
	assert_int_equal(ftruncate(behind, 0), 0);
	for (int i = 0; i < N_FAULTING; i++)
		pthread_create(&threads[i], NULL, fault_in, memory + i * 4096);
	for (int i = 0; i < N_FAULTING; i++) {
		pthread_join(threads[i], &lost);
		assert_null(lost);
	}
	assert_true(atomic_load(&faults) >= 1);
	signal(SIGBUS, SIG_DFL);
	p2pmem_buffer_free(b);
	close(behind);
}

static void many_threads_fault_at_once(void **state)
{
	pthread_barrier_init(&together, NULL, N_FAULTING);
	for (int i = 0; i < N_ROUNDS; i++)
		fault_at_once();
	pthread_barrier_destroy(&together);
}

/* A handler may interrupt the thread that is detaching or mapping, at any point of it. */
static void *pester(void *data)
{
	struct worker *w = data;

	while (!atomic_load(&w->stop))
		kill(getpid(), SIGUSR2);
	return NULL;
}

static void detach_here(int number)
{
	p2pmem_buffer_detach(taken_away);
}

static void handlers_and_threads_do_not_lock_up(void **state)
{
	struct sigaction sa = { .sa_handler = detach_here, .sa_flags = SA_RESTART };
	struct worker w = {};
	struct p2pmem_buffer *b[50];
	pthread_t thread;
	void *memory;

	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		b[i] = lent(NULL);
	taken_away = b[0];
	sigaction(SIGUSR2, &sa, NULL);
	pthread_create(&thread, NULL, pester, &w);
	for (size_t i = 0; i < ARRAY_SIZE(b); i++) {
		taken_away = b[i];
		assert_int_equal(p2pmem_buffer_map(b[i], &memory), 0);
		memset(memory, 1, SIZE);
		assert_int_equal(p2pmem_buffer_detach(b[i]), 0);
		is_detached(b[i]);
	}
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	signal(SIGUSR2, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		p2pmem_buffer_free(b[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notice_and_revocation_are_told),
		cmocka_unit_test(a_closed_descriptor_ends_waiting),
		cmocka_unit_test(waiting_ends_with_what_happens),
		cmocka_unit_test(waiting_can_be_cancelled),
		cmocka_unit_test(a_handler_ends_waiting),
		cmocka_unit_test(the_driver_is_asked),
		cmocka_unit_test(detaching_keeps_the_address),
		cmocka_unit_test(detaching_may_come_before_mapping),
		cmocka_unit_test(detaching_gives_the_memory_back),
		cmocka_unit_test(a_waiter_learns_of_detaching),
		cmocka_unit_test(a_child_has_no_mapping),
		cmocka_unit_test(others_go_on_meanwhile),
		cmocka_unit_test(one_at_a_time_detaches),
		cmocka_unit_test(revocation_is_survived),
		cmocka_unit_test(many_threads_fault_at_once),
		cmocka_unit_test(handlers_and_threads_do_not_lock_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
