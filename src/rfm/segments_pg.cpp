// SPDX-License-Identifier: PostgreSQL
// rfm_segment, rfm_tier, rfm_strategy: names from the store's tables, or the built-in ones.
#include <algorithm>
#include <optional>

#include "journey/dictionary_pg.hpp"
#include "pg/memory.hpp"
#include "store/store_pg.hpp"
#include "pg/values.hpp"
#include "rfm/rfm.hpp"
#include "rfm/segments.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// Whether the store has a table that the user may read. C++ regime; 42501 if it may not be read.
bool readable(const char* table) {
  enum Answer { absent, refused, granted };
  const Oid relation = pg::store_table(table);
  const Answer answer = pg::call_pg([&] {
    if (!OidIsValid(relation)) return absent;
    Oid types[] = {OIDOID, OIDOID};
    Datum values[] = {ObjectIdGetDatum(get_rel_namespace(relation)), ObjectIdGetDatum(relation)};
    SPI_connect();
    if (SPI_execute_with_args("SELECT pg_catalog.has_schema_privilege($1, 'USAGE')"
                              " AND pg_catalog.has_table_privilege($2, 'SELECT')",
                              2, types, values, nullptr, true, 1) != SPI_OK_SELECT ||
        SPI_processed != 1)
      elog(ERROR, "privileges could not be read");
    bool null = false;
    const bool may =
        DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
    SPI_finish();
    return may ? granted : refused;
  });
  if (answer == refused)
    throw Error("42501", std::string("permission denied for table clientele_data.") + table,
                "The store's owner may GRANT USAGE ON SCHEMA clientele_data and SELECT ON "
                "clientele_data.rfm_segments, clientele_data.rfm_tiers.");
  return answer == granted;
}

/// The rows of a query, all columns as text, in the current memory context.
struct Rows {
  const char** text;
  uint64 count;
};

// C++ regime. Operators are named with their schema: the caller's search_path may hold others.
Rows ask(const char* sql, int columns, std::optional<std::string_view> parameter = {}) {
  return pg::call_pg([&] {
    const MemoryContext outer = CurrentMemoryContext;
    Oid types[] = {TEXTOID};
    Datum values[1] = {};
    if (parameter)
      values[0] = PointerGetDatum(
          cstring_to_text_with_len(parameter->data(), static_cast<int>(parameter->size())));
    SPI_connect();
    if (SPI_execute_with_args(sql, parameter ? 1 : 0, types, values, nullptr, true, 0) !=
        SPI_OK_SELECT)
      elog(ERROR, "RFM segments could not be read");
    Rows rows{nullptr, SPI_processed};
    rows.text = static_cast<const char**>(
        MemoryContextAllocHuge(outer, sizeof(char*) * (columns * rows.count + 1)));
    for (uint64 i = 0; i < rows.count; ++i)
      for (int c = 0; c < columns; ++c) {
        const char* const text = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, c + 1);
        rows.text[columns * i + c] = text == nullptr ? "" : MemoryContextStrdup(outer, text);
      }
    SPI_finish();
    return rows;
  });
}

RfmScheme scheme_named(std::string_view name) {
  std::vector<RfmCell> cells;
  const bool stored = readable("rfm_segments");
  if (stored) {
    const Rows rows =
        ask("SELECT r, f, m, segment, tier FROM clientele_data.rfm_segments"
            " WHERE scheme OPERATOR(pg_catalog.=) $1",
            5, name);
    for (uint64 i = 0; i < rows.count; ++i) {
      const char** const t = rows.text + 5 * i;
      cells.push_back(
          {std::string(name), std::atoi(t[0]), std::atoi(t[1]), std::atoi(t[2]), t[3], t[4]});
    }
  }
  if (cells.empty())
    std::ranges::copy_if(builtin_cells(), std::back_inserter(cells),
                         [&](const RfmCell& c) { return c.scheme == name; });
  if (cells.empty())
    throw Error(sqlstate::undefined_object, "unknown RFM scheme \"" + std::string(name) + "\"",
                stored ? "The schemes are standard, eight, eight_en and those in "
                         "clientele_data.rfm_segments."
                       : "The schemes are standard, eight and eight_en; a store has a table for "
                         "your own.");
  return RfmScheme(cells);
}

