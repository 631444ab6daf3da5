/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "client/ctl_scratch.h"
#include "client/endpoint.h"
#include "client/say.h"
#include "client/size.h"

const char *scratch_kind_name(enum scratch_kind kind)
{
	static const char *const names[] = {
		[SCRATCH_NONE] = "none",
		[SCRATCH_FILE] = "file",
		[SCRATCH_RANGE] = "range",
	};

	return names[kind];
}

void scratch_close(struct scratch *s)
{
	close_fd(&s->fd);
	free(s->path);
	*s = (struct scratch){ .fd = -1 };
}

int scratch_parse_range(const struct verb *v, const char *text, struct scratch_options *o)
{
	_cleanup_free_ char *offset = strdup(text);
	char *length = offset ? strchr(offset, '+') : NULL;

	if (!offset)
		return no_memory();
	if (length)
		*length++ = '\0';
	if (!length || size_parse(offset, &o->offset) < 0 || size_parse(length, &o->length) < 0 ||
	    o->length == 0) {
		problem("--destroy takes where and how much, like 0+16M or 4G+64M, not '%s'", text);
		return usage_hint(v);
	}
	o->destroy = true;
	return -1;
}

static int keep(struct endpoint *e, enum scratch_kind kind, uint64_t offset, uint64_t length,
		struct scratch *ret)
{
	struct scratch s = { .kind = kind,
			     .path = strdup(e->path),
			     .offset = offset,
			     .length = length,
			     .align = e->align };

	if (!s.path) {
		endpoint_close(e, false);
		return no_memory();
	}
	s.fd = take_fd(&e->fd);
	*ret = s;
	return STATUS_OK;
}

static int check_range(const struct endpoint *e, const struct scratch_options *o)
{
	if (o->offset % e->align || o->length % e->align) {
		problem("--destroy: %s wants multiples of %zu bytes", e->path, e->align);
		return STATUS_USAGE;
	}
	if (o->offset > e->size || o->length > e->size - o->offset) {
		problem("--destroy: %s ends at byte %" PRIu64, e->path, e->size);
		return STATUS_TOO_SMALL;
	}
	return STATUS_OK;
}

/* Exclusively: what is mounted or otherwise in use is refused. */
static int open_range(struct endpoint *e, const struct scratch_options *o, struct scratch *ret)
{
	int status;

	if (e->kind != ENDPOINT_BLOCK) {
		problem("--destroy is for block devices, and %s is none", e->path);
		remedy("--file makes a file of its own");
		return STATUS_USAGE;
	}
	status = endpoint_open_destination(e);
	if (status == STATUS_OK)
		status = check_range(e, o);
	if (status != STATUS_OK) {
		endpoint_close(e, false);
		return status;
	}
	return keep(e, SCRATCH_RANGE, o->offset, o->length, ret);
}

static int open_to_read(struct endpoint *e, const struct scratch_options *o, struct scratch *ret)
{
	int status = endpoint_open_source(e);
	uint64_t length = e->size < o->size ? e->size : o->size;

	if (status == STATUS_OK) {
		length &= ~((uint64_t)e->align - 1);
		if (length == 0) {
			problem("%s has less than a block of %zu bytes to read", e->path, e->align);
			status = STATUS_TOO_SMALL;
		}
	}
	if (status != STATUS_OK) {
		endpoint_close(e, false);
		return status;
	}
	return keep(e, SCRATCH_NONE, 0, length, ret);
}

static int open_given_file(const char *path, const struct scratch_options *o, dev_t device,
			   struct scratch *ret)
{
	struct scratch s = { .fd = -1 };
	struct stat st;
	int status = scratch_file_open(o->file, o->size, &s);

	if (status != STATUS_OK)
		return status;
	if (fstat(s.fd, &st) < 0 || !scratch_is_on(st.st_dev, device)) {
		problem("%s is not on %s", o->file, path);
		remedy("name a folder of a file system on %s", path);
		scratch_close(&s);
		return STATUS_USAGE;
	}
	*ret = s;
	return STATUS_OK;
}

static int open_device(const char *path, const struct scratch_options *o, bool look,
		       struct scratch *ret)
{
	struct endpoint e = { .fd = -1 };
	int status = endpoint_look(path, &e);

	if (status != STATUS_OK)
		return status;
	if (o->file)
		return open_given_file(path, o, e.device, ret);
	if (o->destroy)
		return open_range(&e, o, ret);
	if (look && e.kind == ENDPOINT_BLOCK) {
		status = scratch_file_find(e.device, o->size, ret);
		if (status != STATUS_OK || ret->kind != SCRATCH_NONE)
			return status;
	}
	return open_to_read(&e, o, ret);
}

static int wrong_for_folder(const char *path)
{
	problem("%s is a folder: the file is made there", path);
	remedy("leave --file and --destroy out");
	return STATUS_USAGE;
}

int scratch_open(const char *path, const struct scratch_options *o, bool look, struct scratch *ret)
{
	struct stat st;

	*ret = (struct scratch){ .fd = -1 };
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return open_device(path, o, look, ret);
	if (o->file || o->destroy)
		return wrong_for_folder(path);
	return scratch_file_open(path, o->size, ret);
}
