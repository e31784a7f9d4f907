# `make help` lists the targets. Every target sets up what it needs; nothing has to be installed first but rustup, python3 and npm.

CARGO ?= cargo
# The guests run as components, but their own tests run here: `guests/.cargo` would compile for WebAssembly.
# Modules, probes and scripted policies have no tests of their own; those in `tests` run them.
NATIVELY = --target host-tuple --workspace $(patsubst %,--exclude vestibule-%,modules probes probes-wasi scripted)
# A siege takes all that the machine has, so nothing runs beside it.
BESIEGED = $(CARGO) test --quiet --workspace --test integration -- --ignored --exact

.PHONY: help run test test-quick servers bench siege check guests clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: guests ## build everything and show policies deciding on logins, hostile ones among them
	@$(CARGO) build --release --package vestibule
	@tests/tour.sh

test: servers ## build everything and run all tests, those with real servers too
	$(CARGO) test --workspace
	$(BESIEGED) siege::no_flood_of_one_tenant_or_of_nobody_keeps_another_tenants_users_out
	cd guests && $(CARGO) test --quiet $(NATIVELY)
	tests/api/run.sh

test-quick: ## the tests that need no server but SQLite
	$(CARGO) test --workspace -- --skip postgres --skip ldap:: --skip radius:: --skip silent_servers --skip signatures

bench: guests ## measure a login against the floor and against peers, in one table
	@cd tests/bench && $(CARGO) run --release

siege: guests ## flood the executable under a limit of memory and files, and watch another tenant's logins meanwhile
	@$(CARGO) build --release --package vestibule
	@VESTIBULE_UNDER_SIEGE=$(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/release/vestibule \
		$(BESIEGED) --nocapture siege::a_long_siege

check: ## what a review looks at first: format, lints, documentation, licences and advisories
	for workspace in . guests tests/bench .fuzz; do (cd $$workspace && $(CARGO) fmt --check) || exit; done
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	cd guests && $(CARGO) clippy $(NATIVELY) --all-targets -- -D warnings
	$(CARGO) clippy --manifest-path .fuzz/Cargo.toml --target-dir target -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	.ci/deny

servers:
	@tests/servers.sh

guests: ## build the policies and probes into guests/target/components
	@guests/build.sh

clean: ## remove everything that was built
	$(CARGO) clean
	rm -rf guests/target guests/js/node_modules tests/bench/target
