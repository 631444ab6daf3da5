/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mock/tree.h"

#define CLASS_BRIDGE "0x060400\n"
#define CLASS_NVME "0x010802\n"

__attribute__((format(printf, 2, 3))) static char *text(char buf[static PATH_MAX],
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vsnprintf(buf, PATH_MAX, format, args) >= PATH_MAX)
		errx(1, "path too long");
	va_end(args);
	return buf;
}

/* Makes the folders above @path. */
static void make_folders(const char *path)
{
	char copy[PATH_MAX];

	text(copy, "%s", path);
	for (char *p = copy + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			err(1, "%s", copy);
	}
}

void tree_file(const char *root, const char *path, const char *content)
{
	char full[PATH_MAX];
	FILE *f;

	make_folders(text(full, "%s/%s", root, path));
	f = fopen(full, "w");
	if (!f || fputs(content, f) < 0 || fclose(f) < 0)
		err(1, "%s", full);
}

void tree_link(const char *root, const char *path, const char *target)
{
	char full[PATH_MAX], up[PATH_MAX] = "", to[PATH_MAX];

	for (const char *p = path; (p = strchr(p, '/')); p++)
		strcat(up, "../");
	make_folders(text(full, "%s/%s", root, path));
	if (symlink(text(to, "%s%s", up, target), full) < 0)
		err(1, "%s", full);
}

static const char *last(const char *path)
{
	return strrchr(path, '/') + 1;
}

void tree_bytes(const char *root, const char *path, const void *bytes, size_t n)
{
	char full[PATH_MAX];
	FILE *f;

	make_folders(text(full, "%s/%s", root, path));
	f = fopen(full, "w");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) < 0)
		err(1, "%s", full);
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

/* The header of an extended capability of version 1. */
static void put_extended(uint8_t *bytes, unsigned int at, unsigned int id, unsigned int next)
{
	put16(bytes + at, id);
	put16(bytes + at + 2, next << 4 | 1);
}

void tree_config_fill(const struct tree_config *config, uint8_t bytes[static TREE_CONFIG_SIZE])
{
	memset(bytes, 0, TREE_CONFIG_SIZE);
	put16(bytes, 0x1b36);
	put16(bytes + 2, 0x0010);
	bytes[0x06] = 0x10;
	bytes[0x0b] = config->header ? 0x06 : 0x01;
	bytes[0x0a] = config->header ? 0x04 : 0x08;
	bytes[0x0e] = config->header | 0x80;
	bytes[0x34] = 0x40;
	bytes[0x40] = 0x01;
	if (config->type < 0)
		return;
	bytes[0x41] = 0x60;
	bytes[0x60] = 0x10;
	put16(bytes + 0x62, (unsigned int)config->type << 4 | 2);
	put_extended(bytes, 0x100, 0x0001, config->acs < 0 ? 0 : 0x148);
	if (config->acs < 0)
		return;
	put_extended(bytes, 0x148, 0x000d, 0);
	put16(bytes + 0x14c, 0x5f);
	put16(bytes + 0x14e, (unsigned int)config->acs);
}

void tree_config(const char *root, const char *path, const struct tree_config *config)
{
	uint8_t bytes[TREE_CONFIG_SIZE];
	size_t whole = config->type < 0 ? 256 : TREE_CONFIG_SIZE;
	char p[PATH_MAX];

	tree_config_fill(config, bytes);
	tree_bytes(root, text(p, "devices/%s/config", path), bytes,
		   config->size ? config->size : whole);
}

static void make_function(const char *root, const char *path, const char *class)
{
	char p[PATH_MAX], target[PATH_MAX];
	struct stat st;

	if (stat(text(p, "%s/devices/%s/class", root, path), &st) == 0)
		return;
	tree_file(root, text(p, "devices/%s/class", path), class);
	tree_file(root, text(p, "devices/%s/vendor", path), "0x1b36\n");
	tree_file(root, text(p, "devices/%s/device", path), "0x0010\n");
	tree_file(root, text(p, "devices/%s/numa_node", path), "-1\n");
	tree_link(root, text(p, "bus/pci/devices/%s", last(path)),
		  text(target, "devices/%s", path));
}

void tree_pci(const char *root, const char *path, const char *class)
{
	char above[PATH_MAX];

	text(above, "%s", path);
	for (char *p = strchr(above, '/') + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (strncmp(last(above), "pci", 3) != 0)
			make_function(root, above, CLASS_BRIDGE);
	}
	make_function(root, path, class);
}

void tree_p2pmem(const char *root, const char *address, unsigned long long size,
		 unsigned long long available)
{
	char p[PATH_MAX], number[32];

	snprintf(number, sizeof(number), "%llu\n", size);
	tree_file(root, text(p, "bus/pci/devices/%s/p2pmem/size", address), number);
	snprintf(number, sizeof(number), "%llu\n", available);
	tree_file(root, text(p, "bus/pci/devices/%s/p2pmem/available", address), number);
}

void tree_nvme(const char *root, const char *path, unsigned int instance, const char *serial,
	       const char *model)
{
	char dir[PATH_MAX], p[PATH_MAX], target[PATH_MAX];

	tree_pci(root, path, CLASS_NVME);
	tree_link(root, text(p, "devices/%s/driver", path), "bus/pci/drivers/nvme");
	text(dir, "devices/%s/nvme/nvme%u", path, instance);
	tree_file(root, text(p, "%.2000s/serial", dir), serial);
	tree_file(root, text(p, "%.2000s/model", dir), model);
	tree_file(root, text(p, "%.2000s/transport", dir), "pcie\n");
	tree_link(root, text(p, "%.2000s/device", dir), text(target, "devices/%s", path));
	tree_link(root, text(p, "%.2000s/subsystem", dir), "class/nvme");
	tree_link(root, text(p, "class/nvme/nvme%u", instance), dir);
}

