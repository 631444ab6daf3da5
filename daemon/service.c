/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/audit_fields.h"
#include "daemon/interface.h"
#include "daemon/service.h"

/* Of the standard interface, what a service has to answer. */
static const char service_interface_description[] =
	"interface org.varlink.service\n"
	"\n"
	"method GetInfo() -> (\n"
	"  vendor: string,\n"
	"  product: string,\n"
	"  version: string,\n"
	"  url: string,\n"
	"  interfaces: []string\n"
	")\n"
	"\n"
	"method GetInterfaceDescription(interface: string) -> (description: string)\n"
	"\n"
	"error InterfaceNotFound(interface: string)\n"
	"error MethodNotFound(method: string)\n"
	"error MethodNotImplemented(method: string)\n"
	"error InvalidParameter(parameter: string)\n"
	"error PermissionDenied()\n"
	"error ExpectedMore()\n";

static const struct {
	const char *name;
	const char *description;
} interfaces[] = {
	{ VARLINK_SERVICE_INTERFACE, service_interface_description },
	{ BROKER_INTERFACE, broker_interface_description },
};

#define N_INTERFACES (sizeof(interfaces) / sizeof(interfaces[0]))

struct context {
	struct broker *broker;
	const struct peer *who;
	struct json_object *parameters;
};

struct method {
	const char *name;
	bool streams; /* has to be called with `more` */
	bool parameters; /* takes some, which it checks itself */
	int (*run)(const struct context *c, struct answer *ret);
};

static int get_info(const struct context *c, struct answer *ret)
{
	_cleanup_json_ struct json_object *p = json_object_new_object();
	struct json_object *names = json_object_new_array();
	int r = names ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < N_INTERFACES; i++)
		r = json_append(names, json_object_new_string(interfaces[i].name));
	if (!p || r < 0 || json_add_string(p, "vendor", "p2pmem") < 0 ||
	    json_add_string(p, "product", "p2pmemd") < 0 ||
	    json_add_string(p, "version", P2PMEM_VERSION) < 0 ||
	    json_add_string(p, "url", "") < 0) {
		json_object_put(names);
		return -ENOMEM;
	}
	r = json_add(p, "interfaces", names);
	ret->parameters = take_ptr(p);
	return r;
}

static int interface_not_found(const char *name, struct answer *ret)
{
	return answer_error_strings(ret, VARLINK_ERROR_INTERFACE_NOT_FOUND, "interface", name, NULL,
				    NULL);
}

static int get_description(const struct context *c, struct answer *ret)
{
	const char *name = NULL, *bad;
	const struct json_field fields[] = { { "interface", JSON_STRING, true, &name }, {} };
	struct json_object *p;

	if (json_read(c->parameters, fields, true, &bad) < 0)
		return answer_invalid(ret, bad);
	for (size_t i = 0; i < N_INTERFACES; i++) {
		if (strcmp(interfaces[i].name, name) != 0)
			continue;
		ret->parameters = p = json_object_new_object();
		return p ? json_add_string(p, "description", interfaces[i].description) : -ENOMEM;
	}
	return interface_not_found(name, ret);
}

static int list_regions(const struct context *c, struct answer *ret)
{
	return broker_list_regions(c->broker, ret);
}

static int list_devices(const struct context *c, struct answer *ret)
{
	return broker_list_devices(c->broker, ret);
}

static int list_pairs(const struct context *c, struct answer *ret)
{
	return broker_list_pairs(c->broker, c->parameters, ret);
}

static int list_host_bridges(const struct context *c, struct answer *ret)
{
	return broker_list_host_bridges(c->broker, ret);
}

static int list_functions(const struct context *c, struct answer *ret)
{
	return broker_list_functions(c->broker, ret);
}

static int explain(const struct context *c, struct answer *ret)
{
	return broker_explain(c->broker, c->parameters, ret);
}

static int list_leases(const struct context *c, struct answer *ret)
{
	return broker_list_leases(c->broker, c->who, ret);
}

static int get_metrics(const struct context *c, struct answer *ret)
{
	return broker_get_metrics(c->broker, c->who, ret);
}

static int monitor(const struct context *c, struct answer *ret)
{
	return broker_monitor(c->broker, c->who, ret);
}

static int reload(const struct context *c, struct answer *ret)
{
	return broker_reload(c->broker, c->who, ret);
}

static int allocate(const struct context *c, struct answer *ret)
{
	return broker_allocate(c->broker, c->who, c->parameters, ret);
}

static int revoke_leases(const struct context *c, struct answer *ret)
{
	return broker_revoke(c->broker, c->who, c->parameters, ret);
}

static int drain(const struct context *c, struct answer *ret)
{
	return broker_drain(c->broker, c->who, c->parameters, ret);
}

