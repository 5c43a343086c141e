# pg_tenancy: everything a user does is a target of this file.
#
#   make            build the extension            make demo    show the main job on a private server
#   make install    install it                     make check   run every test
#   make bench      print the performance table    make soak    the tests that take hours
#   make clean      remove what was built
#
# Building is pgxs.mk. Tests and demo are private to build/ and never touch the system's server;
# SUITE="unit attack" limits `make check` to these suites.

BUILD = $(MAKE) --no-print-directory -f pgxs.mk

.PHONY: all deps private-root check demo demo-shell bench soak
all:
	@$(BUILD) all
install uninstall clean distclean: FORCE
	@$(BUILD) $@
FORCE:

deps:
	@test/lib/deps.sh
private-root: deps
	@test/lib/private_root.sh
check:
	@test/lib/run.sh test/check.sh $(SUITE)
demo:
	@test/lib/run.sh demo/demo.sh
demo-shell:
	@test/lib/run.sh demo/demo.sh --shell
bench:
	@test/lib/run.sh test/bench/run.sh
soak:
	@test/lib/run.sh test/soak/soak.sh
