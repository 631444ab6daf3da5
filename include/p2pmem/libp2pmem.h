/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libp2pmem: borrow peer-to-peer memory from the p2pmem broker.
 *
 * A program connects, asks for a buffer that a set of devices can reach, maps
 * it, and does O_DIRECT I/O with it: the data then moves between the devices
 * and does not pass through host memory.
 *
 *	struct p2pmem_client *client;
 *	struct p2pmem_buffer *buffer;
 *	int fds[] = { src, dst };
 *	struct p2pmem_allocate_options options = {
 *		.struct_size = sizeof(options),
 *		.size = 1 << 20,
 *		.fds = fds,
 *		.n_fds = 2,
 *		.fallback = P2PMEM_FALLBACK_HOST,
 *	};
 *	void *memory;
 *
 *	r = p2pmem_client_new(&client);
 *	(void)p2pmem_client_connect(client, NULL);
 *	r = p2pmem_allocate(client, &options, &buffer);
 *	r = p2pmem_buffer_map(buffer, &memory);
 *	if (p2pmem_buffer_kind(buffer) != P2PMEM_KIND_PEER_TO_PEER)
 *		warnx("%s", p2pmem_buffer_fallback_reason(buffer));
 *	n = pread(src, memory, 1 << 20, 0);
 *	p2pmem_buffer_free(buffer);
 *	p2pmem_client_free(client);
 *
 * A failure to connect need not be looked at here: p2pmem_allocate() reports
 * it, or falls back on it. Without .fallback it fails where there is no
 * peer-to-peer path, and p2pmem_errmsg() says why.
 *
 * Conventions
 *
 * Functions that can fail return a negative errno, and 0 or more on success.
 * Where one takes a client, p2pmem_errmsg() has a sentence about the failure,
 * and p2pmem_error_name() the broker's typed error if it was the broker that
 * refused. Results are stored through the last argument, on success only.
 *
 * Sizes are in bytes, times in the unit that the name ends in. Strings are
 * UTF-8 and NUL-terminated. Those that come from devices (names, serials,
 * models) or from other users may hold control characters: escape them before
 * they reach a terminal.
 *
 * The library keeps no global state, starts no thread, installs no signal
 * handler and prints nothing. A handle may be used by one thread at a time, but
 * for the functions that say otherwise; different handles are independent. All
 * descriptors are close-on-exec. After fork() a handle belongs to one of the
 * two processes, and the child has no buffer mapped.
 *
 * Structures that a caller fills begin with their own size and grow at the
 * end; members that a caller does not set must be zero. Structures that the
 * library returns are allocated by it and grow at the end as well: do not copy
 * them by value or make arrays of them.
 */
#ifndef P2PMEM_LIBP2PMEM_H
#define P2PMEM_LIBP2PMEM_H

#include <stddef.h>
#include <stdint.h>

/* enum p2pmem_verdict and enum p2pmem_state */
#include <linux/p2pmem.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the broker listens unless p2pmem_connect_options says otherwise. */
#define P2PMEM_SOCKET_PATH "/run/p2pmem/io.p2pmem.Broker"

/* ---- connection ------------------------------------------------------ */

/* A connection to the broker, and the text of the last failure on it. */
struct p2pmem_client;

/**
 * struct p2pmem_connect_options - argument of p2pmem_client_connect()
 * @struct_size: sizeof(struct p2pmem_connect_options)
 * @socket_path: socket of the broker; NULL: %P2PMEM_SOCKET_PATH
 * @timeout_ms: longest time to connect, and for each later call to complete,
 *              in milliseconds; 0: 30 seconds; -1: no limit
 * @interruptible: not zero: a signal handler that runs during a call ends the
 *                 call with -EINTR, and with it the connection; zero: calls go
 *                 on, and p2pmem_client_cancel() ends them
 */
struct p2pmem_connect_options {
	size_t struct_size;
	const char *socket_path;
	int timeout_ms;
	int interruptible;
};

/**
 * p2pmem_client_new - make a handle that is not connected yet
 * @ret: the handle; free it with p2pmem_client_free()
 *
 * -EMFILE, -ENFILE  too many open files: the handle needs a descriptor
 * -ENOMEM
 * Since 0.1.
 */
int p2pmem_client_new(struct p2pmem_client **ret);

/**
 * p2pmem_client_connect - connect a handle to the broker
 * @client: handle; if it is connected, that connection is closed first
 * @options: NULL for the defaults
 *
 * -ENOENT        there is no such socket
 * -ECONNREFUSED  nobody listens on it
 * -EACCES        the caller may not connect to it
 * -ETIMEDOUT     the broker did not accept in time
 * -ENAMETOOLONG  the path does not fit into a socket address
 * -ECANCELED     p2pmem_client_cancel() was called
 * -EINTR         a signal handler ran, and @options say that this ends it
 * -EINVAL        struct_size is too small, or unknown members are not zero
 * Other errors of socket(2) and connect(2). Since 0.1.
 */
int p2pmem_client_connect(struct p2pmem_client *client,
			  const struct p2pmem_connect_options *options);

/**
 * p2pmem_client_free - close the connection and free the handle
 * @client: handle or NULL
 *
 * Buffers and lists got through it stay valid. Since 0.1.
 */
void p2pmem_client_free(struct p2pmem_client *client);

/**
 * p2pmem_client_cancel - end what a handle is doing, from anywhere
 * @client: handle or NULL
 *
 * May be called by any thread, and by a signal handler, at any time from
 * p2pmem_client_new() to p2pmem_client_free(). The call that is running on the
 * handle ends with -ECANCELED, and so does every later one, so that no
 * cancellation comes too early: a handle that is cancelled can only be freed.
 * Buffers stay; what was asked of the broker may have happened nevertheless,
 * but memory that is lent to nobody goes back. Since 0.1.
 */
void p2pmem_client_cancel(struct p2pmem_client *client);

/**
 * p2pmem_client_set_log - be told what the library does
 * @client: handle
 * @max_priority: least urgent priority that is of interest, as in syslog(3):
 *                %LOG_DEBUG has every call, %LOG_INFO what was lent and what
 *                failed, %LOG_NOTICE host memory taken instead of P2P memory
 * @log: called with a line, which is valid during the call only, by the thread
 *       that uses the handle; NULL: be quiet, as a new handle is
 * @userdata: for @log
 *
 * @log must not use the handle. Since 0.1.
 */
