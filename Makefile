# Everything a newcomer needs. `make help` lists it.
SHELL := /bin/bash

.PHONY: help setup build demo serve test test-samples bench soak lint clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install the Debian packages that are missing
	@Scripts/setup libxml2-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev pkg-config

build: setup ## build the program and its tools
	@Scripts/build

demo: setup ## five days of a fictitious municipality: two sources, a mass deletion, one command that undoes it
	@Scripts/build
	@Demo/run

serve: setup ## a daemon to play with: drop files into a folder, read events with curl (PORT=8480)
	@Scripts/build
	@Demo/serve

test: setup ## run all tests
	@Scripts/setup strace openssl python3-aiosmtpd systemd
	@Scripts/build --build-tests
	@swift test --skip-build -Xswiftc -use-ld=lld --parallel
	@Tests/Faults/run --quick

test-samples: setup ## run other people's exports, from the folder that FORDELER_SAMPLES names
	@Scripts/build
	@Tests/Samples/run

bench: setup ## measure against a reference in the same run
	@Scripts/setup libxml2-utils python3 python3-lxml
	@Scripts/build -c release
	@Benchmarks/run

soak: setup ## the same with many more rounds, full disks, power cuts, jumping clocks, made-up inputs, and planted faults to be caught
	@Scripts/setup strace openssl python3-aiosmtpd systemd faketime xfsprogs e2fsprogs gcc libc6-dev
	@Scripts/build --build-tests
	@FORDELER_SOAK=1 swift test --skip-build -Xswiftc -use-ld=lld --parallel
	@Tests/Faults/run
	@Tests/Fuzz/run 300
	@Scripts/planted-faults

lint: ## check the formatting
	@swift format lint --strict --recursive Sources Tests Package.swift

clean: ## remove what was built
	@rm -rf .build
