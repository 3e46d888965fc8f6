# Builds go through the presets of CMakePresets.json, into build/<preset>.
SHELL := bash
.SHELLFLAGS := -o pipefail -ec
.DEFAULT_GOAL := help
.PHONY: help demo test soak asan tsan fuzz bench bench-check format clean setup-build setup-test

FOR ?=
ARGS ?=
# One job per core, but at least 2 GiB of memory for each.
JOBS ?= $(shell awk -v cores=$$(nproc) '/MemAvailable/ {n = int($$2 / 2097152); \
          print n < 1 ? 1 : (n < cores ? n : cores)}' /proc/meminfo)
CCACHE := $(if $(shell command -v ccache),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
# A terminal gets all lines, a file or a CI log one for every 5 %.
QUIET = if [ -t 1 ]; then cat; else .ci/every-5-percent; fi

configure = cmake --preset $(1) $(CCACHE) --log-level=WARNING
build = cmake --build --preset $(1) -j $(JOBS) $(2) 2>&1 | $(QUIET)
ctest = ctest --preset $(1) -j $(JOBS) 2>&1 | $(QUIET)

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: setup-build ## Builds Freshet and runs it on a generated clickstream (FOR=60s ends it by itself)
	@$(call configure,dev)
	@$(call build,dev,--target freshet)
	@build/dev/app/freshet demo $(if $(FOR),--for $(FOR)) $(ARGS)

test: setup-test ## Builds everything and runs every test but the benchmarks
	@$(call configure,dev)
	@$(call build,dev)
	@$(call ctest,all)

soak: setup-test ## Runs the long versions of the fault tests, more than an hour
	@$(call configure,dev)
	@$(call build,dev)
	@FRESHET_ROUNDS=200 build/dev/tests/fault/kill_test
	@FRESHET_MOVES=200 build/dev/tests/fault/membership_test
	@FRESHET_BROKER_GONE=300 build/dev/tests/fault/brokers_test --gtest_filter='*GoesAway*'
	@FRESHET_OVERLOAD=600 FRESHET_OVERLOAD_CSV=build/overload.csv build/dev/tests/fault/overload_test
	@bench/overload_plot.py build/overload.csv > build/overload.svg

asan tsan: setup-build ## Runs the unit and contract tests under a sanitizer
	@$(call configure,$@)
	@$(call build,$@)
	@$(call ctest,$@)

fuzz: ## Fuzzes every decoder with libFuzzer, FOR=10s each
	@docker/install-packages.sh run build fuzz
	@docker/fetch-console-packages.sh
	@$(call configure,fuzz) -DFRESHET_FUZZ_SECONDS=$(or $(FOR:s=),10)
	@$(call build,fuzz)
	@ctest --preset fuzz -j $(JOBS) --verbose 2>&1 | grep -E 'stat::number_of_executed|stat::new_units|ERROR|SUMMARY|tests passed|Passed|Failed'

bench: setup-build ## Builds for release and runs every benchmark
	@$(call configure,release)
	@$(call build,release)
	@for program in build/release/bench/*_bench; do [ ! -x "$$program" ] || "$$program" $(ARGS); done

bench-check: setup-build ## Builds for release and fails when a ratio to a peer has fallen by a fifth (bench/ratios.json)
	@$(call configure,release)
	@$(call build,release,--target top_k_bench)
	@bench/check.py build/release/bench

format: ## Formats the C++ files
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

clean: ## Removes what was built
	@rm -rf build

setup-build:
	@docker/install-packages.sh run build
	@docker/fetch-console-packages.sh

setup-test:
	@docker/install-packages.sh run build test
	@docker/fetch-console-packages.sh
	@tests/kafka/fetch-jars.sh
	@tests/python-packages.sh install tests/app/evaluation_peers tests/app/openapi tests/deployment
