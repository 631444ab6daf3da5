// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A connection. Its lock is held from before the library uses the handle until
 * after the text of a failure was taken from it; close() takes it, too.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "python/module.h"

struct client {
	PyObject_HEAD struct p2pmem_client *handle; /* NULL: closed */
	PyThread_type_lock lock;
};

static struct client *to_client(PyObject *self)
{
	return (struct client *)self;
}

static void lock(struct client *c)
{
	if (PyThread_acquire_lock(c->lock, NOWAIT_LOCK))
		return;
	Py_BEGIN_ALLOW_THREADS PyThread_acquire_lock(c->lock, WAIT_LOCK);
	Py_END_ALLOW_THREADS
}

static void unlock(struct client *c)
{
	PyThread_release_lock(c->lock);
}

/* Locks, unless it is closed. */
static bool begin(struct client *c)
{
	lock(c);
	if (c->handle)
		return true;
	unlock(c);
	PyErr_SetString(PyExc_ValueError, "the client is closed");
	return false;
}

/* ---- life ------------------------------------------------------------- */

/* Seconds to milliseconds; None: no limit. */
static int timeout_converter(PyObject *o, void *ret)
{
	double seconds;

	if (o == Py_None) {
		*(int *)ret = -1;
		return 1;
	}
	seconds = PyFloat_AsDouble(o);
	if (PyErr_Occurred())
		return 0;
	if (!(seconds > 0 && seconds < INT_MAX / 1000)) {
		PyErr_SetString(PyExc_ValueError, "timeout: a number of seconds above 0, or None");
		return 0;
	}
	*(int *)ret = seconds < 0.001 ? 1 : (int)(seconds * 1000);
	return 1;
}

static int connect_to(struct client *c, const char *path, int timeout_ms)
{
	const struct p2pmem_connect_options options = { .struct_size = sizeof(options),
							.socket_path = path,
							.timeout_ms = timeout_ms };
	int r;

	Py_BEGIN_ALLOW_THREADS r = p2pmem_client_connect(c->handle, &options);
	Py_END_ALLOW_THREADS return r;
}

static int open_client(struct module *m, struct client *c, PyObject *path, int timeout_ms,
		       int required)
{
	const char *text = path ? PyBytes_AsString(path) : NULL;
	int r;

	if (path && !text)
		return -1;
	c->lock = PyThread_allocate_lock();
	if (!c->lock) {
		PyErr_NoMemory();
		return -1;
	}
	r = p2pmem_client_new(&c->handle);
	if (r < 0) {
		raise_error(m, NULL, r);
		return -1;
	}
	r = connect_to(c, text, timeout_ms);
	if (r < 0 && required) {
		raise_error(m, c->handle, r);
		return -1;
	}
	return 0;
}

static PyObject *client_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "socket_path", "timeout", "required", NULL };
	struct module *m = PyType_GetModuleState(type);
	PyObject *given = Py_None, *path = NULL, *self = NULL;
	int timeout_ms = 0, required = 1;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$O&p:Client", names, &given,
					 timeout_converter, &timeout_ms, &required) ||
	    (given != Py_None && !PyUnicode_FSConverter(given, &path)))
		return NULL;
	self = ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
	if (self && open_client(m, to_client(self), path, timeout_ms, required) < 0)
		Py_CLEAR(self);
	Py_XDECREF(path);
	return self;
}

static void client_dealloc(PyObject *self)
{
	struct client *c = to_client(self);
	PyTypeObject *type = Py_TYPE(self);

	p2pmem_client_free(c->handle);
	if (c->lock)
		PyThread_free_lock(c->lock);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
	Py_DECREF(type);
}

static PyObject *client_close(PyObject *self, PyObject *unused)
{
	struct client *c = to_client(self);

	lock(c);
	p2pmem_client_free(c->handle);
	c->handle = NULL;
	unlock(c);
	Py_RETURN_NONE;
}

/* Without the lock, which is held by the call that is to end. */
static PyObject *client_cancel(PyObject *self, PyObject *unused)
{
	p2pmem_client_cancel(to_client(self)->handle);
	Py_RETURN_NONE;
}

