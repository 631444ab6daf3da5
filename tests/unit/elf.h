/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files like those of kernel modules, as small as can be. */
#pragma once

#include <elf.h>
#include <endian.h>
#include <string.h>

struct elf {
	size_t n;
	unsigned char bytes[1024];
};

static inline Elf64_Off elf_put(struct elf *e, const void *data, size_t n)
{
	Elf64_Off at = e->n;

	memcpy(e->bytes + e->n, data, n);
	e->n += n;
	return at;
}

/* With these strings, and @end behind all of it. The headers are at an odd place. */
static inline struct elf elf_make(const char *modinfo, size_t n, const char *end)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	struct elf e = { .n = sizeof(Elf64_Ehdr) };
	Elf64_Shdr sections[3] = { 0 };
	Elf64_Ehdr h = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				      BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB },
			 .e_type = ET_REL,
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 3,
			 .e_shstrndx = 2 };

	sections[1] = (Elf64_Shdr){ .sh_name = 1, .sh_size = n };
	sections[1].sh_offset = elf_put(&e, modinfo, n);
	sections[2] = (Elf64_Shdr){ .sh_name = 10, .sh_size = sizeof(names) };
	sections[2].sh_offset = elf_put(&e, names, sizeof(names));
	e.n |= 1;
	h.e_shoff = elf_put(&e, sections, sizeof(sections));
	memcpy(e.bytes, &h, sizeof(h));
	elf_put(&e, end, strlen(end));
	return e;
}
