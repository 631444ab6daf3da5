/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any tree that a captured machine may consist of: built in a folder, read,
 * all pairs judged and put into words, all block devices followed, and then
 * changed, event by event. The input is lines:
 *
 *	F PATH         a function below devices/, with its link
 *	C PATH TYPE ACS SIZE  its configuration space, see tests/mock/tree.h
 *	f PATH TEXT    a file
 *	b PATH HEX     a file of any bytes
 *	l PATH TARGET  a link with just these words
 *	p PATH         a pipe
 *	d PATH         gone, with all below it if it is an empty folder
 *	E PATH         an event, for which what comes before it is done first
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "topology/block.h"
#include "topology/path.h"
#include "topology/reason.h"
#include "topology/scan.h"
#include "tests/mock/tree.h"
#include "tests/fuzz/fuzz.h"

#define LINES_MAX 200
#define PAIRS_MAX 400

/* ---- building, without ever leaving the folder ------------------------- */

/* The folder of @path, made if need be, by no link; its last component is *name. */
static int folder_of(int root, const char *path, char name[static NAME_MAX + 1])
{
	int dir = fcntl(root, F_DUPFD_CLOEXEC, 0);

	while (dir >= 0) {
		size_t n = strcspn(path, "/");
		int next;

		if (n == 0 || n > NAME_MAX || strncmp(path, "..", n) == 0)
			break;
		memcpy(name, path, n);
		name[n] = '\0';
		if (!path[n])
			return dir;
		mkdirat(dir, name, 0777);
		next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(dir);
		dir = next;
		path += n + 1;
	}
	if (dir >= 0)
		close(dir);
	return -1;
}

static void put(int root, const char *path, const void *bytes, size_t n)
{
	_cleanup_close_ int dir = -1, fd = -1;
	char name[NAME_MAX + 1];

	dir = folder_of(root, path, name);
	if (dir < 0)
		return;
	unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd >= 0 && write(fd, bytes, n) < 0)
		err(1, "%s", path);
}

static void put_link(int root, const char *path, const char *target)
{
	char name[NAME_MAX + 1];
	_cleanup_close_ int dir = folder_of(root, path, name);

	if (dir >= 0 && *target && symlinkat(target, dir, name) < 0 && errno != EEXIST &&
	    errno != ENAMETOOLONG)
		err(1, "%s", path);
}

static void put_pipe(int root, const char *path)
{
	char name[NAME_MAX + 1];
	_cleanup_close_ int dir = folder_of(root, path, name);

	if (dir >= 0)
		mkfifoat(dir, name, 0666);
}

static void take_away(int root, const char *path)
{
	char name[NAME_MAX + 1];
	_cleanup_close_ int dir = folder_of(root, path, name);

	if (dir >= 0 && unlinkat(dir, name, 0) < 0)
		unlinkat(dir, name, AT_REMOVEDIR);
}

static void put_function(int root, const char *path)
{
	char link[PATH_MAX], target[PATH_MAX], file[PATH_MAX];

	snprintf(file, sizeof(file), "devices/%.900s/class", path);
	put(root, file, "0x010802\n", 9);
	snprintf(link, sizeof(link), "bus/pci/devices/%.250s", path_last(path));
	snprintf(target, sizeof(target), "../../../devices/%.900s", path);
	put_link(root, link, target);
}

static void put_config(int root, char *path)
{
	struct tree_config c = { .type = -1, .acs = -1 };
	uint8_t bytes[TREE_CONFIG_SIZE];
	unsigned int size = sizeof(bytes);
	char *numbers = strchr(path, ' '), file[PATH_MAX];

	if (numbers) {
		*numbers++ = '\0';
		sscanf(numbers, "%3d %5x %4u", &c.type, (unsigned int *)&c.acs, &size);
	}
	c.type &= 15;
	c.acs = c.acs < 0 ? -1 : c.acs & 0xffff;
	c.header = c.type >= TOPOLOGY_TYPE_ROOT_PORT;
	tree_config_fill(&c, bytes);
	snprintf(file, sizeof(file), "devices/%.900s/config", path);
	put(root, file, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
}

static void put_bytes(int root, const char *path, const char *hex)
{
	uint8_t bytes[1024];
	unsigned int byte;
	size_t n = 0;

	for (; n < sizeof(bytes) && sscanf(hex, "%2x", &byte) == 1 && hex[1]; hex += 2)
		bytes[n++] = (uint8_t)byte;
	put(root, path, bytes, n);
}

static void put_text(int root, const char *path, char *text)
{
	size_t n = strlen(text);

	/* The line's end is the attribute's. */
	text[n] = '\n';
	put(root, path, text, n + 1);
	text[n] = '\0';
}

/* ---- reading, and what must hold --------------------------------------- */

static void check_text(const char *text)
{
	_cleanup_free_ char *clean = text ? utf8_clean(text) : NULL;

	must(!text || strcmp(text, clean) == 0);
}

static void check_model(const struct topology *t)
{
	for (size_t i = 0; i < t->n_functions; i++) {
		const struct topology_function *f = t->functions[i];
		size_t depth = 0;

		must(topology_find(t, &f->address) == f);
		for (const struct topology_function *p = f->parent; p; p = p->parent) {
			must(p->root == f->root && topology_find(t, &p->address) == p);
			must(depth++ < t->n_functions);
		}
		check_text(f->driver);
		check_text(f->serial);
		check_text(f->model);
	}
}

/* From here to the bridge above both, nothing redirects and all is known. */
static bool is_straight(const struct topology_function *f, const struct topology_function *common)
{
	for (;; f = f->parent) {
		if (f->acs.state == TOPOLOGY_ACS_UNKNOWN || f->acs.control & PATH_ACS_REDIRECTS)
			return false;
		if (f == common)
			return true;
	}
}

static void judge(const struct topology *t, const struct topology_function *provider,
		  const struct topology_function *client)
{
	const struct topology_function *common = topology_common(provider, client);
	_cleanup_(reason_done) struct reason reason = {};
	_cleanup_(path_done) struct path path = {};
	struct verdict v;

	if (path_find(t, provider, client, &path) < 0)
		return;
	path_judge(&path, &t->cpu, &v);
	if (v.verdict == P2PMEM_VERDICT_BUS && provider != client)
		must(common && is_straight(provider, common) && is_straight(client, common));
	must(reason_for_path(&path, &t->cpu, &v, NULL, &reason) == 0);
	check_text(reason.why);
}

static void judge_all(const struct topology *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_functions; i++)
		for (size_t k = 0; k < t->n_functions && n < PAIRS_MAX; k++, n++)
			judge(t, t->functions[i], t->functions[k]);
}

