/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/stream.h"
#include "tests/unit/unit.h"

#define MESSAGE_MAX 64

static const struct stream_limits limits = {
	.message_max = MESSAGE_MAX,
	.depth_max = 4,
	.output_max = 1024,
	.fds_max = 0,
};

/* A stream and the bare socket of its peer. */
struct ends {
	struct stream *stream;
	int peer;
};

static struct ends ends_new(const struct stream_limits *l)
{
	struct ends e;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(stream_new(fds[0], l, &e.stream), 0);
	e.peer = fds[1];
	return e;
}

static void ends_done(struct ends *e)
{
	stream_free(e->stream);
	close_fd(&e->peer);
}

static void give(struct ends *e, const void *data, size_t n)
{
	assert_int_equal(send(e->peer, data, n, 0), (ssize_t)n);
}

static void expect_int(struct ends *e, const char *name, int64_t value)
{
	_cleanup_json_ struct json_object *o = NULL;
	struct json_object *v;

	assert_int_equal(stream_next(e->stream, &o), 1);
	assert_true(json_object_object_get_ex(o, name, &v));
	assert_int_equal(json_object_get_int64(v), value);
}

static void expect_none(struct ends *e)
{
	_cleanup_json_ struct json_object *o = NULL;

	assert_int_equal(stream_next(e->stream, &o), 0);
}

static void splits_anywhere(void **state)
{
	static const char two[] = "{\"a\":1}\0{\"b\":2}";

	for (size_t cut = 0; cut <= sizeof(two); cut++) {
		_cleanup_(ends_done) struct ends e = ends_new(&limits);
		size_t first = strlen(two) + 1;

		if (cut > 0) {
			give(&e, two, cut);
			assert_int_equal(stream_read(e.stream), 1);
		}
		if (cut >= first)
			expect_int(&e, "a", 1);
		if (cut == sizeof(two))
			expect_int(&e, "b", 2);
		expect_none(&e);
		if (cut == sizeof(two))
			continue;
		give(&e, two + cut, sizeof(two) - cut);
		assert_int_equal(stream_read(e.stream), 1);
		if (cut < first)
			expect_int(&e, "a", 1);
		expect_int(&e, "b", 2);
		expect_none(&e);
	}
}

static void takes_byte_by_byte(void **state)
{
	static const char two[] = "{\"a\":1}\0{\"b\":2}";
	_cleanup_(ends_done) struct ends e = ends_new(&limits);

	for (size_t i = 0; i < sizeof(two); i++) {
		assert_int_equal(stream_read(e.stream), 0);
		give(&e, two + i, 1);
		assert_int_equal(stream_read(e.stream), 1);
		if (i == strlen(two))
			expect_int(&e, "a", 1);
		else if (i == sizeof(two) - 1)
			expect_int(&e, "b", 2);
		else
			expect_none(&e);
	}
}

static void takes_pipelined(void **state)
{
	_cleanup_(ends_done) struct ends e = ends_new(&limits);
	char text[16];
	int taken = 0;

	for (int i = 0; i < 40; i++)
		give(&e, text, (size_t)snprintf(text, sizeof(text), "{\"n\":%d}", i) + 1);
	while (stream_read(e.stream) == 1) {
		_cleanup_json_ struct json_object *o = NULL;

		while (stream_next(e.stream, &o) == 1) {
			struct json_object *v;

			json_object_object_get_ex(o, "n", &v);
			assert_int_equal(json_object_get_int(v), taken++);
			json_object_put(take_ptr(o));
		}
	}
	assert_int_equal(taken, 40);
}

/* A message as long as is allowed, and one byte longer. */
static void limits_length(void **state)
{
	for (size_t extra = 0; extra < 2; extra++) {
		_cleanup_(ends_done) struct ends e = ends_new(&limits);
		char text[MESSAGE_MAX + 2];
		size_t n = MESSAGE_MAX + extra;
		int r;

		memset(text, ' ', sizeof(text));
		memcpy(text, "{\"a\":1}", 7);
		text[n] = '\0';
		give(&e, text, n + 1);
		do
			r = stream_read(e.stream);
		while (r == 1 && extra);
		assert_int_equal(r, extra ? -EMSGSIZE : 1);
		if (!extra)
			expect_int(&e, "a", 1);
	}
}

static void limits_unfinished(void **state)
{
	_cleanup_(ends_done) struct ends e = ends_new(&limits);
	int r;

	for (int i = 0; i < MESSAGE_MAX; i++)
		give(&e, " ", 1);
	assert_int_equal(stream_read(e.stream), 1);
	expect_none(&e);
	give(&e, " ", 1);
	do
		r = stream_read(e.stream);
	while (r == 1);
	assert_int_equal(r, -EMSGSIZE);
}