void tree_block(const char *root, const char *dir, const char *number, const char *device)
{
	char p[PATH_MAX];

	tree_file(root, text(p, "%s/dev", dir), number);
	tree_file(root, text(p, "%s/size", dir), "2097152\n");
	tree_file(root, text(p, "%s/queue/logical_block_size", dir), "512\n");
	if (device)
		tree_link(root, text(p, "%s/device", dir), device);
	tree_link(root, text(p, "dev/block/%s", number), dir);
	tree_link(root, text(p, "class/block/%s", last(dir)), dir);
}

void tree_namespace(const char *root, const char *path, unsigned int instance, const char *number)
{
	char dir[PATH_MAX], controller[PATH_MAX];

	text(controller, "devices/%s/nvme/nvme%u", path, instance);
	tree_block(root, text(dir, "%.2000s/nvme%un1", controller, instance), number, controller);
}

/* A head with two paths; what the kernel shows of one is little more than its name. */
static void make_multipath(const char *root, const char *path1, const char *path2)
{
	static const char subsystem[] = "devices/virtual/nvme-subsystem/nvme-subsys3";
	char p[PATH_MAX], target[PATH_MAX];

	tree_nvme(root, path1, 3, "multi\n", "Two Ports\n");
	tree_nvme(root, path2, 4, "multi\n", "Two Ports\n");
	tree_file(root, text(p, "devices/%s/nvme/nvme3/nvme3c3n1/size", path1), "2097152\n");
	tree_file(root, text(p, "devices/%s/nvme/nvme4/nvme3c4n1/size", path2), "2097152\n");
	tree_link(root, text(p, "%s/nvme3", subsystem),
		  text(target, "devices/%s/nvme/nvme3", path1));
	tree_link(root, text(p, "%s/nvme4", subsystem),
		  text(target, "devices/%s/nvme/nvme4", path2));
	tree_link(root, text(p, "%s/subsystem", subsystem), "class/nvme-subsystem");
	tree_block(root, text(p, "%s/nvme3n1", subsystem), "259:4", subsystem);
}

static void make_others(const char *root)
{
	tree_block(root, "devices/virtual/block/dm-0", "253:0", NULL);
	tree_file(root, "devices/virtual/block/dm-0/dm/name", "root\n");
	tree_block(root, "devices/virtual/block/md127", "9:127", NULL);
	tree_file(root, "devices/virtual/block/md127/md/level", "raid1\n");
	tree_block(root, "devices/virtual/block/loop0", "7:0", NULL);
	tree_pci(root, "pci0000:00/0000:00:04.0", "0x010000\n");
	tree_link(root, "devices/pci0000:00/0000:00:04.0/virtio1/subsystem", "bus/virtio");
	tree_block(root, "devices/pci0000:00/0000:00:04.0/virtio1/block/vda", "254:0",
		   "devices/pci0000:00/0000:00:04.0/virtio1");
	tree_file(root, "devices/virtual/nvme-fabrics/ctl/nvme9/transport", "tcp\n");
	tree_link(root, "devices/virtual/nvme-fabrics/ctl/nvme9/device",
		  "devices/virtual/nvme-fabrics/ctl");
	tree_link(root, "devices/virtual/nvme-fabrics/ctl/nvme9/subsystem", "class/nvme");
	tree_block(root, "devices/virtual/nvme-fabrics/ctl/nvme9/nvme9n1", "259:9",
		   "devices/virtual/nvme-fabrics/ctl/nvme9");
}

#define SWITCH "pci0000:00/0000:00:01.0/0000:01:00.0/"
#define DRIVE_A SWITCH "0000:02:00.0/0000:03:00.0"
#define DRIVE_B SWITCH "0000:02:01.0/0000:04:00.0"
#define DRIVE_M1 SWITCH "0000:02:02.0/0000:05:00.0"
#define DRIVE_C "pci0000:00/0000:00:02.0/0000:06:00.0"
#define DRIVE_M2 "pci0000:00/0000:00:03.0/0000:07:00.0"
#define DRIVE_D "pci0000:80/0000:80:01.0/0000:81:00.0"

void tree_machine(const char *root)
{
	tree_nvme(root, DRIVE_A, 0, "cmb0      \n", "Evil\x1b[31m \xff\xc0\x80 drive\n");
	tree_namespace(root, DRIVE_A, 0, "259:0");
	tree_block(root, "devices/" DRIVE_A "/nvme/nvme0/nvme0n1/nvme0n1p1", "259:1", NULL);
	tree_file(root, "devices/" DRIVE_A "/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1\n");
	tree_p2pmem(root, "0000:03:00.0", 64ULL << 20, (64ULL << 20) - (128ULL << 10));
	tree_nvme(root, DRIVE_B, 1, "plain1\n", "Plain\n");
	tree_namespace(root, DRIVE_B, 1, "259:2");
	tree_nvme(root, DRIVE_C, 2, "far2\n", "Plain\n");
	tree_namespace(root, DRIVE_C, 2, "259:3");
	make_multipath(root, DRIVE_M1, DRIVE_M2);
	tree_p2pmem(root, "0000:05:00.0", 2ULL << 20, 2ULL << 20);
	tree_nvme(root, DRIVE_D, 5, "other5\n", "Plain\n");
	tree_namespace(root, DRIVE_D, 5, "259:6");
	tree_p2pmem(root, "0000:81:00.0", 1ULL << 30, 1ULL << 30);
	make_others(root);
}
