/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills the daemon where a test says: with P2PMEM_MOCK_KILL=POINT:N, at the
 * Nth time that it comes by. Points are before: and after: of alloc, revoke,
 * renameat, unlinkat and sendmsg, and after:events. While there is a file
 * P2PMEM_MOCK_FULL, nothing can be written, as in a full file system. The
 * daemon knows nothing of it: its system calls are wrapped by the linker.
 */
#pragma once

void kill_point(const char *point);
