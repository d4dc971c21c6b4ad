#!/usr/bin/env bash
# Searches everything that a test run said, passed tests too, for the secrets that its tests plant: passwords, signatures, and what the
# stand-in cloud gives out. Debug logs of the product are in it.
#
# usage: deploy/secrets.sh JUNIT-REPORT
#
# Fails on: a test that prints a signed address; a log line with a session token.
set -euo pipefail

report=$1
tests=$(grep -c '<testcase ' "$report")
said=$(grep -c '<system-\(out\|err\)>' "$report" || true)
if [[ $tests -eq 0 || $said -eq 0 ]]; then
    echo "$report holds no test that said anything: is success output stored (.config/nextest.toml)?" >&2
    exit 1
fi
if grep -nE 'planted-(password|Pa55|secret-[0-9a-f]|signature|token)|X-Amz-Signature=[0-9a-f]{64}|X-Amz-Security-Token=[A-Za-z0-9%]' "$report" | cut -c 1-200; then
    echo "a planted secret is in what the tests said: $report" >&2
    exit 1
fi
echo "no planted secret in what $tests tests said"
