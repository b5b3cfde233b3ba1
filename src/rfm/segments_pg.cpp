// SPDX-License-Identifier: PostgreSQL
// rfm_segment, rfm_tier, rfm_strategy: names from the store's tables, or the built-in ones.
#include <algorithm>

#include "journey/dictionary_pg.hpp"
#include "pg/memory.hpp"
#include "pg/query.hpp"
#include "store/store_pg.hpp"
#include "rfm/rfm.hpp"
#include "rfm/segments.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

/// Whether the store has a table that the user may read. C++ regime; 42501 if it may not be read.
bool readable(const char* table) {
  const Oid relation = pg::store_table(table);
  if (!OidIsValid(relation)) return false;
  if (!pg::call_pg([&] { return pg::may_read(relation); }))
    throw Error(sqlstate::insufficient_privilege,
                std::string("permission denied for table clientele_data.") + table,
                "The store's owner may GRANT USAGE ON SCHEMA clientele_data and SELECT ON "
                "clientele_data.rfm_segments, clientele_data.rfm_tiers.");
  return true;
}

constexpr pg::Query cells_of_scheme = {
    "SELECT r, f, m, segment, tier FROM clientele_data.rfm_segments"
    " WHERE scheme OPERATOR(pg_catalog.=) $1",
    "RFM segments"};
constexpr pg::Query texts_of_tiers = {
    "SELECT tier, language, strategy FROM clientele_data.rfm_tiers", "RFM tiers"};

RfmScheme scheme_named(std::string_view name) {
  std::vector<RfmCell> cells;
  const bool stored = readable("rfm_segments");
  if (stored) {
    struct Row {
      int32_t r, f, m;
      const char *segment, *tier;
    };
    pg::each_row(
        cells_of_scheme, [&](pg::Parameters& p) { p.text(name); },
        [](const pg::QueryRow& row) {
          return Row{row.integer(1), row.integer(2), row.integer(3), row.text(4), row.text(5)};
        },
        [&](const Row& row) {
          cells.push_back({std::string(name), row.r, row.f, row.m, row.segment, row.tier});
        });
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
    struct Row {
      const char *tier, *language, *strategy;
    };
    pg::each_row(
        texts_of_tiers, pg::no_parameters,
        [](const pg::QueryRow& row) {
          return Row{row.text(1), row.text(2), row.text(3)};
        },
        [&](const Row& row) {
          all.entries.push_back({row.tier, row.language, row.strategy});
        });
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
