# Each target is one line into scripts/, where the work is described.
.PHONY: run demo test check dev bench assets tools planted-faults requirements

run: ; @scripts/run
demo: ; @scripts/demo
test: ; @scripts/test
check: ; @scripts/check
dev: ; @scripts/dev
bench: ; @scripts/bench
assets: ; @scripts/assets
tools: ; @scripts/tools
planted-faults: ; @scripts/planted-faults
requirements: ; @scripts/requirements
