/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * report: one archive with what a bug report needs. Everything is collected
 * first and shown, then written to a file that was not there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/utf8.h"
#include "client/ctl.h"
#include "client/report.h"
#include "client/say.h"

struct options {
	const char *file; /* NULL: a name with the time of day */
	bool yes;
	bool list; /* show all names, write nothing */
	bool no_serials;
};

/* -1: go on, otherwise an exit status. */
static int parse(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "yes", no_argument, NULL, 'y' },
		{ "list", no_argument, NULL, 'l' },
		{ "no-serials", no_argument, NULL, 's' },
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, ":hy", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			verb_print_help(&verb_report);
			return STATUS_OK;
		case 'y':
			ret->yes = true;
			break;
		case 'l':
			ret->list = true;
			break;
		case 's':
			ret->no_serials = true;
			break;
		default:
			return option_problem(&verb_report, c, argv);
		}
	}
	if (argc - optind > 1) {
		problem("report takes one file, not '%s' as well", argv[optind + 1]);
		return usage_hint(&verb_report);
	}
	ret->file = argv[optind];
	return -1;
}

static int collect(struct report *r)
{
	_cleanup_(sysfs_done) struct sysfs s = {};
	struct utsname u;
	int err;

	if (uname(&u) < 0)
		return -errno;
	err = sysfs_open("/sys", &s);
	if (err == 0)
		err = report_sysfs(r, &s);
	if (err == 0)
		err = report_system(r, "", u.release);
	if (err == 0)
		err = report_verbs(r);
	if (err == 0)
		err = report_kernel_log(r);
	if (err == 0 && geteuid() != 0)
		err = report_note(r,
				  "Configuration space of PCI functions: 64 bytes of each, without "
				  "ACS; root may read all of it.");
	if (err == 0)
		err = report_note(r, "Made by p2pmemctl %s.", P2PMEM_VERSION);
	if (err == 0)
		err = report_add_text(r, "report/notes.txt", r->notes);
	report_sort(r);
	return err;
}

static bool is_sysfs(const struct report_entry *e)
{
	return strncmp(e->path, "sys/", 4) == 0;
}

static void show_entry(const struct report_entry *e)
{
	_cleanup_free_ char *path = utf8_clean(e->path);

	if (!path)
		return;
	if (e->data)
		printf("  %8zu  %s\n", e->size, path);
	else
		printf("  %8s  %s\n", e->target ? "link" : "folder", path);
}

/* Sysfs is many files of few bytes, so it is one line unless all are wanted. */
static void show_entries(const struct report *r, bool all)
{
	size_t n = 0, size = 0;

	printf("The report will contain, in bytes:\n");
	for (size_t i = 0; i < r->n_entries; i++) {
		const struct report_entry *e = &r->entries[i];

		if (all || !is_sysfs(e)) {
			show_entry(e);
			continue;
		}
		n++;
		size += e->size;
	}
	if (n)
		printf("  %8zu  sys/: PCI and block devices, %zu files and links (--list names them)\n",
		       size, n);
}

static void show_privacy(const struct report *r)
{
	printf("\nPrivate in it: which PCI and block devices there are, with models, sizes,\n"
	       "%s,\n"
	       "leases, your own or, for root, all, with numbers for tenants, rules and names;\n"
	       "what the drivers say in the kernel's log. Not in it: names of hosts and users,\n"
	       "network addresses, UUIDs, of configuration space all but how functions hang\n"
	       "together, what is on any drive, and of the kernel's command line all but options\n"
	       "about PCI, IOMMU and NVMe.\n",
	       r->hide_serials ?
		       "no serial numbers or names of logical volumes" :
		       "serial numbers and names of logical volumes (--no-serials hides them)");
	if (r->notes)
		printf("\nNot in it, and remarks:\n%s", r->notes);
	fflush(stdout);
}

/* -1: go on, otherwise an exit status. */
static int confirm(const char *file)
{
	char answer[16];

	if (!isatty(STDIN_FILENO)) {
		problem("nothing is written without a yes");
		remedy("p2pmemctl report --yes, once you have read what it contains");
		return STATUS_USAGE;
	}
	putchar('\n');
	say(stdout, "Write it to %s? (y/N)", file);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y')) {
		say(stdout, "Nothing was written.");
		return STATUS_OK;
	}
	return -1;
}

static int write_file(const struct report *r, const char *file)
{
	_cleanup_close_ int fd =
		open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err;

	if (fd < 0 && errno == EEXIST) {
		problem("%s is there already", file);
		remedy("name another file");
		return STATUS_FAILURE;
	}
	if (fd < 0) {
		problem("%s could not be made: %s", file, strerror(errno));
		return STATUS_FAILURE;
	}
	err = report_write(r, fd);
	if (err == 0 && fsync(fd) < 0)
		err = -errno;
	if (err == 0)
		return STATUS_OK;
	unlink(file);
	problem("%s could not be written: %s", file, strerror(-err));
	return STATUS_FAILURE;
}

static int save(const struct report *r, const struct options *o)
{
	char name[64] = "";
	time_t now = time(NULL);
	struct tm tm;
	int status;

	if (!o->file && localtime_r(&now, &tm))
		strftime(name, sizeof(name), REPORT_FOLDER "-%Y%m%d-%H%M%S.tar.gz", &tm);
	status = o->yes ? -1 : confirm(o->file ? o->file : name);
	if (status >= 0)
		return status;
	status = write_file(r, o->file ? o->file : name);
	if (status == STATUS_OK)
		say(stdout,
		    "\nWritten to %s, readable by you alone. To look at it: p2pmemctl --sysfs "
		    "%s doctor",
		    o->file ? o->file : name, o->file ? o->file : name);
	return status;
}

static int run_report(int argc, char **argv)
{
	_cleanup_(report_done) struct report r = {};
	struct options o = {};
	int err, status = parse(argc, argv, &o);

	if (status >= 0)
		return status;
	r.hide_serials = o.no_serials;
	err = collect(&r);
	if (err == -ENOMEM)
		return no_memory();
	if (err < 0) {
		problem("the report could not be collected: %s", strerror(-err));
		return STATUS_FAILURE;
	}
	show_entries(&r, o.list);
	show_privacy(&r);
	return o.list ? STATUS_OK : save(&r, &o);
}

const struct verb verb_report = {
	.name = "report",
	.arguments = "[FILE]",
	.summary = "Writes what a bug report needs into one archive, and says first what",
	.help = "Options:\n"
		"      --list           names everything that would be in it, and writes nothing\n"
		"      --no-serials     numbers serials and logical volumes (serial-1, volume-1)\n"
		"                       instead of telling them\n"
		"  -y, --yes            does not ask; needed without a terminal\n"
		"  -h, --help           this text\n\n"
		"FILE must not be there yet. As root it has more in it: the ACS of all ports,\n"
		"all leases, and the kernel's log. p2pmemctl --sysfs FILE reads it.\n",
	.run = run_report,
};
