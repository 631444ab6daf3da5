# SPDX-License-Identifier: LGPL-2.1-or-later
# Who can reach what: the model, the rules, and how it is read. Used by the
# daemon, and by p2pmemctl where it looks for itself.

TOPOLOGY_LIB := $(O)/topology.a

$(TOPOLOGY_LIB): $(patsubst %.c,$(O)/%.o,$(wildcard topology/*.c))
	$(archive)
