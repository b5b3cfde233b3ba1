// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/reading_pg.hpp"

#include "base/error.hpp"
#include "base/progress.hpp"
#include "pg/values.hpp"
#include "sources/batch/evaluator_pg.hpp"
#include "sources/batch/whole_rows_pg.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/tuplestore.h"
}

namespace clientele::sources {
namespace {

using pg::call_pg;

constexpr size_t part_rows = 1024, part_bytes = size_t{1} << 26;

}  // namespace

/// What is done with the rows of a scan.
struct Reading::Scan {
  /// Whether the content is needed, too.
  std::function<bool(const RowValues&)> take;
  std::function<void(Datum content)> keep;
  std::function<void(const RowValues&, std::string detail, Datum content)> failed;
};

Reading::Reading(const Source& source, MemoryContext memory, bool keep_all)
    : source_(source), memory_(memory), keep_all_(keep_all), resource_(memory) {}

void Reading::start() {
  if (batch_ != nullptr && !keep_all_)  // what has been read is read again
    advance_progress(-static_cast<int64_t>(batch_->size() / part_rows * part_rows));
  batch_ = std::make_unique<Batch>(source_.rules, &resource_);
  contents_.clear();
}

Reading::Scan Reading::adding() {
  const auto keep = [this](Datum content) {
    contents_.emplace_back(static_cast<uint32_t>(batch_->size() - 1), content);
  };
  return {[this](const RowValues& values) {
            const bool refused = !batch_->add(values);
            if (batch_->size() % part_rows == 0 && !keep_all_) advance_progress(part_rows);
            return refused || keep_all_;
          },
          keep,
          [this, keep](const RowValues& values, std::string detail, Datum content) {
            batch_->add_failed(values.event_id, values.cursor, std::move(detail));
            keep(content);
          }};
}

void Reading::read(const std::string& rows, const std::string& cursor) {
  rows_ = rows;
  cursor_ = cursor;
  start();
  snapshot_ = call_pg([] {
    PushActiveSnapshot(GetTransactionSnapshot());
    return OidOutputFunctionCall(F_PG_SNAPSHOT_OUT, OidFunctionCall0(F_PG_CURRENT_SNAPSHOT));
  });
  one_by_one_ = !scan_at_once(adding());
  if (one_by_one_) {
    start();
    scan_one_by_one(adding());
  }
  if (!keep_all_) advance_progress(static_cast<int64_t>(batch_->size() % part_rows));
  // Where only the content of rows with one event_id differs, they are read once more.
  drop_repeated_ids();
  call_pg([] { PopActiveSnapshot(); });
}

void Reading::read(std::vector<Datum> contents) {
  given_ = std::move(contents);
  keep_all_ = true;
  start();
  call_pg([] { PushActiveSnapshot(GetTransactionSnapshot()); });
  const Scan scan = adding();
  Evaluator evaluator(source_, "", true);
  for (size_t begin = 0; begin < given_.size(); begin += part_rows) {
    const auto part =
        std::span<const Datum>(given_).subspan(begin, std::min(part_rows, given_.size() - begin));
    evaluator.each(part, [&](size_t i, const RowValues& values, const std::string* wrong) {
      if (wrong != nullptr)
        scan.failed(values, *wrong, part[i]);
      else if (scan.take(values))
        scan.keep(part[i]);
    });
  }
  drop_repeated_ids();
  call_pg([] { PopActiveSnapshot(); });
}

/// False after an error that may be about a row.
bool Reading::scan_at_once(const Scan& scan) {
  const std::string sql = "SELECT " + source_.list() +
                          (cursor_.empty() ? "" : ", (" + cursor_ + "\n)") + ", COALESCE(s.*) " +
                          rows_;
  RowValues values = source_.empty_row();
  RowTaker taker{scan.take, scan.keep, memory_};
  std::vector<Column> columns = source_.columns;
  if (!cursor_.empty()) columns.push_back({Column::Part::cursor});
  ErrorData* const error = attempt(source_, [&] {
    SPI_connect();
    execute_reading(
        prepare_reading(sql.c_str(), 0, nullptr), nullptr,
        make_receiver(columns.data(), static_cast<int>(columns.size()), true, &values, &taker));
    SPI_finish();
  });
  if (error != nullptr && !may_be_a_row(error)) fail(source_, error);
  return error == nullptr;
}

/// Reads whole rows, and evaluates the expressions over them afterwards, so that the rows that
/// raise errors can be found.
void Reading::scan_one_by_one(const Scan& scan) {
  const std::string sql = "SELECT COALESCE(s.*) " + rows_;
  Collector collector;
  Tuplestorestate* const store = call_pg([&] {
    const MemoryContext before = MemoryContextSwitchTo(memory_);
    Tuplestorestate* const made = tuplestore_begin_heap(false, false, work_mem);
    MemoryContextSwitchTo(before);
    return made;
  });
  ErrorData* const error = attempt(source_, [&] {
    SPI_connect();
    execute_reading(prepare_reading(sql.c_str(), 0, nullptr), nullptr,
                    make_collector(collector, store, memory_));
    SPI_finish();
  });
  if (error != nullptr) fail(source_, error);
  Evaluator evaluator(source_, cursor_, false);
  struct Part {
    MemoryContext memory;
    TupleTableSlot* slot;
  };
  const Part part = call_pg([&]() -> Part {
    return {AllocSetContextCreate(memory_, "rows of a source", ALLOCSET_DEFAULT_SIZES),
            MakeSingleTupleTableSlot(collector.form, &TTSOpsMinimalTuple)};
  });
  for (bool more = true; more;) {
    std::vector<Datum> rows(part_rows);
    rows.resize(call_pg([&] {
      CHECK_FOR_INTERRUPTS();
      MemoryContextReset(part.memory);
      const MemoryContext before = MemoryContextSwitchTo(part.memory);
      size_t n = 0, bytes = 0;
      while (n < rows.size() && bytes < part_bytes &&
             tuplestore_gettupleslot(store, true, false, part.slot)) {
        bool null = false;
        const Datum row = slot_getattr(part.slot, 1, &null);
        rows[n] = row_of_type(null ? 0 : row, evaluator.row_type());
        bytes += VARSIZE_ANY(DatumGetPointer(rows[n]));
        ++n;
      }
      MemoryContextSwitchTo(before);
      return n;
    }));
    more = !rows.empty();
    evaluator.each(rows, [&](size_t i, const RowValues& values, const std::string* wrong) {
      if (wrong != nullptr)
        scan.failed(values, *wrong, content_of(rows[i], evaluator.row_type()));
      else if (scan.take(values))
        scan.keep(content_of(rows[i], evaluator.row_type()));
    });
  }
  call_pg([&] {
    ExecDropSingleTupleTableSlot(part.slot);
    tuplestore_end(store);
    MemoryContextDelete(part.memory);
  });
}

/// A row as jsonb. If jsonb cannot hold it, its columns as texts.
Datum Reading::content_of(Datum row, Oid type) const {
  Datum content = 0;
  const auto try_it = [&](bool as_texts) {
    ErrorData* const error = attempt(source_, [&] {
      const MemoryContext before = MemoryContextSwitchTo(memory_);
      RowContent whole;
      if (!as_texts) whole.prepare(type);
      content = as_texts ? texts_of(row) : whole.of(row);
      MemoryContextSwitchTo(before);
    });
    if (error != nullptr && !may_be_a_row(error)) fail(source_, error);
    return error == nullptr;
  };
  if (try_it(false) || try_it(true)) return content;
  return call_pg([&] {
    const MemoryContext before = MemoryContextSwitchTo(memory_);
    const Datum nothing = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
    MemoryContextSwitchTo(before);
    return nothing;
  });
}

Datum Reading::content(uint32_t row) const {
  const auto found = std::lower_bound(contents_.begin(), contents_.end(), row,
                                      [](const auto& a, uint32_t b) { return a.first < b; });
  if (found == contents_.end() || found->first != row)
    throw Error(sqlstate::corrupted, "the content of a row is missing");
  return found->second;
}

std::string Reading::content_text(Datum content) const {
  return call_pg([&] {
    Jsonb* const b = DatumGetJsonbP(content);
    return JsonbToCString(nullptr, &b->root, VARSIZE(b));
  });
}

void Reading::drop_repeated_ids() {
  std::unordered_map<uint32_t, std::string> texts;
  const std::vector<uint32_t> undecided = batch_->undecided();
  if (!keep_all_ && !undecided.empty()) {
    std::unordered_map<std::string, std::vector<uint32_t>> by_id;
    std::string room;
    for (const uint32_t row : undecided)
      by_id[std::string(batch_->event_id(row, room).value_or(""))].push_back(row);
    const std::vector<uint32_t>* wanted = nullptr;
    CleanRow clean;
    const Scan scan{[&](const RowValues& values) {
                      const auto found = by_id.find(std::string(text_of(values.event_id, room)));
                      wanted = found == by_id.end() ? nullptr : &found->second;
                      return wanted != nullptr && batch_->clean_again(values, clean);
                    },
                    [&](Datum content) {
                      const std::string text = content_text(content);
                      for (const uint32_t row : *wanted) {
                        if (!(batch_->row(row) == clean)) continue;
                        const auto [place, added] = texts.emplace(row, text);
                        if (!added && text < place->second) place->second = text;
                      }
                    },
                    [](const RowValues&, const std::string&, Datum) {}};
    if (one_by_one_)
      scan_one_by_one(scan);
    else if (!scan_at_once(scan))
      throw Error(sqlstate::not_in_prerequisite_state,
                  "source \"" + source_.name + "\" does not give the same rows twice");
  }
  batch_->drop_repeated_ids([&](uint32_t row) {
    const auto known = texts.find(row);
    return known == texts.end() ? content_text(content(row)) : known->second;
  });
}

}  // namespace clientele::sources
