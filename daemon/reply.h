/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers as messages, and whether the peer has taken them. */
#pragma once

#include "common/stream.h"
#include "daemon/answer.h"

/* Queues what @a came to, and takes it. 0 or -errno. */
int reply_queue(struct stream *s, struct answer *a);

/* A reply for each of the list; @more will follow. */
int reply_queue_list(struct stream *s, struct json_object *list, bool more);

/* One of an answer in parts; more will follow unless it is the @last. */
int reply_queue_part(struct stream *s, struct answer *a, bool last);

/* Has the peer read all that was sent into the socket? */
bool reply_is_read(int socket);