void p2pmem_client_set_log(struct p2pmem_client *client, int max_priority,
			   void (*log)(int priority, const char *message, void *userdata),
			   void *userdata);

/**
 * p2pmem_version - the version of this library
 *
 * Like "0.1.0". Static. Since 0.1.
 */
const char *p2pmem_version(void);

/*
 * Any function that talks to the broker can return, beside its own errors:
 *
 * -ENOTCONN      the handle is not connected, or an earlier failure has ended
 *                the connection: connect again
 * -ETIMEDOUT     the reply did not come in time; the connection has ended
 * -ECONNRESET    the broker closed the connection
 * -EBADMSG       the reply is not what the interface promises; the connection
 *                has ended
 * -EPROTO        the broker returned an error that this library does not know
 * -EPROTONOSUPPORT  the broker does not know the method: it is older than this
 *                library
 * -ECANCELED     p2pmem_client_cancel() was called; the connection has ended
 * -EINTR         a signal handler ran, and the caller asked for this when
 *                connecting; the connection has ended
 * -EBUSY         the handle is monitoring, see p2pmem_monitor_start()
 * -ENOMEM
 */

/* ---- what went wrong ------------------------------------------------- */

/**
 * p2pmem_errmsg - a sentence about the last failure on a handle
 * @client: handle
 *
 * Never NULL. Owned by the handle, valid until its next use. Since 0.1.
 */
const char *p2pmem_errmsg(const struct p2pmem_client *client);

/**
 * p2pmem_error_name - the typed error with which the broker refused
 * @client: handle
 *
 * The full Varlink name, like "io.p2pmem.Broker.NoSpace", or NULL if the last
 * failure was none of the broker's. Owned by the handle, valid until its next
 * use. Since 0.1.
 */
const char *p2pmem_error_name(const struct p2pmem_client *client);

/**
 * p2pmem_error_remedy - what could be done about the last failure
 * @client: handle
 *
 * A sentence, or NULL. Owned by the handle, valid until its next use.
 * Since 0.1.
 */
const char *p2pmem_error_remedy(const struct p2pmem_client *client);

/**
 * struct p2pmem_refusal - why a region and a device do not go together
 * @next: next one or NULL
 * @region: like "p2pmem0"
 * @provider: PCI address of the region's function
 * @device: PCI address of the client function, or NULL
 * @verdict: what was found
 * @reason: a sentence
 * @remedy: a sentence or NULL
 */
struct p2pmem_refusal {
	struct p2pmem_refusal *next;
	const char *region;
	const char *provider;
	const char *device;
	enum p2pmem_verdict verdict;
	const char *reason;
	const char *remedy;
};

/**
 * p2pmem_error_refusals - the pairs that NoCompatibleRegion is about
 * @client: handle
 *
 * First of a list, NULL if there is none: for another error, or because there
 * is no region at all. Owned by the handle, valid until its next use.
 * Since 0.1.
 */
const struct p2pmem_refusal *p2pmem_error_refusals(const struct p2pmem_client *client);

/* ---- what there is --------------------------------------------------- */

/*
 * The functions below return the first of a linked list, NULL if it is empty.
 * A list is one piece: it is freed by p2pmem_list_free() of its first entry.
 */

/**
 * p2pmem_list_free - free a list
 * @list: what a p2pmem_list_*() or p2pmem_get_*() function returned, or NULL
 *
 * Since 0.1.
 */
void p2pmem_list_free(void *list);

/**
 * struct p2pmem_broker_info - the daemon behind the socket
 * @vendor: who makes it
 * @product: what it is
 * @version: like "0.1.0"
 */
struct p2pmem_broker_info {
	const char *vendor;
	const char *product;
	const char *version;
};

/**
 * p2pmem_get_broker_info - ask who serves the socket
 * @client: connected handle
 * @ret: free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_get_broker_info(struct p2pmem_client *client, struct p2pmem_broker_info **ret);

/* What is known of something that is so or not. */
enum p2pmem_answer {
	P2PMEM_ANSWER_UNKNOWN = 0,
	P2PMEM_ANSWER_NO = 1,
	P2PMEM_ANSWER_YES = 2,
};

/**
 * struct p2pmem_region - the P2P memory of one PCI function, its provider
 * @next: next one or NULL
 * @name: like "p2pmem0"; the number may change across boots
 * @provider: PCI address of the function
 * @driver: name of the provider's driver or NULL
 * @serial: of the provider or NULL
 * @model: of the provider or NULL
 * @size: bytes
 * @free: bytes that the provider's pool has left
 * @allocated: bytes in buffers that somebody holds
 * @draining: bytes in buffers that nobody holds any more, with transfers in
 *            flight
 * @buffers: number of buffers behind those two
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @numa_node: node that the provider is near to, or -1
 * @held_by_others: bytes of the pool in other hands, like the NVMe driver's
 *                  queues or nvmet, or -1 while it cannot be told apart
 * @largest_estimate: bytes that may be had in one piece, or -1; an estimate,
 *                    as the kernel tells nobody how the free room is scattered
 * @not_lent: bytes of @allocated and @draining that were allocated past the
 *            broker, or -1 while that is not known
 * @drained: whether an administrator had it emptied, so that nothing is lent
 *           from it
 */
struct p2pmem_region {
	struct p2pmem_region *next;
	const char *name;
	const char *provider;
	const char *driver;
	const char *serial;
	const char *model;
	uint64_t size;
	uint64_t free;
	uint64_t allocated;
	uint64_t draining;
	uint64_t buffers;
	uint32_t vendor;
	uint32_t device;
	int32_t numa_node;
	int64_t held_by_others;
	int64_t largest_estimate;
	int64_t not_lent;
	enum p2pmem_answer drained;
};

