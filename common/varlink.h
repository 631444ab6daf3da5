/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The three kinds of Varlink message (call, reply, error), built and taken
 * apart. What is taken apart is borrowed: it lives as long as the message.
 */
#pragma once

#include <stdbool.h>
#include <json-c/json.h>

#define VARLINK_SERVICE_INTERFACE "org.varlink.service"
#define VARLINK_ERROR_INTERFACE_NOT_FOUND VARLINK_SERVICE_INTERFACE ".InterfaceNotFound"
#define VARLINK_ERROR_METHOD_NOT_FOUND VARLINK_SERVICE_INTERFACE ".MethodNotFound"
#define VARLINK_ERROR_METHOD_NOT_IMPLEMENTED VARLINK_SERVICE_INTERFACE ".MethodNotImplemented"
#define VARLINK_ERROR_INVALID_PARAMETER VARLINK_SERVICE_INTERFACE ".InvalidParameter"
#define VARLINK_ERROR_PERMISSION_DENIED VARLINK_SERVICE_INTERFACE ".PermissionDenied"
#define VARLINK_ERROR_EXPECTED_MORE VARLINK_SERVICE_INTERFACE ".ExpectedMore"

#define BROKER_INTERFACE "io.p2pmem.Broker"
#define BROKER_SOCKET "/run/p2pmem/io.p2pmem.Broker"

struct varlink_call {
	const char *method;
	struct json_object *parameters; /* NULL if there are none */
	bool oneway;
	bool more;
	bool upgrade;
};

struct varlink_reply {
	const char *error; /* NULL: success */
	struct json_object *parameters; /* NULL if there are none */
	bool continues;
};

/* "INTERFACE.METHOD", each of the characters that Varlink names are made of. */
bool varlink_method_valid(const char *method);

/* -EBADMSG: no such message. */
int varlink_call_parse(struct json_object *message, struct varlink_call *ret);
int varlink_reply_parse(struct json_object *message, struct varlink_reply *ret);

/* Build a message. @parameters, which may be NULL, is taken over. NULL when memory is short. */
struct json_object *varlink_call_new(const char *method, struct json_object *parameters, bool more);
struct json_object *varlink_reply_new(struct json_object *parameters, bool continues);
struct json_object *varlink_error_new(const char *error, struct json_object *parameters);
