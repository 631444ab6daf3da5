/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "policy/mistake.h"

static void mistake_done(struct mistake *m)
{
	free(m->file);
	free(m->field);
	free(m->what);
	free(m->remedy);
}

void mistakes_done(struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++)
		mistake_done(&m->list[i]);
	free(m->list);
	*m = (struct mistakes){};
}

static void add(struct mistakes *m, const struct place_in_file *at, const char *remedy,
		const char *what, bool warning)
{
	struct mistake new = {
		.file = utf8_clean(at->file),
		.line = at->line,
		.field = utf8_clean(at->field ?: ""),
		.what = what ? utf8_clean(what) : NULL,
		.remedy = remedy ? utf8_clean(remedy) : NULL,
		.warning = warning,
	};

	/* Counted in any case: a policy is not to pass because a message could not be made. */
	m->n_errors += !warning;
	if (!new.file || !new.field || !new.what || (remedy && !new.remedy) ||
	    array_push(m->list, m->n, new) < 0) {
		mistake_done(&new);
		m->out_of_memory = true;
	}
}

void mistake_add(struct mistakes *m, const struct place_in_file *at, bool warning,
		 const char *remedy, const char *format, va_list ap)
{
	_cleanup_free_ char *what = NULL;

	if (vasprintf(&what, format, ap) < 0)
		what = NULL;
	add(m, at, remedy, what, warning);
}

char *mistake_text(const struct mistake *m)
{
	char line[16] = "", *text;

	if (m->line)
		snprintf(line, sizeof(line), "%u:", m->line);
	return asprintf(&text, "%s:%s %s%s%s", m->file, line, m->field, *m->field ? ": " : "",
			m->what) < 0 ?
		       NULL :
		       text;
}