/**
 * p2pmem_list_regions - the regions of this machine
 * @client: connected handle
 * @ret: first entry, NULL if there is none; free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_list_regions(struct p2pmem_client *client, struct p2pmem_region **ret);

/* What the broker knows about a queue: whether it takes P2P pages. */
enum p2pmem_queue {
	P2PMEM_QUEUE_UNKNOWN = 0, /* the driver cannot say */
	P2PMEM_QUEUE_HOST_ONLY = 1,
	P2PMEM_QUEUE_PEER_TO_PEER = 2,
};

/**
 * struct p2pmem_block_device - a block device of a PCI function
 * @next: next one or NULL
 * @name: kernel name, like "nvme0n1"
 * @major: device number
 * @minor: device number
 * @size: bytes
 * @logical_block_size: bytes
 * @queue: whether its queue takes P2P pages
 */
struct p2pmem_block_device {
	struct p2pmem_block_device *next;
	const char *name;
	uint32_t major;
	uint32_t minor;
	uint64_t size;
	uint32_t logical_block_size;
	enum p2pmem_queue queue;
};

/**
 * struct p2pmem_device - a PCI function that could do DMA to a region
 * @next: next one or NULL
 * @address: PCI address
 * @driver: name of its driver or NULL
 * @serial: or NULL
 * @model: or NULL
 * @block_devices: first of its block devices or NULL
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @numa_node: node that it is near to, or -1
 */
struct p2pmem_device {
	struct p2pmem_device *next;
	const char *address;
	const char *driver;
	const char *serial;
	const char *model;
	struct p2pmem_block_device *block_devices;
	uint32_t vendor;
	uint32_t device;
	int32_t numa_node;
};

/**
 * p2pmem_list_devices - the functions that could use a region
 * @client: connected handle
 * @ret: first entry, NULL if there is none; free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_list_devices(struct p2pmem_client *client, struct p2pmem_device **ret);

/* Who says what a verdict is. */
enum p2pmem_source {
	P2PMEM_SOURCE_COMPUTED = 0, /* the kernel's rules, applied to what sysfs shows */
	P2PMEM_SOURCE_KERNEL = 1, /* the running kernel */
};

/**
 * struct p2pmem_pair - whether the DMA of a device reaches a region
 * @next: next one or NULL
 * @region: like "p2pmem0"
 * @provider: PCI address of the region's function
 * @device: PCI address of the client function
 * @reason: why the verdict is what it is, or NULL
 * @remedy: what could be changed, or NULL
 * @verdict: the answer; treat unknown as unsupported
 * @distance: PCI hops as the kernel counts them, or -1
 * @cause: a word for the reason that does not change with its wording, or NULL
 * @cost: what the remedy costs, or NULL
 * @source: who says so
 */
struct p2pmem_pair {
	struct p2pmem_pair *next;
	const char *region;
	const char *provider;
	const char *device;
	const char *reason;
	const char *remedy;
	enum p2pmem_verdict verdict;
	int32_t distance;
	const char *cause;
	const char *cost;
	enum p2pmem_source source;
};

/**
 * p2pmem_list_pairs - every device with every region
 * @client: connected handle
 * @ret: first entry, NULL if there is none; free it with p2pmem_list_free()
 *
 * Asks for one region after another, so that no reply is longer than the list
 * of devices. Since 0.1.
 */
int p2pmem_list_pairs(struct p2pmem_client *client, struct p2pmem_pair **ret);

/**
 * struct p2pmem_name - an entry in a list of names
 * @next: next one or NULL
 * @name: the name
 */
struct p2pmem_name {
	struct p2pmem_name *next;
	const char *name;
};

/**
 * struct p2pmem_path_hop - a function between provider and client
 * @next: next one or NULL
 * @address: PCI address; of a host bridge, that of the function it is known by
 * @redirects: what its ACS sends up to the host bridge: "requests",
 *             "completions", "egress_control"; NULL: nothing
 * @kind: what it is
 * @sides: P2PMEM_HOP_PROVIDER_SIDE, P2PMEM_HOP_CLIENT_SIDE
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @acs_known: 0 if its ACS could not be read; the next three are 0 then
 * @has_acs: whether it has the capability
 * @acs_capability: the register
 * @acs_control: the register
 * @turn: whether requests turn here, from the way up to the way down
 */
struct p2pmem_path_hop {
	struct p2pmem_path_hop *next;
	const char *address;
	struct p2pmem_name *redirects;
	enum p2pmem_hop_kind kind;
	uint32_t sides;
	uint16_t vendor;
	uint16_t device;
	int acs_known;
	int has_acs;
	uint16_t acs_capability;
	uint16_t acs_control;
	int turn;
};

/**
 * struct p2pmem_path - the way between a provider and one client function
 * @next: next one or NULL
 * @device: PCI address of the client function
 * @cause: a word for the reason that does not change with its wording
 * @reason: a sentence
 * @remedy: what could be changed, or NULL
 * @cost: what the remedy costs, or NULL
 * @hops: the provider, the bridges above it and its host bridge; then the
 *        client and what is above it, as far as that is not among them
 * @verdict: the answer; treat unknown as unsupported
 * @computed: what the rules say by themselves, whoever gave @verdict
 * @has_computed: whether @computed is set
 * @source: who gave @verdict
 * @distance: PCI hops as the kernel counts them, or -1
 */
struct p2pmem_path {
	struct p2pmem_path *next;
	const char *device;
	const char *cause;
	const char *reason;
	const char *remedy;
	const char *cost;
	struct p2pmem_path_hop *hops;
	enum p2pmem_verdict verdict;
	enum p2pmem_verdict computed;
	int has_computed;
	enum p2pmem_source source;
	int32_t distance;
};

/**
 * struct p2pmem_layer - what stands between a block device and its functions
 * @next: next one, further down, or NULL
 * @name: kernel name, like "md0"
 * @kind: like "partition", "md", "device-mapper", "loop"
 * @reason: a sentence or NULL
 * @passes: whether it passes P2P pages
 */
struct p2pmem_layer {
	struct p2pmem_layer *next;
	const char *name;
	const char *kind;
	const char *reason;
	enum p2pmem_answer passes;
};

