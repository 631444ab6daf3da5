/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Input is one buffer of at most message_max bytes and a NUL: what was taken
 * is moved out before more is read. Output is a list of messages, each with
 * at most one descriptor, which goes out with its first byte; so a descriptor
 * is never ahead of its message nor behind its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/stream.h"

/* What is read at once to begin with. */
#define INPUT_FIRST 4096U

/* Most descriptors one recvmsg() can bring (SCM_MAX_FD of the kernel). */
#define FDS_PER_READ 253U

struct output {
	struct output *next;
	size_t length;
	size_t written;
	int fd;
	char data[];
};

struct stream {
	int fd;
	struct stream_limits limits;

	char *in;
	size_t in_size; /* allocated */
	size_t in_length; /* filled */
	size_t in_taken; /* of it, given out */
	size_t in_scanned; /* of it, known to hold no NUL behind in_taken */
	int *fds;
	unsigned int n_fds;

	struct output *out;
	struct output **out_tail;
	size_t pending;
	size_t pending_fds;
};

static struct output *output_free(struct output *o)
{
	if (!o)
		return NULL;
	close_fd(&o->fd);
	free(o);
	return NULL;
}

struct stream *stream_free(struct stream *s)
{
	if (!s)
		return NULL;
	while (s->out) {
		struct output *o = s->out;

		s->out = o->next;
		output_free(o);
	}
	while (s->n_fds > 0)
		close_fd(&s->fds[--s->n_fds]);
	free(s->fds);
	free(s->in);
	close_fd(&s->fd);
	free(s);
	return NULL;
}

void stream_freep(struct stream **s)
{
	stream_free(*s);
}

static int set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int stream_new(int fd, const struct stream_limits *limits, struct stream **ret)
{
	_cleanup_(stream_freep) struct stream *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		close_fd(&fd);
		return -ENOMEM;
	}
	s->fd = fd;
	s->limits = *limits;
	s->out_tail = &s->out;
	r = set_flags(fd);
	if (r < 0)
		return r;
	if (limits->fds_max > 0) {
		s->fds = calloc(limits->fds_max, sizeof(*s->fds));
		if (!s->fds)
			return -ENOMEM;
	}
	*ret = take_ptr(s);
	return 0;
}

int stream_fd(const struct stream *s)
{
	return s->fd;
}

unsigned int stream_events(const struct stream *s)
{
	return EPOLLIN | (s->out ? EPOLLOUT : 0);
}

size_t stream_pending(const struct stream *s)
{
	return s->pending;
}

size_t stream_pending_fds(const struct stream *s)
{
	return s->pending_fds;
}

static void drop_taken(struct stream *s)
{
	if (s->in_taken == 0)
		return;
	s->in_length -= s->in_taken;
	s->in_scanned -= s->in_taken;
	memmove(s->in, s->in + s->in_taken, s->in_length);
	s->in_taken = 0;
}

/* An idle connection keeps no buffer: there may be thousands. */
static void drop_input(struct stream *s)
{
	if (s->in_length > 0)
		return;
	free(s->in);
	s->in = NULL;
	s->in_size = 0;
}

/* Makes room behind in_length. 0: there is none to be had within the limit. */
static int grow_input(struct stream *s)
{
	size_t most = s->limits.message_max + 1, size = s->in_size ? s->in_size * 2 : INPUT_FIRST;
	char *p;

	if (s->in_length < s->in_size)
		return 1;
	if (s->in_size >= most)
		return 0;
	if (size > most)
		size = most;
	p = realloc(s->in, size);
	if (!p)
		return -ENOMEM;
	s->in = p;
	s->in_size = size;
	return 1;
}

static void keep_fds(struct stream *s, const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int fd = fds[i];

		if (s->n_fds < s->limits.fds_max)
			s->fds[s->n_fds++] = fd;
		else
			close_fd(&fd);
	}
}

/*
 * Without room for them the kernel drops descriptors before they become ours,
 * so a peer's file is neither opened nor closed here.
 */
