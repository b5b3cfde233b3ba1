// SPDX-License-Identifier: PostgreSQL
#include "churn/model/cells_pg.hpp"

namespace clientele {

NumberRow number_row(Datum datum) {
  ArrayType* const array = DatumGetArrayTypeP(datum);
  if (ARR_NDIM(array) > 1)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("features must be a one-dimensional array")));
  const int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
  if (!ARR_HASNULL(array))
    return {reinterpret_cast<const double*>(ARR_DATA_PTR(array)), nullptr, static_cast<size_t>(n)};
  Datum* values;
  bool* nulls;
  int count;
  deconstruct_array(array, FLOAT8OID, sizeof(double), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values,
                    &nulls, &count);
  auto* const numbers = static_cast<double*>(palloc(sizeof(double) * (count + 1)));
  for (int i = 0; i < count; ++i) numbers[i] = nulls[i] ? 0 : DatumGetFloat8(values[i]);
  return {numbers, nulls, static_cast<size_t>(count)};
}

ChurnCell cell_of(const NumberRow& row, size_t i) {
  ChurnCell cell;
  if (row.missing != nullptr && row.missing[i]) return cell;
  cell.kind = ChurnCell::Kind::number;
  cell.number = row.value[i];
  return cell;
}

const JsonbContainer* feature_object(Datum datum) {
  const Jsonb* const jsonb = DatumGetJsonbP(datum);
  if (!JB_ROOT_IS_OBJECT(jsonb))
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("the features must be a JSON object, not %s",
                           JB_ROOT_IS_SCALAR(jsonb) ? "a single value" : "an array"),
                    errhint("Such as to_jsonb(row), whose keys are the names of the columns.")));
  return &jsonb->root;
}

ChurnCell cell_of(std::string_view feature, const JsonbValue& value) {
  ChurnCell cell;
  switch (value.type) {
    case jbvNull:
      break;
    case jbvNumeric:
      cell.kind = ChurnCell::Kind::number;
      cell.number = DatumGetFloat8(
          DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value.val.numeric)));
      break;
    case jbvBool:
      cell.kind = ChurnCell::Kind::number;
      cell.number = value.val.boolean ? 1 : 0;
      cell.text = value.val.boolean ? "true" : "false";
      break;
    case jbvString:
      cell.kind = ChurnCell::Kind::text;
      cell.text = {value.val.string.val, static_cast<size_t>(value.val.string.len)};
      break;
    default:
      ereport(ERROR,
              (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
               errmsg("feature \"%.*s\" must be a number, a boolean, a string or null",
                      static_cast<int>(std::min<size_t>(feature.size(), 100)), feature.data()),
               errhint("Take it out of the object, as in to_jsonb(row) - 'name', or give its parts "
                       "names of their own.")));
  }
  return cell;
}

// Makes room before the code of PostgreSQL runs, because no exception may pass through that code.
void CellRow::read(const JsonbContainer* object) {
  names_.resize(JsonContainerSize(object));
  cells_.resize(names_.size());
  pg::call_pg([&] {
    JsonbIterator* at = JsonbIteratorInit(const_cast<JsonbContainer*>(object));
    JsonbValue value;
    size_t i = 0;
    for (auto token = JsonbIteratorNext(&at, &value, true); token != WJB_DONE;
         token = JsonbIteratorNext(&at, &value, true)) {
      if (token == WJB_KEY) {
        names_[i] = {value.val.string.val, static_cast<size_t>(value.val.string.len)};
      } else if (token == WJB_VALUE) {
        cells_[i] = cell_of(names_[i], value);
        ++i;
      }
    }
  });
}

void CellRow::read(const NumberRow& row) {
  cells_.resize(row.size);
  for (size_t i = 0; i < row.size; ++i) cells_[i] = cell_of(row, i);
}

void CellRow::read(const JsonbContainer* object, const ChurnModel& model) {
  cells_.resize(model.features.size());
  pg::call_pg([&] {
    for (size_t i = 0; i < cells_.size(); ++i) {
      const std::string& name = model.features[i].name;
      JsonbValue value;
      const bool found =
          getKeyJsonValueFromContainer(const_cast<JsonbContainer*>(object), name.data(),
                                       static_cast<int>(name.size()), &value) != nullptr;
      cells_[i] = found ? cell_of(name, value) : ChurnCell();
    }
  });
}

}  // namespace clientele