/**
 * struct p2pmem_explanation - why a region and a device go together, or not
 * @region: like "p2pmem0"
 * @provider: PCI address of the region's function
 * @device: kernel name or PCI address of what was asked for
 * @cause: a word for the reason that does not change with its wording
 * @reason: a sentence
 * @remedy: what could be changed, or NULL
 * @cost: what the remedy costs, or NULL
 * @layers: from the top down; NULL: none
 * @paths: one to each PCI function below the layers; NULL: none
 * @verdict: the worst of all paths and layers; treat unknown as unsupported
 */
struct p2pmem_explanation {
	const char *region;
	const char *provider;
	const char *device;
	const char *cause;
	const char *reason;
	const char *remedy;
	const char *cost;
	struct p2pmem_layer *layers;
	struct p2pmem_path *paths;
	enum p2pmem_verdict verdict;
};

/**
 * p2pmem_explain - ask why a device reaches a region, or why not
 * @client: connected handle
 * @region: name of the region, or PCI address or serial of its provider
 * @device: path of a block device or regular file, or PCI address
 * @ret: free it with p2pmem_list_free()
 *
 * -ENODEV      NoSuchDevice
 * -ENXIO       NoSuchRegion
 * -EOPNOTSUPP  a file is on no block device that could be named
 * -ENOTBLK     the path is neither block device nor regular file
 * Errors of stat(2) for a path. Since 0.1.
 */
int p2pmem_explain(struct p2pmem_client *client, const char *region, const char *device,
		   struct p2pmem_explanation **ret);

/**
 * struct p2pmem_host_bridge - a root bus
 * @next: next one or NULL
 * @root: like "pci0000:00"
 * @address: of the function that the kernel knows it by, or NULL
 * @reason: a sentence or NULL
 * @vendor: PCI vendor id of that function, or 0
 * @device: PCI device id of that function, or 0
 * @passes: whether the kernel lets P2P traffic between functions below it
 *          pass through it
 */
struct p2pmem_host_bridge {
	struct p2pmem_host_bridge *next;
	const char *root;
	const char *address;
	const char *reason;
	uint16_t vendor;
	uint16_t device;
	enum p2pmem_answer passes;
};

/**
 * p2pmem_list_host_bridges - the root buses of this machine
 * @client: connected handle
 * @ret: first entry, NULL if there is none; free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_list_host_bridges(struct p2pmem_client *client, struct p2pmem_host_bridge **ret);

/**
 * struct p2pmem_function - a PCI function, and where it hangs
 * @next: next one or NULL
 * @address: PCI address
 * @parent: PCI address of the bridge above it; NULL on a root bus
 * @root: root bus, like "pci0000:00"
 * @driver: name of its driver or NULL
 * @serial: or NULL
 * @model: or NULL
 * @region: name of the region that is its memory, or NULL
 * @blocks: kernel names of its block devices
 * @redirects: what its ACS sends up to the host bridge, as in a hop
 * @kind: what it is
 * @class_code: class, subclass and programming interface
 * @numa_node: node that it is near to, or -1
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @acs_known: 0 if its ACS could not be read; the next three are 0 then
 * @has_acs: whether it has the capability
 * @acs_capability: the register
 * @acs_control: the register
 * @client: whether it could use a region
 */
struct p2pmem_function {
	struct p2pmem_function *next;
	const char *address;
	const char *parent;
	const char *root;
	const char *driver;
	const char *serial;
	const char *model;
	const char *region;
	struct p2pmem_name *blocks;
	struct p2pmem_name *redirects;
	enum p2pmem_hop_kind kind;
	uint32_t class_code;
	int32_t numa_node;
	uint16_t vendor;
	uint16_t device;
	int acs_known;
	int has_acs;
	uint16_t acs_capability;
	uint16_t acs_control;
	int client;
};

/**
 * p2pmem_list_functions - every PCI function of this machine, by address
 * @client: connected handle
 * @ret: first entry, NULL if there is none; free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_list_functions(struct p2pmem_client *client, struct p2pmem_function **ret);

/**
 * struct p2pmem_lease - a buffer that the broker has lent
 * @next: next one or NULL
 * @id: the broker's name for it
 * @tenant: whom the memory is charged to, like "uid:1000"
 * @name: the holder's own word for it or NULL
 * @region: like "p2pmem0"
 * @provider: PCI address of the region's function
 * @devices: PCI addresses that it was checked for; it is no fence for others
 * @size: bytes
 * @age_usec: microseconds since it was lent
 * @uid: user it was lent to
 * @state: of the buffer
 * @verdict: the worst among its devices
 * @rule: of the policy, that granted it, or NULL
 * @has_borrower: whether it is known who asked for it, as the machine saw the
 *                process then
 * @borrower_uid: its user, whatever that is inside a container
 * @borrower_unit: the system unit that it ran in, or NULL
 * @has_container: whether its cgroup has the name of one of a container
 * @container: id of the container, or NULL
 * @container_runtime: podman, docker, cri-o or containerd, or NULL
 * @container_claimed_by: who gave the cgroup that name, with or without a
 *                        container, like user:1000; NULL: root did
 */
struct p2pmem_lease {
	struct p2pmem_lease *next;
	const char *id;
	const char *tenant;
	const char *name;
	const char *region;
	const char *provider;
	struct p2pmem_name *devices;
	uint64_t size;
	uint64_t age_usec;
	uint32_t uid;
	enum p2pmem_state state;
	enum p2pmem_verdict verdict;
	const char *rule;
	int has_borrower;
	uint32_t borrower_uid;
	const char *borrower_unit;
	int has_container;
	const char *container;
	const char *container_runtime;
	const char *container_claimed_by;
};

/**
 * p2pmem_list_leases - the caller's leases; for administrators everybody's
 * @client: connected handle
 * @ret: first entry, NULL if there is none; free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_list_leases(struct p2pmem_client *client, struct p2pmem_lease **ret);

/* ---- ending leases --------------------------------------------------- */

/**
 * struct p2pmem_revoke_options - argument of p2pmem_revoke_leases()
 * @struct_size: sizeof(struct p2pmem_revoke_options)
 * @lease: id of one lease
 * @tenant: or: those that are charged to a tenant
 * @region: or: those of a region: a name or the PCI address of its provider
 * @all: or: all of them
 * @grace_usec: microseconds that holders have after they were given notice;
 *              0: none, and no notice; at most a week
 */
