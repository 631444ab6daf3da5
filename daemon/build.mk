# SPDX-License-Identifier: LGPL-2.1-or-later
# p2pmemd. Everything but main.c is a library, so that tests link it as well.

DAEMON_SRC := $(filter-out daemon/main.c,$(wildcard daemon/*.c))
DAEMON_LIB := $(O)/daemon.a
PROGRAMS += $(O)/p2pmemd

# The interface description is served from its one source in docs/.
$(O)/daemon/interface.c: docs/io.p2pmem.Broker.varlink
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)sed -e 's/[\\"]/\\&/g' -e 's/.*/\t"&\\n"/' $< | \
		{ echo '#include "daemon/interface.h"'; echo 'const char broker_interface_description[] ='; \
		  cat; echo '	;'; } > $@

$(DAEMON_LIB): $(DAEMON_SRC:%.c=$(O)/%.o) $(O)/daemon/interface.o
	$(archive)

$(O)/p2pmemd: $(O)/daemon/main.o $(DAEMON_LIB) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,json-c libsystemd libudev)
