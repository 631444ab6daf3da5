/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.*: is the driver there, may it be loaded, is it, and does it fit? */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/files.h"
#include "client/doctor.h"

#define ENROL                                                                                     \
	"mokutil --import /var/lib/dkms/mok.pub (the key of DKMS; another one's certificate, if " \
	"another one signed it), then reboot and confirm on the console"

#define SIGN                                                                                     \
	"have it signed, which DKMS does by itself (dkms install p2pmem/" P2PMEM_VERSION         \
	" --force), or by hand: kmodsign sha512 KEY CERT p2pmem.ko; the kernel has to know the " \
	"key: " ENROL "; or switch Secure Boot off"

static void check_present(struct doctor *d)
{
	const struct machine *m = &d->world->machine;
	const char *release = m->release ? m->release : "of unknown version";

	if (m->module_file) {
		doctor_add(d, "module.present", DOCTOR_OK, "installed: %s", m->module_file);
	} else if (m->module_loaded) {
		doctor_add(
			d, "module.present", DOCTOR_WARNING,
			"the kernel module p2pmem is loaded, but not installed for this kernel (%s)",
			release);
		doctor_remedy(d, "after the next boot it would be missing; as root: make "
				 "install-driver, or install the package with it");
	} else {
		doctor_add(d, "module.present", DOCTOR_FAILURE,
			   "the kernel module p2pmem is not installed for this kernel (%s)",
			   release);
		doctor_remedy(d, "install it: make driver && make install-driver, or the package "
				 "with it");
		doctor_status(d, STATUS_NO_DRIVER);
	}
}

enum answer {
	NO,
	YES,
	CANNOT_SAY
};

static enum answer is_signed(const struct doctor *d)
{
	const struct module_file *m = &d->world->machine.installed;

	return !m->known ? CANNOT_SAY : m->has_signature ? YES : NO;
}

/* The kernel takes signed modules only: by its own setting, or because it is locked down. */
static enum answer is_enforced(const struct doctor *d)
{
	_cleanup_free_ char *enforce =
		file_first_line("%s/module/module/parameters/sig_enforce", d->sysfs);
	_cleanup_free_ char *lockdown = NULL;

	if (enforce && *enforce == 'Y')
		return YES;
	errno = 0;
	lockdown = file_first_line("%s/kernel/security/lockdown", d->sysfs);
	if (lockdown)
		return strstr(lockdown, "[none]") ? NO : YES;
	if (errno == EACCES || errno == EPERM)
		return CANNOT_SAY;
	/* A place to mount securityfs, as containers have it, with nothing there. */
	return file_exists("%s/kernel/security", d->sysfs) &&
			       !file_exists("%s/kernel/security/lsm", d->sysfs) ?
		       CANNOT_SAY :
		       NO;
}

static void check_enforced(struct doctor *d)
{
	switch (is_signed(d)) {
	case YES:
		doctor_add(
			d, "module.loadable", DOCTOR_INFO,
			"this kernel takes signed modules only, and p2pmem is signed; whether the "
			"kernel knows the key shows when it is loaded");
		doctor_remedy(d, "if that says that the key was rejected, as root: " ENROL);
		return;
	case NO:
		doctor_add(d, "module.loadable", DOCTOR_FAILURE,
			   "this kernel takes signed modules only (Secure Boot), and p2pmem is not "
			   "signed");
		doctor_status(d, STATUS_NO_DRIVER);
		break;
	default:
		doctor_add(
			d, "module.loadable", DOCTOR_UNKNOWN,
			"this kernel takes signed modules only (Secure Boot), and whether p2pmem "
			"is signed could not be read");
	}
	doctor_remedy(d, SIGN);
}

static void check_loadable(struct doctor *d)
{
	switch (is_enforced(d)) {
	case NO:
		doctor_add(d, "module.loadable", DOCTOR_OK,
			   "this kernel does not insist on signed modules");
		break;
	case YES:
		check_enforced(d);
		break;
	default:
		doctor_add(d, "module.loadable", DOCTOR_UNKNOWN,
			   "whether the kernel is locked down cannot be seen");
		doctor_remedy(d, "as root, and in no container: cat /sys/kernel/security/lockdown");
	}
}

