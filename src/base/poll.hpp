// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>

namespace clientele {

/// Long loops of the core call it so that they can be cancelled. The PostgreSQL glue sets it once.
/// It may throw. Call it at least every few thousand steps.
inline void (*poll_hook)() = nullptr;

inline void poll() {
  if (poll_hook != nullptr) poll_hook();
}

/// Functions that call themselves call it first. It is set like poll_hook, and may throw.
inline void (*stack_hook)() = nullptr;

inline void check_stack() {
  if (stack_hook != nullptr) stack_hook();
}

/// Polls about once in `every` units of work, of which the parts of a loop may have many or few.
class Work {
 public:
  explicit Work(size_t every = 65536) : every_(every) {}
  void done(size_t units) {
    done_ += units;
    if (done_ < every_) return;
    done_ = 0;
    poll();
  }

 private:
  size_t every_;
  size_t done_ = 0;
};

}  // namespace clientele
