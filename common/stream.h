/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Varlink connection: JSON objects, each ended by a NUL byte, over a Unix
 * stream socket, with file descriptors beside them.
 *
 * A stream owns its socket, what has been read and not yet taken, and what has
 * been queued and not yet written. It never blocks: the owner polls the socket
 * for stream_events(), calls stream_read() and stream_write() when told, and
 * takes messages with stream_next() until there is none.
 *
 * Every byte from the peer is hostile until stream_next() returned it as an
 * object: length, nesting, UTF-8 and NUL in strings are checked there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <json-c/json.h>

struct stream;

struct stream_limits {
	size_t message_max; /* bytes of one incoming message, without its NUL */
	int depth_max; /* nesting of one incoming message */
	size_t values_max; /* in one incoming message; 0: as many as fit */
	size_t output_max; /* bytes queued and not yet written */
	unsigned int fds_max; /* incoming descriptors kept; 0: closed unseen */
};

/* Takes @fd over, also when it fails. Makes it non-blocking, close-on-exec. */
int stream_new(int fd, const struct stream_limits *limits, struct stream **ret);
struct stream *stream_free(struct stream *s);
void stream_freep(struct stream **s);

int stream_fd(const struct stream *s);

/* EPOLLIN, and EPOLLOUT while output is pending. */
unsigned int stream_events(const struct stream *s);

/*
 * Reads what is there, at most about one message_max.
 * 1: something arrived, 0: nothing at the moment, -EPIPE: the peer closed,
 * -EMSGSIZE: a message grew beyond message_max, other -errno: of the socket.
 */
int stream_read(struct stream *s);

/*
 * 1 and an object the caller owns, 0: no complete message, -EBADMSG: not a JSON
 * object, nested too deep, of too many values, not UTF-8, or with NUL in a string.
 */
int stream_next(struct stream *s, struct json_object **ret);

/* Is there a complete message, or only the beginning of one? */
bool stream_has_next(struct stream *s);
bool stream_has_part(struct stream *s);

/*
 * Hands over the oldest descriptor that came in, -EBADF if there is none. A
 * caller with one call outstanding gets those of its reply.
 */
int stream_take_fd(struct stream *s);

/*
 * Queues @message, and beside it @fd (owned by the stream from here on, also on
 * failure) unless it is -1. -ENOBUFS: output_max would be exceeded.
 */
int stream_queue(struct stream *s, struct json_object *message, int fd);

/* Writes what it can. 1: all written, 0: the socket is full, or -errno. */
int stream_write(struct stream *s);

/* Bytes queued and not written; descriptors queued and not written. */
size_t stream_pending(const struct stream *s);
size_t stream_pending_fds(const struct stream *s);
