# SPDX-License-Identifier: LGPL-2.1-or-later
# Pages of section 3 are made of the headers, and each function is a link to its.

LIBRARY_HEADERS := $(wildcard include/p2pmem/*.h)
library_page = $(O)/docs/man/$(subst libp2pmem-libp2pmem,libp2pmem,libp2pmem-$(basename $(notdir $(1)))).3
LIBRARY_PAGES := $(foreach h,$(LIBRARY_HEADERS),$(call library_page,$(h)))
FROM_HEADER := docs/man/from-header -v version=$(VERSION) -v date=$(shell sed -n 's/^\.TH P2PMEMCTL 1 \([^ ]*\).*/\1/p' docs/man/p2pmemctl.1)

.PHONY: man
man: $(LIBRARY_PAGES)

programs: $(LIBRARY_PAGES)

$(foreach h,$(LIBRARY_HEADERS),$(eval $(call library_page,$(h)): $(h)))

$(LIBRARY_PAGES): docs/man/from-header
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)$(FROM_HEADER) -v page=$(basename $(@F)) $(filter %.h,$^) > $@.new && mv $@.new $@

install: install-library-pages
.PHONY: install-library-pages
install-library-pages: $(LIBRARY_PAGES)
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(mandir)/man3 $^
	@for page in $^; do \
		sed -n '/^\.SH NAME$$/,/ \\- /{ s/ \\- .*//; s/, /\n/g; p }' $$page | grep '^p2pmem_' | while read -r name; do \
			echo ".so man3/$${page##*/}" > $(DESTDIR)$(mandir)/man3/$$name.3 || exit; \
			chmod 0644 $(DESTDIR)$(mandir)/man3/$$name.3 || exit; done || exit; done

install: install-guides
.PHONY: install-guides
install-guides:
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(docdir) README.md $(wildcard docs/*.md) docs/io.p2pmem.Broker.varlink

## make man           makes the pages of the library
