// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>

namespace clientele::tags {

/// The operations on two sets: a & b, a | b, a - b, a # b.
enum class SetOp : uint8_t { both, either, without, one };

template <SetOp op, class T>
constexpr T apply(T a, T b) {
  if constexpr (op == SetOp::both) return static_cast<T>(a & b);
  if constexpr (op == SetOp::either) return static_cast<T>(a | b);
  if constexpr (op == SetOp::without) return static_cast<T>(a & ~b);
  return static_cast<T>(a ^ b);
}
template <SetOp op>
constexpr bool apply(bool a, bool b) {
  if constexpr (op == SetOp::both) return a && b;
  if constexpr (op == SetOp::either) return a || b;
  if constexpr (op == SetOp::without) return a && !b;
  return a != b;
}

}  // namespace clientele::tags
