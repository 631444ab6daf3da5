// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A buffer, whose memory any object can view by the buffer protocol. Views are
 * counted: as long as there is one, the memory stays where it is. A thread that
 * waits uses the library's handle without the interpreter's lock; close() has
 * such threads come back, and the last one of them frees the handle.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "python/module.h"

struct buffer {
	PyObject_HEAD struct p2pmem_buffer *handle; /* NULL: closed */
	Py_ssize_t views;
	unsigned int waiting;
	bool closing; /* but for those who wait */
};

static struct buffer *to_buffer(PyObject *self)
{
	return (struct buffer *)self;
}

PyObject *buffer_new(struct module *m, struct p2pmem_buffer *handle)
{
	PyObject *self = ((allocfunc)PyType_GetSlot(m->buffer, Py_tp_alloc))(m->buffer, 0);

	if (self)
		to_buffer(self)->handle = handle;
	else
		p2pmem_buffer_free(handle);
	return self;
}

static struct p2pmem_buffer *handle_of(PyObject *self)
{
	struct buffer *b = to_buffer(self);

	if (b->handle && !b->closing)
		return b->handle;
	PyErr_SetString(PyExc_ValueError, "the buffer is closed");
	return NULL;
}

static void release(struct buffer *b)
{
	struct p2pmem_buffer *handle = b->handle;

	b->handle = NULL;
	Py_BEGIN_ALLOW_THREADS p2pmem_buffer_free(handle);
	Py_END_ALLOW_THREADS
}

static void buffer_dealloc(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);

	p2pmem_buffer_free(to_buffer(self)->handle);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
	Py_DECREF(type);
}

static PyObject *buffer_close(PyObject *self, PyObject *unused)
{
	struct buffer *b = to_buffer(self);

	if (!b->handle || b->closing)
		Py_RETURN_NONE;
	if (b->views)
		return PyErr_Format(PyExc_BufferError,
				    "the memory has %zd views, which are to be released first",
				    b->views);
	if (b->waiting) {
		b->closing = true;
		p2pmem_buffer_cancel(b->handle);
	} else {
		release(b);
	}
	Py_RETURN_NONE;
}

static PyObject *buffer_from_fd(PyObject *type, PyObject *arg)
{
	struct module *m = PyType_GetModuleState((PyTypeObject *)type);
	int fd = PyObject_AsFileDescriptor(arg);
	struct p2pmem_buffer *handle;
	int r;

	if (fd < 0)
		return NULL;
	r = p2pmem_buffer_from_fd(fd, &handle);
	return r < 0 ? raise_error(m, NULL, r) : buffer_new(m, handle);
}

static PyObject *buffer_enter(PyObject *self, PyObject *unused)
{
	return handle_of(self) ? Py_NewRef(self) : NULL;
}

/* ---- the memory ------------------------------------------------------- */

static int buffer_view(PyObject *self, Py_buffer *view, int flags)
{
	struct p2pmem_buffer *handle = handle_of(self);
	void *memory;
	int r;

	view->obj = NULL;
	if (!handle)
		return -1;
	r = p2pmem_buffer_map(handle, &memory);
	if (r < 0) {
		raise_error(module_of(self), NULL, r);
		return -1;
	}
	r = PyBuffer_FillInfo(view, self, memory, (Py_ssize_t)p2pmem_buffer_size(handle), 0, flags);
	if (r == 0)
		to_buffer(self)->views++;
	return r;
}

static void buffer_view_end(PyObject *self, Py_buffer *view)
{
	to_buffer(self)->views--;
}

static Py_ssize_t buffer_length(PyObject *self)
{
	struct p2pmem_buffer *handle = handle_of(self);

	return handle ? (Py_ssize_t)p2pmem_buffer_size(handle) : -1;
}

/* ---- what it is ------------------------------------------------------- */

static PyObject *buffer_fileno(PyObject *self, PyObject *unused)
{
	struct p2pmem_buffer *handle = handle_of(self);

	return handle ? PyLong_FromLong(p2pmem_buffer_fd(handle)) : NULL;
}

static PyObject *buffer_kind(PyObject *self, void *unused)
{
	struct p2pmem_buffer *handle = handle_of(self);

	return handle ? PyUnicode_FromString(p2pmem_kind_name(p2pmem_buffer_kind(handle))) : NULL;
}

static PyObject *buffer_reason(PyObject *self, void *unused)
{
	struct p2pmem_buffer *handle = handle_of(self);

	return handle ? from_words(p2pmem_buffer_fallback_reason(handle)) : NULL;
}

static PyObject *buffer_lease(PyObject *self, void *unused)
{
	struct p2pmem_buffer *handle = handle_of(self);
	const struct p2pmem_lease *lease = handle ? p2pmem_buffer_lease(handle) : NULL;

	if (!handle)
		return NULL;
	if (!lease)
		Py_RETURN_NONE;
	return from_lease(lease);
}

static PyObject *buffer_closed(PyObject *self, void *unused)
{
	struct buffer *b = to_buffer(self);

	return PyBool_FromLong(!b->handle || b->closing);
}

static PyObject *buffer_info(PyObject *self, PyObject *unused)
{
	struct p2pmem_info info = { .struct_size = sizeof(info) };
	struct p2pmem_buffer *handle = handle_of(self);
	int r;

	if (!handle)
		return NULL;
	r = p2pmem_buffer_get_info(handle, &info);
	if (r < 0)
		return raise_error(module_of(self), NULL, r);
	return Py_BuildValue("{s:K,s:K,s:K,s:s,s:s,s:s,s:s}", "size", info.size, "id", info.id,
			     "pinned", info.pinned, "kind", p2pmem_kind_name(info.kind), "state",
			     p2pmem_state_name(info.state), "region", info.region, "provider",
			     info.provider);
}