struct p2pmem_revoke_options {
	size_t struct_size;
	const char *lease;
	const char *tenant;
	const char *region;
	int all;
	uint64_t grace_usec;
};

/**
 * p2pmem_revoke_leases - end leases
 * @client: connected handle
 * @options: which, and when
 * @ret: how many leases it was news to
 *
 * Of the leases that are named only those are meant that the caller may end:
 * his own, and for administrators everybody's. Returns before a grace is over.
 *
 * -ENOENT  NoSuchLease: there is none of that id, or it is not the caller's
 * -ENXIO   NoSuchRegion
 * -EIO     StateUnavailable: the deadline cannot be put on record
 * -ENOSYS  DriverUnavailable
 * -EINVAL  struct_size is too small, unknown members are not zero, not one
 *          member says which leases, or the grace is too long
 * Since 0.1.
 */
int p2pmem_revoke_leases(struct p2pmem_client *client, const struct p2pmem_revoke_options *options,
			 uint64_t *ret);

/**
 * struct p2pmem_drain_progress - how far p2pmem_drain() is
 * @provider: PCI address of the region's function
 * @buffers: buffers that are in use still
 * @bytes: in them
 * @safe_to_remove: not zero: there are none, and none are lent any more
 */
struct p2pmem_drain_progress {
	const char *provider;
	uint64_t buffers;
	uint64_t bytes;
	int safe_to_remove;
};

/**
 * p2pmem_drain - empty a region, and wait until it is empty
 * @client: connected handle
 * @region: a name or the PCI address of its provider
 * @grace_usec: microseconds that holders have after they were given notice
 * @progress: called when there are fewer, and at the end; or NULL
 * @userdata: for @progress, whose argument is valid during the call only
 *
 * For administrators. Nothing is lent from the region until p2pmem_undrain().
 * Waits as long as it takes, whatever time limit the handle has; if the caller
 * does not, draining goes on.
 *
 * -EACCES     NotPermitted: the caller is no administrator
 * -ENXIO      NoSuchRegion
 * -ECANCELED  Undrained: somebody called p2pmem_undrain() meanwhile
 * -EIO        StateUnavailable: it cannot be put on record, so nothing changes
 * -ENOSYS     DriverUnavailable: the driver could not be asked, and nothing
 *             changes, or failed meanwhile, and draining goes on
 * -EINVAL     the grace is too long
 * Since 0.1.
 */
int p2pmem_drain(struct p2pmem_client *client, const char *region, uint64_t grace_usec,
		 void (*progress)(const struct p2pmem_drain_progress *progress, void *userdata),
		 void *userdata);

/**
 * p2pmem_undrain - lend from a region again
 * @client: connected handle
 * @region: a name or the PCI address of its provider, which may be gone
 *
 * -EACCES  NotPermitted: the caller is no administrator
 * -ENXIO   NoSuchRegion
 * -EIO     StateUnavailable: the record cannot be removed: it stays drained
 * -ENOSYS  DriverUnavailable: @region is a name that the driver has to explain
 * Since 0.1.
 */
int p2pmem_undrain(struct p2pmem_client *client, const char *region);

/* ---- watching -------------------------------------------------------- */

/* What happened. */
enum p2pmem_monitor_kind {
	P2PMEM_MONITOR_OTHER = 0, /* something that this library does not know */
	P2PMEM_MONITOR_READY = 1, /* of what is listed from now on, changes are told */
	P2PMEM_MONITOR_OVERFLOW = 2, /* the caller was too slow: list anew */
	P2PMEM_MONITOR_LEASE_GRANTED = 3,
	P2PMEM_MONITOR_LEASE_STATE = 4,
	P2PMEM_MONITOR_LEASE_ENDED = 5,
	P2PMEM_MONITOR_REGION_ADDED = 6,
	P2PMEM_MONITOR_REGION_REMOVED = 7,
	P2PMEM_MONITOR_REGION_CHANGED = 8,
	P2PMEM_MONITOR_DEVICES_CHANGED = 9,
	P2PMEM_MONITOR_POLICY_READ = 10,
};

/**
 * struct p2pmem_monitor_event - something that happened
 * @kind_name: the interface's word for it, like "leaseGranted"
 * @lease: as it is then, of events of leases; else NULL
 * @region: as it is then, or was, of events of regions; else NULL
 * @reason: of LEASE_STATE: "notice" (of an end to come), "asked", "deadline",
 *          "drain", "driver"; or NULL
 * @rules: of POLICY_READ: how many rules are in force
 * @lost: of OVERFLOW: how many events were left out
 * @kind: what happened
 * @valid: of POLICY_READ: not zero: it could be used; zero: it could not, and
 *         what was in force before stays
 */
struct p2pmem_monitor_event {
	const char *kind_name;
	struct p2pmem_lease *lease;
	struct p2pmem_region *region;
	const char *reason;
	uint64_t rules;
	uint64_t lost;
	enum p2pmem_monitor_kind kind;
	int valid;
};

/**
 * p2pmem_monitor_start - be told what happens
 * @client: connected handle
 *
 * Of leases the caller's own, and everybody's for administrators. The handle is
 * of no other use until it is connected again: other calls return -EBUSY. That
 * there is an answer is told by p2pmem_monitor_next(). Since 0.1.
 */
int p2pmem_monitor_start(struct p2pmem_client *client);

/**
 * p2pmem_monitor_fd - what to poll for events
 * @client: handle that is monitoring
 *
 * Poll it for POLLIN, and when it is readable, call p2pmem_monitor_next() with
 * a time limit of 0 until that returns 0. It is owned by the handle, and the
 * number changes when that is connected again. -ENOTCONN. Since 0.1.
 */
int p2pmem_monitor_fd(const struct p2pmem_client *client);

/**
 * p2pmem_monitor_next - the next event
 * @client: handle that is monitoring
 * @timeout_ms: longest time to wait for one, in milliseconds; 0: do not wait;
 *              -1: no limit
 * @ret: the event; free it with p2pmem_list_free()
 *
 * Returns 1 and an event, or 0 if there was none in time. When it fails, the
 * connection has ended: connect and start again, and list what there is.
 *
 * -EBUSY       TooManyMonitors: of the caller, or in all
 * -ECONNRESET  the broker has ended, or been restarted
 * -ENOTCONN    the handle is not monitoring
 * Since 0.1.
 */