static ssize_t receive(struct stream *s, struct iovec *iov)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * FDS_PER_READ)];
	} control;
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 1 };
	ssize_t n;

	if (s->limits.fds_max > 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
	}
	n = recvmsg(s->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			keep_fds(s, (const int *)CMSG_DATA(c),
				 (c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	return n;
}

static bool has_message(struct stream *s)
{
	const char *nul = s->in_scanned < s->in_length ?
				  memchr(s->in + s->in_scanned, 0, s->in_length - s->in_scanned) :
				  NULL;

	s->in_scanned = nul ? (size_t)(nul - s->in) : s->in_length;
	return nul;
}

bool stream_has_next(struct stream *s)
{
	return has_message(s);
}

bool stream_has_part(struct stream *s)
{
	return !has_message(s) && s->in_length > s->in_taken;
}

int stream_read(struct stream *s)
{
	struct iovec iov;
	ssize_t n;
	int r;

	drop_taken(s);
	r = grow_input(s);
	if (r < 0)
		return r;
	if (r == 0)
		return has_message(s) ? 1 : -EMSGSIZE;
	iov.iov_base = s->in + s->in_length;
	iov.iov_len = s->in_size - s->in_length;
	do
		n = receive(s, &iov);
	while (n == -EINTR);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n == 0 ? -EPIPE : (int)n;
	s->in_length += (size_t)n;
	if (!has_message(s) && s->in_length > s->limits.message_max)
		return -EMSGSIZE;
	return 1;
}

/*
 * Each value has one of these before it, but for the first. Those in strings
 * count as well: it is enough to know that there are not too many.
 */
static bool has_too_many(const char *text, size_t n, size_t max)
{
	size_t found = 0;

	for (size_t i = 0; max > 0 && i < n && found <= max; i++)
		found += text[i] == ',' || text[i] == ':' || text[i] == '[';
	return found > max;
}

static int parse(const struct stream *s, const char *text, size_t n, struct json_object **ret)
{
	if (has_too_many(text, n, s->limits.values_max))
		return -EBADMSG;
	return json_parse(text, n, s->limits.depth_max, ret);
}

int stream_next(struct stream *s, struct json_object **ret)
{
	size_t n;
	int r;

	if (!has_message(s)) {
		drop_taken(s);
		drop_input(s);
		return 0;
	}
	n = s->in_scanned - s->in_taken;
	r = parse(s, s->in + s->in_taken, n, ret);
	s->in_taken += n + 1;
	s->in_scanned = s->in_taken;
	if (s->in_taken == s->in_length) {
		drop_taken(s);
		drop_input(s);
	}
	return r < 0 ? r : 1;
}

int stream_take_fd(struct stream *s)
{
	int fd;

	if (s->n_fds == 0)
		return -EBADF;
	fd = s->fds[0];
	memmove(s->fds, s->fds + 1, --s->n_fds * sizeof(*s->fds));
	return fd;
}

static int output_new(struct json_object *message, struct output **ret)
{
	size_t length;
	struct output *o;
	const char *text = json_object_to_json_string_length(
		message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	if (!text)
		return -ENOMEM;
	o = malloc(sizeof(*o) + length + 1);
	if (!o)
		return -ENOMEM;
	*o = (struct output){ .length = length + 1, .fd = -1 };
	memcpy(o->data, text, length + 1);
	*ret = o;
	return 0;
}

int stream_queue(struct stream *s, struct json_object *message, int fd)
{
	_cleanup_close_ int owned = fd;
	struct output *o;
	int r = output_new(message, &o);

	if (r < 0)
		return r;
	if (o->length > s->limits.output_max || s->pending > s->limits.output_max - o->length) {
		output_free(o);
		return -ENOBUFS;
	}
	o->fd = take_fd(&owned);
	s->pending += o->length;
	s->pending_fds += o->fd >= 0;
	*s->out_tail = o;
	s->out_tail = &o->next;
	return 0;
}

static ssize_t send_output(struct stream *s, const struct output *o)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec iov = {
		.iov_base = (void *)(o->data + o->written),
		.iov_len = o->length - o->written,
	};
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (o->fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &o->fd, sizeof(int));
	}
	n = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

/* What was sent is gone: the descriptor with the first byte, the message with the last. */
static void advance(struct stream *s, struct output *o, size_t n)
{
	if (o->fd >= 0) {
		close_fd(&o->fd);
		s->pending_fds--;
	}
	o->written += n;
	s->pending -= n;
	if (o->written < o->length)
		return;
	s->out = o->next;
	if (!s->out)
		s->out_tail = &s->out;
	output_free(o);
}

int stream_write(struct stream *s)
{
	while (s->out) {
		ssize_t n = send_output(s, s->out);

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		advance(s, s->out, (size_t)n);
	}
	return 1;
}
