// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace clientele {

/// Labels by number, as one query knows them. No other has the same `id`, so that results about a
/// label's number can be kept.
struct Vocabulary {
  uint64_t id = next();
  std::vector<std::string> labels;

 private:
  static uint64_t next() {
    static std::atomic<uint64_t> last{0};
    return ++last;
  }
};

}  // namespace clientele
