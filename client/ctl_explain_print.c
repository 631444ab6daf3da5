/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verdict on the first line, the reason and the remedy below it, the
 * layers of a block device, and each path as one walks it: from the memory up
 * to where requests turn, and down to the device.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "client/acs.h"
#include "client/ctl.h"
#include "client/ctl_explain.h"
#include "client/say.h"
#include "client/table.h"

#define BOTH_SIDES (P2PMEM_HOP_PROVIDER_SIDE | P2PMEM_HOP_CLIENT_SIDE)

static void print_verdict(enum p2pmem_verdict verdict)
{
	enum colour c = colour_wanted(stdout) ? verdict_colour(verdict) : COLOUR_NONE;

	printf("%s%s%s", colour_begin(c), p2pmem_verdict_name(verdict), colour_end(c));
}

static void print_words(const char *reason, const char *remedy_text, const char *cost)
{
	say(stdout, "reason: %s", reason);
	if (remedy_text)
		say(stdout, "remedy: %s", remedy_text);
	if (cost)
		say(stdout, "cost:   %s", cost);
}

/* ---- a path ---------------------------------------------------------- */

struct drawing {
	struct table *table;
	bool works; /* requests do go this way */
	const struct p2pmem_path_hop **hops; /* from the memory to the device */
	size_t n;
	size_t turn; /* of the last one where requests turn; n: nowhere */
};

/* What both sides share, but beyond the turn, is not on the way. */
static bool is_beyond(const struct p2pmem_path_hop *hop, bool turned)
{
	return turned && hop->sides == BOTH_SIDES;
}

static size_t count_hops(const struct p2pmem_path_hop *h)
{
	size_t n = 0;

	for (; h; h = h->next)
		n++;
	return n;
}

/*
 * Hops come from the memory up, and then from the device up: the second part
 * is turned round.
 */
static int order_hops(const struct p2pmem_path *p, struct drawing *d)
{
	size_t room = count_hops(p->hops), end = room;
	bool turned = false;

	d->hops = calloc(room + 1, sizeof(*d->hops));
	if (!d->hops)
		return -ENOMEM;
	for (const struct p2pmem_path_hop *h = p->hops; h; h = h->next)
		if (h->sides == P2PMEM_HOP_CLIENT_SIDE) {
			d->hops[--end] = h;
		} else if (!is_beyond(h, turned)) {
			d->hops[d->n++] = h;
			turned |= h->turn;
		}
	memmove(&d->hops[d->n], &d->hops[end], (room - end) * sizeof(*d->hops));
	d->n += room - end;
	return 0;
}

static const char *place_of(const struct drawing *d, size_t i)
{
	if (d->n == 1)
		return "both";
	if (i == 0)
		return "memory";
	if (i == d->n - 1)
		return "device";
	return d->hops[i]->turn ? "turn" : "|";
}

static const char *turn_words(const struct drawing *d, const struct p2pmem_path_hop *h)
{
	if (h->kind != P2PMEM_HOP_HOST_BRIDGE)
		return "turns here";
	return d->works ? "goes through here" : "would have to go through here";
}

static int add_marks(const struct drawing *d, const struct p2pmem_path_hop *h)
{
	_cleanup_free_ char *redirects = acs_redirects(h->redirects);
	const char *turn = h->turn ? turn_words(d, h) : "";

	if (!redirects)
		return -ENOMEM;
	if (*redirects && *turn)
		table_addf(d->table, "%s; %s", redirects, turn);
	else if (!h->acs_known)
		table_addf(d->table, "ACS could not be read%s%s", *turn ? "; " : "", turn);
	else
		table_add(d->table, *redirects ? redirects : *turn ? turn : " ");
	return 0;
}

static int add_hop(const struct drawing *d, size_t i)
{
	const struct p2pmem_path_hop *h = d->hops[i];
	char bits[ACS_TEXT_MAX];

	table_add(d->table, place_of(d, i));
	table_add(d->table, h->address);
	table_add(d->table, port_word(h->kind));
	table_addf(d->table, "%04x:%04x", h->vendor, h->device);
	table_add(d->table, h->kind == P2PMEM_HOP_HOST_BRIDGE ?
				    NULL :
				    acs_bits(h->acs_known, h->has_acs, h->acs_control, bits));
	return add_marks(d, h);
}

