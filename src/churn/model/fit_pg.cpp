// SPDX-License-Identifier: PostgreSQL
// The aggregate churn_fit and its state.
#include "churn/model/cells_pg.hpp"
#include "churn/model/definition_pg.hpp"
#include "churn/features/features_pg.hpp"
#include "churn/model/fit.hpp"
#include "pg/expanded.hpp"
#include "pg/progress.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::ByteView;
using pg::guarded;

constexpr int features = 1, churned = 2, definition = 3;

// A customer without a label or without features is ignored.
bool ignored(FunctionCallInfo fcinfo) {
  return PG_ARGISNULL(features) || PG_ARGISNULL(churned) || PG_ARGISNULL(definition);
}

/// A churn_def that has a definition of features.
struct DefinedFeatures {
  Bytes encoded;               // as the state keeps it
  std::vector<uint8_t> drawn;  // the definition of the features in it

  DefinedFeatures(ByteView given, pg_tz* zone) {
    ChurnDefinition d = ChurnDefinition::read(given);
    if (d.features_def.empty()) {
      FeaturesDefinition usual;
      set_zone(usual, zone);
      Bytes stored;
      usual.write(stored);
      d.features_def.assign(stored.begin(), stored.end());
    }
    d.check();
    drawn = d.features_def;
    d.write(encoded);
  }
};

/// Kept from row to row.
struct JourneyRow {
  explicit JourneyRow(std::pmr::memory_resource* memory) : features(memory) {}
  JourneyFeatures features;
  std::array<ChurnCell, churn_feature_count> cells;
  pg::Remembered<DefinedFeatures> last;

  const DefinedFeatures& defined(ByteView given, pg_tz* zone) {
    const ByteView arguments[] = {given, pg::plain_bytes(zone)};
    return last.get(arguments, [&] { return DefinedFeatures(given, zone); });
  }

  /// False if there is no event before `at`.
  bool read(ByteView journey, TimestampTz at, const DefinedFeatures& definition) {
    ChurnFeatures values;
    if (!features.draw(journey, at, definition.drawn, values)) return false;
    for (size_t i = 0; i < cells.size(); ++i) {
      const bool missing = std::isnan(values[i]);
      cells[i].kind = missing ? ChurnCell::Kind::missing : ChurnCell::Kind::number;
      cells[i].number = missing ? 0 : values[i];
    }
    return true;
  }
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_fit_accum_array) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (ignored(fcinfo)) return pg::unchanged_state(fcinfo);
  const NumberRow row = number_row(PG_GETARG_DATUM(features));
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<ChurnRows>(fcinfo, context);
    auto& cells = pg::kept<CellRow>(fcinfo);
    cells.read(row);
    state->value.define(encoded, false);
    if (!state->value.definition().features_def.empty()) ChurnRows::refuse_features();
    state->value.add(cells.cells(), PG_GETARG_BOOL(churned));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_churn_fit_accum_jsonb) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (ignored(fcinfo)) return pg::unchanged_state(fcinfo);
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(features));
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(definition));
  return guarded([&] {
    auto* const state = pg::state_to_change<ChurnRows>(fcinfo, context);
    auto& cells = pg::kept<CellRow>(fcinfo);
    cells.read(object);
    state->value.define(encoded, true);
    state->value.add(cells.names(), cells.cells(), PG_GETARG_BOOL(churned));
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_churn_fit_accum_journey) {
  constexpr int journey = 1, label = 2, time = 3, def = 4;
  const MemoryContext context = pg::aggregate_context(fcinfo);
  for (const int i : {journey, label, time, def})
    if (PG_ARGISNULL(i)) return pg::unchanged_state(fcinfo);
  const ByteView packed = pg::detoast(PG_GETARG_DATUM(journey));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(time);
  const ByteView encoded = pg::detoast(PG_GETARG_DATUM(def));
  pg_tz* const zone = session_timezone;
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        auto& row = pg::kept<JourneyRow>(fcinfo);
                        const DefinedFeatures& d = row.defined(encoded, zone);
                        if (!row.read(packed, at, d)) return {PG_GETARG_DATUM(0), PG_ARGISNULL(0)};
                        auto* const state = pg::state_to_change<ChurnRows>(fcinfo, context);
                        state->value.define(d.encoded, false);
                        state->value.add(row.cells, PG_GETARG_BOOL(label));
                        return {state->datum(), false};
                      }));
}

CLIENTELE_FUNCTION(clientele_churn_fit_combine) { return pg::combined<ChurnRows>(fcinfo); }

CLIENTELE_FUNCTION(clientele_churn_fit_final) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return guarded([&] {
    return pg::with_state<ChurnRows>(fcinfo, 0, [&](const ChurnRows& rows) {
      const pg::Progress progress("churn_fit");
      const std::optional<ChurnModel> model = fit_churn(rows);
      fcinfo->isnull = !model;
      return model ? pg::packed(*model) : Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_churn_rows_in) { return pg::state_in<ChurnRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_churn_rows_recv) { return pg::state_receive<ChurnRows>(fcinfo); }
CLIENTELE_FUNCTION(clientele_churn_rows_out) { return pg::state_out(fcinfo); }
