// SPDX-License-Identifier: PostgreSQL
// audience_of and audience_size: tag queries over the tags of the store.
#include <cstring>
#include <optional>

#include "pg/nearest.hpp"
#include "store/store_pg.hpp"
#include "pg/values.hpp"
#include "tags/defined/evaluate.hpp"
#include "tags/scores/scores.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::call_pg;
using pg::guarded;
using tags::Audience;
using tags::Leaf;
using tags::Scores;
using tags::Test;

/// A query that is planned once a session. Operators are named with their schema: the caller's
/// search_path may hold others.
struct Statement {
  const char* sql;
  int parameters;
  SPIPlanPtr plan = nullptr;
};

Statement tag_named = {
    "SELECT coalesce(s.holds, 'flag'), a.customers FROM clientele_data.tags t"
    " LEFT JOIN clientele_data.tag_status s ON s.tag OPERATOR(pg_catalog.=) t.name"
    " LEFT JOIN clientele_data.tag_audiences a"
    " ON a.tag OPERATOR(pg_catalog.=) t.name AND a.value OPERATOR(pg_catalog.=) ''"
    " WHERE t.name OPERATOR(pg_catalog.=) $1",
    1};
Statement one_value = {
    "SELECT a.value, a.customers FROM clientele_data.tag_audiences a"
    " WHERE a.tag OPERATOR(pg_catalog.=) $1 AND a.value OPERATOR(pg_catalog.=) $2",
    2};
Statement all_values = {
    "SELECT a.value, a.customers FROM clientele_data.tag_audiences a"
    " WHERE a.tag OPERATOR(pg_catalog.=) $1 AND a.value OPERATOR(pg_catalog.<>) ''",
    1};
// The character after a dot is a slash.
Statement tags_below = {
    "SELECT a.value, a.customers FROM clientele_data.tag_audiences a"
    " WHERE a.tag OPERATOR(pg_catalog.>=) ($1 OPERATOR(pg_catalog.||) '.')"
    " AND a.tag OPERATOR(pg_catalog.<) ($1 OPERATOR(pg_catalog.||) '/')"
    " AND a.value OPERATOR(pg_catalog.=) ''",
    1};
Statement numbers_of = {
    "SELECT NULL::pg_catalog.text, n.scores FROM clientele_data.tag_numbers n"
    " WHERE n.tag OPERATOR(pg_catalog.=) $1",
    1};
constexpr char all_names[] = "SELECT t.name FROM clientele_data.tags t ORDER BY t.name LIMIT 10000";

/// One row: a text and a packed value, of which either may be nullptr for NULL.
struct Row {
  const char* text;
  const uint8_t* bytes;
  size_t size;
};

/// Calls use(row) for each row of a statement. C++ regime. An exception on the way leaves SPI to
/// the end of the transaction, as every error does.
template <class Use>
void each_row(Statement& statement, std::string_view first, std::string_view second, Use use) {
  const auto rows = call_pg([&]() -> uint64 {
    SPI_connect();
    if (statement.plan == nullptr) {
      Oid types[] = {TEXTOID, TEXTOID};
      const SPIPlanPtr plan = SPI_prepare(statement.sql, statement.parameters, types);
      if (plan == nullptr || SPI_keepplan(plan) != 0) elog(ERROR, "tags could not be read");
      statement.plan = plan;
    }
    const auto text = [](std::string_view s) {
      return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
    };
    Datum values[] = {text(first), text(second)};
    if (SPI_execute_plan(statement.plan, values, nullptr, true, 0) != SPI_OK_SELECT)
      elog(ERROR, "tags could not be read");
    return SPI_processed;
  });
  for (uint64 i = 0; i < rows; ++i) {
    const Row row = call_pg([&] {
      const HeapTuple tuple = SPI_tuptable->vals[i];
      const TupleDesc desc = SPI_tuptable->tupdesc;
      bool null = false;
      Row result{SPI_getvalue(tuple, desc, 1), nullptr, 0};
      const Datum packed = SPI_getbinval(tuple, desc, 2, &null);
      if (!null) {
        const ByteView bytes = pg::detoast(packed);
        result.bytes = bytes.data();
        result.size = bytes.size();
      }
      return result;
    });
    use(row);
  }
  call_pg([] { SPI_finish(); });
}

