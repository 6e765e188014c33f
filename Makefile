# SPDX-License-Identifier: MIT OR Apache-2.0
# The commands people type; CMake and Ninja do the work beneath.
#   make run     installs what is missing, builds, brings up a whole network on this machine
#   make test    installs what is missing, builds, runs the whole suite
#   make build   leaves the program at build/polypoly
#   make bench   measures; make soak: the long checks; make check: what CI checks beside the tests
#   make install [PREFIX=/usr/local] [DESTDIR=], make uninstall; make release: archives with checksums
BUILD ?= build
JOBS  ?= $(shell nproc)
# Many tests wait for processes: one more than there are cores.
TEST_JOBS ?= $(shell echo $$(($(JOBS) + 1)))

PREFIX ?= /usr/local
export PREFIX DESTDIR

.PHONY: all build run test bench soak check format clean install uninstall release setup-base setup-test setup-ci compile
all: build

setup-base:
	@tools/setup.sh base
setup-test:
	@tools/setup.sh base test
setup-ci:
	@tools/setup.sh base test ci

# Configured again when a set-up has brought compilers since: guests are built where they are.
compile:
	@tools/build.sh $(BUILD) $(JOBS)

build: setup-base
	@PP_TARGET=product $(MAKE) --no-print-directory compile

run: build
	@tools/run.sh $(BUILD)/polypoly

install: build
	@tools/install.sh $(BUILD)

uninstall:
	@tools/install.sh $(BUILD) --uninstall

release: build
	@tools/release.sh $(BUILD)

test: setup-test
	@tools/venv.sh $(BUILD)
	@tools/npm.sh
	@$(MAKE) --no-print-directory compile
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error -j $(TEST_JOBS)

bench: setup-test
	@$(MAKE) --no-print-directory compile
	@tools/bench.sh $(BUILD)

soak: setup-test
	@$(MAKE) --no-print-directory compile
	@tools/soak.sh $(BUILD)

check: setup-ci
	@$(MAKE) --no-print-directory compile
	@tools/check.sh $(BUILD)

format: setup-ci
	@git ls-files 'src/*.c' 'src/*.h' 'guest/*.c' 'guest/*.h' | xargs clang-format-19 -i

clean:
	rm -rf $(BUILD) $(BUILD)-*
