# SPDX-License-Identifier: LGPL-2.1-or-later
# libp2pmem (lib*.c) and p2pmemctl (ctl*.c, one verb per file).

LIBP2PMEM_SRC := $(wildcard client/lib*.c)
LIBP2PMEM := $(O)/libp2pmem.a
CTL_SRC := $(filter-out $(LIBP2PMEM_SRC),$(wildcard client/*.c))
CTL_LIB := $(O)/ctl.a
PROGRAMS += $(O)/p2pmemctl

$(LIBP2PMEM): $(LIBP2PMEM_SRC:%.c=$(O)/%.o)
	$(archive)

$(CTL_LIB): $(filter-out $(O)/client/ctl.o,$(CTL_SRC:%.c=$(O)/%.o))
	$(archive)

$(O)/p2pmemctl: $(O)/client/ctl.o $(CTL_LIB) $(LIBP2PMEM) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c liburing libudev blkid libarchive)
