# The commands people type; CMake and Ninja do the work beneath.
#   make run     install what is missing, build, run the main job
#   make test    install what is missing, build, run the whole suite
#   make build   leaves the program at build/polypoly
#   make bench   measures; make soak: the long checks
BUILD ?= build
JOBS  ?= $(shell nproc)

.PHONY: all build run test bench soak setup configure check format clean
all: build

setup:
	@tools/setup.sh base

configure: setup
	@test -f $(BUILD)/build.ninja || cmake -S . -B $(BUILD) -G Ninja >/dev/null

build: configure
	@cmake --build $(BUILD) -j $(JOBS)
	@ln -sf bin/polypoly $(BUILD)/polypoly

run: build
	@tools/run.sh $(BUILD)/polypoly

test: build
	@cd $(BUILD) && ctest --output-on-failure -j $(JOBS)

bench: build
	@tools/bench.sh $(BUILD)

soak: build
	@tools/soak.sh $(BUILD)

# What CI checks beside the tests: layers, format, generated files.
check:
	@tools/check.sh

format:
	@git ls-files 'src/*.c' 'src/*.h' 'guest/*.c' 'guest/*.h' | xargs clang-format-19 -i

clean:
	rm -rf $(BUILD)
