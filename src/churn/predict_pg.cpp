// SPDX-License-Identifier: PostgreSQL
// What a churn model says: of one customer, and of its features.
#include <charconv>
#include <cmath>

#include "churn/cells_pg.hpp"

namespace clientele {
namespace {

using pg::guarded;

double log_odds_of(const ChurnModel& model, std::span<const ChurnCell> cells) {
  double sum = model.intercept;
  for (size_t i = 0; i < cells.size(); ++i) sum += model.features[i].effect(cells[i]);
  return sum;
}

std::string shortest(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

Datum text_of(const ChurnCell& cell) {
  return pg::make_text(cell.text.data() == nullptr ? shortest(cell.number) : cell.text);
}

/// Reads the customer's features with `read`, and puts the reasons.
template <class Read>
Datum put_reasons(FunctionCallInfo fcinfo, Read read) {
  const pg::RowSink rows(fcinfo);
  const int32 most = PG_GETARG_INT32(2);
  if (most < 0)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("most must not be negative")));
  return guarded([&] {
    KeptModel& kept = pg::kept<KeptModel>(fcinfo);
    const ChurnModel& model = kept.of(PG_GETARG_DATUM(1));
    read(kept.row, model);
    const auto cells = kept.row.cells();
    for (const ChurnReason& reason : churn_reasons(model, cells, static_cast<size_t>(most))) {
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

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_prob_array) {
  const NumberRow row = number_row(PG_GETARG_DATUM(0));
  return guarded([&] {
    const ChurnModel& model = pg::kept<KeptModel>(fcinfo).of(PG_GETARG_DATUM(1));
    const double f = model.log_odds({row.value, row.size}, row.missing);
    return Float8GetDatum(probability_of(model.calibrated(f)));
  });
}

CLIENTELE_FUNCTION(clientele_churn_prob_jsonb) {
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(0));
  return guarded([&] {
    KeptModel& kept = pg::kept<KeptModel>(fcinfo);
    const ChurnModel& model = kept.of(PG_GETARG_DATUM(1));
    kept.row.read(object, model);
    const double f = log_odds_of(model, kept.row.cells());
    return Float8GetDatum(probability_of(model.calibrated(f)));
  });
}

CLIENTELE_FUNCTION(clientele_churn_reasons_array) {
  const NumberRow numbers = number_row(PG_GETARG_DATUM(0));
  return put_reasons(fcinfo, [&](CellRow& row, const ChurnModel& model) {
    model.log_odds({numbers.value, numbers.size}, numbers.missing);  // checks the row
    row.read(numbers);
  });
}

CLIENTELE_FUNCTION(clientele_churn_reasons_jsonb) {
  const JsonbContainer* const object = feature_object(PG_GETARG_DATUM(0));
  return put_reasons(fcinfo,
                     [&](CellRow& row, const ChurnModel& model) { row.read(object, model); });
}

CLIENTELE_FUNCTION(clientele_churn_coefficients) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    const ChurnModel& model = pg::kept<KeptModel>(fcinfo).of(PG_GETARG_DATUM(0));
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
