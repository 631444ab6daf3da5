/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket to listen on. Each returns a descriptor or -errno. */
#pragma once

/* As handed over by the service manager; -ENOENT if it handed over none. */
int listen_inherited(void);

/* Made by ourselves, in place of one that is left there; open to everyone, as the unit's is. */
int listen_path(const char *path);
