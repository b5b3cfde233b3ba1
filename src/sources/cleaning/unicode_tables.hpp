// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>

namespace clientele::unicode {

struct Range {
  char32_t first, last;
};
/// Full case folding: one character becomes up to three.
struct Fold {
  char32_t from, to[3];
};

// In ascending order. Declared here so that the tables have external linkage.
extern const Range ignorable[];
extern const size_t ignorable_count;
extern const Range white_space[];
extern const size_t white_space_count;
extern const Fold folds[];
extern const size_t fold_count;

}  // namespace clientele::unicode
