# SPDX-License-Identifier: LGPL-2.1-or-later
# libp2pmem (lib*.c) and p2pmemctl (ctl*.c, one verb per file).

LIBP2PMEM_SRC := $(wildcard client/lib*.c)
# With everything inside visible, for p2pmemctl and tests.
LIBP2PMEM := $(O)/libp2pmem.a
LIBP2PMEM_PKGS := json-c liburing
CTL_SRC := $(filter-out $(LIBP2PMEM_SRC),$(wildcard client/*.c))
CTL_LIB := $(O)/ctl.a
PROGRAMS += $(O)/p2pmemctl

$(LIBP2PMEM): $(LIBP2PMEM_SRC:%.c=$(O)/%.o)
	$(archive)

$(CTL_LIB): $(filter-out $(O)/client/ctl.o,$(CTL_SRC:%.c=$(O)/%.o))
	$(archive)

$(O)/p2pmemctl: $(O)/client/ctl.o $(CTL_LIB) $(LIBP2PMEM) $(POLICY_LIB) $(TOPOLOGY_LIB) $(COMMON_LIB)
	$(call link,$(LIBP2PMEM_PKGS) libudev blkid libarchive)

# ---- the library as others have it ---------------------------------------
# client/libp2pmem.sym says what is to be seen of it; the soname changes with
# what would break a program that was linked before.

LIBP2PMEM_SONAME := libp2pmem.so.1
LIBP2PMEM_FILE := $(LIBP2PMEM_SONAME).0.0
LIBP2PMEM_MAP := client/libp2pmem.sym
LIBP2PMEM_HEADERS := $(wildcard include/p2pmem/*.h)
LIBP2PMEM_OUT := $(addprefix $(O)/lib/,$(LIBP2PMEM_FILE) $(LIBP2PMEM_SONAME) libp2pmem.so libp2pmem.a libp2pmem.pc)
PROGRAMS += $(LIBP2PMEM_OUT)

$(LIBP2PMEM_SRC:%.c=$(O)/%.o) $(COMMON_SRC:%.c=$(O)/%.o): BASE_CFLAGS += -fPIC

$(O)/lib/$(LIBP2PMEM_FILE): $(LIBP2PMEM_MAP) $(LIBP2PMEM_SRC:%.c=$(O)/%.o) $(COMMON_LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -shared -Wl,-soname,$(LIBP2PMEM_SONAME) -Wl,--version-script=$(LIBP2PMEM_MAP) \
		-Wl,-z,defs,-z,relro,-z,now,--as-needed $(LDFLAGS) -o $@ $(filter %.o %.a,$^) \
		$$($(PKG_CONFIG) --libs $(LIBP2PMEM_PKGS)) $(LDLIBS)

$(O)/lib/$(LIBP2PMEM_SONAME) $(O)/lib/libp2pmem.so: $(O)/lib/$(LIBP2PMEM_FILE)
	@ln -sf $(LIBP2PMEM_FILE) $@

# One object of what is needed, with the names of the map and no others.
$(O)/lib/libp2pmem.a: $(LIBP2PMEM_MAP) $(LIBP2PMEM_SRC:%.c=$(O)/%.o) $(COMMON_LIB)
	@mkdir -p $(@D)
	$(call quiet,AR,$@)$(LD) -r -o $(O)/lib/libp2pmem.o $(filter %.o %.a,$^) && \
		sed -n 's/^[[:space:]]*\(p2pmem_[a-z0-9_]*\);$$/\1/p' $< > $(O)/lib/libp2pmem.names && \
		$(OBJCOPY) --keep-global-symbols=$(O)/lib/libp2pmem.names $(O)/lib/libp2pmem.o && \
		rm -f $@ && $(AR) rcs $@ $(O)/lib/libp2pmem.o

# Written anew when a place changes, and only then.
$(O)/lib/libp2pmem.pc: client/libp2pmem.pc.in FORCE
	@mkdir -p $(@D)
	@sed -e 's,@prefix@,$(PREFIX),g' -e 's,@libdir@,$(libdir),g' -e 's,@includedir@,$(includedir),g' \
		-e 's,@version@,$(VERSION),g' -e 's,@requires@,$(LIBP2PMEM_PKGS),g' $< > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

install: install-lib
.PHONY: install-lib
install-lib: $(LIBP2PMEM_OUT)
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(includedir)/p2pmem $(LIBP2PMEM_HEADERS)
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(includedir)/linux include/uapi/linux/p2pmem.h
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(libdir) $(O)/lib/$(LIBP2PMEM_FILE) $(O)/lib/libp2pmem.a
	ln -sf $(LIBP2PMEM_FILE) $(DESTDIR)$(libdir)/$(LIBP2PMEM_SONAME)
	ln -sf $(LIBP2PMEM_SONAME) $(DESTDIR)$(libdir)/libp2pmem.so
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(libdir)/pkgconfig $(O)/lib/libp2pmem.pc
	$(if $(DESTDIR),,ldconfig)
