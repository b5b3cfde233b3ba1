// SPDX-License-Identifier: PostgreSQL
// What the server's main loop does for a client's statement. PostgreSQL's regime.
#pragma once
#include <type_traits>

#include "pg/postgres.hpp"

namespace clientele::jobs {

namespace detail {
ErrorData* attempt(void (*work)(void*), void* argument, bool report);
}

/// Does `work`, which begins and commits its transactions. An ERROR rolls back the transaction and
/// is returned, in the memory context that is current; nullptr if there was none. `report` sends it
/// to the server log and the client. No transaction is in progress afterwards.
template <class Work>
ErrorData* attempt(Work& work, bool report) {
  static_assert(std::is_trivially_destructible_v<Work>);
  return detail::attempt([](void* w) { (*static_cast<Work*>(w))(); }, &work, report);
}

/// What a statement returned or changed.
struct Rows {
  bool counted;  // false for a statement that counts none, such as CALL
  uint64 count;
};

/// Runs the only statement of a text as if a client had sent it: it may commit, if it is a CALL or
/// a DO, or have transactions of its own, as VACUUM has. No transaction is in progress before and
/// after. Errors: 42601 for none or several statements; 0A000 for one that controls transactions,
/// or copies from or to a client.
Rows run_statement(const char* text);

}  // namespace clientele::jobs
