# SPDX-License-Identifier: LGPL-2.1-or-later
# Who may have how much of what: read, checked and decided. Used by the daemon,
# and by p2pmemctl, which says what it would decide.

POLICY_LIB := $(O)/policy.a

$(POLICY_LIB): $(patsubst %.c,$(O)/%.o,$(wildcard policy/*.c))
	$(archive)

install: install-policy
.PHONY: install-policy
install-policy:
	$(INSTALL) -D -m 0644 policy/policy.json $(DESTDIR)$(policydir)/policy.json
