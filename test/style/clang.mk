# The product's sources under clang: objects of their own below OUT, and clang-tidy.

PG_CONFIG ?= pg_config
OUT       ?= build/clang
SOURCES   ?= $(sort $(wildcard src/core/*.cpp src/pg/*.cpp src/pg/*/*.cpp))
PG_INCLUDE := $(shell $(PG_CONFIG) --includedir-server)
FLAGS = -std=c++20 -Isrc -isystem $(PG_INCLUDE) -D_GNU_SOURCE -DTENANCY_VERSION='"style"' \
        -fPIC -fvisibility=hidden
WARNINGS = -Wall -Wextra -Werror
OBJECTS = $(SOURCES:%.cpp=$(OUT)/%.o)

.PHONY: objects tidy
objects: $(OBJECTS)
$(OUT)/%.o: %.cpp
	@mkdir -p $(@D)
	clang++-14 -O1 $(FLAGS) $(WARNINGS) -MMD -MP -c -o $@ $<
-include $(OBJECTS:.o=.d)

# What was found clean stays so until the file, a header or the checks change.
TIDIED = $(SOURCES:%.cpp=$(OUT)/%.tidy)
tidy: $(TIDIED)
$(OUT)/%.tidy: $(OUT)/%.o .clang-tidy $(wildcard src/pg/.clang-tidy)
	@clang-tidy-14 --quiet $*.cpp -- $(FLAGS) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@mv $@.log $@
