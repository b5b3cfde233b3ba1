// SPDX-License-Identifier: PostgreSQL
// Which known names are nearest to what was written, for hints.
#pragma once
#include <cstring>
#include <string>
#include <string_view>

#include "pg/boundary.hpp"

namespace clientele::pg {

class NearestNames {
 public:
  /// Lives no longer than the current memory context.
  explicit NearestNames(std::string_view wanted) : wanted_(wanted), names_(CurrentMemoryContext) {}

  /// `name` is what the hint would say, `compared` is what is compared with the wanted name.
  /// PostgreSQL regime.
  void offer(const char* name, const char* compared) {
    const size_t length = std::strlen(compared);
    if (length > max_bytes || wanted_.size() > max_bytes) return;
    const int distance = varstr_levenshtein(wanted_.data(), static_cast<int>(wanted_.size()),
                                            compared, static_cast<int>(length), 1, 1, 1, true);
    if (found_ == shown && best_[shown - 1].distance <= distance) return;
    int at = found_ < shown ? found_++ : shown - 1;
    for (; at > 0 && best_[at - 1].distance > distance; --at) best_[at] = best_[at - 1];
    best_[at] = {MemoryContextStrdup(names_, name), distance};
  }

  /// The nearest one in any case, others if about half of the name is the same. C++ regime.
  std::string hint() const {
    const int size = static_cast<int>(wanted_.size());
    const int tolerable =
        1 + call_pg([&] { return pg_mbstrlen_with_len(wanted_.data(), size); }) / 2;
    int found = found_;
    while (found > 1 && best_[found - 1].distance > tolerable) --found;
    if (found == 0) return {};
    std::string text = found > 1 ? "The nearest known names are " : "The nearest known name is ";
    for (int i = 0; i < found; ++i) {
      if (i > 0) text += ", ";
      text += best_[i].name;
    }
    return text + ". ";
  }

 private:
  static constexpr int shown = 3;
  static constexpr size_t max_bytes = 200;  // the distance takes their product

  struct Near {
    const char* name;
    int distance;
  };
  std::string_view wanted_;
  MemoryContext names_;
  Near best_[shown] = {};
  int found_ = 0;
};

}  // namespace clientele::pg
