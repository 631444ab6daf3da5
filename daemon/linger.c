/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/epoll.h>

#include "common/cleanup.h"
#include "daemon/linger.h"
#include "daemon/reply.h"

struct linger {
	struct linger *next;
	struct lingers *all;
	struct user *user;
	sd_event_source *io;
	int fd;
};

static void linger_free(struct linger *l)
{
	sd_event_source_disable_unref(l->io);
	close_fd(&l->fd);
	l->user->unread--;
	users_put(l->all->users, l->user);
	free(l);
}

static void take_out(struct linger *l)
{
	struct linger **p = &l->all->first;

	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	l->all->n--;
}

/* Each time that something is read, or the other end is closed. */
static int on_change(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct linger *l = userdata;
	struct lingers *all = l->all;
	struct user *u = l->user;

	if (!reply_is_read(fd))
		return 0;
	take_out(l);
	u->references++;
	linger_free(l);
	all->taken(u, all->userdata);
	users_put(all->users, u);
	return 0;
}

int lingers_add(struct lingers *ls, int fd, struct user *u)
{
	struct linger *l = calloc(1, sizeof(*l));
	int r;

	if (!l) {
		close_fd(&fd);
		u->unread--;
		return -ENOMEM;
	}
	u->references++;
	*l = (struct linger){ .all = ls, .user = u, .fd = fd };
	r = sd_event_add_io(ls->event, &l->io, fd, EPOLLOUT | EPOLLET, on_change, l);
	if (r < 0) {
		linger_free(l);
		return r;
	}
	l->next = ls->first;
	ls->first = l;
	ls->n++;
	return 0;
}

void lingers_done(struct lingers *ls)
{
	while (ls->first) {
		struct linger *l = ls->first;

		take_out(l);
		linger_free(l);
	}
}
