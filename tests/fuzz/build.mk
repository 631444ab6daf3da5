# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzz targets: tests/fuzz/NAME.c, seeds in tests/fuzz/corpus/NAME. Each is
# built twice: to replay its corpus in `make check`, and to be fuzzed.

FUZZ_TARGETS := codec config dispatcher module policy record topology
FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_FLAGS = $(BASE_CPPFLAGS) $(PKG_CFLAGS) -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(O)/tests/fuzz/replay-%)
FUZZERS := $(FUZZ_TARGETS:%=$(O)/fuzz/%)

# The product and its mock world, as the targets need them.
FUZZ_SRC := $(wildcard common/*.c policy/*.c topology/*.c) client/module_file.c $(DAEMON_SRC) $(addprefix tests/mock/,driver.c tree.c wire.c)
FUZZ_LIB := $(O)/fuzz/all.a
FUZZ_OBJS := $(FUZZ_SRC:%.c=$(O)/fuzz/obj/%.o) $(O)/fuzz/obj/interface.o
FUZZ_LIBS := json-c libsystemd libudev libarchive

$(FUZZ_REPLAYS): $(O)/tests/fuzz/replay-%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/replay-%.o $(CTL_LIB) $(MOCK_LIB) $(DAEMON_LIB) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,$(FUZZ_LIBS))

$(FUZZ_REPLAYS:%=%.o): $(O)/tests/fuzz/replay-%.o: tests/fuzz/replay.c | check-deps
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(BASE_CFLAGS) $(CFLAGS) \
		-DFUZZ_CORPUS='"tests/fuzz/corpus/$*"' -MMD -MP -c -o $@ $<

$(O)/fuzz/obj/interface.o: $(O)/daemon/interface.c
	@mkdir -p $(@D)
	$(call quiet,FUZZ,$@)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(filter-out $(O)/fuzz/obj/interface.o,$(FUZZ_OBJS)): $(O)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,FUZZ,$@)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(FUZZ_LIB): $(FUZZ_OBJS)
	$(archive)

$(FUZZERS): $(O)/fuzz/%: tests/fuzz/%.c $(FUZZ_LIB)
	$(call quiet,FUZZ,$@)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ $$($(PKG_CONFIG) --libs $(FUZZ_LIBS))

.PHONY: fuzz-here
fuzz-here: $(FUZZERS)
	@BUILD=$(abspath $(O)) FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_TARGETS="$(FUZZ_TARGETS)" tests/run tests/fuzz/run

## make fuzz          looks for inputs that break the readers, FUZZ_SECONDS for each
