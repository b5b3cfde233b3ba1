// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <functional>
#include <string>

#include "base/error.hpp"

namespace clientele::testing {

/// The SQLSTATE of the error that the work throws, or "none".
inline std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.code();
  }
  return "none";
}

}  // namespace clientele::testing
