/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes on a connection, in pieces as the first byte says. What comes out
 * as a message is clean, and comes back the same when it is sent.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/stream.h"
#include "common/utf8.h"
#include "common/varlink.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH_MAX 16

static const struct stream_limits limits = {
	.message_max = 2048,
	.depth_max = DEPTH_MAX,
	.output_max = 1 << 20,
};

static void check_call(struct json_object *message)
{
	struct varlink_call call;

	if (varlink_call_parse(message, &call) == 0)
		must(varlink_method_valid(call.method) || strlen(call.method) > 0);
}

static void check_reply(struct json_object *message)
{
	struct varlink_reply reply;

	if (varlink_reply_parse(message, &reply) == 0)
		must(!reply.error || *reply.error);
}

static void check_message(struct json_object *message)
{
	const char *text = json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN);
	_cleanup_json_ struct json_object *again = NULL;

	must(json_object_is_type(message, json_type_object));
	must(utf8_valid(text, strlen(text)));
	must(json_parse(text, strlen(text), DEPTH_MAX, &again) == 0);
	must(json_object_equal(message, again));
	check_call(message);
	check_reply(message);
}

/* 0: goes on, otherwise the connection is over. */
static int take(struct stream *s)
{
	for (;;) {
		_cleanup_json_ struct json_object *message = NULL;
		int r = stream_next(s, &message);

		must(r > 0 || !message);
		if (r <= 0)
			return r;
		check_message(message);
	}
}

static int receive(struct stream *s)
{
	int r;

	do {
		r = stream_read(s);
		if (r > 0 && take(s) < 0)
			return -EBADMSG;
	} while (r > 0);
	must(r == 0 || r == -EPIPE || r == -EMSGSIZE);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(stream_freep) struct stream *s = NULL;
	size_t piece = size > 0 ? data[0] + 1U : 1, at = 1;
	_cleanup_close_ int peer = -1;
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	peer = fds[1];
	must(stream_new(fds[0], &limits, &s) == 0);
	while (at < size) {
		size_t n = size - at < piece ? size - at : piece;

		must(send(peer, data + at, n, MSG_NOSIGNAL) == (ssize_t)n);
		at += n;
		if (receive(s) < 0)
			return 0;
	}
	close_fd(&peer);
	receive(s);
	return 0;
}
