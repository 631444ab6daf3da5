/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/varlink.h"
#include "daemon/reply.h"

static int queue(struct stream *s, struct json_object *message, int fd)
{
	_cleanup_json_ struct json_object *m = message;
	_cleanup_close_ int owned = fd;

	return m ? stream_queue(s, m, take_fd(&owned)) : -ENOMEM;
}

int reply_queue_list(struct stream *s, struct json_object *list, bool more)
{
	size_t n = json_object_array_length(list);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		r = queue(s, varlink_reply_new(json_object_get(item), more || i + 1 < n), -1);
	}
	return r;
}

int reply_queue(struct stream *s, struct answer *a)
{
	return a->list ? reply_queue_list(s, a->list, false) : reply_queue_part(s, a, true);
}

int reply_queue_part(struct stream *s, struct answer *a, bool last)
{
	if (a->error)
		return queue(s, varlink_error_new(a->error, take_ptr(a->parameters)), -1);
	if (!a->parameters)
		a->parameters = json_object_new_object();
	return queue(s, varlink_reply_new(take_ptr(a->parameters), !last), take_fd(&a->fd));
}

/*
 * The kernel counts what is unread with the size of its buffers. It tells that
 * one was freed before it takes the last byte of it off the count.
 */
bool reply_is_read(int socket)
{
	int unread;

	return ioctl(socket, SIOCOUTQ, &unread) == 0 && unread <= 1;
}
