// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <memory_resource>
#include <vector>

namespace clientele::tags {

using Ids = std::pmr::vector<uint64_t>;

/// Sorts ids, and drops repeated ones.
void sort_ids(Ids& ids);

}  // namespace clientele::tags
