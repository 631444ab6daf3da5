/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users and groups as this machine knows them, which may mean asking a server. */
#pragma once

#include "policy/parse.h"

extern const struct policy_directory policy_directory_system;
