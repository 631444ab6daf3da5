// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/p2pmem/selftest: what the DMA layer makes of a region's
 * memory for a client. Write "PROVIDER CLIENT", two PCI addresses; a buffer is
 * allocated and its pages are mapped for the client, as its own driver would
 * map them, and unmapped again. Nothing is transferred. Reading the same open
 * file tells, of each segment, whether it is flagged as a bus address, which
 * is how peer-to-peer segments below one switch are, and whether that agrees
 * with the verdict of P2PMEM_CONTROL_QUERY.
 *
 * Only the driver of a device may map for it. So the client's driver is held
 * in place by the device lock, and must be one that uses the kernel's DMA
 * interface: not one that hands the device to user space.
 *
 * The addresses are not shown: some kernels leave those of segments through a
 * host bridge unset.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "p2pmem.h"
#include "path.h"

#define SEGMENTS 8
#define REPORT_SIZE 1024

/**
 * struct selftest - an open file
 * @lock: one test at a time, and none while the report is read
 * @report: of the last one
 * @text: what it is written in
 */
struct selftest {
	struct mutex lock;
	struct seq_buf report;
	char text[REPORT_SIZE];
};

/**
 * struct pair - a test
 * @region: the provider's
 * @client: for which is mapped, its device lock held
 * @buffer: what is mapped
 * @path: the way between them
 */
struct pair {
	struct p2pmem_region *region;
	struct pci_dev *client;
	struct p2pmem_buffer *buffer;
	struct p2pmem_path path;
};

static struct dentry *folder;

static const char *verdict_name(enum p2pmem_verdict verdict)
{
	switch (verdict) {
	case P2PMEM_VERDICT_BUS:
		return "bus";
	case P2PMEM_VERDICT_BRIDGE:
		return "bridge";
	default:
		return "unsupported";
	}
}

/* Whether what the mapping gave is what the verdict promises. */
static bool agrees(enum p2pmem_verdict verdict, int err,
		   const struct sg_table *table, unsigned int flagged)
{
	switch (verdict) {
	case P2PMEM_VERDICT_BUS:
		return !err && flagged == table->nents;
	case P2PMEM_VERDICT_BRIDGE:
		return !err && !flagged;
	default:
		return err == -EREMOTEIO;
	}
}

static unsigned int report_segments(struct seq_buf *report,
				    struct sg_table *table)
{
	unsigned int i, flagged = 0;
	struct scatterlist *sg;

	for_each_sgtable_dma_sg(table, sg, i)
	{
		bool bus = sg_dma_is_bus_address(sg);

		flagged += bus;
		seq_buf_printf(report, "segment %u length %u %s\n", i,
			       sg_dma_len(sg),
			       bus ? "bus-address" : "translated");
	}
	return flagged;
}

static void map_and_report(struct pair *pair, struct sg_table *table,
			   struct seq_buf *report)
{
	struct device *dev = &pair->client->dev;
	enum p2pmem_verdict verdict;
	unsigned int flagged = 0;
	int distance, err;

	verdict = p2pmem_pair_verdict(pair->region->pdev, pair->client,
				      &pair->path, &distance);
	seq_buf_printf(report, "verdict %s\n", verdict_name(verdict));

	err = dma_map_sgtable(dev, table, DMA_BIDIRECTIONAL,
			      DMA_ATTR_SKIP_CPU_SYNC);
	seq_buf_printf(report, "map %d\n", err);
	if (!err) {
		flagged = report_segments(report, table);
		dma_unmap_sgtable(dev, table, DMA_BIDIRECTIONAL,
				  DMA_ATTR_SKIP_CPU_SYNC);
	}
	seq_buf_printf(report, "result %s\n",
		       agrees(verdict, err, table, flagged) ? "agrees" :
							      "disagrees");
}

/* A page to a segment. */
static int map_buffer(struct pair *pair, struct seq_buf *report)
{
	struct scatterlist *sg;
	struct sg_table table;
	unsigned int i;
	int err;

	err = sg_alloc_table(&table, SEGMENTS, GFP_KERNEL);
	if (err)
		return err;
	for_each_sgtable_sg(&table, sg, i)
		sg_set_page(sg, pair->buffer->memory.pages + i, PAGE_SIZE, 0);
	map_and_report(pair, &table, report);
	sg_free_table(&table);
	return 0;
}

/* The memory is the buffer's while its lock is held and it is not revoked. */
static int map_held(struct pair *pair, struct seq_buf *report)
{
	int err = -ENODEV;

	if (down_read_killable(&pair->region->lock))
		return -EINTR;
	down_read(&pair->buffer->lock);
	if (!pair->region->gone && !pair->buffer->revoked)
		err = map_buffer(pair, report);
	up_read(&pair->buffer->lock);
	up_read(&pair->region->lock);
	return err;
}

