/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines on standard error, with a priority that the journal understands when
 * it is the journal that listens. One line a call; what stems from outside
 * has to have gone through utf8_clean().
 */
#pragma once

#include <stdbool.h>
#include <syslog.h>

/* Lines less urgent than @max (LOG_INFO at first) are left out. */
void log_set_max(int max);
int log_max(void);

/* Is standard error a stream of the journal's? */
bool log_is_journal(void);

void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
