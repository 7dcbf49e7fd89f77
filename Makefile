# Two commands do all the set-up: `make run` and `make test`. Only a Rust toolchain is presumed.

DATA ?= data/demo
LISTEN ?= 127.0.0.1:8080
CASES ?= 20000
SEED ?= 1

.PHONY: run test packages soak cluster-test

# Builds, founds the demo city where there is none, and serves it.
run:
	cargo build --release
	./target/release/bihuan demo --data $(DATA) --listen $(LISTEN) --cases $(CASES) --seed $(SEED)

# Everything: house rules, unit, store, web and browser tests; those that keep cases once on SQLite and once
# on PostgreSQL, each test process with a server of its own. Both times of the whole workspace: a part of it would
# be built anew, with other features, and take as much disk again.
test: packages
	cargo xtask tidy
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo build --workspace
	cargo test --workspace
	BIHUAN_TEST_ENGINE=postgres cargo test --workspace --test '*'

# The long forms: 200 kills and more, minutes of parser input, a million-row export.
soak: packages
	cargo build --release
	BIHUAN_SOAK=1 cargo test --workspace --release
	BIHUAN_SOAK=1 BIHUAN_TEST_ENGINE=postgres cargo test --workspace --release --test '*'

# Installs the Debian packages that the tests need, where they are missing.
packages:
	@./xtask/packages.sh

# Three database hosts, two app processes and a proxy in network namespaces: broken under load one thing after
# the other. Needs root and a quarter of an hour; docs/CLUSTER.md tells what it does and what came out.
cluster-test:
	./tests/cluster/packages.sh
	cargo build --release
	/usr/bin/python3 tests/cluster/run.py --program target/release/bihuan
