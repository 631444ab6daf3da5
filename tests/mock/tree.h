/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a folder that looks like the parts of sysfs that the product reads.
 * Paths are relative to the folder. What cannot be made ends the program.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A file with @text, in folders that are made as needed. */
void tree_file(const char *root, const char *path, const char *text);

/* A link at @path to @target, which is relative to the root as well. */
void tree_link(const char *root, const char *path, const char *target);

/*
 * The PCI function at the end of @path, which begins with a root bus, like
 * "pci0000:00/0000:00:01.0/0000:01:00.0"; what lies above it is made as bridges.
 * Further root buses may be on the way, as behind a VMD.
 */
void tree_pci(const char *root, const char *path, const char *class);

/* The file at @path as any bytes. */
void tree_bytes(const char *root, const char *path, const void *bytes, size_t n);

/* A configuration space to fill in and give to a function. */
struct tree_config {
	int type; /* of port, as in the PCI Express capability; -1: not Express */
	int acs; /* the control register; -1: no such capability */
	uint8_t header; /* 0: endpoint, 1: bridge */
	size_t size; /* of what was captured; 0: all of it */
};

/*
 * Writes it, with the power management capability before that of Express, and
 * error reporting before ACS, all of whose functions are there.
 */
void tree_config(const char *root, const char *path, const struct tree_config *config);

/* The same as bytes, to be spoilt. */
#define TREE_CONFIG_SIZE 4096
void tree_config_fill(const struct tree_config *config, uint8_t bytes[static TREE_CONFIG_SIZE]);

/* P2P memory of a function. */
void tree_p2pmem(const char *root, const char *address, unsigned long long size,
		 unsigned long long available);

/* The NVMe controller @instance of the function at @path. */
void tree_nvme(const char *root, const char *path, unsigned int instance, const char *serial,
	       const char *model);

/* A block device at @dir, with its links; @device is what its `device` leads to, or NULL. */
void tree_block(const char *root, const char *dir, const char *number, const char *device);

/* The namespace 1 of a controller of tree_nvme(). */
void tree_namespace(const char *root, const char *path, unsigned int instance, const char *number);

/*
 * A machine to test with. Behind one switch: 0000:03:00.0, a drive with 64 MiB
 * of P2P memory (nvme0n1 259:0, with a partition 259:1) and a model name that
 * is out to do harm; 0000:04:00.0, a plain drive (nvme1n1 259:2);
 * 0000:05:00.0, with 2 MiB and one of two paths to nvme3n1 (259:4), the other
 * being 0000:07:00.0 on a root port of its own. On another root port:
 * 0000:06:00.0 (nvme2n1 259:3). Below another root bus: 0000:81:00.0, with
 * 1 GiB (nvme5n1 259:6). And of what is not passed through: dm-0 253:0, md127 9:127,
 * loop0 7:0, vda 254:0, nvme9n1 259:9 over TCP.
 */
void tree_machine(const char *root);
