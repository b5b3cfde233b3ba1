// SPDX-License-Identifier: PostgreSQL
// Arguments of fits and predictions: a purchase_summary, covariates.
#pragma once
#include <cmath>

#include "base/error.hpp"
#include "pg/values.hpp"
#include "value/purchases/history.hpp"

namespace clientele {

struct SummaryFields {
  bool null;  // x, t_x or age is unknown
  History history;
  bool has_monetary;
  double monetary;
};

/// The composite value in argument `n`, which is not NULL. PostgreSQL regime.
inline SummaryFields summary_fields(FunctionCallInfo fcinfo, int n) {
  const HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(n);
  bool null[4];
  Datum value[4];
  for (AttrNumber i = 0; i < 4; ++i)
    value[i] = GetAttributeByNum(row, static_cast<AttrNumber>(i + 1), &null[i]);
  SummaryFields fields{};
  fields.null = null[0] || null[1] || null[2];
  if (fields.null) return fields;
  fields.history = {static_cast<double>(DatumGetInt32(value[0])), DatumGetFloat8(value[1]),
                    DatumGetFloat8(value[2])};
  fields.has_monetary = !null[3];
  if (fields.has_monetary) fields.monetary = DatumGetFloat8(value[3]);
  return fields;
}

/// A float8[] of covariates.
struct CovariateArgument {
  Datum* values = nullptr;
  bool* nulls = nullptr;
  int count = 0;

  CovariateArgument() = default;
  /// PostgreSQL regime.
  explicit CovariateArgument(Datum array) {
    deconstruct_array(DatumGetArrayTypeP(array), FLOAT8OID, sizeof(double), true, TYPALIGN_DOUBLE,
                      &values, &nulls, &count);
  }
  /// C++ regime. 22004 for NULL, 22003 for NaN and infinity.
  void read(std::vector<double>& to) const {
    to.clear();
    for (int i = 0; i < count; ++i) {
      const std::string which = " (element " + std::to_string(i + 1) + ")";
      if (nulls[i])
        throw Error(sqlstate::null_not_allowed, "covariates must not contain NULL" + which);
      const double value = DatumGetFloat8(values[i]);
      if (!std::isfinite(value))
        throw Error(sqlstate::out_of_range, "covariates must be finite" + which);
      to.push_back(value + 0.0);
    }
  }
};

}  // namespace clientele
