/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Buffers on their way to peers, and calls that wait until they were taken. */
#include <fcntl.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "daemon/reply.h"
#include "daemon/service.h"
#include "daemon/session_work.h"

struct json_object *session_take_held(struct session *s)
{
	s->user->held -= !!s->held;
	s->since.others = 0;
	return take_ptr(s->held);
}

void session_note_sent(struct session *s)
{
	if (s->unread)
		return;
	s->unread = true;
	s->user->unread++;
}

bool session_unread_is_taken(struct session *s)
{
	if (!s->unread)
		return true;
	if (stream_pending(s->stream) > 0 || !reply_is_read(stream_fd(s->stream)))
		return false;
	s->unread = false;
	s->since.descriptor = 0;
	s->user->unread--;
	s->host->taken(s->user, s->host->userdata);
	return true;
}

void session_look(struct session *s)
{
	if (!session_unread_is_taken(s))
		session_watch(s);
}

int session_take_unread(struct session *s)
{
	int fd;

	/* What was never sent goes with the stream. */
	if (!s->unread || stream_pending_fds(s->stream) > 0 || session_unread_is_taken(s))
		return -1;
	fd = fcntl(stream_fd(s->stream), F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	shutdown(fd, SHUT_RDWR);
	s->unread = false;
	return fd;
}

void session_hold(struct session *s, struct json_object *message)
{
	s->held = json_object_get(message);
	s->user->held++;
}

int session_refuse_hopeless(struct session *s)
{
	_cleanup_(answer_done) struct answer a = ANSWER_INIT;
	int r = answer_error_strings(
		&a, BROKER_INTERFACE ".NotPermitted", "reason",
		"connections of the same user were sent as many buffers as may be on their way, "
		"and do not read them",
		"remedy", "Have those programs read their replies, or end them.");

	s->hopeless = false;
	return r < 0 ? r : reply_queue(s->stream, &a);
}

bool session_has_to_wait(const struct session *s, const char *method)
{
	size_t most = s->host->allowance->unread_of_user;

	if (!service_lends(method) || s->user->unread < most)
		return false;
	s->host->look(s->user, s->host->userdata);
	return s->user->unread >= most;
}