/* Loaded before the kernel was locked down, or put in the place of a signed one since. */
static void check_next_boot(struct doctor *d)
{
	if (is_signed(d) != NO || is_enforced(d) != YES)
		return;
	doctor_add(d, "module.loadable", DOCTOR_WARNING,
		   "the kernel module p2pmem is loaded, but this kernel takes signed modules only "
		   "(Secure Boot) by now, and what is installed is not signed");
	doctor_remedy(d, "before the next boot: " SIGN);
}

static void check_loaded(struct doctor *d)
{
	const struct machine *m = &d->world->machine;

	if (m->module_loaded) {
		doctor_add(d, "module.loaded", DOCTOR_OK, "p2pmem %s is loaded",
			   m->module_version ? m->module_version : "of unknown version");
		return;
	}
	doctor_add(d, "module.loaded", DOCTOR_FAILURE, "the kernel module p2pmem is not loaded");
	if (m->kernel == KERNEL_WITHOUT_P2PDMA)
		doctor_remedy(d, "boot another kernel first: the module refuses this one, which is "
				 "built without PCI_P2PDMA");
	else if (m->module_file)
		doctor_remedy(d, "as root: modprobe p2pmem (it is installed: %s)", m->module_file);
	else
		doctor_remedy(d,
			      "as root: modprobe p2pmem, once it is installed for this kernel "
			      "(%s): make driver && make install-driver, or the package with it",
			      m->release ? m->release : "of unknown version");
	doctor_status(d, STATUS_NO_DRIVER);
}

/* Which outlives an upgrade, as unloading it would take what is lent. */
static void check_replaced(struct doctor *d)
{
	const struct machine *m = &d->world->machine;

	doctor_add(d, "module.version", DOCTOR_WARNING,
		   "the module that is loaded is p2pmem %s, and %s is installed", m->module_version,
		   m->installed.version);
	doctor_remedy(d,
		      "drain and reload, or reboot. As root: p2pmemctl drain REGION, for each of "
		      "them; modprobe -r p2pmem && modprobe p2pmem, once nobody has the nodes "
		      "open; then p2pmemctl undrain REGION");
}

static void check_version(struct doctor *d)
{
	const struct machine *m = &d->world->machine;

	if (machine_module_differs(m)) {
		check_replaced(d);
	} else if (!m->module_version) {
		doctor_add(d, "module.version", DOCTOR_UNKNOWN,
			   "the module that is loaded does not say its version");
		doctor_remedy(d, "modinfo -F version p2pmem says that of the installed one");
	} else if (strcmp(m->module_version, P2PMEM_VERSION) == 0) {
		doctor_add(d, "module.version", DOCTOR_OK, "%s, like this tool", m->module_version);
	} else {
		doctor_add(d, "module.version", DOCTOR_WARNING,
			   "the module is p2pmem %s, this tool is %s", m->module_version,
			   P2PMEM_VERSION);
		doctor_remedy(d, "install both of one version, then as root, when nothing is lent "
				 "(p2pmemctl leases) and nobody has the nodes open: modprobe -r "
				 "p2pmem && modprobe p2pmem");
	}
}

/* A folder that somebody copied by hand need not have what tells of modules. */
static bool is_captured(const struct doctor *d)
{
	return file_exists("%s/module", d->sysfs);
}

static void say_not_captured(struct doctor *d)
{
	doctor_add(d, "module.loaded", DOCTOR_UNKNOWN,
		   "whether the kernel module p2pmem is installed and loaded was not captured");
	doctor_remedy(d, "on that machine: p2pmemctl report");
}

void doctor_module(struct doctor *d)
{
	const struct world *w = d->world;

	/* A daemon that has its regions from it says more than this process may see. */
	if (!w->machine.module_loaded && world_uses_driver(w)) {
		doctor_add(d, "module.loaded", DOCTOR_OK, "the daemon uses the module");
		return;
	}
	if (!is_captured(d)) {
		say_not_captured(d);
		return;
	}
	/* In a container the module is the host's, and its file is not to be seen. */
	if (d->root && !doctor_in_container(d))
		check_present(d);
	if (!w->machine.module_loaded)
		check_loadable(d);
	else
		check_next_boot(d);
	check_loaded(d);
	if (w->machine.module_loaded)
		check_version(d);
}
