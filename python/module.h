/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Python module p2pmem, on libp2pmem, within the stable ABI of Python 3.11,
 * so that one build serves this and later ones.
 *
 * Locking: a connection is one thread's at a time, which its lock sees to, as
 * the interpreter's is released while the broker is waited for. Whatever else
 * there is belongs to who holds the interpreter's lock.
 */
#pragma once

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>

#include <p2pmem/libp2pmem.h>

struct module {
	PyTypeObject *client;
	PyTypeObject *buffer;
	PyObject *error;
};

extern PyType_Spec client_spec;
extern PyType_Spec buffer_spec;

/* Of an object of ours. */
struct module *module_of(PyObject *self);

/* Raises Error for @error. @client has a sentence about it; NULL: the system's words do. */
PyObject *raise_error(struct module *m, const struct p2pmem_client *client, int error);
PyObject *make_error_type(void);

/* A sentence of the library, as os.fsdecode() has it, or None. */
PyObject *from_words(const char *words);

/* Takes over @handle, also on failure. */
PyObject *buffer_new(struct module *m, struct p2pmem_buffer *handle);

/* Lists of the library as lists of dictionaries, and a lease as one. */
PyObject *from_regions(const void *first);
PyObject *from_devices(const void *first);
PyObject *from_pairs(const void *first);
PyObject *from_leases(const void *first);
PyObject *from_refusals(const void *first);
PyObject *from_lease(const void *lease);
