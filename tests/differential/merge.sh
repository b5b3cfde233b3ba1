#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The benchmark of merging at a size that takes seconds: its checks, not its figures.
exec "$(dirname "$0")/../bench/merge.sh" --small
