// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "tags/bitmap/container.hpp"

namespace clientele::tags {

/// left = left op right, of two containers with the same key.
void combine(SetOp op, Container& left, const Container& right);

bool operator==(const Container& a, const Container& b);
/// Of containers with the same key.
bool includes(const Container& a, const Container& b);
bool overlaps(const Container& a, const Container& b);

/// How many values are in all of these.
uint32_t count_common(const Container& a, const Container& b);
uint32_t count_common(const Container& a, const Container& b, const Container& c);

}  // namespace clientele::tags