static void expect_bad(const void *data, size_t n)
{
	_cleanup_(ends_done) struct ends e = ends_new(&limits);
	_cleanup_json_ struct json_object *o = NULL;

	give(&e, data, n);
	assert_int_equal(stream_read(e.stream), 1);
	assert_int_equal(stream_next(e.stream, &o), -EBADMSG);
}

static void refuses_no_objects(void **state)
{
	expect_bad("", 1);
	expect_bad("[]", 3);
	expect_bad("{\"a\":\"\xff\"}", 10);
	expect_bad("{\"a\":\"\\u0000\"}", 15);
	expect_bad("{\"a\":[[[[]]]]}", 15);
	expect_bad("GET / HTTP/1.1\r\n\r\n", 19);
}

static void tells_end(void **state)
{
	_cleanup_(ends_done) struct ends e = ends_new(&limits);

	give(&e, "{\"a\":1}", 8);
	close_fd(&e.peer);
	assert_int_equal(stream_read(e.stream), 1);
	assert_int_equal(stream_read(e.stream), -EPIPE);
	expect_int(&e, "a", 1);
	expect_none(&e);
}

static struct json_object *sample(const char *text)
{
	struct json_object *o = NULL;

	assert_int_equal(json_parse(text, strlen(text), 4, &o), 0);
	return o;
}

static void writes(void **state)
{
	_cleanup_(ends_done) struct ends e = ends_new(&limits);
	_cleanup_json_ struct json_object *o = sample("{\"path\":\"/dev/x\"}");
	char text[64];

	assert_int_equal(stream_events(e.stream), EPOLLIN);
	assert_int_equal(stream_queue(e.stream, o, -1), 0);
	assert_int_equal(stream_queue(e.stream, o, -1), 0);
	assert_int_equal(stream_events(e.stream), EPOLLIN | EPOLLOUT);
	assert_int_equal(stream_pending(e.stream), 36);
	assert_int_equal(stream_write(e.stream), 1);
	assert_int_equal(stream_pending(e.stream), 0);
	assert_int_equal(recv(e.peer, text, sizeof(text), 0), 36);
	assert_memory_equal(text, "{\"path\":\"/dev/x\"}\0{\"path\":\"/dev/x\"}", 36);
}

static void limits_output(void **state)
{
	_cleanup_(ends_done) struct ends e = ends_new(&limits);
	_cleanup_json_ struct json_object *o = sample("{\"a\":\"0123456789012345678901\"}");
	int fds[2], r, n = 0;

	/* 31 bytes each with the NUL: 33 of them fit into 1024 bytes. */
	while ((r = stream_queue(e.stream, o, -1)) == 0)
		n++;
	assert_int_equal(r, -ENOBUFS);
	assert_int_equal(n, 33);
	assert_int_equal(stream_pending(e.stream), 33 * 31);
	/* What cannot be queued takes its descriptor along. */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stream_queue(e.stream, o, fds[1]), -ENOBUFS);
	assert_int_equal(stream_pending_fds(e.stream), 0);
	assert_int_equal(read(fds[0], &n, 1), 0);
	close(fds[0]);
}

