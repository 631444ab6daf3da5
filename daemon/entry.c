/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/utf8.h"
#include "daemon/entry.h"

static entry_sink test_sink;

void entry_set_sink(entry_sink sink)
{
	test_sink = sink;
}

static void add(struct entry *e, const char *name, const char *value)
{
	char *field;
	int n;

	n = asprintf(&field, "%s=%s", name, value);
	if (n >= 0)
		e->fields[e->n++] = (struct iovec){ field, (size_t)n };
}

/* The last two are for what every entry ends with. */
static void add_own(struct entry *e, const char *name, const char *value)
{
	if (e->n < ENTRY_FIELDS_MAX - 2)
		add(e, name, value);
}

void entry_begin(struct entry *e, int priority, const char *id)
{
	*e = (struct entry){ .priority = priority };
	add(e, "MESSAGE_ID", id);
}

/* The cut may be in the middle of a character, so it comes first. */
static char *clean(const char *value)
{
	_cleanup_free_ char *cut = strndup(value, ENTRY_VALUE_MAX);

	return cut ? utf8_clean(cut) : NULL;
}

void entry_text(struct entry *e, const char *name, const char *value)
{
	_cleanup_free_ char *text = value ? clean(value) : NULL;

	if (text)
		add_own(e, name, text);
}

void entry_number(struct entry *e, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_own(e, name, text);
}

static void pass_on(struct entry *e, const char *message)
{
	bool to_journal = test_sink || log_is_journal();

	if (to_journal) {
		add(e, "PRIORITY", (const char[]){ (char)('0' + e->priority), '\0' });
		add(e, "MESSAGE", message);
	}
	if (test_sink)
		test_sink(e->fields, e->n);
	else if (!to_journal || sd_journal_sendv(e->fields, (int)e->n) < 0)
		log_line(e->priority, "%s", message);
}

void entry_send(struct entry *e, const char *format, ...)
{
	_cleanup_free_ char *message = NULL;
	char line[ENTRY_VALUE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	message = clean(line);
	if (e->priority <= log_max())
		pass_on(e, message ?: "(no memory for a message)");
	for (size_t i = 0; i < e->n; i++)
		free(e->fields[i].iov_base);
	*e = (struct entry){};
}
