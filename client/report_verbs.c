/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What p2pmemctl itself says goes into a report as it is printed: the program
 * is run with each verb, as the caller, and sees what the caller may see.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "client/report.h"

/* With what serials and names are replaced by, still no more than archive.c takes. */
#define OUTPUT_MAX (12 << 20)
#define DEPTH_MAX 16

extern char **environ;

static int read_all(int fd, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, room = 0;
	ssize_t n;

	do {
		if (room - size < 4096) {
			char *more = size > OUTPUT_MAX ? NULL : realloc(text, room + 65536 + 1);

			if (!more)
				return size > OUTPUT_MAX ? -EFBIG : -ENOMEM;
			text = more;
			room += 65536;
		}
		n = read(fd, text + size, room - size);
		if (n < 0)
			return -errno;
		size += (size_t)n;
	} while (n > 0);
	text[size] = '\0';
	*ret = take_ptr(text);
	return 0;
}

/* What the verb says beside JSON would be said to nobody. */
static int start(const char *verb, int output, pid_t *ret)
{
	const char *const arguments[] = { "p2pmemctl", verb, "-o", "json", NULL };
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, 1);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn(ret, "/proc/self/exe", &actions, NULL, (char *const *)arguments,
				environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* The exit status, or -errno. */
static int run_verb(const char *verb, char **ret)
{
	_cleanup_close_ int out = -1, in = -1;
	int fds[2], r, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	out = fds[0];
	in = fds[1];
	r = start(verb, in, &pid);
	close_fd(&in);
	if (r < 0)
		return r;
	r = read_all(out, ret);
	close_fd(&out);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return r < 0 ? r : WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

static int hide_in(struct report *r, struct json_object *o);

/* By what the member @name of @o is replaced; NULL: it may be seen. */
static const char *kind_of(const struct report *r, struct json_object *o, const char *name)
{
	if (strcmp(name, "serial") == 0)
		return r->hide_serials ? "serial" : NULL;
	/* A lease: who people are, and what they call things. */
	if (!json_object_object_get_ex(o, "tenant", NULL))
		return NULL;
	if (strcmp(name, "tenant") == 0)
		return "tenant";
	if (strcmp(name, "rule") == 0)
		return "rule";
	return strcmp(name, "name") == 0 ? "name" : NULL;
}

static int hide_member(struct report *r, struct json_object *o, const char *name,
		       struct json_object *value)
{
	const char *kind = kind_of(r, o, name);
	_cleanup_free_ char *hidden = NULL;

	if (!kind || !json_object_is_type(value, json_type_string))
		return hide_in(r, value);
	hidden = report_replace(r, kind, json_object_get_string(value));
	/* The string is changed where it is: members are being walked. */
	return !hidden || json_object_set_string(value, hidden) != 1 ? -ENOMEM : 0;
}

static int hide_in(struct report *r, struct json_object *o)
{
	int err = 0;

	if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o) && err == 0; i++)
			err = hide_in(r, json_object_array_get_idx(o, i));
	} else if (json_object_is_type(o, json_type_object)) {
		/* Who asked for a lease: names all of it, and nothing of the machine. */
		if (json_object_object_get_ex(o, "tenant", NULL))
			json_object_object_del(o, "borrower");
		json_object_object_foreach(o, name, value) {
			err = hide_member(r, o, name, value);
			if (err < 0)
				break;
		}
	}
	return err;
}

int report_hide(struct report *r, char **text)
{
	_cleanup_json_ struct json_object *o = NULL;
	char *hidden;
	int err = json_parse(*text, strlen(*text), DEPTH_MAX, &o);

	if (err < 0)
		return err;
	err = hide_in(r, o);
	if (err < 0)
		return err;
	hidden = strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	if (!hidden)
		return -ENOMEM;
	free(*text);
	*text = hidden;
	return 0;
}

static int add_verb(struct report *r, const char *verb)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	int err, status = run_verb(verb, &text);

	if (status == -ENOMEM)
		return status;
	if (status < 0)
		return report_note(r, "p2pmemctl %s: %s.", verb, strerror(-status));
	if (!*text)
		return report_note(r, "p2pmemctl %s: exit status %d.", verb, status);
	err = report_hide(r, &text);
	if (err == -ENOMEM)
		return err;
	if (err < 0)
		return report_note(r, "p2pmemctl %s: what it printed is not JSON.", verb);
	snprintf(path, sizeof(path), "report/%s.json", verb);
	return report_add_text(r, path, text);
}

int report_verbs(struct report *r)
{
	static const char *const verbs[] = { "doctor", "list", "pairs", "topology", "leases" };
	int err = 0;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs) && err == 0; i++)
		err = add_verb(r, verbs[i]);
	return err;
}