int p2pmem_monitor_next(struct p2pmem_client *client, int timeout_ms,
			struct p2pmem_monitor_event **ret);

/* ---- the broker's numbers and policy --------------------------------- */

/**
 * struct p2pmem_count - how often there is or was something
 * @next: next one or NULL
 * @name: what is counted: a method, an error, a reason, a state
 * @count: how often
 */
struct p2pmem_count {
	struct p2pmem_count *next;
	const char *name;
	uint64_t count;
};

/**
 * struct p2pmem_latency_bucket - calls that took up to so long
 * @next: next one, with a higher limit, or NULL
 * @up_to_usec: microseconds; -1 in the last one, which has all calls
 * @count: calls
 */
struct p2pmem_latency_bucket {
	struct p2pmem_latency_bucket *next;
	int64_t up_to_usec;
	uint64_t count;
};

/**
 * struct p2pmem_tenant_use - what a tenant has of a region
 * @next: next one or NULL
 * @tenant: like "group:p2pmem"
 * @provider: PCI address of the region's function
 * @leases: how many
 * @bytes: in them
 */
struct p2pmem_tenant_use {
	struct p2pmem_tenant_use *next;
	const char *tenant;
	const char *provider;
	uint64_t leases;
	uint64_t bytes;
};

/**
 * struct p2pmem_metrics - numbers for monitoring
 * @version: of the broker
 * @regions: as p2pmem_list_regions() has them
 * @leases: by state
 * @tenants: for administrators; others see none
 * @requests: by method
 * @refusals: by error
 * @revocations: by reason
 * @disconnections: by cause
 * @latency: how long calls took, without those that wait for something
 * @policy_rules: in force
 * @policy_loads: how often the policy was read
 * @leases_granted: since the broker began, as all that follows
 * @leases_ended: with those that earlier brokers had granted
 * @bytes_granted: bytes
 * @connections_accepted: connections
 * @latency_sum_usec: microseconds that the calls in @latency took in all
 * @policy_valid: not zero: what there is in files is what is in force
 * @has_tenants: whether @tenants is told to the caller
 */
struct p2pmem_metrics {
	const char *version;
	struct p2pmem_region *regions;
	struct p2pmem_count *leases;
	struct p2pmem_tenant_use *tenants;
	struct p2pmem_count *requests;
	struct p2pmem_count *refusals;
	struct p2pmem_count *revocations;
	struct p2pmem_count *disconnections;
	struct p2pmem_latency_bucket *latency;
	uint64_t policy_rules;
	uint64_t policy_loads;
	uint64_t leases_granted;
	uint64_t leases_ended;
	uint64_t bytes_granted;
	uint64_t connections_accepted;
	uint64_t latency_sum_usec;
	int policy_valid;
	int has_tenants;
};

/**
 * p2pmem_get_metrics - ask for the broker's numbers
 * @client: connected handle
 * @ret: free it with p2pmem_list_free()
 *
 * Since 0.1.
 */
int p2pmem_get_metrics(struct p2pmem_client *client, struct p2pmem_metrics **ret);

/**
 * struct p2pmem_policy_mistake - something wrong with the policy
 * @next: next one or NULL
 * @file: path
 * @field: like "rules[0].limits.bytes", or NULL
 * @problem: a sentence
 * @remedy: a sentence or NULL
 * @line: or -1
 * @warning: not zero: the policy can be used in spite of it
 */
struct p2pmem_policy_mistake {
	struct p2pmem_policy_mistake *next;
	const char *file;
	const char *field;
	const char *problem;
	const char *remedy;
	int64_t line;
	int warning;
};

/**
 * struct p2pmem_policy - what a broker made of its policy
 * @mistakes: first of the warnings, or NULL
 * @rules: in force
 */
struct p2pmem_policy {
	struct p2pmem_policy_mistake *mistakes;
	uint64_t rules;
};

/**
 * p2pmem_reload_policy - have the broker read its policy anew
 * @client: connected handle
 * @ret: free it with p2pmem_list_free()
 *
 * For administrators. Leases stay, whatever the policy says now.
 *
 * -EACCES  NotPermitted: the caller is no administrator
 * -EINVAL  PolicyInvalid: what was in force stays; see p2pmem_error_mistakes()
 * Since 0.1.
 */
int p2pmem_reload_policy(struct p2pmem_client *client, struct p2pmem_policy **ret);

/**
 * p2pmem_error_mistakes - the mistakes that PolicyInvalid is about
 * @client: handle
 *
 * First of a list, NULL for another error. Owned by the handle, valid until its
 * next use. Since 0.1.
 */
const struct p2pmem_policy_mistake *p2pmem_error_mistakes(const struct p2pmem_client *client);

/* ---- words ----------------------------------------------------------- */

/**
 * p2pmem_verdict_name - the word for a verdict
 * @verdict: any value
 *
 * "bus", "bridge", "unsupported", or "unknown" for everything else. Static.
 * Since 0.1.
 */
const char *p2pmem_verdict_name(enum p2pmem_verdict verdict);

/**
 * p2pmem_state_name - the word for the state of a buffer
 * @state: any value
 *
 * "live", "notice", "revoked", "draining", or "unknown" for everything else.
 * Static. Since 0.1.
 */
const char *p2pmem_state_name(enum p2pmem_state state);

/* ---- a buffer -------------------------------------------------------- */

/*
 * A buffer is memory with a descriptor and, once mapped, an address. It is P2P
 * memory of a device, or host memory in its stead where the caller allowed it.
 *
 * All functions of a buffer but p2pmem_buffer_free() may be called by any thread
 * at any time, and two of them by signal handlers: p2pmem_buffer_cancel() and
 * p2pmem_buffer_detach(). The memory is for any number of threads.
 *
 * P2P memory can be asked back, by notice, and taken away, by revocation, when
 * an administrator wants it or its device goes. After revocation, accesses by
 * the CPU raise SIGBUS, and system calls that are to transfer fail with EFAULT.
 * A program that lives on has to be done with the buffer before, or to call
 * p2pmem_buffer_detach().
 */
