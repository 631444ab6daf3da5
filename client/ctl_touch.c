/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdint.h>

#include "client/ctl_touch.h"

static struct p2pmem_buffer *volatile touched;
static volatile uintptr_t address;
static volatile uint64_t size;
static volatile sig_atomic_t lost;
static struct sigaction before;

/* The access is made again on return: to other memory, or to end the program as it would have. */
static void on_sigbus(int number, siginfo_t *info, void *context)
{
	struct p2pmem_buffer *buffer = touched;

	if (buffer && info->si_code == BUS_ADRERR && (uintptr_t)info->si_addr - address < size &&
	    p2pmem_buffer_detach(buffer) == 0)
		lost = 1;
	else
		signal(number, SIG_DFL);
}

void touch_begin(struct p2pmem_buffer *buffer, const void *memory)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	address = (uintptr_t)memory;
	size = p2pmem_buffer_size(buffer);
	lost = 0;
	touched = buffer;
	sigaction(SIGBUS, &action, &before);
}

void touch_end(void)
{
	sigaction(SIGBUS, &before, NULL);
	touched = NULL;
}

bool touch_lost(void)
{
	return lost;
}
