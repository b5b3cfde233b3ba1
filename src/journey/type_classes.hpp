// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace clientele {

/// Event type -> class of a question; 0 where none was set. Dense where ids are small, as
/// dictionaries make them.
class TypeClasses {
 public:
  void set(int32_t type, uint32_t cls) {
    if (type >= dense_limit) {
      sparse_[type] = cls;
      return;
    }
    if (static_cast<size_t>(type) >= dense_.size()) dense_.resize(type + 1, 0);
    dense_[type] = cls;
  }
  uint32_t of(int32_t type) const {
    if (static_cast<size_t>(type) < dense_.size()) return dense_[type];
    if (type < dense_limit || sparse_.empty()) return 0;
    const auto found = sparse_.find(type);
    return found == sparse_.end() ? 0 : found->second;
  }

 private:
  static constexpr int32_t dense_limit = 1 << 16;
  std::vector<uint32_t> dense_;
  std::unordered_map<int32_t, uint32_t> sparse_;
};

}  // namespace clientele
