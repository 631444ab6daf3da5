/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Archives of reports. One that is read comes from a stranger: it may hold
 * folders, files and links that stay inside, up to limits of number, size,
 * depth and length, and nothing else.
 */
#pragma once

/*
 * Unpacks a compressed tar archive into the empty folder @into. -errno; then
 * @ret_why may be a sentence about it, and @into holds some of it.
 * -EINTR: a signal is pending.
 */
int archive_unpack(int fd, const char *into, char **ret_why);