class StoredTags : public tags::TagSource {
 public:
  StoredTags() {
    bool whole = true;
    for (const char* table : {"tags", "tag_status", "tag_audiences", "tag_numbers"})
      whole = pg::store_has(table) && whole;
    if (!whole)
      throw Error("42P01", "there is no store in this database, and so no tag is defined",
                  "CALL clientele.create_store() makes one; tag_match() asks tags in columns of "
                  "your own.");
  }

  Audience answer(const Leaf& leaf) override {
    if (leaf.test == Test::below) return united(tags_below, leaf.name, {});
    std::optional<std::string> holds;
    std::optional<Audience> anybody;
    const bool present = leaf.test == Test::present;
    each_row(tag_named, leaf.name, {}, [&](const Row& row) {
      holds = row.text;
      if (row.bytes == nullptr) return;
      anybody = present ? Audience::read({row.bytes, row.size}) : Audience();
    });
    if (!holds) unknown(leaf.name);
    if (!anybody)
      throw Error("55000", "tag \"" + leaf.name + "\" has not been refreshed yet",
                  "SELECT * FROM clientele.refresh_tags() computes who has it, and tells what went "
                  "wrong if something did.");
    if (present) return std::move(*anybody);
    if (*holds == "number") return numbered(leaf);
    if (leaf.test == Test::equal) return united(one_value, leaf.name, leaf.text);
    Audience all;
    each_row(all_values, leaf.name, {}, [&](const Row& row) {
      if (leaf.accepts(row.text)) all |= Audience::read({row.bytes, row.size});
    });
    return all;
  }

  Audience everyone() override { return united(one_value, {}, {}); }

 private:
  static Audience united(Statement& statement, std::string_view first, std::string_view second) {
    Audience all;
    each_row(statement, first, second, [&](const Row& row) {
      Audience some = Audience::read({row.bytes, row.size});
      if (all.empty())
        all = std::move(some);
      else
        all |= some;
    });
    return all;
  }

  static Audience numbered(const Leaf& leaf) {
    Audience found;
    each_row(numbers_of, leaf.name, {}, [&](const Row& row) {
      found = tags::audience_where(Scores::read({row.bytes, row.size}), leaf);
    });
    return found;
  }

  [[noreturn]] static void unknown(const std::string& name) {
    const char* const hint = call_pg([&]() -> const char* {
      SPI_connect();
      pg::NearestNames nearest(name);
      if (SPI_execute(all_names, true, 0) != SPI_OK_SELECT) elog(ERROR, "tags could not be read");
      for (uint64 i = 0; i < SPI_processed; ++i) {
        const char* const known = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
        nearest.offer(known, known);
      }
      StringInfoData text;
      initStringInfo(&text);
      nearest.append_to(&text);
      appendStringInfoString(&text, "clientele_data.tags lists them all; define_tag() adds one.");
      auto* const result = static_cast<char*>(SPI_palloc(text.len + 1));
      std::memcpy(result, text.data, text.len + 1);
      SPI_finish();
      return result;
    });
    throw Error(sqlstate::undefined_object, "there is no tag \"" + name + "\"", hint);
  }
};

}  // namespace

CLIENTELE_FUNCTION(clientele_audience_of) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const tags::TagQuery query = tags::TagQuery::read(bytes);
    StoredTags source;
    Bytes out;
    tags::audience_of(query, source).write(out);
    return pg::make_varlena(out);
  });
}

CLIENTELE_FUNCTION(clientele_audience_size) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const tags::TagQuery query = tags::TagQuery::read(bytes);
    StoredTags source;
    const uint64_t size = tags::audience_size(query, source);
    return Int64GetDatum(static_cast<int64_t>(size));
  });
}

}  // namespace clientele