struct p2pmem_buffer;

/* What the memory of a buffer is. */
enum p2pmem_kind {
	P2PMEM_KIND_PEER_TO_PEER = 1, /* P2P memory of a device */
	P2PMEM_KIND_HOST = 2, /* host memory in ordinary pages */
	P2PMEM_KIND_HOST_HUGE = 3, /* host memory in huge pages */
};

/* What to do where P2P memory is not to be had. */
enum p2pmem_fallback {
	P2PMEM_FALLBACK_NONE = 0, /* fail, and say why */
	P2PMEM_FALLBACK_HOST = 1, /* take host memory in ordinary pages */
	P2PMEM_FALLBACK_HUGE = 2, /* in huge pages, if there are any left, else ordinary ones */
};

/**
 * struct p2pmem_allocate_options - argument of p2pmem_allocate()
 * @struct_size: sizeof(struct p2pmem_allocate_options)
 * @size: bytes wanted, rounded up to pages
 * @min_size: bytes to be content with where @size is not to be had in one
 *            piece; 0: nothing less than @size
 * @fds: open block devices, NVMe character devices or regular files that I/O
 *       will be done on; not kept
 * @n_fds: how many
 * @devices: paths of such, or names in /dev, or numbers of block devices like
 *           "259:4", or PCI addresses like "0000:03:00.0", of further devices
 * @n_devices: how many
 * @region: only this one: a name or the PCI address of its provider; NULL:
 *          the nearest that all devices reach
 * @name: a word for lists, NULL for none
 * @min_verdict: %P2PMEM_VERDICT_BUS to do without host bridges; zero or
 *               %P2PMEM_VERDICT_BRIDGE: every path that works
 * @fallback: what to do where there is no such memory for the caller
 *
 * Paths and descriptors are resolved to device numbers here, in the caller's
 * own namespace: a block device to its own number, a regular file to that of
 * its file system's device, /dev/ngXnY to that of its namespace, any other
 * character device to the PCI function that it is of. A file that cannot be
 * read past the page cache is refused, and so is one whose file system does not
 * say where its data is. The broker opens nothing.
 */
struct p2pmem_allocate_options {
	size_t struct_size;
	uint64_t size;
	uint64_t min_size;
	const int *fds;
	size_t n_fds;
	const char *const *devices;
	size_t n_devices;
	const char *region;
	const char *name;
	enum p2pmem_verdict min_verdict;
	enum p2pmem_fallback fallback;
};

/**
 * p2pmem_allocate - borrow a buffer that a set of devices can reach
 * @client: handle, connected unless @fallback is set
 * @options: what is wanted
 * @ret: the buffer; free it with p2pmem_buffer_free()
 *
 * Ownership is by descriptor: the memory goes back when the buffer is freed,
 * or with the process, and not before the last transfer has ended. The memory
 * reads as zeros.
 *
 * With a fallback, host memory of @size bytes is the answer to each of the
 * first group of errors below, to all errors of the connection, and to a handle
 * that is not connected: p2pmem_buffer_kind() tells which it is, and until the
 * next use of the handle p2pmem_errmsg() and the functions beside it tell of
 * the refusal as if it had failed. Mistakes of the caller and cancellation fail
 * in any case, and so does too little host memory, with -ENOMEM.
 *
 * -EACCES      NotPermitted: policy does not lend to the caller
 * -EREMOTEIO   NoCompatibleRegion: see p2pmem_error_refusals()
 * -EOPNOTSUPP  NotPeerToPeer: a layer of a device does not pass P2P pages, or
 *              a file is on no block device that could be named
 * -ENOSPC      NoSpace: there is a region, but it has no room
 * -EDQUOT      QuotaExceeded: more than the policy allows
 * -ENODEV      NoSuchDevice: the broker does not know one of the devices
 * -ENXIO       NoSuchRegion
 * -ENOSYS      DriverUnavailable: the kernel side cannot be used
 * -EIO         StateUnavailable: the lease cannot be put on record, so the
 *              memory is not lent
 *
 * -EINVAL      struct_size is too small, unknown members are not zero, size is
 *              0, min_size is larger than size, or fallback is none of the
 *              above
 * -ENOTBLK     a descriptor or path is neither a device nor a regular file, or
 *              a character device that no PCI function is behind
 * -EBADF       a descriptor is not open
 * -EMFILE, -ENFILE  too many open files
 * Errors of stat(2) for a path. Since 0.1.
 */
int p2pmem_allocate(struct p2pmem_client *client, const struct p2pmem_allocate_options *options,
		    struct p2pmem_buffer **ret);

/**
 * p2pmem_buffer_from_fd - make a buffer of a descriptor that was handed over
 * @fd: a buffer's descriptor, from p2pmem_buffer_fd() of whoever has it; on
 *      success it is the new buffer's, and made close-on-exec
 * @ret: the buffer; free it with p2pmem_buffer_free()
 *
 * As after inheriting one, or receiving it through a socket. What it is, the
 * kernel is asked: only what is safe to be mapped is taken, which is a buffer
 * of the driver, or host memory that a p2pmem_allocate() fell back to.
 *
 * -EBADF   @fd is not open
 * -ENOTTY  it is something else than a buffer
 * -EACCES  it cannot be mapped, because it is not open for reading and writing
 * -EMFILE, -ENFILE  too many open files
 * -ENOMEM
 * Since 0.1.
 */
int p2pmem_buffer_from_fd(int fd, struct p2pmem_buffer **ret);

/**
 * p2pmem_buffer_kind - what the memory of a buffer is
 * @buffer: a buffer
 *
 * Since 0.1.
 */
