// SPDX-License-Identifier: PostgreSQL
#include "tags/defined/assignment.hpp"

#include <charconv>
#include <cmath>
#include <string>

#include "base/error.hpp"

namespace clientele::tags {

Draw::Draw(double share, std::string_view text) : key_(split_mix(fnv1a(text))), all_(share == 1) {
  if (!(share >= 0 && share <= 1)) {
    char shown[32];
    const auto end = std::to_chars(shown, shown + sizeof shown, share).ptr;
    throw Error(sqlstate::invalid_parameter,
                "share must be between 0 and 1: " + std::string(shown, end),
                "0.1 is one customer in ten.");
  }
  if (!all_) below_ = static_cast<uint64_t>(std::ldexp(share, 64));
}

}  // namespace clientele::tags