static int check_client(struct pci_dev *client,
			const struct p2pmem_memory *memory)
{
	phys_addr_t end =
		page_to_phys(memory->pages) + (memory->nr_pages << PAGE_SHIFT);

	if (!device_is_bound(&client->dev))
		return -ENXIO;
	if (to_pci_driver(client->dev.driver)->driver_managed_dma)
		return -EBUSY;
	return end - 1 > dma_get_mask(&client->dev) ? -ERANGE : 0;
}

static int map_for_client(struct pair *pair, struct seq_buf *report)
{
	int err;

	err = device_lock_interruptible(&pair->client->dev);
	if (err)
		return err;
	err = check_client(pair->client, &pair->buffer->memory);
	if (!err)
		err = map_held(pair, report);
	device_unlock(&pair->client->dev);
	return err;
}

static int test_buffer(struct pair *pair, struct seq_buf *report)
{
	const struct p2pmem_alloc request = {
		.length = SEGMENTS * PAGE_SIZE,
	};
	struct file *file;
	int err;

	file = p2pmem_buffer_create(pair->region, &request);
	if (IS_ERR(file))
		return PTR_ERR(file);
	pair->buffer = p2pmem_buffer_of(file);
	err = map_for_client(pair, report);
	fput(file);
	return err;
}

static int test_pair(struct pair *pair, struct seq_buf *report)
{
	int err;

	err = p2pmem_path_find(&pair->path, pair->region->pdev, pair->client);
	if (err)
		return err;
	err = p2pmem_buffers_open();
	if (!err) {
		err = test_buffer(pair, report);
		p2pmem_buffers_close();
	}
	p2pmem_path_free(&pair->path);
	return err;
}

static int test_addresses(const struct p2pmem_pci_address *provider,
			  const struct p2pmem_pci_address *client,
			  struct seq_buf *report)
{
	struct pair pair = {};
	int err = -ENODEV;

	pair.region = p2pmem_region_find(provider);
	if (!pair.region)
		return -ENODEV;
	pair.client = p2pmem_pci_function(client);
	if (pair.client)
		err = test_pair(&pair, report);
	pci_dev_put(pair.client);
	p2pmem_region_put(pair.region);
	return err;
}

/* Return: how much of the text it takes, 0 if it is no address. */
static int parse_address(const char *text, struct p2pmem_pci_address *address)
{
	unsigned int domain, bus, device, function;
	int length = 0;

	if (sscanf(text, "%x:%x:%x.%x%n", &domain, &bus, &device, &function,
		   &length) != 4 ||
	    bus > 0xff || device > 0x1f || function > 7)
		return 0;
	*address = (struct p2pmem_pci_address){
		.domain = domain,
		.bus = bus,
		.devfn = PCI_DEVFN(device, function),
	};
	return length;
}

static int parse_pair(char *text, struct p2pmem_pci_address *provider,
		      struct p2pmem_pci_address *client)
{
	char *second = strim(text);
	char *first = strsep(&second, " ");
	int length;

	if (!second)
		return -EINVAL;
	length = parse_address(first, provider);
	if (!length || first[length])
		return -EINVAL;
	length = parse_address(second, client);
	return !length || second[length] ? -EINVAL : 0;
}

static ssize_t selftest_write(struct file *file, const char __user *from,
			      size_t size, loff_t *at)
{
	struct selftest *test = file->private_data;
	struct p2pmem_pci_address provider, client;
	char text[80];
	int err;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	text[size] = '\0';
	err = parse_pair(text, &provider, &client);
	if (err)
		return err;

	if (mutex_lock_interruptible(&test->lock))
		return -EINTR;
	seq_buf_clear(&test->report);
	err = test_addresses(&provider, &client, &test->report);
	mutex_unlock(&test->lock);
	/* What is read next is the report, from its beginning. */
	*at = 0;
	return err ?: size;
}

static ssize_t selftest_read(struct file *file, char __user *to, size_t size,
			     loff_t *at)
{
	struct selftest *test = file->private_data;
	ssize_t n;

	if (mutex_lock_interruptible(&test->lock))
		return -EINTR;
	n = simple_read_from_buffer(to, size, at, test->text,
				    seq_buf_used(&test->report));
	mutex_unlock(&test->lock);
	return n;
}

static int selftest_open(struct inode *inode, struct file *file)
{
	struct selftest *test = kzalloc(sizeof(*test), GFP_KERNEL);

	if (!test)
		return -ENOMEM;
	mutex_init(&test->lock);
	seq_buf_init(&test->report, test->text, sizeof(test->text));
	file->private_data = test;
	return 0;
}

static int selftest_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations selftest_fops = {
	.owner = THIS_MODULE,
	.open = selftest_open,
	.release = selftest_release,
	.write = selftest_write,
	.read = selftest_read,
};

/**
 * p2pmem_selftest_init() - makes the debugfs file, where there is debugfs
 */
void p2pmem_selftest_init(void)
{
	folder = debugfs_create_dir("p2pmem", NULL);
	debugfs_create_file("selftest", 0600, folder, NULL, &selftest_fops);
}

/**
 * p2pmem_selftest_exit() - removes it
 */
void p2pmem_selftest_exit(void)
{
	debugfs_remove(folder);
}
