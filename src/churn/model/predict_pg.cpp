// SPDX-License-Identifier: PostgreSQL
// Predictions by a churn model, their reasons, and the coefficients of the model.
#include <charconv>
#include <cmath>

#include "churn/model/cells_pg.hpp"
#include "churn/features/features_pg.hpp"
#include "churn/model/model_pg.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::ByteView;
using pg::guarded;

std::string shortest(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

Datum text_of(const ChurnCell& cell) {
  return pg::make_text(cell.text.data() == nullptr ? shortest(cell.number) : cell.text);
}

/// Kept from row to row.
struct Kept {
  explicit Kept(std::pmr::memory_resource* memory) : model(memory), features(memory), row(memory) {}
  KeptModel model;
  JourneyFeatures features;
  CellRow row;

  /// The features of a journey, in the order of the model; nullptr if there is no event before
  /// `at`.
  const NumberRow* drawn(ByteView journey, TimestampTz at, const KeptModel::Ready& ready) {
    if (ready.model.features_def.empty()) ready.model.places();  // throws the right error
    ChurnFeatures values;
    if (!features.draw(journey, at, ready.model.features_def, values)) return nullptr;
    const size_t n = ready.places.size();
    for (size_t i = 0; i < n; ++i) {
      numbers_[i] = values[ready.places[i]];
      missing_[i] = std::isnan(numbers_[i]);
      if (missing_[i]) numbers_[i] = 0;
    }
    row_ = {numbers_.data(), missing_.data(), n};
    return &row_;
  }

 private:
  std::array<double, churn_feature_count> numbers_;
  std::array<bool, churn_feature_count> missing_;
  NumberRow row_{};
};

double probability(const ChurnModel& model, const NumberRow& row) {
  const double f = model.log_odds({row.value, row.size}, row.missing);
  return probability_of(model.calibrated(f));
}

Datum array_probability(FunctionCallInfo fcinfo, bool named) {
  const NumberRow row = number_row(PG_GETARG_DATUM(0));
  return guarded([&] {
    const ChurnModel& model = pg::kept<Kept>(fcinfo).model.of(PG_GETARG_DATUM(1), named).model;
    return Float8GetDatum(probability(model, row));
  });
}

Datum object_probability(FunctionCallInfo fcinfo, bool named) {
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(0));
  return guarded([&] {
    Kept& kept = pg::kept<Kept>(fcinfo);
    const ChurnModel& model = kept.model.of(PG_GETARG_DATUM(1), named).model;
    kept.row.read(object, model);
    const double f = churn_log_odds(model, kept.row.cells());
    return Float8GetDatum(probability_of(model.calibrated(f)));
  });
}

Datum journey_probability(FunctionCallInfo fcinfo, bool named) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        Kept& kept = pg::kept<Kept>(fcinfo);
                        const auto& ready = kept.model.of(PG_GETARG_DATUM(1), named);
                        const NumberRow* const row = kept.drawn(journey, at, ready);
                        if (row == nullptr) return {Datum{}, true};
                        return {Float8GetDatum(probability(ready.model, *row)), false};
                      }));
}

/// Reads the features of the customer with `read(kept, ready)`, which returns false if there are
/// none, and puts the reasons. Argument `limit` is max_reasons.
template <class Read>
Datum put_reasons(FunctionCallInfo fcinfo, bool named, int limit, Read read) {
  const pg::RowSink rows(fcinfo);
  const int32 max_reasons = PG_GETARG_INT32(limit);
  if (max_reasons < 0)
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_reasons must not be negative")));
  return guarded([&] {
    Kept& kept = pg::kept<Kept>(fcinfo);
    const KeptModel::Ready& ready = kept.model.of(PG_GETARG_DATUM(1), named);
    if (!read(kept, ready)) return Datum{};
    const ChurnModel& model = ready.model;
    const auto cells = kept.row.cells();
    for (const ChurnReason& reason :
         churn_reasons(model, cells, static_cast<size_t>(max_reasons))) {
      const ChurnCell& cell = cells[reason.feature];
      const bool missing = cell.kind == ChurnCell::Kind::missing;
      Datum values[] = {pg::make_text(model.features[reason.feature].name),
                        missing ? Datum{} : text_of(cell), Float8GetDatum(reason.contribution)};
      bool nulls[] = {false, missing, false};
      pg::call_pg([&] { rows.put(values, nulls); });
    }
    return Datum{};
  });
}

