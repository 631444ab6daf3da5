/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The monitor on events of udev, which umockdev sends, and the broker on top
 * of it, put together as the manager does. Runs itself anew with umockdev
 * loaded before libc.
 */
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <libudev.h>
#include <umockdev.h>

#include "common/array.h"
#include "daemon/broker.h"
#include "daemon/monitor.h"
#include "tests/mock/driver.h"
#include "tests/mock/tree.h"
#include "tests/unit/unit.h"

#define PRELOAD "libumockdev-preload.so.0"
#define DRIVE_B "pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:01.0/0000:04:00.0"
#define DRIVE_D "pci0000:80/0000:80:01.0/0000:81:00.0"

/* What receiving fails with the next time; 0: it does not. */
static int receive_error;

/* In the place of libudev's: a socket that is full cannot be had of umockdev. */
struct udev_device *udev_monitor_receive_device(struct udev_monitor *m)
{
	static struct udev_device *(*receive)(struct udev_monitor *m);
	int error = receive_error;

	if (!receive)
		receive = (struct udev_device * (*)(struct udev_monitor *))
			dlsym(RTLD_NEXT, "udev_monitor_receive_device");
	receive_error = 0;
	errno = error;
	return error ? NULL : receive(m);
}

struct told {
	char *path;
	bool regions;
};

struct fixture {
	UMockdevTestbed *bed;
	char root[256];
	sd_event *event;
	struct monitor *monitor;
	struct mock_driver *driver;
	struct broker broker;
	struct told *told;
	size_t n_told;
};

static void on_change(const char *path, bool regions, void *userdata)
{
	struct fixture *f = userdata;
	struct told told = { .path = path ? strdup(path) : NULL, .regions = regions };

	broker_device_changed(&f->broker, path);
	assert_int_equal(array_push(f->told, f->n_told, told), 0);
}

static void on_drain(void *userdata)
{
	struct fixture *f = userdata;

	monitor_drain(f->monitor);
}

/* A device as udev wants it: with a subsystem and a file to write events to. */
static void make_known(struct fixture *f, const char *path, const char *subsystem)
{
	char file[512];

	snprintf(file, sizeof(file), "devices/%s/uevent", path);
	tree_file(f->root, file, "");
	snprintf(file, sizeof(file), "devices/%s/subsystem", path);
	tree_link(f->root, file, subsystem);
}

static void send(struct fixture *f, const char *path, const char *action)
{
	char device[512];

	snprintf(device, sizeof(device), "/sys/devices/%s", path);
	umockdev_testbed_uevent(f->bed, device, action);
}

static int set_up(void **state)
{
	static struct fixture f;
	const struct policy policy = {};
	char *root;

	f = (struct fixture){ .bed = umockdev_testbed_new() };
	assert_true(umockdev_in_mock_environment());
	root = umockdev_testbed_get_root_dir(f.bed);
	snprintf(f.root, sizeof(f.root), "%s/sys", root);
	g_free(root);
	tree_machine(f.root);
	assert_true(sd_event_new(&f.event) >= 0);
	assert_int_equal(monitor_new(f.event, on_change, &f, &f.monitor), 0);
	f.driver = mock_driver_new("/sys");
	assert_int_equal(broker_init(&f.broker, mock_driver_interface(f.driver), "/sys", &policy),
			 0);
	f.broker.watched = true;
	f.broker.drain = on_drain;
	f.broker.drain_userdata = &f;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	broker_done(&f->broker);
	mock_driver_free(f->driver);
	monitor_free(f->monitor);
	sd_event_unref(f->event);
	for (size_t i = 0; i < f->n_told; i++)
		free(f->told[i].path);
	free(f->told);
	g_object_unref(f->bed);
	return 0;
}

static void assert_told(const struct fixture *f, size_t i, const char *path, bool regions)
{
	assert_true(i < f->n_told);
	assert_string_equal(f->told[i].path, path);
	assert_int_equal(f->told[i].regions, regions);
}

