/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "client/doctor.h"
#include "client/say.h"

/* Clean, as reasons hold names from devices and from strangers' reports. */
__attribute__((format(printf, 1, 0))) static char *format_clean(const char *format, va_list ap)
{
	_cleanup_free_ char *raw = NULL;

	if (vasprintf(&raw, format, ap) < 0)
		raw = NULL;
	return raw ? utf8_clean(raw) : NULL;
}

void doctor_add(struct doctor *d, const char *id, enum doctor_result result, const char *format,
		...)
{
	struct doctor_check c = { .id = id, .result = result, .status = STATUS_FAILURE };
	va_list ap;

	va_start(ap, format);
	c.reason = format_clean(format, ap);
	va_end(ap);
	if (!c.reason || array_push(d->checks, d->n_checks, c) < 0) {
		free(c.reason);
		d->failed = true;
	}
}

/* With memory short, that of the wrong check; but then nothing is shown. */
static struct doctor_check *last(struct doctor *d)
{
	return d->n_checks ? &d->checks[d->n_checks - 1] : NULL;
}

void doctor_remedy(struct doctor *d, const char *format, ...)
{
	struct doctor_check *c = last(d);
	va_list ap;

	if (!c)
		return;
	va_start(ap, format);
	free(c->remedy);
	c->remedy = format_clean(format, ap);
	va_end(ap);
	d->failed = d->failed || !c->remedy;
}

void doctor_status(struct doctor *d, enum ctl_status status)
{
	struct doctor_check *c = last(d);

	if (c)
		c->status = status;
}

void doctor_done(struct doctor *d)
{
	for (size_t i = 0; i < d->n_checks; i++) {
		free(d->checks[i].reason);
		free(d->checks[i].remedy);
	}
	free(d->checks);
	d->checks = NULL;
	d->n_checks = 0;
}

/* A machine without such hardware is in order, whatever else it lacks. */
static void calm_down(struct doctor *d)
{
	for (size_t i = 0; i < d->n_checks; i++)
		if (d->checks[i].result > DOCTOR_INFO)
			d->checks[i].result = DOCTOR_INFO;
}

int doctor_run(struct doctor *d)
{
	doctor_kernel(d);
	doctor_module(d);
	doctor_hardware(d);
	doctor_iommu(d);
	doctor_daemon(d);
	doctor_paths(d);
	doctor_system(d);
	doctor_rights(d);
	if (d->failed)
		return -ENOMEM;
	if (world_is_without_hardware(d->world))
		calm_down(d);
	return 0;
}

enum doctor_result doctor_worst(const struct doctor *d)
{
	enum doctor_result worst = d->n_checks ? DOCTOR_OK : DOCTOR_UNKNOWN;

	for (size_t i = 0; i < d->n_checks; i++)
		if (d->checks[i].result > worst)
			worst = d->checks[i].result;
	return worst;
}

const char *doctor_result_name(enum doctor_result result)
{
	static const char *const names[] = {
		[DOCTOR_OK] = "ok",	      [DOCTOR_INFO] = "info",
		[DOCTOR_UNKNOWN] = "unknown", [DOCTOR_WARNING] = "warning",
		[DOCTOR_FAILURE] = "failure",
	};

	return names[result];
}

int doctor_say_failure(const struct doctor *d)
{
	for (size_t i = 0; i < d->n_checks; i++) {
		const struct doctor_check *c = &d->checks[i];

		if (c->result != DOCTOR_FAILURE)
			continue;
		problem("%s", c->reason);
		if (c->remedy)
			remedy("%s", c->remedy);
		return c->status;
	}
	return STATUS_OK;
}