Datum array_reasons(FunctionCallInfo fcinfo, bool named) {
  const NumberRow numbers = number_row(PG_GETARG_DATUM(0));
  return put_reasons(fcinfo, named, 2, [&](Kept& kept, const KeptModel::Ready& ready) {
    ready.model.log_odds({numbers.value, numbers.size}, numbers.missing);  // checks the row
    kept.row.read(numbers);
    return true;
  });
}

Datum object_reasons(FunctionCallInfo fcinfo, bool named) {
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(0));
  return put_reasons(fcinfo, named, 2, [&](Kept& kept, const KeptModel::Ready& ready) {
    kept.row.read(object, ready.model);
    return true;
  });
}

Datum journey_reasons(FunctionCallInfo fcinfo, bool named) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
  return put_reasons(fcinfo, named, 3, [&](Kept& kept, const KeptModel::Ready& ready) {
    const NumberRow* const row = kept.drawn(journey, at, ready);
    if (row != nullptr) kept.row.read(*row);
    return row != nullptr;
  });
}

void put_term(const pg::RowSink& rows, std::string_view feature, const std::string* level,
              const ChurnTerm& term, bool described) {
  const bool tested = term.standard_error && *term.standard_error > 0;
  const double error = term.standard_error.value_or(0);
  const double z = tested ? term.coefficient / error : 0;
  Datum values[] = {pg::make_text(feature),
                    level != nullptr ? pg::make_text(*level) : Datum{},
                    Float8GetDatum(term.coefficient),
                    Float8GetDatum(error),
                    Float8GetDatum(z),
                    Float8GetDatum(std::erfc(std::abs(z) / std::sqrt(2.0))),
                    Float8GetDatum(std::exp(term.coefficient)),
                    Float8GetDatum(term.mean),
                    Float8GetDatum(term.sd),
                    BoolGetDatum(term.redundant)};
  bool nulls[] = {
      false,      level == nullptr, false, !term.standard_error, !tested, !tested, false,
      !described, !described,       false};
  pg::call_pg([&] { rows.put(values, nulls); });
}

Datum coefficients(FunctionCallInfo fcinfo, bool named) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    const ChurnModel& model = pg::kept<KeptModel>(fcinfo).of(PG_GETARG_DATUM(0), named).model;
    ChurnTerm intercept;
    intercept.coefficient = model.intercept;
    intercept.standard_error = model.intercept_error;
    put_term(rows, "(intercept)", nullptr, intercept, false);
    for (const ChurnFeature& f : model.features) {
      if (!f.category) put_term(rows, f.name, nullptr, f.value, true);
      for (const ChurnLevel& level : f.levels)
        put_term(rows, f.name, &level.name, level.term, true);
      if (f.category && f.levels.empty()) {
        ChurnTerm constant;
        constant.mean = 1;
        constant.redundant = true;
        put_term(rows, f.name, f.reference ? &*f.reference : nullptr, constant, true);
      }
      if (f.missing) put_term(rows, f.name + " is missing", nullptr, *f.missing, true);
    }
    return Datum{};
  });
}

}  // namespace

double churn_log_odds(const ChurnModel& model, std::span<const ChurnCell> cells) {
  double sum = model.intercept;
  for (size_t i = 0; i < cells.size(); ++i) sum += model.features[i].effect(cells[i]);
  return sum;
}

}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_prob_array) { return array_probability(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_prob_array_named) { return array_probability(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_churn_prob_jsonb) { return object_probability(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_prob_jsonb_named) { return object_probability(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_churn_prob_journey) { return journey_probability(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_prob_journey_named) { return journey_probability(fcinfo, true); }

CLIENTELE_FUNCTION(clientele_churn_reasons_array) { return array_reasons(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_reasons_array_named) { return array_reasons(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_churn_reasons_jsonb) { return object_reasons(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_reasons_jsonb_named) { return object_reasons(fcinfo, true); }
CLIENTELE_FUNCTION(clientele_churn_reasons_journey) { return journey_reasons(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_reasons_journey_named) { return journey_reasons(fcinfo, true); }

CLIENTELE_FUNCTION(clientele_churn_coefficients) { return coefficients(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_churn_coefficients_named) { return coefficients(fcinfo, true); }
