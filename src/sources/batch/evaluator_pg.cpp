// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/evaluator_pg.hpp"

#include <memory_resource>

#include "base/error.hpp"

namespace clientele::sources {
namespace {

using pg::call_pg;

/// The texts of a row, copied.
RowValues kept(const RowValues& values, std::pmr::memory_resource& memory) {
  RowValues copy = values;
  const auto keep = [&](Value& v) {
    if (v.text.empty()) return;
    auto* const to = static_cast<char*>(memory.allocate(v.text.size(), 1));
    v.text.copy(to, v.text.size());
    v.text = {to, v.text.size()};
  };
  for (auto* const list : {&copy.identities, &copy.properties, &copy.attributes})
    for (Value& v : *list) keep(v);
  for (Value* const v : {&copy.at, &copy.event, &copy.channel, &copy.item, &copy.amount,
                         &copy.currency, &copy.event_id, &copy.cursor})
    keep(*v);
  return copy;
}

}  // namespace

Evaluator::Evaluator(const Source& source, std::string cursor, bool jsonb)
    : source_(source), cursor_(std::move(cursor)), jsonb_(jsonb), columns_(source.columns) {
  if (!cursor_.empty()) columns_.push_back({Column::Part::cursor});
  plans_.resize(3 + source.expressions.size());
  row_type_ = call_pg([&] {
    return get_rel_type_id(DatumGetObjectId(
        DirectFunctionCall1(regclassin, CStringGetDatum(source_.relation.c_str()))));
  });
  // What is wrong with no row at all is not due to a row.
  const RowTaker taker{[](const RowValues&) { return false; }, {}, nullptr};
  if (ErrorData* const error = run(0, {}, taker)) fail(source, error);
}

Evaluator::~Evaluator() {
  for (const SPIPlanPtr plan : plans_)
    if (plan != nullptr) SPI_freeplan(plan);
}

std::span<const Column> Evaluator::columns_of(size_t which) const {
  const std::span<const Column> all = columns_;
  if (which == 0) return all;
  if (which == 1) return {};
  return which == cursor_plan() ? all.last(1) : all.subspan(which - 2, 1);
}

std::string Evaluator::sql_of(size_t which) const {
  std::string list;
  if (which == 0) list = source_.list() + ", ";
  if (which > 1 && which != cursor_plan())
    list = "(" + source_.expressions[which - 2].sql + "\n), ";
  if (!cursor_.empty() && (which == 0 || which == cursor_plan())) list += "(" + cursor_ + "\n), ";
  if (!list.empty()) list.resize(list.size() - 2);
  if (!jsonb_) return "SELECT " + list + " FROM pg_catalog.unnest($1) AS s";
  // The names are none that a column of a source is likely to have.
  return "SELECT " + list +
         " FROM pg_catalog.unnest($1) AS clientele_rows (clientele_row) "
         "CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::" +
         source_.relation + ", clientele_rows.clientele_row) AS s";
}

ErrorData* Evaluator::run(size_t which, std::span<const Datum> rows, const RowTaker& taker) {
  const std::string sql = plans_[which] == nullptr ? sql_of(which) : std::string();
  const std::span<const Column> columns = columns_of(which);
  RowValues values = source_.empty_row();
  auto* const to = const_cast<RowTaker*>(&taker);
  SPIPlanPtr& plan = plans_[which];
  return attempt(source_, [&] {
    const Oid type = jsonb_ ? JSONBOID : row_type_;
    Oid array = get_array_type(type);
    SPI_connect();
    if (plan == nullptr) {
      const SPIPlanPtr made = prepare_reading(sql.c_str(), 1, &array);
      if (SPI_keepplan(made) != 0) elog(ERROR, "a plan could not be kept");
      plan = made;
    }
    int16 length = 0;
    bool by_value = false;
    char alignment = 0;
    get_typlenbyvalalign(type, &length, &by_value, &alignment);
    ParamListInfo parameters = makeParamList(1);
    parameters->params[0].ptype = array;
    parameters->params[0].pflags = 0;
    parameters->params[0].isnull = false;
    parameters->params[0].value = PointerGetDatum(
        construct_array(const_cast<Datum*>(rows.data()), static_cast<int>(rows.size()), type,
                        length, by_value, alignment));
    execute_reading(
        plan, parameters,
        make_receiver(columns.data(), static_cast<int>(columns.size()), false, &values, to));
    SPI_finish();
  });
}

void Evaluator::part(std::span<const Datum> rows, size_t first, const Take& take) {
  std::pmr::monotonic_buffer_resource texts;
  std::vector<RowValues> values;
  values.reserve(rows.size());
  const RowTaker taker{[&](const RowValues& row) {
                         values.push_back(kept(row, texts));
                         return false;
                       },
                       {},
                       nullptr};
  if (ErrorData* const error = run(0, rows, taker)) {
    if (!may_be_a_row(error)) fail(source_, error);
    if (rows.size() == 1) return take_failed(rows.front(), first, take);
    const size_t half = rows.size() / 2;
    part(rows.first(half), first, take);
    part(rows.subspan(half), first + half, take);
    return;
  }
  if (values.size() != rows.size())
    throw Error(sqlstate::corrupted, "rows were lost while they were evaluated");
  for (size_t i = 0; i < rows.size(); ++i) take(first + i, values[i], nullptr);
}

/// The plan that raises an error for a row: first the one that did so last.
Evaluator::Failure Evaluator::find(Datum row) {
  const RowTaker taker{[](const RowValues&) { return false; }, {}, nullptr};
  const auto error_of = [&](size_t which) -> ErrorData* {
    if (which == cursor_plan() && cursor_.empty()) return nullptr;
    ErrorData* const error = run(which, {&row, 1}, taker);
    if (error != nullptr && !may_be_a_row(error)) fail(source_, error);
    return error;
  };
  if (ErrorData* const error = error_of(1)) return {error, 1};
  if (ErrorData* const error = error_of(suspect_)) return {error, suspect_};
  for (size_t which = 2; which < plans_.size(); ++which)
    if (ErrorData* const error = error_of(which)) {
      suspect_ = which;
      return {error, which};
    }
  return {nullptr, 0};
}

void Evaluator::take_failed(Datum row, size_t place, const Take& take) {
  const Failure failure = find(row);
  std::pmr::monotonic_buffer_resource texts;
  RowValues known = source_.empty_row(), values;
  const RowTaker taker{[&](const RowValues& found) {
                         values = kept(found, texts);
                         return false;
                       },
                       {},
                       nullptr};
  const auto know = [&](size_t which, Value RowValues::*part) {
    if (failure.plan == 1 || which == failure.plan) return;
    values = source_.empty_row();
    ErrorData* const error = run(which, {&row, 1}, taker);
    if (error != nullptr && !may_be_a_row(error)) fail(source_, error);
    if (error == nullptr) known.*part = values.*part;
  };
  for (size_t i = 0; i < source_.columns.size(); ++i)
    if (source_.columns[i].part == Column::Part::event_id) know(i + 2, &RowValues::event_id);
  if (!cursor_.empty()) know(cursor_plan(), &RowValues::cursor);
  std::string wrong = "an expression raises an error";
  if (failure.error != nullptr) {
    wrong =
        std::string(unpack_sql_state(failure.error->sqlerrcode)) + ": " + failure.error->message;
    wrong += failure.plan == 1 ? " (the row)"
             : failure.plan == cursor_plan()
                 ? " (the cursor)"
                 : " (argument " + source_.expressions[failure.plan - 2].label + ")";
  }
  take(place, known, &wrong);
}

}  // namespace clientele::sources
