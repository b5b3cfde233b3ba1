// SPDX-License-Identifier: PostgreSQL
// Queries that run with the rights and the settings of a source's owner. C++ regime, unless said
// otherwise.
#pragma once
#include <functional>

#include "pg/boundary.hpp"
#include "sources/batch/rules_pg.hpp"

namespace clientele::sources {

/// Runs `work`, which is in the PostgreSQL regime, in a subtransaction as the owner of the source.
/// The error, if there is one, is all that it leaves.
ErrorData* attempt(const Source& source, const std::function<void()>& work);

/// Whether an error may be due to what a row holds. Errors of the classes 08, 40, 53, 57 and 58 are
/// not: a foreign server, a deadlock, memory, a cancelled query, a broken disk.
bool may_be_a_row(const ErrorData* error);

/// Throws the error with the name of the source.
[[noreturn]] void fail(const Source& source, ErrorData* error);

/// PostgreSQL regime.
SPIPlanPtr prepare_reading(const char* sql, int count, Oid* types);
void execute_reading(SPIPlanPtr plan, ParamListInfo parameters, DestReceiver* receiver);

}  // namespace clientele::sources
