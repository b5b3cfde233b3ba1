// SPDX-License-Identifier: PostgreSQL
// What SQL text is: PostgreSQL's own parser says so, which knows comments, brackets and quotes.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "pg/syntax.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::call_pg;
using pg::guarded;

constexpr size_t longest = 1'000'000;
constexpr char select[] = "SELECT ";

/// What the parser made of a text: statements, or an error of syntax.
struct Parsed {
  List* statements;
  ErrorData* error;
};

/// C++ regime. Errors that are not the text's are thrown.
Parsed parse(const std::string& text) {
  try {
    return {call_pg([&] { return raw_parser(text.c_str(), RAW_PARSE_DEFAULT); }), nullptr};
  } catch (const pg::PgError& e) {
    const int category = ERRCODE_TO_CATEGORY(e.data()->sqlerrcode);
    if (category != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
        category != ERRCODE_DATA_EXCEPTION)
      throw;
    return {NIL, e.data()};
  }
}

/// Where the blanks and comments begin that `before` ends with: all that can stand before the only
/// statement are these and semicolons.
size_t after_semicolons(std::string_view before) {
  size_t begin = 0, i = 0;
  while (i < before.size()) {
    const std::string_view two = before.substr(i, 2);
    if (two == "--") {
      i = std::min(before.find_first_of("\r\n", i), before.size());
    } else if (two == "/*") {
      int depth = 0;
      do {
        const std::string_view mark = before.substr(i, 2);
        const int step = mark == "/*" ? 1 : mark == "*/" ? -1 : 0;
        depth += step;
        i += step == 0 ? 1 : 2;
      } while (depth > 0 && i < before.size());
    } else if (before[i++] == ';') {
      begin = i;
    }
  }
  return begin;
}

/// The text of the only statement, which is given at the end of `text`.
std::string statement_text(const Parsed& parsed, const std::string& text) {
  const RawStmt* const statement = linitial_node(RawStmt, parsed.statements);
  const auto start = static_cast<size_t>(std::max(statement->stmt_location, 0));
  // From 18 on the statement starts after its comments, before that with them.
  const size_t begin = after_semicolons(std::string_view(text).substr(0, start));
  return statement->stmt_len == 0
             ? text.substr(begin)
             : text.substr(begin, start + static_cast<size_t>(statement->stmt_len) - begin);
}

/// What a tree has that is not for reading only.
struct Found {
  bool changes = false, into = false, locks = false;
  int parameter = -1;
};

bool look(Node* node, void* context) {
  if (node == nullptr) return false;
  auto* const found = static_cast<Found*>(context);
  switch (nodeTag(node)) {
    case T_InsertStmt:
    case T_UpdateStmt:
    case T_DeleteStmt:
    case T_MergeStmt:
      found->changes = true;
      return false;
    case T_IntoClause:
      found->into = true;
      return false;
    case T_LockingClause:
      found->locks = true;
      return false;
    case T_ParamRef:
      found->parameter = reinterpret_cast<ParamRef*>(node)->number;
      return false;
    default:
      return pg::walk_raw(node, look, context);
  }
}

void refuse_what_does_not_only_read(const Parsed& parsed) {
  Found found;
  call_pg([&] { look(linitial_node(RawStmt, parsed.statements)->stmt, &found); });
  if (found.changes)
    throw Error(sqlstate::not_supported, "a WITH that changes data is not allowed here",
                "It must be a SELECT that reads only.");
  if (found.into)
    throw Error(sqlstate::not_supported, "SELECT INTO is not allowed here", "Leave INTO out.");
  if (found.locks)
    throw Error(sqlstate::not_supported, "FOR UPDATE and FOR SHARE are not allowed here",
                "Leave them out.");
  if (found.parameter >= 0)
    throw Error(sqlstate::undefined_parameter,
                "there is no parameter $" + std::to_string(found.parameter));
}

/// Where the parser stopped, in characters. If a function called this one, SPI has taken the place
/// for one in the function's own statement.
int place_of(const ErrorData* error) {
  return error->cursorpos > 0 ? error->cursorpos : error->internalpos;
}

/// Of two errors the one that the parser came to later: the other one took the text for something
/// else. `offset` is how many characters stand before the text in the second.
[[noreturn]] void throw_later(const std::string& text, ErrorData* first, ErrorData* second,
                              int offset) {
  ErrorData* error = second;
  int place = place_of(second) - offset;
  if (first != nullptr && place_of(first) >= place) {
    error = first;
    place = place_of(first);
  }
  call_pg([&] {
    error->cursorpos = 0;
    error->internalpos = std::max(place, 0);
    error->internalquery = pstrdup(text.c_str());
  });
  throw pg::PgError(error);
}

struct Result {
  const char* kind;
  std::string body;
};

Result read(const std::string& text) {
  if (text.size() > longest)
    throw Error(sqlstate::limit_exceeded, "SQL text must not be longer than 1 MB: it has " +
                                              std::to_string(text.size()) + " bytes");
  const Parsed whole = parse(text);
  if (list_length(whole.statements) > 1)
    throw Error(sqlstate::syntax_error, "there are several statements",
                "One SELECT or one expression is needed, without a semicolon within.");
  if (list_length(whole.statements) == 1) {
    if (pg::only_select(whole.statements) == nullptr)
      throw Error(sqlstate::syntax_error, "this is neither a SELECT nor an expression",
                  "A query begins with SELECT, WITH, VALUES or TABLE, or with a bracket.");
    refuse_what_does_not_only_read(whole);
    return {"query", statement_text(whole, text)};
  }
  const std::string selected = select + text;
  const Parsed value = parse(selected);
  if (value.error != nullptr) throw_later(text, whole.error, value.error, sizeof select - 1);
  if (pg::is_one_value(value.statements)) {
    std::string body = statement_text(value, selected).substr(sizeof select - 1);
    if (pg::is_one_value(parse("SELECT (\n" + body + "\n)").statements)) {
      refuse_what_does_not_only_read(value);
      return {"expression", std::move(body)};
    }
  }
  throw Error(sqlstate::syntax_error, "this is neither a SELECT nor an expression",
              "An expression is one value, without a name and without FROM.");
}

}  // namespace

CLIENTELE_FUNCTION(clientele_read_sql) {
  const std::string_view source = pg::text_view(PG_GETARG_DATUM(0));
  TupleDesc desc = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &desc) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "read_sql returns a row");
  Datum values[2];
  guarded([&] {
    const Result result = read(std::string(source));
    values[0] = pg::make_text(result.kind);
    values[1] = pg::make_text(result.body);
  });
  bool nulls[2] = {};
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

}  // namespace clientele
