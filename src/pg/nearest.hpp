// SPDX-License-Identifier: PostgreSQL
// Which known names are nearest to what was written, for hints.
#pragma once
#include <cstring>
#include <string_view>

#include "pg/postgres.hpp"

namespace clientele::pg {

/// PostgreSQL regime; plain data.
class NearestNames {
 public:
  explicit NearestNames(std::string_view wanted) : wanted_(wanted) {}

  /// `name` is what the hint would say, `compared` what is like the wanted name or not.
  void offer(const char* name, const char* compared) {
    const size_t length = std::strlen(compared);
    if (length > most || wanted_.size() > most) return;
    const int distance = varstr_levenshtein(wanted_.data(), static_cast<int>(wanted_.size()),
                                            compared, static_cast<int>(length), 1, 1, 1, true);
    int at = found_ < shown ? found_++ : shown;
    while (at > 0 && best_[at - 1].distance > distance) {
      if (at < shown) best_[at] = best_[at - 1];
      --at;
    }
    if (at < shown) best_[at] = {name, distance};
  }

  /// The nearest in any case, others if about half of the name is the same.
  void append_to(StringInfo hint) {
    const int tolerable =
        1 + pg_mbstrlen_with_len(wanted_.data(), static_cast<int>(wanted_.size())) / 2;
    while (found_ > 1 && best_[found_ - 1].distance > tolerable) --found_;
    if (found_ == 0) return;
    appendStringInfoString(
        hint, found_ > 1 ? "The nearest known names are " : "The nearest known name is ");
    for (int i = 0; i < found_; ++i)
      appendStringInfo(hint, "%s%s", i > 0 ? ", " : "", best_[i].name);
    appendStringInfoString(hint, ". ");
  }

 private:
  static constexpr int shown = 3;
  static constexpr size_t most = 200;  // bytes; the distance takes their product

  struct Near {
    const char* name;
    int distance;
  };
  std::string_view wanted_;
  Near best_[shown] = {};
  int found_ = 0;
};

}  // namespace clientele::pg
