// SPDX-License-Identifier: PostgreSQL
#pragma once

namespace clientele {

/// What long loops of the core call so that they can be cancelled; the PostgreSQL glue sets it
/// once. It may throw. Call it at least every few thousand steps.
inline void (*poll_hook)() = nullptr;

inline void poll() {
  if (poll_hook != nullptr) poll_hook();
}

}  // namespace clientele