static int undrain(const struct context *c, struct answer *ret)
{
	return broker_undrain(c->broker, c->who, c->parameters, ret);
}

static const struct method methods[] = {
	{ VARLINK_SERVICE_INTERFACE ".GetInfo", false, false, get_info },
	{ VARLINK_SERVICE_INTERFACE ".GetInterfaceDescription", false, true, get_description },
	{ BROKER_INTERFACE ".ListRegions", true, false, list_regions },
	{ BROKER_INTERFACE ".ListDevices", true, false, list_devices },
	{ BROKER_INTERFACE ".ListPairs", true, true, list_pairs },
	{ BROKER_INTERFACE ".ListHostBridges", true, false, list_host_bridges },
	{ BROKER_INTERFACE ".ListFunctions", true, false, list_functions },
	{ BROKER_INTERFACE ".Explain", false, true, explain },
	{ BROKER_INTERFACE ".ListLeases", true, false, list_leases },
	{ BROKER_INTERFACE ".Allocate", false, true, allocate },
	{ BROKER_INTERFACE ".Revoke", false, true, revoke_leases },
	{ BROKER_INTERFACE ".Drain", false, true, drain },
	{ BROKER_INTERFACE ".Undrain", false, true, undrain },
	{ BROKER_INTERFACE ".Reload", false, false, reload },
	{ BROKER_INTERFACE ".GetMetrics", false, false, get_metrics },
	{ BROKER_INTERFACE ".Monitor", true, false, monitor },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

bool service_lends(const char *method)
{
	return strcmp(method, BROKER_INTERFACE ".Allocate") == 0;
}

static int run(const struct method *m, const struct varlink_call *call, const struct context *c,
	       struct answer *ret)
{
	static const struct json_field none[] = { {} };
	const char *bad;

	if (call->upgrade)
		return answer_error_strings(ret, VARLINK_ERROR_METHOD_NOT_IMPLEMENTED, "method",
					    call->method, NULL, NULL);
	if (!m->parameters && json_read(c->parameters, none, true, &bad) < 0)
		return answer_invalid(ret, bad);
	if (m->streams && !call->more)
		return answer_error(ret, VARLINK_ERROR_EXPECTED_MORE, json_object_new_object());
	return m->run(c, ret);
}

/* What is asked about is nobody's business; what is asked for is the auditor's. */
static bool is_audited(const struct method *m)
{
	return m->run == allocate || m->run == revoke_leases || m->run == drain ||
	       m->run == undrain || m->run == reload;
}

static int run_audited(const struct method *m, const struct varlink_call *call,
		       const struct context *c, struct answer *ret)
{
	int r = run(m, call, c, ret);

	if (r == 0 && is_audited(m))
		audit_refused(&c->broker->audit, c->who, m->name, ret);
	return r;
}

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000U + (uint64_t)t.tv_nsec / 1000U;
}

/* The first call may be for them, and is to find all methods there. */
static void name_methods(struct metrics *m)
{
	if (m->requests.n > 0)
		return;
	for (size_t i = 0; i < N_METHODS; i++)
		counters_add(&m->requests, audit_last_word(methods[i].name), 0);
}

/* @name: one of ours; what a caller makes up is all the same. */
static void count(struct metrics *m, const char *name, const struct answer *a, uint64_t usec)
{
	counters_add(&m->requests, name, 1);
	if (a->error)
		counters_add(&m->refusals, audit_last_word(a->error), 1);
	/* What is answered later takes as long as it was asked to. */
	if (!a->later)
		histogram_add(&m->latency, usec);
}

/* A method that is not there: is its interface? */
static int not_found(const char *method, struct answer *ret)
{
	_cleanup_free_ char *interface = strndup(method, (size_t)(strrchr(method, '.') - method));

	if (!interface)
		return -ENOMEM;
	for (size_t i = 0; i < N_INTERFACES; i++)
		if (strcmp(interfaces[i].name, interface) == 0)
			return answer_error_strings(ret, VARLINK_ERROR_METHOD_NOT_FOUND, "method",
						    method, NULL, NULL);
	return interface_not_found(interface, ret);
}

static const struct method *find(const char *name)
{
	for (size_t i = 0; i < N_METHODS; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

int service_call(struct broker *b, const struct peer *who, const struct varlink_call *call,
		 struct answer *ret)
{
	const struct context c = { .broker = b, .who = who, .parameters = call->parameters };

	const struct method *m = find(call->method);
	uint64_t begun = now_usec();
	int r;

	name_methods(&b->metrics);
	r = m ? run_audited(m, call, &c, ret) : not_found(call->method, ret);

	if (r == 0)
		count(&b->metrics, m ? audit_last_word(m->name) : "unknown", ret,
		      now_usec() - begun);
	return r;
}