static PyObject *client_enter(PyObject *self, PyObject *unused)
{
	return Py_NewRef(self);
}

/* ---- lists ------------------------------------------------------------ */

/* Called by one of the functions below, with what is peculiar to it. */
#define LIST(name, type, convert)                                                                \
	static PyObject *client_##name(PyObject *self, PyObject *unused)                         \
	{                                                                                        \
		struct client *c = to_client(self);                                              \
		struct type *first = NULL;                                                       \
		PyObject *list;                                                                  \
		int r;                                                                           \
                                                                                                 \
		if (!begin(c))                                                                   \
			return NULL;                                                             \
		Py_BEGIN_ALLOW_THREADS r = p2pmem_list_##name(c->handle, &first);                \
		Py_END_ALLOW_THREADS list = r < 0 ? raise_error(module_of(self), c->handle, r) : \
						    convert(first);                              \
		unlock(c);                                                                       \
		p2pmem_list_free(first);                                                         \
		return list;                                                                     \
	}

LIST(regions, p2pmem_region, from_regions)
LIST(devices, p2pmem_device, from_devices)
LIST(pairs, p2pmem_pair, from_pairs)
LIST(leases, p2pmem_lease, from_leases)

/* ---- buffers ---------------------------------------------------------- */

/*
 * What is to use a buffer: descriptors, and paths, which live as long as @bytes.
 * Files may be open no longer than @list is there, if nobody else has them.
 */
struct users {
	int *fds;
	size_t n_fds;
	const char **paths;
	size_t n_paths;
	PyObject *bytes;
	PyObject *list;
};

static void users_clear(struct users *u)
{
	PyMem_Free(u->fds);
	PyMem_Free(u->paths);
	Py_XDECREF(u->bytes);
	Py_XDECREF(u->list);
}

static bool is_path(PyObject *o)
{
	return PyUnicode_Check(o) || PyBytes_Check(o) || PyObject_HasAttrString(o, "__fspath__");
}

static int add_path(struct users *u, PyObject *o)
{
	PyObject *bytes;
	int r;

	if (!PyUnicode_FSConverter(o, &bytes))
		return -1;
	r = PyList_Append(u->bytes, bytes);
	u->paths[u->n_paths++] = PyBytes_AsString(bytes);
	Py_DECREF(bytes);
	return r;
}

static int add_user(struct users *u, PyObject *o)
{
	if (is_path(o))
		return add_path(u, o);
	u->fds[u->n_fds] = PyObject_AsFileDescriptor(o);
	return u->fds[u->n_fds++] < 0 ? -1 : 0;
}

static int users_fill(struct users *u)
{
	const Py_ssize_t n = PyList_Size(u->list);

	u->bytes = PyList_New(0);
	u->fds = PyMem_Calloc(n + !n, sizeof(*u->fds));
	u->paths = PyMem_Calloc(n + !n, sizeof(*u->paths));
	if (!u->bytes || !u->fds || !u->paths) {
		PyErr_NoMemory();
		return -1;
	}
	for (Py_ssize_t i = 0; i < n; i++)
		if (add_user(u, PyList_GetItem(u->list, i)) < 0)
			return -1;
	return 0;
}

/* Of a list of our own, so that nobody changes it meanwhile. */
static int users_collect(struct users *u, PyObject *devices)
{
	if (is_path(devices)) {
		PyErr_SetString(PyExc_TypeError,
				"devices: a sequence of paths and files is wanted");
		return -1;
	}
	u->list = PySequence_List(devices);
	return u->list ? users_fill(u) : -1;
}

static int fallback_converter(PyObject *o, void *ret)
{
	enum p2pmem_fallback *fallback = ret;

	if (o == Py_None)
		*fallback = P2PMEM_FALLBACK_NONE;
	else if (PyUnicode_Check(o) && PyUnicode_CompareWithASCIIString(o, "host") == 0)
		*fallback = P2PMEM_FALLBACK_HOST;
	else if (PyUnicode_Check(o) && PyUnicode_CompareWithASCIIString(o, "huge") == 0)
		*fallback = P2PMEM_FALLBACK_HUGE;
	else {
		PyErr_SetString(PyExc_ValueError, "fallback: None, 'host' or 'huge'");
		return 0;
	}
	return 1;
}

