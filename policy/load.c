/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "policy/load.h"
#include "policy/text.h"

const char *const policy_folders[] = { POLICY_FOLDER, POLICY_FOLDER_SHIPPED, NULL };

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* ---- one file -------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static void
refuse_file(const char *path, struct mistakes *m, const char *remedy, const char *format, ...)
{
	const struct place_in_file at = { path, 0, NULL };
	va_list ap;

	va_start(ap, format);
	mistake_add(m, &at, false, remedy, format, ap);
	va_end(ap);
}

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Says what keeps it from being read; what has no content only takes a place. */
static bool is_readable(const char *path, const struct stat *st, struct mistakes *m)
{
	if (is_null_device(st) || (S_ISREG(st->st_mode) && st->st_size == 0))
		return false;
	if (!S_ISREG(st->st_mode)) {
		refuse_file(path, m, "Put a file there, or a link to one.", "is no regular file");
		return false;
	}
	if (st->st_mode & S_IWOTH) {
		refuse_file(path, m, "chmod o-w it.",
			    "may be written by everybody, so anybody could have made these rules");
		return false;
	}
	return true;
}

static int read_file(const char *path, int fd, struct mistakes *m, char **ret, size_t *ret_n)
{
	_cleanup_free_ char *text = malloc(TEXT_SIZE_MAX + 1);
	size_t n = 0;
	ssize_t r;

	if (!text)
		return -ENOMEM;
	/* One byte more than there may be, so that it is noticed. */
	while ((r = read(fd, text + n, TEXT_SIZE_MAX + 1 - n)) != 0) {
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0) {
			refuse_file(path, m, NULL, "%s", strerror(errno));
			return 0;
		}
		n += (size_t)r;
	}
	*ret = take_ptr(text);
	*ret_n = n;
	return 0;
}

static int load_file(const char *path, const struct policy_directory *d, struct policy *policy,
		     struct mistakes *m)
{
	/* Without waiting for a writer, should it be a pipe. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t n = 0;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		refuse_file(path, m, NULL, "%s", strerror(errno));
		return 0;
	}
	if (!is_readable(path, &st, m))
		return 0;
	r = read_file(path, fd, m, &text, &n);
	return r < 0 || !text ? r : policy_parse(path, text, n, d, policy, m);
}

int policy_load_files(char *const *files, size_t n, const struct policy_directory *d,
		      struct policy *ret, struct mistakes *m)
{
	_cleanup_(policy_done) struct policy policy = {};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = load_file(files[i], d, &policy, m);
	if (r == 0 && m->out_of_memory)
		r = -ENOMEM;
	if (r == 0 && m->n_errors > 0)
		r = -EBADMSG;
	if (r < 0)
		return r;
	*ret = policy;
	policy = (struct policy){};
	return 0;
}

/* ---- sets of files --------------------------------------------------- */

struct files {
	char **paths;
	size_t n;
};

static void files_done(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->paths[i]);
	free(f->paths);
}

static const char *file_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static bool has_name(const struct files *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(file_name(f->paths[i]), name) == 0)
			return true;
	return false;
}

static int add_path(struct files *f, const char *folder, const char *name)
{
	char *path;
	int r = asprintf(&path, "%s/%s", folder, name);

	if (r < 0)
		return -ENOMEM;
	r = array_push(f->paths, f->n, path);
	if (r < 0)
		free(path);
	return r;
}

static bool is_policy_name(const char *name)
{
	size_t n = strlen(name);

	return *name != '.' && n > strlen(".json") &&
	       strcmp(name + n - strlen(".json"), ".json") == 0;
}

static int add_dropins(struct files *f, const char *folder, struct mistakes *m)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(closedirp) DIR *d = NULL;
	struct dirent *e;
	int r = asprintf(&path, "%s/policy.d", folder);

	if (r < 0) {
		path = NULL;
		return -ENOMEM;
	}
	d = opendir(path);
	if (!d) {
		if (errno != ENOENT)
			refuse_file(path, m, NULL, "%s", strerror(errno));
		return 0;
	}
	for (r = 0; r == 0 && (errno = 0, e = readdir(d));)
		if (is_policy_name(e->d_name) && !has_name(f, e->d_name))
			r = add_path(f, path, e->d_name);
	if (r == 0 && errno)
		refuse_file(path, m, NULL, "%s", strerror(errno));
	return r;
}

static int compare(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(file_name(*a), file_name(*b));
}

static bool exists(const char *path)
{
	struct stat st;

	/* What cannot be looked at is not passed over but fails when it is opened. */
	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static int add_main(struct files *f, const char *const *folders)
{
	for (; *folders; folders++) {
		int r = add_path(f, *folders, "policy.json");

		if (r < 0 || exists(f->paths[f->n - 1]))
			return r;
		free(f->paths[--f->n]);
	}
	return 0;
}

int policy_load(const char *const *folders, const struct policy_directory *d, struct policy *ret,
		struct mistakes *m)
{
	_cleanup_(files_done) struct files files = {};
	int r = 0;

	for (const char *const *folder = folders; r == 0 && *folder; folder++)
		r = add_dropins(&files, *folder, m);
	if (r == 0 && files.n > 1)
		qsort(files.paths, files.n, sizeof(*files.paths), compare);
	if (r == 0)
		r = add_main(&files, folders);
	return r < 0 ? r : policy_load_files(files.paths, files.n, d, ret, m);
}
