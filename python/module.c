// SPDX-License-Identifier: LGPL-2.1-or-later
/* The module itself, and its exception. */
#include <errno.h>
#include <string.h>

#include "python/module.h"

PyDoc_STRVAR(error_doc,
	     "What the broker or the system refused.\n\n"
	     "errno and strerror are as in OSError. name is the broker's word for its error, like\n"
	     "'io.p2pmem.Broker.NoSpace', or None; remedy what could be done, or None; refusals\n"
	     "says of each region why it cannot be reached, if that is what it is about.");

PyDoc_STRVAR(module_doc,
	     "Buffers in peer-to-peer memory of PCI devices, lent by the p2pmem broker.\n\n"
	     "    with p2pmem.Client(required=False) as client:\n"
	     "        with client.allocate(1 << 20, [source, target], fallback='host') as buffer:\n"
	     "            n = os.preadv(source, [buffer], 0)\n\n"
	     "The descriptors are open with O_DIRECT. See p2pmem.Client and p2pmem.Buffer.");

struct module *module_of(PyObject *self)
{
	return PyType_GetModuleState(Py_TYPE(self));
}

PyObject *make_error_type(void)
{
	PyObject *members =
		Py_BuildValue("{s:O,s:O,s:()}", "name", Py_None, "remedy", Py_None, "refusals");
	PyObject *type = NULL;

	if (members)
		type = PyErr_NewExceptionWithDoc("p2pmem.Error", error_doc, PyExc_OSError, members);
	Py_XDECREF(members);
	return type;
}

static int set(PyObject *object, const char *name, PyObject *value)
{
	int r = value ? PyObject_SetAttrString(object, name, value) : -1;

	Py_XDECREF(value);
	return r;
}

/* Paths that users gave are in it, which need not be text. */
PyObject *from_words(const char *words)
{
	if (!words)
		Py_RETURN_NONE;
	return PyUnicode_DecodeFSDefault(words);
}

static int add_details(PyObject *e, const struct p2pmem_client *client)
{
	if (set(e, "name", Py_BuildValue("z", p2pmem_error_name(client))) < 0 ||
	    set(e, "remedy", from_words(p2pmem_error_remedy(client))) < 0)
		return -1;
	return set(e, "refusals", from_refusals(p2pmem_error_refusals(client)));
}

PyObject *raise_error(struct module *m, const struct p2pmem_client *client, int error)
{
	const char *text = client ? p2pmem_errmsg(client) : strerror(-error);
	PyObject *e;

	if (error == -ENOMEM && !(client && p2pmem_error_name(client)))
		return PyErr_NoMemory();
	e = PyObject_CallFunction(m->error, "iN", -error, from_words(text));
	if (e && (!client || add_details(e, client) == 0))
		PyErr_SetObject(m->error, e);
	Py_XDECREF(e);
	return NULL;
}

/* ---- the module ------------------------------------------------------- */

static PyTypeObject *add_type(PyObject *self, PyType_Spec *spec)
{
	PyObject *type = PyType_FromModuleAndSpec(self, spec, NULL);

	if (type && PyModule_AddType(self, (PyTypeObject *)type) < 0)
		Py_CLEAR(type);
	return (PyTypeObject *)type;
}

static int module_exec(PyObject *self)
{
	struct module *m = PyModule_GetState(self);

	m->error = make_error_type();
	if (!m->error || PyModule_AddObjectRef(self, "Error", m->error) < 0)
		return -1;
	m->client = add_type(self, &client_spec);
	m->buffer = add_type(self, &buffer_spec);
	if (!m->client || !m->buffer)
		return -1;
	return PyModule_AddStringConstant(self, "__version__", p2pmem_version());
}

static int module_traverse(PyObject *self, visitproc visit, void *arg)
{
	struct module *m = PyModule_GetState(self);

	Py_VISIT(m->client);
	Py_VISIT(m->buffer);
	Py_VISIT(m->error);
	return 0;
}

static int module_clear(PyObject *self)
{
	struct module *m = PyModule_GetState(self);

	Py_CLEAR(m->client);
	Py_CLEAR(m->buffer);
	Py_CLEAR(m->error);
	return 0;
}

static PyModuleDef_Slot module_slots[] = {
	{ Py_mod_exec, module_exec },
	{ 0 },
};

static struct PyModuleDef module_def = {
	PyModuleDef_HEAD_INIT,		 .m_name = "p2pmem",	  .m_doc = module_doc,
	.m_size = sizeof(struct module), .m_slots = module_slots, .m_traverse = module_traverse,
	.m_clear = module_clear,
};

PyMODINIT_FUNC PyInit_p2pmem(void);

PyMODINIT_FUNC PyInit_p2pmem(void)
{
	return PyModuleDef_Init(&module_def);
}
