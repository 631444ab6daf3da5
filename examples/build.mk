# SPDX-License-Identifier: LGPL-2.1-or-later
# Programs as users write them, on the shared library, and run by the tests.

EXAMPLES := $(patsubst examples/%.c,$(O)/examples/%,$(wildcard examples/*.c))

$(EXAMPLES): $(O)/examples/%: $(O)/examples/%.o $(O)/lib/libp2pmem.so $(O)/lib/$(LIBP2PMEM_SONAME)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) -pthread -o $@ $(filter %.o,$^) -L$(O)/lib -lp2pmem

.PHONY: examples
examples: $(EXAMPLES)

## make examples      builds the example programs
