/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/utf8.h"
#include "daemon/state.h"

#define ASIDE "aside"
#define UNFINISHED "unfinished"

static const char *const folders[STATE_KINDS] = {
	[STATE_LEASES] = "leases",
	[STATE_DRAINS] = "drains",
};

struct state {
	char *path;
	int fd; /* carries the lock */
	int folders[STATE_KINDS];
};

struct state *state_close(struct state *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < STATE_KINDS; i++)
		close_fd(&s->folders[i]);
	close_fd(&s->fd);
	free(s->path);
	free(s);
	return NULL;
}

static void state_closep(struct state **s)
{
	state_close(*s);
}

const char *state_path(const struct state *s)
{
	return s ? s->path : "";
}

/* ---- opening --------------------------------------------------------- */

static int open_folder(int at, const char *path)
{
	_cleanup_close_ int fd = -1;

	if (mkdirat(at, path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : take_fd(&fd);
}

/* Who can write here could have leases charged to others. */
static int check_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH) ? -EPERM : 0;
}

static int lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

static int open_folders(struct state *s)
{
	_cleanup_close_ int aside = open_folder(s->fd, ASIDE);

	if (aside < 0)
		return aside;
	for (size_t i = 0; i < STATE_KINDS; i++) {
		s->folders[i] = open_folder(s->fd, folders[i]);
		if (s->folders[i] < 0)
			return s->folders[i];
	}
	return 0;
}

static struct state *state_new(const char *path)
{
	struct state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = -1;
	for (size_t i = 0; i < STATE_KINDS; i++)
		s->folders[i] = -1;
	s->path = strdup(path);
	return s->path ? s : state_close(s);
}

int state_open(const char *path, struct state **ret)
{
	_cleanup_(state_closep) struct state *s = state_new(path);
	int r;

	if (!s)
		return -ENOMEM;
	s->fd = open_folder(AT_FDCWD, path);
	if (s->fd < 0)
		return s->fd;
	r = check_owner(s->fd);
	if (r == 0)
		r = lock(s->fd);
	if (r == 0)
		r = open_folders(s);
	if (r < 0)
		return r;
	/* Of a daemon that was killed while it wrote. */
	if (unlinkat(s->fd, UNFINISHED, 0) < 0 && errno != ENOENT)
		return -errno;
	*ret = take_ptr(s);
	return 0;
}

/* ---- writing --------------------------------------------------------- */

static int write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, text, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		n -= (size_t)written;
	}
	return 0;
}

static int write_unfinished(struct state *s, const char *text)
{
	_cleanup_close_ int fd = openat(
		s->fd, UNFINISHED, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : write_all(fd, text, strlen(text));
}

int state_write(struct state *s, enum state_kind kind, const char *name, const char *text)
{
	int r;

	if (!s)
		return 0;
	r = write_unfinished(s, text);
	if (r == 0 && renameat(s->fd, UNFINISHED, s->folders[kind], name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(s->fd, UNFINISHED, 0);
	return r;
}

int state_remove(struct state *s, enum state_kind kind, const char *name)
{
	if (s && unlinkat(s->folders[kind], name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* ---- reading --------------------------------------------------------- */

static int move_aside(struct state *s, enum state_kind kind, const char *name)
{
	_cleanup_close_ int aside = open_folder(s->fd, ASIDE);

	if (aside < 0)
		return aside;
	return renameat(s->folders[kind], name, aside, name) < 0 ? -errno : 0;
}

/* What cannot even be moved is no reason to pass over the others. */
static void put_aside(struct state *s, enum state_kind kind, const char *name)
{
	_cleanup_free_ char *clean = utf8_clean(name);
	int r = move_aside(s, kind, name);

	if (r < 0)
		log_warning("The file %s/%s/%s is none that this version writes, and cannot be "
			    "moved to %s/%s: %s.",
			    s->path, folders[kind], clean ?: "(unnamed)", s->path, ASIDE,
			    strerror(-r));
	else
		log_warning("The file %s/%s/%s is none that this version writes; it was moved to "
			    "%s/%s.",
			    s->path, folders[kind], clean ?: "(unnamed)", s->path, ASIDE);
}

/* The length of a file that is as it should be, or -errno. */
static ssize_t read_file(int folder, const char *name, char text[static STATE_FILE_MAX + 1])
{
	_cleanup_close_ int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	size_t n = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	while (n <= STATE_FILE_MAX) {
		ssize_t got = read(fd, text + n, STATE_FILE_MAX + 1 - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	if (n > STATE_FILE_MAX)
		return -EFBIG;
	text[n] = '\0';
	return (ssize_t)n;
}

/* Is it the file's own fault? All else may be better the next time, and the file is kept. */
static bool is_no_file_of_ours(ssize_t error)
{
	return error == -EBADMSG || error == -EFBIG || error == -ELOOP || error == -ENXIO ||
	       error == -EACCES;
}

static int read_one(struct state *s, enum state_kind kind, const char *name, char *text,
		    state_entry_fn entry, void *userdata)
{
	ssize_t n = read_file(s->folders[kind], name, text);
	int fate = STATE_PUT_ASIDE;

	if (n >= 0)
		fate = entry(name, text, (size_t)n, userdata);
	else if (!is_no_file_of_ours(n))
		return n == -ENOENT ? 0 : (int)n;
	if (fate == STATE_DROP)
		return state_remove(s, kind, name);
	if (fate != STATE_PUT_ASIDE)
		return fate;
	put_aside(s, kind, name);
	return 0;
}

/* Names first: what becomes of a file changes the folder. */
static int list_names(int folder, struct dirent ***ret)
{
	int n = scandirat(folder, ".", ret, NULL, alphasort);

	return n < 0 ? -errno : n;
}

int state_read(struct state *s, enum state_kind kind, state_entry_fn entry, void *userdata)
{
	_cleanup_free_ char *text = malloc(STATE_FILE_MAX + 1);
	struct dirent **names;
	int n, r = 0;

	if (!s)
		return 0;
	if (!text)
		return -ENOMEM;
	n = list_names(s->folders[kind], &names);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = read_one(s, kind, name, text, entry, userdata);
		free(names[i]);
	}
	free(names);
	return r;
}
