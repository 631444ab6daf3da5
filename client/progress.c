/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/progress.h"
#include "client/size.h"

#define INTERVAL_MS 100
#define WIDTH_DEFAULT 80
#define BAR_MAX 40

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t terminal_width(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return WIDTH_DEFAULT;
	return w.ws_col;
}

/* "4m05s left", or nothing as long as there is no rate to tell it from. */
static void format_left(uint64_t seconds, char *buf, size_t size)
{
	if (seconds >= 3600)
		snprintf(buf, size, "%" PRIu64 "h%02" PRIu64 "m left", seconds / 3600,
			 seconds / 60 % 60);
	else
		snprintf(buf, size, "%" PRIu64 "m%02" PRIu64 "s left", seconds / 60, seconds % 60);
}

static void format_bar(double share, size_t room, char *buf)
{
	size_t length = room > BAR_MAX ? BAR_MAX : room, filled = (size_t)(share * length);

	if (length < 4) {
		buf[0] = '\0';
		return;
	}
	buf[0] = '[';
	memset(buf + 1, '#', filled);
	memset(buf + 1 + filled, '.', length - filled);
	strcpy(buf + 1 + length, "] ");
}

void progress_format(const struct progress *p, uint64_t done, int64_t elapsed_ms, size_t width,
		     char *buf, size_t size)
{
	double share = p->size ? (double)done / p->size : 1;
	double rate = elapsed_ms > 0 ? done * 1000.0 / elapsed_ms : 0;
	char a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX], r[SIZE_TEXT_MAX], left[32] = "", bar[BAR_MAX + 4];
	char numbers[160];
	int used;

	if (rate > 0)
		format_left((uint64_t)((p->size - done) / rate + 0.5), left, sizeof(left));
	used = snprintf(numbers, sizeof(numbers), "%3d%%  %s of %s  %s/s  %s", (int)(share * 100),
			size_short(done, a), size_short(p->size, b), size_short((uint64_t)rate, r),
			left);
	/* A blank, the brackets with a blank, and the last column, which makes terminals wrap. */
	used += (int)strlen(p->what) + 5;
	format_bar(share, (int)width > used ? width - used : 0, bar);
	snprintf(buf, size < width ? size : width, "%s %s%s", p->what, bar, numbers);
}

void progress_begin(struct progress *p, const char *what, uint64_t size, bool quiet)
{
	*p = (struct progress){
		.what = what,
		.size = size,
		.shown = !quiet && isatty(STDERR_FILENO),
		.begin_ms = now_ms(),
	};
}

void progress_update(uint64_t done, void *data)
{
	struct progress *p = data;
	char text[256];
	int64_t now;

	if (!p->shown)
		return;
	now = now_ms();
	if (now - p->last_ms < INTERVAL_MS)
		return;
	p->last_ms = now;
	progress_format(p, done, now - p->begin_ms, terminal_width(), text, sizeof(text));
	fprintf(stderr, "\r%s\x1b[K", text);
}

void progress_end(struct progress *p)
{
	if (p->shown && p->last_ms)
		fputs("\r\x1b[K", stderr);
	p->shown = false;
}
