# libFuzzer targets: each test/fuzz/NAME.cpp is a program build/fuzz/NAME.
BUILD   ?= build/fuzz
FLAGS    = -std=c++20 -O1 -g -Wall -Wextra -Werror -fno-sanitize-recover=all -Isrc -Itest/unit \
           -MMD -MP -DTENANCY_JWT_VECTORS='"test/vectors/jwt_public.jsonl"'
CHECKS   = address,undefined
CORE     = $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard src/core/*.cpp))
TARGETS  = $(patsubst test/fuzz/%.cpp,$(BUILD)/%,$(wildcard test/fuzz/*.cpp))

all: $(TARGETS)

$(BUILD)/%: test/fuzz/%.cpp $(CORE)
	clang++-14 $(FLAGS) -fsanitize=fuzzer,$(CHECKS) -MT $@ -MF $@.d -o $@ $< $(CORE) \
	  -lcrypto -lsimdjson

$(BUILD)/src/%.o: src/%.cpp
	@mkdir -p $(@D)
	clang++-14 $(FLAGS) -fsanitize=fuzzer-no-link,$(CHECKS) -c -o $@ $<

-include $(CORE:.o=.d) $(TARGETS:=.d)
