/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module is an ELF object with a section .modinfo of strings KEY=VALUE, and
 * behind all that, if it is signed, the signature and a line that says so.
 */
#include <archive.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "common/utf8.h"
#include "client/module_file.h"

#define SIGNED "~Module signature appended~\n"
#define VERSION "version="

/* Larger than any module with debugging information in it, and harmless. */
#define FILE_MAX (64U << 20)

struct bytes {
	const char *data;
	size_t n;
};

void module_file_clear(struct module_file *m)
{
	free(m->version);
	*m = (struct module_file){};
}

/* ---- the object -------------------------------------------------------- */

/* Part of @whole, if it lies within. */
static bool slice(struct bytes whole, uint64_t offset, uint64_t n, struct bytes *ret)
{
	if (offset > whole.n || n > whole.n - offset)
		return false;
	*ret = (struct bytes){ whole.data + offset, n };
	return true;
}

static bool is_ours(const Elf64_Ehdr *h)
{
	const int order = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

	return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == order && h->e_shentsize == sizeof(Elf64_Shdr) &&
	       h->e_shstrndx < h->e_shnum;
}

static bool find_headers(struct bytes file, Elf64_Ehdr *ret_header, struct bytes *ret_sections)
{
	if (file.n < sizeof(*ret_header))
		return false;
	memcpy(ret_header, file.data, sizeof(*ret_header));
	return is_ours(ret_header) && slice(file, ret_header->e_shoff,
					    ret_header->e_shnum * sizeof(Elf64_Shdr), ret_sections);
}

/* By copying, as nothing says that they are aligned. */
static Elf64_Shdr section_at(struct bytes sections, size_t i)
{
	Elf64_Shdr s;

	memcpy(&s, sections.data + i * sizeof(s), sizeof(s));
	return s;
}

static bool is_called(struct bytes names, uint32_t offset, const char *name)
{
	const size_t n = strlen(name) + 1;

	return offset <= names.n && n <= names.n - offset &&
	       memcmp(names.data + offset, name, n) == 0;
}

static bool find_section(struct bytes file, const char *name, struct bytes *ret)
{
	struct bytes sections, names;
	Elf64_Ehdr header;
	Elf64_Shdr s;

	if (!find_headers(file, &header, &sections))
		return false;
	s = section_at(sections, header.e_shstrndx);
	if (!slice(file, s.sh_offset, s.sh_size, &names))
		return false;
	for (size_t i = 0; i < header.e_shnum; i++) {
		s = section_at(sections, i);
		if (is_called(names, s.sh_name, name))
			return slice(file, s.sh_offset, s.sh_size, ret);
	}
	return false;
}

static int read_version(struct bytes modinfo, char **ret)
{
	const size_t prefix = strlen(VERSION);

	while (modinfo.n) {
		size_t n = strnlen(modinfo.data, modinfo.n);

		if (n >= prefix && memcmp(modinfo.data, VERSION, prefix) == 0) {
			_cleanup_free_ char *raw = strndup(modinfo.data + prefix, n - prefix);

			*ret = raw ? utf8_clean(raw) : NULL;
			return *ret ? 0 : -ENOMEM;
		}
		n += n < modinfo.n;
		modinfo.data += n;
		modinfo.n -= n;
	}
	return 0;
}

int module_file_parse(const void *bytes, size_t n, struct module_file *ret)
{
	const struct bytes file = { bytes, n };
	const size_t end = strlen(SIGNED);
	struct module_file m = { .known = true };
	struct bytes modinfo;
	int r = 0;

	m.has_signature = n >= end && memcmp(file.data + n - end, SIGNED, end) == 0;
	if (find_section(file, ".modinfo", &modinfo))
		r = read_version(modinfo, &m.version);
	if (r == 0)
		*ret = m;
	return r;
}

/* ---- the file ---------------------------------------------------------- */

static void archive_freep(struct archive **a)
{
	archive_read_free(*a);
}

/* A plain file is read as it is. NULL: memory is short. */
static struct archive *open_raw(FILE *f)
{
	_cleanup_(archive_freep) struct archive *a = archive_read_new();

	if (!a)
		return NULL;
	/* A filter that this libarchive lacks leaves such files unread. */
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	archive_read_open_fd(a, fileno(f), 65536);
	return take_ptr(a);
}

/* All of it. 0: cannot be read. */
static int unpack(struct archive *a, char **ret, size_t *ret_n)
{
	_cleanup_free_ char *data = NULL;
	struct archive_entry *entry;
	size_t n = 0, room = 0;
	ssize_t got = 1;

	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return 0;
	while (got > 0) {
		char *more = data;

		if (n == room) {
			room = room ? 2 * room : 1U << 20;
			more = room <= FILE_MAX ? realloc(data, room) : NULL;
		}
		if (!more)
			return room <= FILE_MAX ? -ENOMEM : 0;
		data = more;
		got = archive_read_data(a, data + n, room - n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		return 0;
	*ret = take_ptr(data);
	*ret_n = n;
	return 1;
}

/* Of a captured machine, it must not lead to one of this machine. */
static bool stays_inside(const char *path)
{
	return *path != '/' && !strstr(path, "..");
}

int module_file_read(const char *root, const char *release, const char *path,
		     struct module_file *ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_(archive_freep) struct archive *a = NULL;
	_cleanup_free_ char *data = NULL;
	size_t n;
	int r;

	*ret = (struct module_file){};
	if (stays_inside(path))
		f = file_open("%s/lib/modules/%s/%s", root, release, path);
	if (!f)
		return 0;
	a = open_raw(f);
	if (!a)
		return -ENOMEM;
	r = unpack(a, &data, &n);
	return r <= 0 ? r : module_file_parse(data, n, ret);
}
