/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy in force. A set of files with a mistake in it changes nothing:
 * what was in force stays, and at the start that is nothing.
 */
#pragma once

#include "daemon/broker.h"

/* Reads the policy anew, and logs what is wrong with it. 0, -EBADMSG: the old one stays, -ENOMEM. */
int broker_load_policy(struct broker *b);