static int size_converter(PyObject *o, void *ret)
{
	unsigned long long size = PyLong_AsUnsignedLongLong(o);

	if (PyErr_Occurred())
		return 0;
	*(uint64_t *)ret = size;
	return 1;
}

static PyObject *allocate(PyObject *self, const struct p2pmem_allocate_options *options)
{
	struct client *c = to_client(self);
	struct p2pmem_buffer *buffer = NULL;
	PyObject *o = NULL;
	int r;

	if (!begin(c))
		return NULL;
	Py_BEGIN_ALLOW_THREADS r = p2pmem_allocate(c->handle, options, &buffer);
	Py_END_ALLOW_THREADS if (r < 0) raise_error(module_of(self), c->handle, r);
	unlock(c);
	if (r == 0)
		o = buffer_new(module_of(self), buffer);
	return o;
}

static PyObject *client_allocate(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "size", "devices", "min_size", "region",
				 "name", "bridge",  "fallback", NULL };
	struct p2pmem_allocate_options options = { .struct_size = sizeof(options) };
	PyObject *devices = NULL, *o = NULL;
	struct users users = {};
	int bridge = 1;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|O$O&zzpO&:allocate", names,
					 size_converter, &options.size, &devices, size_converter,
					 &options.min_size, &options.region, &options.name, &bridge,
					 fallback_converter, &options.fallback))
		return NULL;
	options.min_verdict = bridge ? P2PMEM_VERDICT_BRIDGE : P2PMEM_VERDICT_BUS;
	if (!devices || users_collect(&users, devices) == 0) {
		options.fds = users.fds;
		options.n_fds = users.n_fds;
		options.devices = users.paths;
		options.n_devices = users.n_paths;
		o = allocate(self, &options);
	}
	users_clear(&users);
	return o;
}

/* ---- the type --------------------------------------------------------- */

static PyMethodDef client_methods[] = {
	{ "allocate", (PyCFunction)(void (*)(void))client_allocate, METH_VARARGS | METH_KEYWORDS,
	  "allocate(size, devices=(), *, min_size=0, region=None, name=None, bridge=True,\n"
	  "         fallback=None) -> Buffer\n\n"
	  "A buffer of size bytes that all devices reach: open files or descriptors, paths, or\n"
	  "PCI addresses. With min_size less will do. bridge=False: only what is behind one\n"
	  "switch with the memory. fallback='host' or 'huge' takes host memory, in ordinary or\n"
	  "huge pages, where there is no peer-to-peer path; Buffer.kind says which it is." },
	{ "regions", client_regions, METH_NOARGS, "The peer-to-peer memory of this machine." },
	{ "devices", client_devices, METH_NOARGS, "The PCI functions that could use it." },
	{ "pairs", client_pairs, METH_NOARGS, "Which device reaches which region, and why not." },
	{ "leases", client_leases, METH_NOARGS, "What is lent to the caller." },
	{ "cancel", client_cancel, METH_NOARGS,
	  "Ends what the client is doing, and all that it is asked to do later. From any thread." },
	{ "close", client_close, METH_NOARGS, "Closes the connection. Buffers stay." },
	{ "__enter__", client_enter, METH_NOARGS, NULL },
	{ "__exit__", client_close, METH_VARARGS, NULL },
	{ 0 },
};

static PyType_Slot client_slots[] = {
	{ Py_tp_new, client_new },
	{ Py_tp_dealloc, client_dealloc },
	{ Py_tp_methods, client_methods },
	{ Py_tp_doc,
	  "Client(socket_path=None, *, timeout=30, required=True)\n--\n\n"
	  "A connection to the broker, for any number of threads, one after the other. With\n"
	  "required=False there need be no broker: allocate() says so, or falls back." },
	{ 0 },
};

PyType_Spec client_spec = {
	.name = "p2pmem.Client",
	.basicsize = sizeof(struct client),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
	.slots = client_slots,
};
