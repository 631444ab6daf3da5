/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "daemon/peer.h"

static int read_groups(int fd, gid_t **ret, size_t *ret_n)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	/* Asking for no room tells how much is needed. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	if (size > 0) {
		groups = malloc(size);
		if (!groups)
			return -ENOMEM;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
			return -errno;
	}
	*ret = take_ptr(groups);
	*ret_n = size / sizeof(gid_t);
	return 0;
}

int peer_read(int fd, struct peer *ret)
{
	struct peer p = {};
	struct ucred cred;
	socklen_t size = sizeof(cred);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	r = read_groups(fd, &p.groups, &p.n_groups);
	if (r < 0)
		return r;
	p.uid = cred.uid;
	p.gid = cred.gid;
	p.pid = cred.pid;
	*ret = p;
	return 0;
}

void peer_done(struct peer *p)
{
	free(p->groups);
	*p = (struct peer){};
}
