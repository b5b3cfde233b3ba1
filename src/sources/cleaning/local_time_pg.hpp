// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <string>

#include "base/calendar.hpp"

namespace clientele {

/// For TimeOptions::instant; its context is the time zone. C++ regime.
bool instant_of(const void* own_zone, const std::string& name, Micros local, Micros& at);

}  // namespace clientele
