# SPDX-License-Identifier: LGPL-2.1-or-later
# The Python module, on the shared library. Not among what `make` builds, as few
# machines have what it needs. One build serves Python 3.11 and later.

PYTHON ?= python3
PYTHON_MODULE := $(O)/python/p2pmem.abi3.so
# Debian has places of its own, for packages and for the rest.
pythondir ?= $(shell $(PYTHON) python/place $(PREFIX))

# Python takes words as "char *" that it does not write to.
$(O)/python/%.o: BASE_CFLAGS += -fPIC -Wno-write-strings $(shell $(PKG_CONFIG) --cflags python3 2>/dev/null)

$(PYTHON_MODULE): $(patsubst %.c,$(O)/%.o,$(wildcard python/*.c)) $(O)/lib/libp2pmem.so
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -shared -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS) -o $@ $(filter %.o,$^) \
		-L$(O)/lib -lp2pmem

.PHONY: python install-python uninstall-python
python: check-python $(PYTHON_MODULE)

.PHONY: check-python
check-python:
	@$(PKG_CONFIG) --exists 'python3 >= 3.11' || { \
		echo "p2pmem: the Python module needs Python 3.11 or later with its headers; on Debian: apt-get install python3-dev" >&2; exit 1; }

install-python: python
	$(INSTALL) -D -m 0644 $(PYTHON_MODULE) $(DESTDIR)$(pythondir)/p2pmem.abi3.so

uninstall-python:
	rm -f $(DESTDIR)$(pythondir)/p2pmem.abi3.so

## make python        builds the Python module
## make install-python installs the Python module (pythondir=)
## make uninstall-python removes it again