enum p2pmem_kind p2pmem_buffer_kind(const struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_fallback_reason - why a buffer is not P2P memory
 * @buffer: a buffer
 *
 * A sentence, or NULL if it is P2P memory. Owned by the buffer. Since 0.1.
 */
const char *p2pmem_buffer_fallback_reason(const struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_fallback_error - the same as a negative errno
 * @buffer: a buffer
 *
 * What p2pmem_allocate() would have returned without a fallback; -EKEYREVOKED
 * after p2pmem_buffer_detach(); -ENODATA of host memory that came by
 * p2pmem_buffer_from_fd(), whose reason only its maker knows; 0 if it is P2P
 * memory. Since 0.1.
 */
int p2pmem_buffer_fallback_error(const struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_size - how large a buffer is
 * @buffer: a buffer
 *
 * In bytes, a multiple of the page size: at least what was asked for, or what
 * was called enough. Since 0.1.
 */
uint64_t p2pmem_buffer_size(const struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_lease - what was lent
 * @buffer: a buffer
 *
 * As it was when the buffer was lent. NULL for host memory, and for what came
 * by p2pmem_buffer_from_fd(). Owned by the buffer. Since 0.1.
 */
const struct p2pmem_lease *p2pmem_buffer_lease(const struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_fd - the descriptor of a buffer
 * @buffer: a buffer
 *
 * It can be passed on and mapped by others; the memory is lent as long as any
 * copy of it lives. Owned by the buffer.
 *
 * For programs with an event loop: it polls as POLLPRI once notice was given,
 * and as POLLHUP once the memory was revoked, and nothing else of it is worth
 * asking for. Ask for POLLPRI first, and after that for nothing, as POLLHUP is
 * always told. Host memory never polls as either, and epoll refuses it with
 * EPERM.
 *
 * After p2pmem_buffer_detach() the number stays taken, and polls as nothing.
 * Since 0.1.
 */
int p2pmem_buffer_fd(const struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_map - map a buffer, whole, for reading and writing
 * @buffer: a buffer
 * @ret: page-aligned address, of as many bytes as p2pmem_buffer_size() says
 *
 * A second call returns the same address. Of P2P memory, stores by the CPU
 * stream; loads are slow, as each crosses the bus. A child of fork() does not
 * inherit the mapping. Errors of mmap(2). Since 0.1.
 */
int p2pmem_buffer_map(struct p2pmem_buffer *buffer, void **ret);

/**
 * struct p2pmem_info - what the kernel says of a buffer
 * @struct_size: in: sizeof(struct p2pmem_info)
 * @size: bytes
 * @id: the driver's number for it, as in its traces; 0: host memory
 * @pinned: bytes that transfers hold at this moment; a snapshot; 0 for host
 *          memory
 * @kind: what it is
 * @state: %P2PMEM_STATE_LIVE, %P2PMEM_STATE_NOTICE or %P2PMEM_STATE_REVOKED;
 *         of host memory always the first
 * @region: like "p2pmem0"; empty for host memory
 * @provider: PCI address of the region's function; empty for host memory
 */
struct p2pmem_info {
	size_t struct_size;
	uint64_t size;
	uint64_t id;
	uint64_t pinned;
	enum p2pmem_kind kind;
	enum p2pmem_state state;
	char region[24];
	char provider[24];
};

/**
 * p2pmem_buffer_get_info - ask the kernel about a buffer
 * @buffer: a buffer
 * @info: filled; no more of it than its struct_size says
 *
 * -EINVAL  struct_size is too small
 * -ENOTTY  the descriptor is P2P memory that the driver does not know
 * Since 0.1.
 */
int p2pmem_buffer_get_info(const struct p2pmem_buffer *buffer, struct p2pmem_info *info);

/**
 * p2pmem_buffer_wait - wait until a buffer is asked back or taken away
 * @buffer: a buffer
 * @state: what is known already: %P2PMEM_STATE_LIVE waits for notice or
 *         revocation, %P2PMEM_STATE_NOTICE for revocation
 * @timeout_ms: longest time, in milliseconds; 0: only look; -1: no limit
 *
 * Returns the state that the buffer is in, an enum
 * p2pmem_state, which is @state when the time is over. Host memory stays
 * %P2PMEM_STATE_LIVE.
 *
 * -ECANCELED  p2pmem_buffer_cancel() or p2pmem_buffer_detach() was called
 * -EBADF      somebody closed the descriptor of the buffer
 * -EINTR      a signal handler ran
 * -EINVAL     @state is neither of the two
 * Since 0.1.
 */
int p2pmem_buffer_wait(struct p2pmem_buffer *buffer, enum p2pmem_state state, int timeout_ms);

/**
 * p2pmem_buffer_cancel - end p2pmem_buffer_wait(), from anywhere
 * @buffer: a buffer or NULL
 *
 * Also from a signal handler. Waiting on the buffer ends with
 * -ECANCELED, now and from now on; nothing else changes. Since 0.1.
 */
void p2pmem_buffer_cancel(struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_detach - give P2P memory back, and keep the address
 * @buffer: a buffer
 *
 * Puts host memory in the place of the P2P memory, atomically, so that a
 * program survives revocation, or heeds notice while other threads go on: what
 * they do with the address finds one memory or the other. The P2P memory goes
 * back as soon as transfers that had begun have ended, unless somebody else has
 * the descriptor or a mapping too.
 *
 * The content is not preserved: the new memory reads as zeros, also for
 * transfers that had begun and end later. From here on the buffer is
 * %P2PMEM_KIND_HOST in every respect, but that its descriptor cannot be mapped.
 * Of host memory, and of a buffer that is detached already, nothing changes.
 *
 * Also from a signal handler: that of SIGBUS can call it and
 * return, and the access that raised the signal finds the new memory.
 *
 * -ENOMEM  there is too little host memory; nothing changed
 * Other errors of mmap(2). Since 0.1.
 */
int p2pmem_buffer_detach(struct p2pmem_buffer *buffer);

/**
 * p2pmem_buffer_free - unmap and close a buffer
 * @buffer: a buffer or NULL
 *
 * No other thread may use it any more; p2pmem_buffer_cancel() helps to get
 * there. Since 0.1.
 */
void p2pmem_buffer_free(struct p2pmem_buffer *buffer);

/**
 * p2pmem_kind_name - the word for a kind of memory
 * @kind: any value
 *
 * "peer-to-peer", "host", "host-huge", or "unknown" for everything else.
 * Static. Since 0.1.
 */
const char *p2pmem_kind_name(enum p2pmem_kind kind);

#ifdef __cplusplus
}
#endif

#endif /* P2PMEM_LIBP2PMEM_H */