static int draw(struct drawing *d)
{
	static const char *const headings[] = { "PATH", "FUNCTION", "KIND", "ID", "ACS", " " };

	d->table = table_new(6);
	if (!d->table)
		return -ENOMEM;
	for (size_t i = 0; i < 6; i++)
		table_add_coloured(d->table, COLOUR_BOLD, headings[i]);
	for (size_t i = 0; i < d->n; i++)
		if (add_hop(d, i) < 0)
			return -ENOMEM;
	return table_print(d->table, stdout);
}

static int draw_path(const struct p2pmem_path *p)
{
	struct drawing d = { .works = p->verdict >= P2PMEM_VERDICT_BRIDGE };
	int r = order_hops(p, &d);

	if (r == 0 && d.n > 0) {
		putchar('\n');
		r = draw(&d);
	}
	table_free(d.table);
	free(d.hops);
	return r;
}

/* Of several, or where the kernel and the rules differ, the path has words of its own. */
static int print_path(const struct p2pmem_path *p, bool alone, const struct p2pmem_device *devices)
{
	_cleanup_free_ char *blocks = block_names(devices, p->device);

	if (!blocks)
		return -ENOMEM;
	if (!alone) {
		putchar('\n');
		print_verdict(p->verdict);
		say(stdout, ": path to %s%s%s%s", p->device, *blocks ? " (" : "", blocks,
		    *blocks ? ")" : "");
		print_words(p->reason, p->remedy, p->cost);
	}
	return draw_path(p);
}

/* ---- layers ---------------------------------------------------------- */

static const char *passes_word(enum p2pmem_answer passes)
{
	switch (passes) {
	case P2PMEM_ANSWER_YES:
		return "yes";
	case P2PMEM_ANSWER_NO:
		return "no";
	default:
		return "unknown";
	}
}

static int print_layers(const struct p2pmem_layer *layers)
{
	static const char *const headings[] = { "LAYER", "KIND", "P2P", " " };
	_cleanup_(table_freep) struct table *t = table_new(4);

	if (!t)
		return -ENOMEM;
	for (size_t i = 0; i < 4; i++)
		table_add_coloured(t, COLOUR_BOLD, headings[i]);
	for (; layers; layers = layers->next) {
		table_add(t, layers->name);
		table_add(t, layers->kind);
		table_add(t, passes_word(layers->passes));
		table_add(t, layers->reason ? layers->reason : " ");
	}
	putchar('\n');
	return table_print(t, stdout);
}

/* A plain device is a layer of its own, which says nothing new. */
static bool is_worth_showing(const struct p2pmem_layer *layers)
{
	return layers && (layers->next || layers->passes != P2PMEM_ANSWER_YES);
}

/* ---- all of it ------------------------------------------------------- */

static bool is_computed(const struct p2pmem_explanation *e)
{
	return e->paths && e->paths->source == P2PMEM_SOURCE_COMPUTED;
}

int print_explanation(const struct p2pmem_explanation *e, const struct p2pmem_device *devices)
{
	bool alone = e->paths && !e->paths->next;
	int r = 0;

	print_verdict(e->verdict);
	if (strcmp(e->region, e->provider) == 0)
		say(stdout, ": memory of %s, device %s", e->region, e->device);
	else
		say(stdout, ": memory of %s (%s), device %s", e->region, e->provider, e->device);
	print_words(e->reason, e->remedy, e->cost);
	if (is_computed(e))
		say(stdout,
		    "by:     the kernel's rules, on what sysfs shows; the kernel was not asked");
	if (is_worth_showing(e->layers))
		r = print_layers(e->layers);
	for (const struct p2pmem_path *p = e->paths; r == 0 && p; p = p->next)
		r = print_path(p, alone, devices);
	return r < 0 ? no_memory() : STATUS_OK;
}
