# Building and installing the extension with PGXS. `make` in this directory comes here.

EXTENSION  = pg_tenancy
MODULE_big = pg_tenancy
# META.json is the one source of the version.
TENANCY_VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' META.json)
SCRIPT     = sql/$(EXTENSION)--$(TENANCY_VERSION).sql
UPGRADES   = $(patsubst src/ddl/upgrade/%.list,sql/$(EXTENSION)--%.sql,\
               $(wildcard src/ddl/upgrade/*--$(TENANCY_VERSION).list))
DATA       = $(sort $(SCRIPT) $(UPGRADES) $(wildcard sql/$(EXTENSION)--*.sql))
DOCS       = doc/pg_tenancy.md
SOURCES    = $(sort $(wildcard src/core/*.cpp src/pg/*.cpp src/pg/*/*.cpp))
OBJS       = $(SOURCES:.cpp=.o)
EXTRA_CLEAN = $(SOURCES:.cpp=.d)

PG_CONFIG  ?= pg_config
PG_CPPFLAGS = -Isrc -DTENANCY_VERSION='"$(TENANCY_VERSION)"' -MMD -MP
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Werror -Wno-unknown-warning-option -fvisibility=hidden \
              -fno-semantic-interposition
SHLIB_LINK  = -lstdc++ -lcrypto -lsimdjson

# Bitcode would be built by clang without our flags, and nothing of it gets inlined.
override with_llvm := no
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(PGXS),)
include $(PGXS)
else
all install: ; @echo "pg_config not found: run 'make deps' as root, or install postgresql-server-dev-15" >&2; exit 1
endif
-include $(SOURCES:.cpp=.d)

# The install script is the pages of src/ddl in their order; a release freezes it.
$(SCRIPT): $(sort $(wildcard src/ddl/*.sql))
	@mkdir -p $(@D)
	@{ printf '%s\n\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat $^; } > $@
	@echo "joined $@"
# An upgrade to this version is what its list names: changes of old objects, then the new pages.
$(UPGRADES): sql/$(EXTENSION)--%.sql: src/ddl/upgrade/%.list $(wildcard src/ddl/*.sql src/ddl/upgrade/*.sql)
	@{ printf '%s\n\n' '\echo Use "ALTER EXTENSION $(EXTENSION) UPDATE" to load this file. \quit'; \
	   cat $$(sed -n 's,^[^#],src/ddl/&,p' $<); } > $@
	@echo "joined $@"
all: $(SCRIPT) $(UPGRADES)
