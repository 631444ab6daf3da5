/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "client/report.h"

static void entry_clear(struct report_entry *e)
{
	free(e->path);
	free(e->data);
	free(e->target);
}

void report_done(struct report *r)
{
	for (size_t i = 0; i < r->n_entries; i++)
		entry_clear(&r->entries[i]);
	for (size_t i = 0; i < r->n_aliases; i++)
		free(r->aliases[i].value);
	free(r->entries);
	free(r->aliases);
	free(r->notes);
	*r = (struct report){};
}

static int add(struct report *r, struct report_entry e, bool whole)
{
	if (whole && array_push(r->entries, r->n_entries, e) == 0)
		return 0;
	entry_clear(&e);
	return -ENOMEM;
}

int report_add_file(struct report *r, char *path, char *data, size_t size)
{
	return add(r, (struct report_entry){ .path = path, .data = data, .size = size },
		   path && data);
}

int report_add_link(struct report *r, char *path, char *target)
{
	return add(r, (struct report_entry){ .path = path, .target = target }, path && target);
}

int report_add_folder(struct report *r, char *path)
{
	return add(r, (struct report_entry){ .path = path }, path);
}

int report_add_text(struct report *r, const char *path, const char *text)
{
	return report_add_file(r, strdup(path), strdup(text), strlen(text));
}

int report_note(struct report *r, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	char *longer;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&line, format, ap);
	va_end(ap);
	if (n < 0) {
		line = NULL;
		return -ENOMEM;
	}
	if (asprintf(&longer, "%s%s\n", r->notes ? r->notes : "", line) < 0)
		return -ENOMEM;
	free(r->notes);
	r->notes = longer;
	return 0;
}

/* Takes @value over. 0: memory is short. */
static unsigned int alias_number(struct report *r, const char *kind, char *value)
{
	struct report_alias new = { .kind = kind, .number = 1, .value = value };

	for (size_t i = 0; i < r->n_aliases; i++) {
		const struct report_alias *a = &r->aliases[i];

		if (strcmp(a->kind, kind) != 0)
			continue;
		if (strcmp(a->value, value) == 0) {
			free(value);
			return a->number;
		}
		new.number++;
	}
	if (array_push(r->aliases, r->n_aliases, new) == 0)
		return new.number;
	free(value);
	return 0;
}

char *report_replace(struct report *r, const char *kind, const char *value)
{
	/* Clean, as it is in what the verbs say. */
	char *clean = utf8_clean(value), *text;
	unsigned int n = clean ? alias_number(r, kind, clean) : 0;

	return n == 0 || asprintf(&text, "%s-%u", kind, n) < 0 ? NULL : text;
}

static bool is_uuid(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

void report_blank_uuids(char *text)
{
	for (; *text; text++) {
		if (!is_uuid(text))
			continue;
		for (; *text == '-' || isxdigit((unsigned char)*text); text++)
			if (*text != '-')
				*text = '0';
		text--;
	}
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct report_entry *)a)->path,
		      ((const struct report_entry *)b)->path);
}

/* A folder that has something in it need not be named. */
static bool is_superfluous(const struct report_entry *e, const struct report_entry *next)
{
	size_t n = strlen(e->path);

	if (strcmp(e->path, next->path) == 0)
		return true;
	return !e->data && !e->target && strncmp(e->path, next->path, n) == 0 &&
	       next->path[n] == '/';
}

void report_sort(struct report *r)
{
	size_t kept = 0;

	if (r->n_entries == 0)
		return;
	qsort(r->entries, r->n_entries, sizeof(*r->entries), by_path);
	for (size_t i = 0; i < r->n_entries; i++) {
		if (i + 1 < r->n_entries && is_superfluous(&r->entries[i], &r->entries[i + 1]))
			entry_clear(&r->entries[i]);
		else
			r->entries[kept++] = r->entries[i];
	}
	r->n_entries = kept;
}

static void writer_freep(struct archive **a)
{
	archive_write_free(*a);
}

static void entry_freep(struct archive_entry **e)
{
	archive_entry_free(*e);
}

static int failure_of(struct archive *a)
{
	int error = archive_errno(a);

	return error > 0 ? -error : -EIO;
}

/* Without owner or time: nothing of who wrote it. */
static int write_entry(struct archive *a, const struct report_entry *e)
{
	_cleanup_(entry_freep) struct archive_entry *out = archive_entry_new();
	_cleanup_free_ char *path = NULL;

	if (!out || asprintf(&path, REPORT_FOLDER "/%s", e->path) < 0)
		return -ENOMEM;
	archive_entry_set_pathname(out, path);
	archive_entry_set_filetype(out, e->target ? AE_IFLNK : e->data ? AE_IFREG : AE_IFDIR);
	archive_entry_set_perm(out, e->data ? 0644 : 0755);
	archive_entry_set_mtime(out, 0, 0);
	archive_entry_set_size(out, (la_int64_t)e->size);
	if (e->target)
		archive_entry_set_symlink(out, e->target);
	if (archive_write_header(a, out) != ARCHIVE_OK)
		return failure_of(a);
	if (e->size && archive_write_data(a, e->data, e->size) != (la_ssize_t)e->size)
		return failure_of(a);
	return 0;
}

int report_write(const struct report *r, int fd)
{
	_cleanup_(writer_freep) struct archive *a = archive_write_new();
	int err;

	if (!a || archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
	    archive_write_add_filter_gzip(a) != ARCHIVE_OK)
		return -ENOMEM;
	if (archive_write_open_fd(a, fd) != ARCHIVE_OK)
		return failure_of(a);
	for (size_t i = 0; i < r->n_entries; i++) {
		err = write_entry(a, &r->entries[i]);
		if (err < 0)
			return err;
	}
	return archive_write_close(a) == ARCHIVE_OK ? 0 : failure_of(a);
}
