// SPDX-License-Identifier: PostgreSQL
// What the definition of a job needs of PostgreSQL: its parser, its roles, and the nearest names.
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "pg/nearest.hpp"
#include "pg/syntax.hpp"
#include "pg/trust.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::call_pg;
using pg::guarded;

constexpr size_t longest = 1'000'000;

/// An error of the parser, whose place is one of the command. PostgreSQL regime.
void place_in_command(ErrorData* error, const char* command) {
  // If a function called this one, SPI has taken the place for one in the function's own statement.
  const int place = error->cursorpos > 0 ? error->cursorpos : error->internalpos;
  if (place <= 0) return;
  error->message = psprintf("%s, at character %d of the command", error->message, place);
  error->cursorpos = 0;
  error->internalpos = place;
  error->internalquery = pstrdup(command);
}

/// The statements of a command. C++ regime.
List* parsed(const std::string& command) {
  try {
    return call_pg([&] { return raw_parser(command.c_str(), RAW_PARSE_DEFAULT); });
  } catch (const pg::PgError& e) {
    call_pg([&] { place_in_command(e.data(), command.c_str()); });
    throw;
  }
}

void check(const std::string& command) {
  if (command.size() > longest)
    throw Error(sqlstate::limit_exceeded,
                "a command must not be longer than 1 MB: it has " + std::to_string(command.size()) +
                    " bytes",
                "Put it into a procedure, and let the job CALL that.");
  const List* const statements = parsed(command);
  if (statements == NIL)
    throw Error(sqlstate::syntax_error, "the command is empty", "It is one SQL statement.");
  if (list_length(statements) > 1)
    throw Error(sqlstate::syntax_error,
                "the command has " + std::to_string(list_length(statements)) +
                    " statements, and a job runs one",
                "A DO block or a procedure can have several; or let a job follow another one, by "
                "add_job(..., after => ...).");
  if (IsA(linitial_node(RawStmt, statements)->stmt, TransactionStmt))
    throw Error(sqlstate::syntax_error, "the command only begins or ends a transaction",
                "A job runs its command in a transaction of its own, and a procedure or a DO block "
                "may COMMIT.");
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_check_command) {
  const std::string_view command = pg::text_view(PG_GETARG_DATUM(0));
  guarded([&] { check(std::string(command)); });
  PG_RETURN_VOID();
}

CLIENTELE_FUNCTION(clientele_may_become) {
  PG_RETURN_BOOL(pg::may_become(PG_GETARG_OID(0), PG_GETARG_OID(1)));
}

CLIENTELE_FUNCTION(clientele_nearest_names) {
  const std::string_view wanted = pg::text_view(PG_GETARG_DATUM(0));
  ArrayType* const known = PG_GETARG_ARRAYTYPE_P(1);
  Datum* names = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(known, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &count);
  return guarded([&] {
    pg::NearestNames nearest(wanted);
    call_pg([&] {
      for (int i = 0; i < count; ++i) {
        CHECK_FOR_INTERRUPTS();
        if (nulls[i]) continue;
        const char* const name = TextDatumGetCString(names[i]);
        nearest.offer(name, name);
      }
    });
    return pg::make_text(nearest.hint());
  });
}
