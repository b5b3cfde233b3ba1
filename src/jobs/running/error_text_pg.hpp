// SPDX-License-Identifier: PostgreSQL
// An error as texts that a table can keep. PostgreSQL's regime.
#pragma once
#include "pg/postgres.hpp"

namespace clientele::jobs {

/// The primary message, cut at 4 kB between two characters. It is text of the database's encoding,
/// whatever the error holds.
const char* error_message(const ErrorData* error);

/// Lines such as psql shows: DETAIL, HINT, QUERY, POSITION and CONTEXT, each cut at 4 kB; nullptr
/// if there are none.
const char* error_context(const ErrorData* error);

}  // namespace clientele::jobs
