# Unit tests of src/core with GoogleTest under AddressSanitizer and UndefinedBehaviorSanitizer.
BUILD   ?= build/unit
CXX     ?= g++
FLAGS    = -std=c++20 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined \
           -fno-sanitize-recover=all -Isrc -MMD -MP \
           -DTENANCY_JWT_VECTORS='"test/vectors/jwt_public.jsonl"' \
           -DTENANCY_PRIMITIVE_VECTORS='"$(BUILD)/primitive_public.jsonl"'
SOURCES  = $(wildcard src/core/*.cpp test/unit/*.cpp)
OBJECTS  = $(SOURCES:%.cpp=$(BUILD)/%.o)

# The calls that test/unit/failing_openssl.cpp can make fail.
WRAPPED := $(shell grep -o '^FAILING.[^,]*, [^,]*, [A-Za-z0-9_]*' test/unit/failing_openssl.cpp | \
             sed 's/.* //')

$(BUILD)/unit_tests: $(OBJECTS) $(BUILD)/primitive_public.jsonl
	$(CXX) $(FLAGS) -o $@ $(OBJECTS) $(WRAPPED:%=-Wl,--wrap=%) -lgtest -lgtest_main -lcrypto -lsimdjson -lpthread

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(FLAGS) -c -o $@ $<

$(BUILD)/primitive_public.jsonl: test/vectors/primitive_public.jsonl.gz
	@mkdir -p $(@D)
	gzip -dc $< > $@

-include $(OBJECTS:.o=.d)