static int takes_all(unsigned int major, unsigned int minor, void *userdata)
{
	return 1;
}

static void check_layer(const struct layer *l)
{
	_cleanup_free_ char *why = NULL;
	const char *remedy;

	must(layer_reason(l, &why, &remedy) == 0);
	must(!why == (l->passes == LAYER_PASSES_YES) && !remedy == !why);
	check_text(why);
}

/* Whatever their queues say: what never passes does not, and a yes has functions. */
static void check_target(const struct block_target *t)
{
	const struct layer *refusal = block_refusal(t);

	must(t->n_layers > 0);
	must(refusal || t->n_functions > 0);
	for (size_t i = 0; i < t->n_layers; i++) {
		const struct layer *l = &t->layers[i];

		check_layer(l);
		must(refusal || (l->passes == LAYER_PASSES_YES && layer_asks_kernel(l)));
	}
}

static int follow_block(const char *name, void *userdata)
{
	_cleanup_(block_target_done) struct block_target target = {};
	unsigned int major, minor;

	if (sscanf(name, "%u:%u", &major, &minor) != 2 ||
	    block_resolve(userdata, major, minor, "6.12.0", &target) < 0)
		return 0;
	check_target(&target);
	block_ask(&target, takes_all, NULL);
	check_target(&target);
	return 0;
}

static int find_block(const char *name, void *userdata)
{
	unsigned int major, minor;

	block_find(userdata, name, &major, &minor);
	return 0;
}

static void read_all(struct sysfs *s, struct topology *t)
{
	topology_done(t);
	if (topology_scan(s, t) < 0)
		return;
	check_model(t);
	judge_all(t);
	sysfs_each(s, "dev/block", follow_block, s);
	sysfs_each(s, "class/block", find_block, s);
	find_block("data", s);
}

static void follow_event(struct sysfs *s, struct topology *t, const char *path, bool *scanned)
{
	if (!*scanned)
		read_all(s, t);
	*scanned = true;
	if (topology_update(s, t, path) == TOPOLOGY_STALE)
		read_all(s, t);
	check_model(t);
}

/* ---- one input --------------------------------------------------------- */

static void do_line(struct sysfs *s, struct topology *t, int root, char *line, bool *scanned)
{
	char *path = line + 2, *rest;

	if (strlen(line) < 3 || line[1] != ' ' || strlen(path) > 1000)
		return;
	rest = strchr(path, ' ');
	if (rest && strchr("fbl", line[0]))
		*rest++ = '\0';
	if (line[0] == 'F')
		put_function(root, path);
	else if (line[0] == 'C')
		put_config(root, path);
	else if (line[0] == 'f' && rest)
		put_text(root, path, rest);
	else if (line[0] == 'b' && rest)
		put_bytes(root, path, rest);
	else if (line[0] == 'l' && rest)
		put_link(root, path, rest);
	else if (line[0] == 'p')
		put_pipe(root, path);
	else if (line[0] == 'd')
		take_away(root, path);
	else if (line[0] == 'E')
		follow_event(s, t, path, scanned);
}

static void run(const char *folder, char *text)
{
	_cleanup_close_ int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(topology_done) struct topology t = {};
	_cleanup_(sysfs_done) struct sysfs s = {};
	char *position, *line = strtok_r(text, "\n", &position);
	bool scanned = false;

	must(sysfs_open(folder, &s) == 0);
	for (int i = 0; line && i < LINES_MAX; i++, line = strtok_r(NULL, "\n", &position))
		do_line(&s, &t, root, line, &scanned);
	if (!scanned)
		read_all(&s, &t);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char folder[] = "/tmp/p2pmem-fuzz-XXXXXX", *text = malloc(size + 2);

	if (!text || !mkdtemp(folder))
		err(1, "%s", folder);
	memcpy(text, data, size);
	/* Room for the line's end that a text gets. */
	text[size] = text[size + 1] = '\0';
	run(folder, text);
	free(text);
	nftw(folder, remove_one, 64, FTW_DEPTH | FTW_PHYS);
	return 0;
}
