/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the programs that put the driver under load have in common beside the
 * view of the machine in driver-test.h.
 */
#ifndef LOAD_H
#define LOAD_H

#include "driver-test.h"

/* A test: begin, checks, end. One that takes longer than the limit fails. */
void begin_test(const char *name, unsigned int limit_s);
void end_test(void);
/* Prints the plan; returns the program's exit status. */
int end_tests(void);

unsigned int count_buffers(const struct lab *lab);
/* Nothing is allocated: all bytes are free and no buffer is listed. */
bool is_quiet(struct lab *lab);
bool check_quiet(struct lab *lab);

#endif
