# SPDX-License-Identifier: LGPL-2.1-or-later
# What both ends of the socket share, as one static library.

COMMON_SRC := $(wildcard common/*.c)
COMMON_LIB := $(O)/common.a

$(COMMON_LIB): $(COMMON_SRC:%.c=$(O)/%.o)
	$(archive)
