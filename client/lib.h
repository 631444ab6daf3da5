/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside libp2pmem. A client owns its stream and the record of the last
 * failure; a buffer owns its descriptor and mapping and knows no client.
 *
 * A client is for one thread at a time, but for cancellation: that sets a flag
 * and makes an eventfd readable, which every wait for the broker looks at too.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>
#include <p2pmem/libp2pmem.h>

#include "common/stream.h"

/*
 * Memory that is freed as one: what a list and its strings are made of. The
 * first thing allocated stands for the whole in p2pmem_list_free().
 */
struct pool {
	struct chunk *head;
	struct chunk *tail;
};

/* Zeroed; NULL when memory is short. */
void *pool_alloc(struct pool *pool, size_t size);
/* 0 and a copy, or NULL for a NULL @s; -ENOMEM. */
int pool_string(struct pool *pool, const char *s, const char **ret);
void pool_free(struct pool *pool);
/* What was allocated first, or NULL. */
void *pool_first(const struct pool *pool);

/* The record of the last failure. */
struct failure {
	char *message;
	char *error_name;
	char *remedy;
	struct pool refusals;
	struct pool mistakes;
};

struct p2pmem_client {
	struct stream *stream; /* NULL: not connected */
	char *away; /* why it is not connected; NULL: it never was to be */
	int timeout_ms;
	bool interruptible;
	bool monitoring;
	atomic_bool cancelled; /* for good */
	int wake; /* eventfd, readable from then on */
	int log_max;
	void (*log)(int priority, const char *message, void *userdata);
	void *log_userdata;
	struct failure failure;
};

/* Hangs up because of the failure that is on record. */
void client_disconnect(struct p2pmem_client *c);

/* Tells the caller's log, if there is one that wants to know. */
void client_log(const struct p2pmem_client *c, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Forgets the last failure. Every public function that takes a client begins with it. */
void failure_clear(struct failure *f);

/* Records a sentence for @error (negative errno), and returns @error. */
int failure_set(struct failure *f, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Records what can be done about it. */
void failure_set_remedy(struct failure *f, const char *remedy);

/* Records what the broker says in a Varlink error. The negative errno that stands for it. */
int failure_from_reply(struct failure *f, const char *error, struct json_object *parameters);

/*
 * Calls a method and hands the parameters of each reply to @reply; with @more
 * there may be several. @parameters is taken over. What @reply returns ends
 * the call if it is negative, and with it the connection.
 */
typedef int (*reply_fn)(struct p2pmem_client *c, struct json_object *parameters, void *data);
int client_call(struct p2pmem_client *c, const char *method, struct json_object *parameters,
		bool more, reply_fn reply, void *data);

/*
 * The parts of a call, for calls without an end. Sends one; @parameters is
 * taken over.
 */
int client_send(struct p2pmem_client *c, const char *method, struct json_object *parameters,
		bool more);
/* 1: the next message, which the caller owns; 0: @deadline_ms (-1: none) has passed; -errno. */
int client_receive(struct p2pmem_client *c, int64_t deadline_ms, struct json_object **ret);
/* Records why a call failed, unless there is something on record, and returns the error. */
int client_explain(struct p2pmem_client *c, const char *method, int error);

/* Since when, and until when. */
int64_t now_ms(void);
int64_t deadline_after(int timeout_ms); /* -1: none */
int remaining_ms(int64_t deadline_ms); /* for poll() */

/*
 * Copies a caller's structure that begins with its own size into one of
 * @known bytes. -EINVAL: it is smaller than @least, or holds something beyond
 * what is known.
 */
int options_copy(void *to, size_t known, size_t least, const void *from);

/* For @least: where the structure of the first release ended. */
#define SIZE_UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/* Words that are not known count as unknown. */
enum p2pmem_verdict verdict_from_name(const char *name);
enum p2pmem_state state_from_name(const char *name);
enum p2pmem_source source_from_name(const char *name);
enum p2pmem_hop_kind kind_from_name(const char *name); /* 0: unknown */
uint32_t sides_from_name(const char *name); /* P2PMEM_HOP_*_SIDE */
const char *source_name(enum p2pmem_source source);
const char *kind_name(enum p2pmem_hop_kind kind);
const char *sides_name(uint32_t sides);

/*
 * What a device is called in a request: a DeviceReference object for an open
 * descriptor, or for a path or PCI address. Failures are recorded in @f.
 */
int device_from_fd(struct failure *f, int fd, const char *path, struct json_object **ret);
int device_from_name(struct failure *f, const char *name, struct json_object **ret);
