# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzz targets: tests/fuzz/NAME.c, seeds in tests/fuzz/corpus/NAME. Each is
# built twice: to replay its corpus in `make check`, and to be fuzzed.

FUZZ_TARGETS := config policy record topology
FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZ_SRC := $(wildcard common/*.c policy/*.c topology/*.c) tests/mock/tree.c daemon/record.c daemon/lease.c daemon/quota.c
FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(O)/tests/fuzz/replay-%)
FUZZERS := $(FUZZ_TARGETS:%=$(O)/fuzz/%)

$(FUZZ_REPLAYS): $(O)/tests/fuzz/replay-%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/replay-%.o $(MOCK_LIB) $(DAEMON_LIB) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c)

$(FUZZ_REPLAYS:%=%.o): $(O)/tests/fuzz/replay-%.o: tests/fuzz/replay.c | check-deps
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(BASE_CFLAGS) $(CFLAGS) \
		-DFUZZ_CORPUS='"tests/fuzz/corpus/$*"' -MMD -MP -c -o $@ $<

$(FUZZERS): $(O)/fuzz/%: tests/fuzz/%.c $(FUZZ_SRC) $(wildcard common/*.h daemon/*.h policy/*.h topology/*.h tests/mock/tree.h)
	@mkdir -p $(@D)
	$(call quiet,FUZZ,$@)$(FUZZ_CC) $(BASE_CPPFLAGS) $(PKG_CFLAGS) -std=gnu11 -g -O1 \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ \
		$(filter %.c,$^) $$($(PKG_CONFIG) --libs json-c)

.PHONY: fuzz-here
fuzz-here: $(FUZZERS)
	@BUILD=$(abspath $(O)) FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_TARGETS="$(FUZZ_TARGETS)" tests/run tests/fuzz/run

## make fuzz          looks for inputs that break the readers, FUZZ_SECONDS for each
