/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "daemon/block_cache.h"

/* Who asks for more different ones than this waits for sysfs. */
#define ENTRIES_MAX 64U

struct block_entry {
	struct block_entry *next;
	unsigned int major;
	unsigned int minor;
	struct block_target target;
};

void block_cache_clear(struct block_cache *c)
{
	while (c->first) {
		struct block_entry *e = c->first;

		c->first = e->next;
		block_target_done(&e->target);
		free(e);
	}
	c->n = 0;
}

static struct block_entry *find(const struct block_cache *c, unsigned int major, unsigned int minor)
{
	struct block_entry *e = c->first;

	while (e && (e->major != major || e->minor != minor))
		e = e->next;
	return e;
}

/* As block_resolve() leaves it: what the driver said before is not known any more. */
static void forget_answers(struct block_target *t, const char *release)
{
	for (size_t i = 0; i < t->n_layers; i++) {
		t->layers[i].passes = layer_known(&t->layers[i], release);
		t->layers[i].inherited = false;
	}
}

static int add(struct block_cache *c, const struct sysfs *s, unsigned int major, unsigned int minor,
	       const char *release, struct block_entry **ret)
{
	_cleanup_free_ struct block_entry *e = calloc(1, sizeof(*e));
	int r = e ? block_resolve(s, major, minor, release, &e->target) : -ENOMEM;

	if (r < 0)
		return r;
	if (c->n == ENTRIES_MAX)
		block_cache_clear(c);
	e->major = major;
	e->minor = minor;
	e->next = c->first;
	c->first = e;
	c->n++;
	*ret = take_ptr(e);
	return 0;
}

int block_cache_get(struct block_cache *c, const struct sysfs *s, unsigned int major,
		    unsigned int minor, const char *release, struct block_target **ret)
{
	struct block_entry *e = find(c, major, minor);
	int r;

	if (e) {
		forget_answers(&e->target, release);
	} else {
		r = add(c, s, major, minor, release, &e);
		if (r < 0)
			return r;
	}
	*ret = &e->target;
	return 0;
}