/// Texts for tiers, the user's first.
struct Strategies {
  struct Entry {
    std::string tier, language, strategy;
  };
  std::vector<Entry> entries;
};

Strategies all_strategies() {
  Strategies all;
  if (readable("rfm_tiers")) {
    const Rows rows = ask("SELECT tier, language, strategy FROM clientele_data.rfm_tiers", 3);
    for (uint64 i = 0; i < rows.count; ++i)
      all.entries.push_back({rows.text[3 * i], rows.text[3 * i + 1], rows.text[3 * i + 2]});
  }
  for (const RfmStrategy& s : builtin_strategies())
    all.entries.push_back({s.tier, s.language, s.strategy});
  return all;
}

struct Unpacked {
  bool whole;  // no score is NULL
  int32_t value[rfm_dimensions + 1];
};

/// PostgreSQL regime.
Unpacked unpack(Datum datum) {
  const HeapTupleHeader row = DatumGetHeapTupleHeader(datum);
  Unpacked u{true, {}};
  for (int i = 0; i <= rfm_dimensions; ++i) {
    bool null = false;
    u.value[i] = DatumGetInt32(GetAttributeByNum(row, static_cast<AttrNumber>(i + 1), &null));
    u.whole = u.whole && !null;
  }
  return u;
}

Datum named(FunctionCallInfo fcinfo, std::string RfmCell::*name) {
  const Unpacked rfm = unpack(PG_GETARG_DATUM(0));
  const ByteView scheme = pg::detoast(PG_GETARG_DATUM(1));
  if (!rfm.whole) PG_RETURN_NULL();
  return guarded([&] {
    const int buckets = rfm.value[rfm_dimensions];
    check_buckets(buckets);
    for (int d = 0; d < rfm_dimensions; ++d)
      if (rfm.value[d] < 1 || rfm.value[d] > buckets)
        throw Error(sqlstate::invalid_parameter,
                    std::string("a score of ") + rfm_names[d] + " must be from 1 to " +
                        std::to_string(buckets) + ", not " + std::to_string(rfm.value[d]));
    const RfmScheme& cells = pg::kept<Resolved<RfmScheme>>(fcinfo).get(
        scheme, [&] { return scheme_named(pg::as_text(scheme)); });
    return pg::make_text(cells.cell(rfm.value[0], rfm.value[1], rfm.value[2], buckets).*name);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_rfm_segment) { return named(fcinfo, &RfmCell::segment); }
CLIENTELE_FUNCTION(clientele_rfm_tier) { return named(fcinfo, &RfmCell::tier); }

CLIENTELE_FUNCTION(clientele_rfm_strategy) {
  const std::string_view tier = pg::text_view(PG_GETARG_DATUM(0));
  const std::string_view language = pg::text_view(PG_GETARG_DATUM(1));
  return guarded([&] {
    const Strategies& all =
        pg::kept<Resolved<Strategies>>(fcinfo).get({}, [] { return all_strategies(); });
    for (const auto& entry : all.entries)
      if (entry.tier == tier && entry.language == language) return pg::make_text(entry.strategy);
    fcinfo->isnull = true;
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_rfm_segments) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    for (const RfmCell& c : builtin_cells())
      pg::call_pg([&] {
        Datum values[] = {PointerGetDatum(cstring_to_text(c.scheme.c_str())),
                          Int32GetDatum(c.r),
                          Int32GetDatum(c.f),
                          Int32GetDatum(c.m),
                          PointerGetDatum(cstring_to_text(c.segment.c_str())),
                          PointerGetDatum(cstring_to_text(c.tier.c_str()))};
        bool nulls[6] = {};
        rows.put(values, nulls);
      });
    return Datum{};
  });
}

CLIENTELE_FUNCTION(clientele_rfm_tiers) {
  const pg::RowSink rows(fcinfo);
  for (const RfmStrategy& s : builtin_strategies()) {
    Datum values[] = {CStringGetTextDatum(s.tier), CStringGetTextDatum(s.language),
                      CStringGetTextDatum(s.strategy)};
    bool nulls[3] = {};
    rows.put(values, nulls);
  }
  return Datum{};
}
