# SPDX-License-Identifier: LGPL-2.1-or-later
#
# p2pmem. `make help` lists what can be made. Each folder says in its build.mk
# what it contributes; this file holds what they share. All output goes to $(O).

VERSION := 0.1.0

O ?= build
V ?= 0
prefix ?= /usr/local
PREFIX ?= $(prefix)
bindir ?= $(PREFIX)/bin
libdir ?= $(PREFIX)/lib
libexecdir ?= $(PREFIX)/libexec
includedir ?= $(PREFIX)/include
datadir ?= $(PREFIX)/share
mandir ?= $(datadir)/man
docdir ?= $(datadir)/doc/p2pmemctl
bashcompletiondir ?= $(datadir)/bash-completion/completions
# systemd and udev look in one place, whatever the prefix of the rest.
unitdir ?= /usr/lib/systemd/system
sysusersdir ?= /usr/lib/sysusers.d
tmpfilesdir ?= /usr/lib/tmpfiles.d
catalogdir ?= /usr/lib/systemd/catalog
udevrulesdir ?= /usr/lib/udev/rules.d
# Where the daemon looks, below what is in /etc/p2pmem.
policydir ?= /usr/lib/p2pmem
# Where container runtimes look for what comes with packages.
cdidir ?= /etc/cdi

CC ?= cc
AR ?= ar
LD ?= ld
OBJCOPY ?= objcopy
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wno-unused-parameter
HARDENING := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
BASE_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DP2PMEM_VERSION='"$(VERSION)"' \
	-I. -Iinclude -Iinclude/uapi -I$(O)
BASE_CFLAGS = -std=gnu11 $(WARNINGS) $(HARDENING)
BASE_LDFLAGS = -pie -Wl,-z,relro,-z,now,--as-needed

ifeq ($(V),0)
quiet = @printf '  %-8s%s\n' $(1) $(2);
else
quiet =
endif

# What the folders add to.
PROGRAMS :=
UNIT_TESTS :=
CHECKS :=
PKGS := json-c liburing libsystemd libudev blkid libarchive
OBJS :=

.PHONY: all
all: programs

include common/build.mk
include topology/build.mk
include policy/build.mk
include daemon/build.mk
include client/build.mk
include python/build.mk
include examples/build.mk
include driver/build.mk
include systemd/build.mk
include docs/build.mk
include cdi/build.mk
include debian/build.mk
include tests/build.mk

PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PKGS))

.PHONY: programs
programs: $(PROGRAMS)

$(O)/%.o: %.c | check-deps
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(BASE_CFLAGS) $(CFLAGS) \
		-MMD -MP -c -o $@ $<

$(O)/%.o: $(O)/%.c | check-deps
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(BASE_CFLAGS) $(CFLAGS) \
		-MMD -MP -c -o $@ $<

# $(call link,PKGS): links $^ (objects and static libraries) into $@
define link
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(BASE_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) \
		$(if $(1),$$($(PKG_CONFIG) --libs $(1))) $(LDLIBS)
endef

define archive
	@mkdir -p $(@D)
	$(call quiet,AR,$@)rm -f $@ && $(AR) rcs $@ $^
endef

.PHONY: check-deps
check-deps:
	@$(PKG_CONFIG) --exists $(PKGS) 2>/dev/null || { \
		echo "p2pmem: cannot build: $(CC), pkg-config and the development files of $(PKGS) are needed." >&2; \
		echo "On Debian: apt-get install gcc pkg-config libjson-c-dev liburing-dev libsystemd-dev libudev-dev libblkid-dev libarchive-dev" >&2; \
		echo "Or build in the lab, which brings its own: tests/vm/lab make" >&2; exit 1; }

.PHONY: install install-programs
install: install-programs

install-programs: programs
	$(INSTALL) -D -m 0755 $(O)/p2pmemd $(DESTDIR)$(libexecdir)/p2pmemd
	$(INSTALL) -D -m 0755 $(O)/p2pmemctl $(DESTDIR)$(bindir)/p2pmemctl
	$(INSTALL) -D -m 0644 client/p2pmemctl.bash $(DESTDIR)$(bashcompletiondir)/p2pmemctl
	$(INSTALL) -D -m 0644 docs/man/p2pmemctl.1 $(DESTDIR)$(mandir)/man1/p2pmemctl.1
	$(INSTALL) -D -m 0644 docs/man/p2pmem.4 $(DESTDIR)$(mandir)/man4/p2pmem.4
	$(INSTALL) -D -m 0644 docs/man/p2pmem.policy.5 $(DESTDIR)$(mandir)/man5/p2pmem.policy.5
	$(INSTALL) -D -m 0644 docs/man/p2pmemd.8 $(DESTDIR)$(mandir)/man8/p2pmemd.8

# What `make install` would install now, with the same variables, is removed.
.PHONY: uninstall
uninstall:
	@rm -rf $(O)/uninstall
	@$(MAKE) --no-print-directory -s install DESTDIR=$(abspath $(O))/uninstall
	@cd $(O)/uninstall && find . ! -type d -print | while read -r f; do rm -f "$(DESTDIR)/$$f" || exit; done
	@cd $(O)/uninstall && find . -depth -type d -name '*p2pmem*' -print | while read -r d; do \
		rmdir "$(DESTDIR)/$$d" 2>/dev/null || true; done
	@rm -rf $(O)/uninstall

.PHONY: clean
clean:
	rm -rf $(O)

.PHONY: help
help:
	@sed -n 's/^## make *//p' $(filter-out %.d,$(MAKEFILE_LIST)) | sort | \
		awk '/^builds/ { $$0 = "- " $$0 } { t = $$1; sub(/^[^ ]+ +/, ""); printf "make %-18s%s\n", (t == "-" ? "" : t), $$0 }'

## make               builds daemon, library and tools into build/
## make driver        builds the kernel module against KDIR (default: the running kernel's headers)
## make install       installs daemon, library, tools, units, rules and guides (DESTDIR, PREFIX)
## make install-driver installs the kernel module for KRELEASE (default: the running kernel)
## make uninstall-driver removes it again
## make uninstall     removes what make install installed with the same variables
## make clean         removes what was built

-include $(shell find $(O) -name '*.d' -type f 2>/dev/null)
