// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "pg/clock.hpp"
#include "retention/table/definition.hpp"

namespace clientele {

/// The same question with the end and the time zone that it has now. C++ regime.
RetentionDefinition settled(RetentionDefinition definition);

}  // namespace clientele
