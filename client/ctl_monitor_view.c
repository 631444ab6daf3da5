/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of monitor: regions and leases as they are now, and what happened last. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "client/ctl.h"
#include "client/ctl_connect.h"
#include "client/ctl_monitor.h"
#include "client/ctl_tables.h"

#define LINES_MAX 64
#define ROWS_DEFAULT 24

/* The other screen of the terminal, so that what was on it comes back. */
#define ENTER "\x1b[?1049h"
#define LEAVE "\x1b[?1049l"
#define CLEAR "\x1b[H\x1b[J"

struct view {
	struct p2pmem_client *client;
	char *lines[LINES_MAX]; /* the last events; the next one goes to n_lines % LINES_MAX */
	size_t n_lines;
};

bool view_wanted(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* ---- begin and end ------------------------------------------------------- */

void view_leave(void)
{
	ssize_t n = write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);

	(void)n; /* nobody is there to see it */
}

void view_closep(struct view **view)
{
	struct view *v = *view;

	if (!v)
		return;
	fflush(stdout);
	view_leave();
	for (size_t i = 0; i < LINES_MAX; i++)
		free(v->lines[i]);
	p2pmem_client_free(v->client);
	free(v);
}

int view_open(struct view **ret)
{
	struct view *v = calloc(1, sizeof(*v));
	int status;

	if (!v)
		return no_memory();
	status = ctl_connect(&v->client);
	if (status != STATUS_OK) {
		free(v);
		return status;
	}
	fputs(ENTER, stdout);
	*ret = v;
	return STATUS_OK;
}

/* ---- what is on it ------------------------------------------------------- */

int view_add(struct view *v, struct json_object *event)
{
	char **line = &v->lines[v->n_lines % LINES_MAX], *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int r = f ? monitor_say(f, event) : -ENOMEM;

	if (f && fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		return r;
	}
	free(*line);
	*line = text;
	v->n_lines++;
	return 0;
}

static size_t rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row :
										 ROWS_DEFAULT;
}

/* Cuts a list after @n entries; says how many were cut off. */
static size_t cut(struct p2pmem_lease *l, size_t n)
{
	struct p2pmem_lease *rest;
	size_t more = 0;

	while (l && --n > 0)
		l = l->next;
	if (!l)
		return 0;
	rest = l->next;
	l->next = NULL;
	for (; rest; rest = rest->next)
		more++;
	return more;
}

static void draw_events(const struct view *v, size_t n)
{
	size_t first = v->n_lines > n ? v->n_lines - n : 0;

	for (size_t i = first; i < v->n_lines; i++)
		fputs(v->lines[i % LINES_MAX], stdout);
}

/* How many lines of the screen a list of regions needs, headings and distances included. */
static size_t lines_of(const struct p2pmem_region *r)
{
	size_t n = 2;

	for (; r; r = r->next)
		n += r->drained == P2PMEM_ANSWER_YES ? 2 : 1;
	return n;
}

static int draw(const struct view *v, const struct p2pmem_region *regions,
		struct p2pmem_lease *leases)
{
	size_t used = lines_of(regions), left = rows() > used + 8 ? rows() - used : 8;
	size_t shown = left / 2, more = leases ? cut(leases, shown) : 0;
	int status = STATUS_OK;

	fputs(CLEAR, stdout);
	if (regions)
		status = print_regions(regions);
	else
		puts("No regions.");
	putchar('\n');
	if (status == STATUS_OK && leases)
		status = print_leases(leases);
	else if (!leases)
		puts("No leases.");
	if (more > 0)
		printf("and %zu more\n", more);
	putchar('\n');
	draw_events(v, left - shown - 4 < LINES_MAX ? left - shown - 4 : LINES_MAX);
	return status == STATUS_OK ? 0 : -ENOMEM;
}

int view_draw(struct view *v)
{
	_cleanup_list_ struct p2pmem_region *regions = NULL;
	_cleanup_list_ struct p2pmem_lease *leases = NULL;
	int r = p2pmem_list_regions(v->client, &regions);

	if (r >= 0)
		r = p2pmem_list_leases(v->client, &leases);
	return r < 0 ? r : draw(v, regions, leases);
}