/* A peer that does not read stops the writing, not the writer; then all arrives in order. */
static void waits_for_slow_reader(void **state)
{
	const struct stream_limits wide = { .message_max = 64,
					    .depth_max = 4,
					    .output_max = 8 << 20 };
	_cleanup_(ends_done) struct ends e = ends_new(&wide);
	_cleanup_(ends_done) struct ends back = ends_new(&wide);
	char text[32], bytes[4096];
	int queued = 0, taken = 0, one = 1;
	ssize_t n;

	setsockopt(stream_fd(e.stream), SOL_SOCKET, SO_SNDBUF, &one, sizeof(one));
	while (stream_pending(e.stream) < (1 << 20)) {
		_cleanup_json_ struct json_object *o = NULL;

		snprintf(text, sizeof(text), "{\"n\":%d}", queued++);
		o = sample(text);
		assert_int_equal(stream_queue(e.stream, o, -1), 0);
	}
	assert_int_equal(stream_write(e.stream), 0);
	assert_true(stream_pending(e.stream) > 0);
	while (taken < queued) {
		_cleanup_json_ struct json_object *o = NULL;
		struct json_object *v;

		assert_true(stream_write(e.stream) >= 0);
		n = recv(e.peer, bytes, sizeof(bytes), 0);
		assert_true(n > 0);
		give(&back, bytes, (size_t)n);
		while (stream_read(back.stream) == 1)
			while (stream_next(back.stream, &o) == 1) {
				json_object_object_get_ex(o, "n", &v);
				assert_int_equal(json_object_get_int(v), taken++);
				json_object_put(take_ptr(o));
			}
	}
	assert_int_equal(stream_pending(e.stream), 0);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static ino_t inode(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

/* Both ends are streams here, and @kept is how many descriptors the receiving one keeps. */
struct pair {
	struct stream *from;
	struct stream *to;
};

static struct pair pair_new(unsigned int kept)
{
	struct stream_limits receiving = limits;
	struct pair p;
	int fds[2];

	receiving.fds_max = kept;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(stream_new(fds[0], &limits, &p.from), 0);
	assert_int_equal(stream_new(fds[1], &receiving, &p.to), 0);
	return p;
}

static void pair_done(struct pair *p)
{
	stream_free(p->from);
	stream_free(p->to);
}

/* Sends messages, each with a memfd of its own, and returns the inodes. */
static void send_with_fds(struct pair *p, ino_t *inodes, int n)
{
	_cleanup_json_ struct json_object *o = sample("{\"a\":1}");

	for (int i = 0; i < n; i++) {
		int fd = memfd_create("x", MFD_CLOEXEC);

		inodes[i] = inode(fd);
		assert_int_equal(stream_queue(p->from, o, fd), 0);
		assert_int_equal(stream_queue(p->from, o, -1), 0);
	}
	assert_int_equal(stream_pending_fds(p->from), n);
	assert_int_equal(stream_write(p->from), 1);
	assert_int_equal(stream_pending_fds(p->from), 0);
}

static void receive_all(struct pair *p)
{
	int r;

	while ((r = stream_read(p->to)) == 1) {
		_cleanup_json_ struct json_object *o = NULL;

		while (stream_next(p->to, &o) == 1)
			json_object_put(take_ptr(o));
	}
	assert_int_equal(r, 0);
}

static void passes_fds(void **state)
{
	_cleanup_(pair_done) struct pair p = pair_new(4);
	ino_t inodes[3];
	int before = open_fds();

	send_with_fds(&p, inodes, 3);
	assert_int_equal(open_fds(), before);
	receive_all(&p);
	for (int i = 0; i < 3; i++) {
		int fd = stream_take_fd(p.to);

		assert_true(fd >= 0);
		assert_int_equal(inode(fd), inodes[i]);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
	assert_int_equal(stream_take_fd(p.to), -EBADF);
}

static void keeps_no_more_fds_than_allowed(void **state)
{
	_cleanup_(pair_done) struct pair p = pair_new(2);
	ino_t inodes[4];
	int before = open_fds();

	send_with_fds(&p, inodes, 4);
	receive_all(&p);
	assert_int_equal(open_fds(), before + 2);
	close(stream_take_fd(p.to));
	close(stream_take_fd(p.to));
	assert_int_equal(stream_take_fd(p.to), -EBADF);
}

static void takes_no_fds_unasked(void **state)
{
	_cleanup_(pair_done) struct pair p = pair_new(0);
	ino_t inodes[4];
	int before = open_fds();

	send_with_fds(&p, inodes, 4);
	receive_all(&p);
	assert_int_equal(open_fds(), before);
	assert_int_equal(stream_take_fd(p.to), -EBADF);
}

static void closes_what_it_holds(void **state)
{
	int before = open_fds();
	struct pair p = pair_new(4);
	ino_t inodes[2];
	_cleanup_json_ struct json_object *o = sample("{\"a\":1}");

	send_with_fds(&p, inodes, 2);
	receive_all(&p);
	assert_int_equal(stream_queue(p.from, o, memfd_create("x", MFD_CLOEXEC)), 0);
	pair_done(&p);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_anywhere),
		cmocka_unit_test(takes_byte_by_byte),
		cmocka_unit_test(takes_pipelined),
		cmocka_unit_test(limits_length),
		cmocka_unit_test(limits_unfinished),
		cmocka_unit_test(refuses_no_objects),
		cmocka_unit_test(tells_end),
		cmocka_unit_test(writes),
		cmocka_unit_test(limits_output),
		cmocka_unit_test(waits_for_slow_reader),
		cmocka_unit_test(passes_fds),
		cmocka_unit_test(keeps_no_more_fds_than_allowed),
		cmocka_unit_test(takes_no_fds_unasked),
		cmocka_unit_test(closes_what_it_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
