/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* monitor: what happens, as lines, or beside what there is on a screen that is kept up to date. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <json-c/json.h>

/* A line about an event of the interface. -EBADMSG: it is not as the interface says. */
int monitor_say(FILE *f, struct json_object *event);

/*
 * A screen with regions, leases and the last events. It has a connection of its
 * own, since calls behind Monitor wait.
 */
struct view;

/* Whether standard output is a terminal that can be cleared. */
bool view_wanted(void);

/* An exit status; what is wrong was said. */
int view_open(struct view **ret);
/* Leaves the terminal as it was, and does so as a signal handler, too. */
void view_closep(struct view **view);
void view_leave(void);

/* Takes an event in. -EBADMSG, -ENOMEM. */
int view_add(struct view *v, struct json_object *event);
/* Asks anew and draws. A negative errno, of which the library's words are with ctl_failure(). */
int view_draw(struct view *v);