/* ---- the end of a lease ----------------------------------------------- */

static PyObject *buffer_detach(PyObject *self, PyObject *unused)
{
	struct p2pmem_buffer *handle = handle_of(self);
	int r = handle ? p2pmem_buffer_detach(handle) : 0;

	if (!handle)
		return NULL;
	if (r < 0)
		return raise_error(module_of(self), NULL, r);
	Py_RETURN_NONE;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* What is left until @deadline, at most what an int holds; -1: no limit. */
static int left(int64_t deadline)
{
	int64_t n = deadline - now_ms();

	return deadline < 0 ? -1 : n < 0 ? 0 : n > INT_MAX ? INT_MAX : (int)n;
}

/* Goes on after signals whose handlers raise nothing. */
static int wait_on(struct buffer *b, enum p2pmem_state known, int64_t deadline)
{
	int r;

	b->waiting++;
	do {
		Py_BEGIN_ALLOW_THREADS r = p2pmem_buffer_wait(b->handle, known, left(deadline));
		Py_END_ALLOW_THREADS
	} while ((r == -EINTR && PyErr_CheckSignals() == 0) ||
		 (r == (int)known && deadline >= 0 && left(deadline) > 0));
	if (--b->waiting == 0 && b->closing)
		release(b);
	return r;
}

static bool read_known(const char *word, enum p2pmem_state *ret)
{
	*ret = strcmp(word, "notice") == 0 ? P2PMEM_STATE_NOTICE : P2PMEM_STATE_LIVE;
	if (*ret == P2PMEM_STATE_NOTICE || strcmp(word, "live") == 0)
		return true;
	PyErr_SetString(PyExc_ValueError, "known: 'live' or 'notice'");
	return false;
}

/* None: no limit. */
static bool read_timeout(PyObject *timeout, int64_t *ret_deadline)
{
	double seconds = timeout == Py_None ? 0 : PyFloat_AsDouble(timeout);

	*ret_deadline = -1;
	if (PyErr_Occurred())
		return false;
	if (!(seconds >= 0 && seconds < 1e9)) {
		PyErr_SetString(PyExc_ValueError, "timeout: a number of seconds, or None");
		return false;
	}
	if (timeout != Py_None)
		*ret_deadline = now_ms() + (int64_t)(seconds * 1000);
	return true;
}

static PyObject *buffer_wait(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = { "known", "timeout", NULL };
	PyObject *timeout = Py_None;
	const char *word = "live";
	enum p2pmem_state known;
	int64_t deadline;
	int r;

	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|sO:wait", names, &word, &timeout) ||
	    !read_known(word, &known) || !read_timeout(timeout, &deadline) || !handle_of(self))
		return NULL;
	r = wait_on(to_buffer(self), known, deadline);
	if (PyErr_Occurred())
		return NULL;
	if (r < 0)
		return raise_error(module_of(self), NULL, r);
	return PyUnicode_FromString(p2pmem_state_name(r));
}

/* ---- the type --------------------------------------------------------- */

static PyMethodDef buffer_methods[] = {
	{ "from_fd", buffer_from_fd, METH_O | METH_CLASS,
	  "from_fd(fd) -> Buffer\n\nOf a descriptor that was handed over, and is the buffer's then." },
	{ "fileno", buffer_fileno, METH_NOARGS,
	  "The descriptor, which mmap.mmap() takes and others may be passed. POLLPRI: the memory\n"
	  "is asked back; POLLHUP: it is gone." },
	{ "info", buffer_info, METH_NOARGS, "What the kernel says of the buffer at this moment." },
	{ "wait", (PyCFunction)(void (*)(void))buffer_wait, METH_VARARGS | METH_KEYWORDS,
	  "wait(known='live', timeout=None) -> str\n\n"
	  "Waits until the memory is asked back ('notice') or taken away ('revoked'), and returns\n"
	  "which. With known='notice' for the latter only." },
	{ "detach", buffer_detach, METH_NOARGS,
	  "Puts host memory, of zeros, in the place of the memory, and gives that back. Views stay\n"
	  "valid. Without it, who looks at memory that was taken away is ended by SIGBUS." },
	{ "close", buffer_close, METH_NOARGS,
	  "Gives the memory back. BufferError as long as there are views of it." },
	{ "__enter__", buffer_enter, METH_NOARGS, NULL },
	{ "__exit__", buffer_close, METH_VARARGS, NULL },
	{ 0 },
};

static PyGetSetDef buffer_getset[] = {
	{ .name = "kind", .get = buffer_kind, .doc = "'peer-to-peer', 'host' or 'host-huge'." },
	{ .name = "fallback_reason",
	  .get = buffer_reason,
	  .doc = "Why it is no peer-to-peer memory, or None." },
	{ .name = "lease", .get = buffer_lease, .doc = "What was lent, or None." },
	{ .name = "closed", .get = buffer_closed, .doc = "Whether close() was called." },
	{ 0 },
};

static PyType_Slot buffer_slots[] = {
	{ Py_tp_dealloc, buffer_dealloc },
	{ Py_tp_methods, buffer_methods },
	{ Py_tp_getset, buffer_getset },
	{ Py_sq_length, buffer_length },
	{ Py_bf_getbuffer, buffer_view },
	{ Py_bf_releasebuffer, buffer_view_end },
	{ Py_tp_doc,
	  "Memory of a device, or host memory in its stead, for whoever takes bytes: slices of\n"
	  "memoryview(buffer) go to os.preadv() and os.pwritev()." },
	{ 0 },
};

PyType_Spec buffer_spec = {
	.name = "p2pmem.Buffer",
	.basicsize = sizeof(struct buffer),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
	.slots = buffer_slots,
};