static void tells(void **state)
{
	struct fixture *f = *state;

	make_known(f, DRIVE_B, "bus/pci");
	make_known(f, DRIVE_B "/nvme/nvme1/nvme1n1", "class/block");
	make_known(f, "virtual/p2pmem/p2pmem0", "class/p2pmem");
	make_known(f, "virtual/misc/p2pmem-control", "class/misc");
	make_known(f, "virtual/net/lo", "class/net");
	send(f, DRIVE_B, "add");
	send(f, "virtual/net/lo", "change");
	send(f, DRIVE_B "/nvme/nvme1/nvme1n1", "change");
	send(f, "virtual/p2pmem/p2pmem0", "remove");
	send(f, "virtual/misc/p2pmem-control", "add");
	monitor_drain(f->monitor);
	assert_int_equal(f->n_told, 4);
	assert_told(f, 0, "/devices/" DRIVE_B, false);
	assert_told(f, 1, "/devices/" DRIVE_B "/nvme/nvme1/nvme1n1", false);
	assert_told(f, 2, "/devices/virtual/p2pmem/p2pmem0", true);
	assert_told(f, 3, "/devices/virtual/misc/p2pmem-control", true);
}

static size_t count_devices(struct fixture *f)
{
	struct answer a = ANSWER_INIT;
	size_t n;

	assert_int_equal(broker_list_devices(&f->broker, &a), 0);
	n = json_object_array_length(a.list);
	answer_done(&a);
	return n;
}

/* A drive goes and comes back; each time the next answer knows. */
static void follows(void **state)
{
	struct fixture *f = *state;
	char link[512];
	size_t n;

	make_known(f, DRIVE_D, "bus/pci");
	n = count_devices(f);
	send(f, DRIVE_D, "remove");
	snprintf(link, sizeof(link), "%s/bus/pci/devices/0000:81:00.0", f->root);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(count_devices(f), n - 1);
	tree_link(f->root, "bus/pci/devices/0000:81:00.0", "devices/" DRIVE_D);
	assert_int_equal(count_devices(f), n - 1);
	send(f, DRIVE_D, "add");
	assert_int_equal(count_devices(f), n);
	assert_true(f->broker.topology_current);
}

/* The same by the event loop, which is told that there is something to read. */
static void wakes(void **state)
{
	struct fixture *f = *state;

	make_known(f, DRIVE_B, "bus/pci");
	send(f, DRIVE_B, "bind");
	assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	assert_int_equal(f->n_told, 1);
}

/* What was lost may have been anything, so all is looked at, once. */
static void loses(void **state)
{
	struct fixture *f = *state;
	char link[512];
	size_t n = count_devices(f);

	make_known(f, DRIVE_B, "bus/pci");
	snprintf(link, sizeof(link), "%s/bus/pci/devices/0000:81:00.0", f->root);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(count_devices(f), n);
	receive_error = ENOBUFS;
	send(f, DRIVE_B, "change");
	assert_int_equal(count_devices(f), n - 1);
	assert_int_equal(f->n_told, 1);
	assert_null(f->told[0].path);
	assert_true(f->told[0].regions);
	/* What came after it is still told, and changes nothing. */
	assert_int_equal(count_devices(f), n - 1);
	assert_int_equal(f->n_told, 2);
	assert_true(f->broker.topology_current);
}

/* By the time that an event is looked at, another may have undone it, or told of it first. */
static void out_of_order(void **state)
{
	struct fixture *f = *state;
	char link[512];
	size_t n = count_devices(f);

	make_known(f, DRIVE_D, "bus/pci");
	snprintf(link, sizeof(link), "%s/bus/pci/devices/0000:81:00.0", f->root);
	send(f, DRIVE_D, "remove");
	send(f, DRIVE_D, "remove");
	send(f, DRIVE_D, "add");
	send(f, DRIVE_D, "bind");
	assert_int_equal(count_devices(f), n);
	assert_int_equal(unlink(link), 0);
	send(f, DRIVE_D, "add");
	send(f, DRIVE_D, "unbind");
	assert_int_equal(count_devices(f), n - 1);
	send(f, DRIVE_D, "remove");
	assert_int_equal(count_devices(f), n - 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { TEST(tells), TEST(follows), TEST(wakes), TEST(loses),
					    TEST(out_of_order) };

	if (!getenv("LD_PRELOAD")) {
		setenv("LD_PRELOAD", PRELOAD, 1);
		execv("/proc/self/exe", argv);
		err(1, "/proc/self/exe");
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
