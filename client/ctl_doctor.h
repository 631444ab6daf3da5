/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks, run and shown, for whoever needs them. */
#pragma once

#include "client/doctor.h"
#include "client/tree.h"

/* All checks of this machine; @w lives as long as what is returned. -ENOMEM. */
int doctor_here(const struct world *w, struct doctor *ret);

/* "schema", "worst" and "checks". NULL when memory is short. */
struct json_object *doctor_to_json(const struct doctor *d);

/* Prints what a captured machine tells. An exit status. */
int doctor_tree(const struct tree *tree, bool json);
