// SPDX-License-Identifier: PostgreSQL
#include "sources/batch/reading_pg.hpp"

#include "base/error.hpp"
#include "pg/values.hpp"
#include "sources/mapping/acting_pg.hpp"

extern "C" {
#include "access/xact.h"
#include "executor/tuptable.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"
}

namespace clientele::sources {
namespace {

using pg::call_pg;
using pg::PgError;

// An error of these classes is no row's fault: the connection of a foreign table, a deadlock,
// memory, a cancelled query, a broken disk.
constexpr int no_fault_of_rows[] = {ERRCODE_CONNECTION_EXCEPTION, ERRCODE_TRANSACTION_ROLLBACK,
                                    ERRCODE_INSUFFICIENT_RESOURCES, ERRCODE_OPERATOR_INTERVENTION,
                                    ERRCODE_SYSTEM_ERROR};

bool may_be_a_row(const ErrorData* error) {
  for (const int code : no_fault_of_rows)
    if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == code) return false;
  return true;
}

constexpr size_t part_rows = 1024, part_bytes = size_t{1} << 26;

// The names are none that a column of a source is likely to have.
constexpr char given_rows[] =
    " FROM pg_catalog.unnest($1) WITH ORDINALITY AS clientele_rows (clientele_row, clientele_n) "
    "CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::";

/// Collects whole rows. PostgreSQL regime.
struct Collector {
  DestReceiver head;
  Tuplestorestate* store;
  MemoryContext memory;
  TupleDesc form;
};

DestReceiver* make_collector(Collector& c, Tuplestorestate* store, MemoryContext memory) {
  c = Collector();
  c.store = store;
  c.memory = memory;
  c.head.mydest = DestNone;
  c.head.rStartup = [](DestReceiver* self, int, TupleDesc form) {
    auto* const to = reinterpret_cast<Collector*>(self);
    const MemoryContext before = MemoryContextSwitchTo(to->memory);
    to->form = CreateTupleDescCopy(form);
    MemoryContextSwitchTo(before);
  };
  c.head.receiveSlot = [](TupleTableSlot* slot, DestReceiver* self) {
    auto* const to = reinterpret_cast<Collector*>(self);
    slot_getallattrs(slot);
    tuplestore_putvalues(to->store, to->form, slot->tts_values, slot->tts_isnull);
    return true;
  };
  c.head.rShutdown = [](DestReceiver*) {};
  c.head.rDestroy = [](DestReceiver*) {};
  return &c.head;
}

/// PostgreSQL regime.
void execute(SPIPlanPtr plan, ParamListInfo parameters, DestReceiver* receiver) {
  SPIExecuteOptions options{};
  options.params = parameters;
  options.read_only = true;
  options.dest = receiver;
  const int result = SPI_execute_plan_extended(plan, &options);
  // With a receiver of its own a query counts as a utility.
  if (result < 0) elog(ERROR, "a source could not be read: %s", SPI_result_code_string(result));
}

SPIPlanPtr prepared(const char* sql, int count, Oid* types) {
  const SPIPlanPtr plan = SPI_prepare_cursor(sql, count, types, CURSOR_OPT_PARALLEL_OK);
  if (plan == nullptr)
    elog(ERROR, "a source could not be read: %s", SPI_result_code_string(SPI_result));
  return plan;
}

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

/// What is done with the rows of a scan.
struct Reading::Scan {
  /// Whether the content is needed, too.
  std::function<bool(const RowValues&)> take;
  std::function<void(Datum content)> keep;
  std::function<void(const Value& event_id, std::string detail, Datum content)> failed;
};

Reading::Reading(const Source& source, MemoryContext memory, bool keep_all)
    : source_(source), memory_(memory), keep_all_(keep_all), resource_(memory) {
  plans_.resize(2 + source.expressions.size());
}

Reading::~Reading() {
  for (const SPIPlanPtr plan : plans_)
    if (plan != nullptr) SPI_freeplan(plan);
}

void Reading::fail(ErrorData* error) const {
  const char* const name = source_.name.c_str();
  call_pg([&] { error->message = psprintf("source \"%s\": %s", name, error->message); });
  throw PgError(error);
}

/// Runs `work`, which is in the PostgreSQL regime, with the rights and the settings of the source.
/// The error, if there is one, is all that it leaves.
ErrorData* Reading::attempt(const std::function<void()>& work) const {
  const MemoryContext before = CurrentMemoryContext;
  const ResourceOwner owner = CurrentResourceOwner;
  const SourceSettings settings{source_.time_zone.c_str(),
                                source_.date_order.empty() ? nullptr : source_.date_order.c_str()};
  call_pg([&] {
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(before);
  });
  const auto back = [&] {
    MemoryContextSwitchTo(before);
    CurrentResourceOwner = owner;
  };
  try {
    call_pg([&] {
      const Acting acting = act_as(source_.owner, settings);
      work();
      stop_acting(acting);
      MemoryContextSwitchTo(before);
      ReleaseCurrentSubTransaction();
      back();
    });
    return nullptr;
  } catch (const PgError& e) {
    call_pg([&] {
      RollbackAndReleaseCurrentSubTransaction();
      back();
    });
    return e.data();
  }
}

void Reading::start() {
  batch_ = std::make_unique<Batch>(source_.rules, &resource_);
  contents_.clear();
  columns_ = source_.columns;
  if (!cursor_.empty()) columns_.push_back({Column::Part::cursor});
}

Reading::Scan Reading::adding() {
  const auto keep = [this](Datum content) {
    contents_.emplace_back(static_cast<uint32_t>(batch_->size() - 1), content);
  };
  return {[this](const RowValues& values) { return !batch_->add(values) || keep_all_; }, keep,
          [this, keep](const Value& event_id, std::string detail, Datum content) {
            batch_->add_failed(event_id, std::move(detail));
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
  // Where only the content of rows with one event_id differs, they are read once more.
  drop_repeated_ids();
  call_pg([] { PopActiveSnapshot(); });
}

void Reading::read(std::vector<Datum> contents) {
  given_ = std::move(contents);
  keep_all_ = true;
  start();
  call_pg([] { PushActiveSnapshot(GetTransactionSnapshot()); });
  for (size_t begin = 0; begin < given_.size(); begin += part_rows)
    scan_contents(adding(), std::span<const Datum>(given_).subspan(
                                begin, std::min(part_rows, given_.size() - begin)));
  drop_repeated_ids();
  call_pg([] { PopActiveSnapshot(); });
}

/// False after an error that may be about a row.
bool Reading::scan_at_once(const Scan& scan) {
  const std::string sql = "SELECT " + source_.list() +
                          (cursor_.empty() ? "" : ", (" + cursor_ + "\n)") + ", COALESCE(s.*) " +
                          rows_;
  RowValues values = source_.empty_row();
  RowTaker taker{[&](const RowValues& row, int64_t) { return scan.take(row); }, scan.keep, memory_};
  ErrorData* const error = attempt([&] {
    SPI_connect();
    execute(
        prepared(sql.c_str(), 0, nullptr), nullptr,
        make_receiver(columns_.data(), static_cast<int>(columns_.size()), false, &values, &taker));
    SPI_finish();
  });
  if (error != nullptr && !may_be_a_row(error)) fail(error);
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
  ErrorData* const error = attempt([&] {
    SPI_connect();
    execute(prepared(sql.c_str(), 0, nullptr), nullptr, make_collector(collector, store, memory_));
    SPI_finish();
  });
  if (error != nullptr) fail(error);
  struct Part {
    MemoryContext memory;
    TupleTableSlot* slot;
  };
  const Part part = call_pg([&]() -> Part {
    return {AllocSetContextCreate(memory_, "rows of a source", ALLOCSET_DEFAULT_SIZES),
            MakeSingleTupleTableSlot(collector.form, &TTSOpsMinimalTuple)};
  });
  RowContent to_content;
  for (bool more = true; more;) {
    std::vector<Datum> rows(part_rows);
    const size_t count = call_pg([&] {
      CHECK_FOR_INTERRUPTS();
      MemoryContextReset(part.memory);
      const MemoryContext before = MemoryContextSwitchTo(part.memory);
      size_t n = 0, bytes = 0;
      while (n < rows.size() && bytes < part_bytes &&
             tuplestore_gettupleslot(store, true, false, part.slot)) {
        bool null = false;
        const Datum row = slot_getattr(part.slot, 1, &null);
        rows[n] = null ? 0 : datumCopy(row, false, -1);
        bytes += null ? 0 : VARSIZE_ANY(DatumGetPointer(rows[n]));
        ++n;
      }
      MemoryContextSwitchTo(before);
      return n;
    });
    more = count > 0;
    rows.resize(count);
    std::vector<Datum> contents(count);
    const auto convert = [&](size_t begin, size_t end) {
      return attempt([&] {
        const MemoryContext before = MemoryContextSwitchTo(part.memory);
        to_content.prepare(TupleDescAttr(collector.form, 0)->atttypid);
        for (size_t i = begin; i < end; ++i)
          contents[i] = rows[i] == 0 ? DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"))
                                     : to_content.of(rows[i]);
        MemoryContextSwitchTo(before);
      });
    };
    if (convert(0, count) == nullptr) {
      scan_contents(scan, contents);
      continue;
    }
    for (size_t i = 0; i < count; ++i) {
      ErrorData* const cannot = convert(i, i + 1);
      if (cannot == nullptr) {
        scan_contents(scan, std::span<const Datum>(contents).subspan(i, 1));
        continue;
      }
      if (!may_be_a_row(cannot)) fail(cannot);
      const char* const detail = call_pg([&] {
        return psprintf("%s: %s (the whole row)", unpack_sql_state(cannot->sqlerrcode),
                        cannot->message);
      });
      scan.failed(
          {}, detail,
          lasting(call_pg([] { return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")); })));
    }
  }
  call_pg([&] {
    ExecDropSingleTupleTableSlot(part.slot);
    tuplestore_end(store);
    MemoryContextDelete(part.memory);
  });
}

/// Evaluates all expressions (0), none (1) or one of them (2 and on) over rows that are jsonb.
ErrorData* Reading::evaluate(size_t which, std::span<const Datum> contents, const RowTaker& taker) {
  std::string list = which == 0 ? source_.list() + (cursor_.empty() ? "" : ", (" + cursor_ + "\n)")
                     : which == 1 ? std::string()
                                  : "(" + source_.expressions[which - 2].sql + "\n)";
  const std::string sql = "SELECT " + (list.empty() ? list : list + ", ") +
                          "clientele_rows.clientele_n" + given_rows + source_.relation +
                          ", clientele_rows.clientele_row) AS s";
  const Column* const columns = which < 2 ? columns_.data() : &source_.columns[which - 2];
  const int count = which == 0 ? static_cast<int>(columns_.size()) : which == 1 ? 0 : 1;
  RowValues values = source_.empty_row();
  auto* const to = const_cast<RowTaker*>(&taker);
  SPIPlanPtr& plan = plans_[which];
  return attempt([&] {
    SPI_connect();
    if (plan == nullptr) {
      Oid type = JSONBARRAYOID;
      const SPIPlanPtr made = prepared(sql.c_str(), 1, &type);
      if (SPI_keepplan(made) != 0) elog(ERROR, "a plan could not be kept");
      plan = made;
    }
    ParamListInfo parameters = makeParamList(1);
    parameters->params[0].ptype = JSONBARRAYOID;
    parameters->params[0].pflags = 0;
    parameters->params[0].isnull = false;
    parameters->params[0].value = PointerGetDatum(
        construct_array(const_cast<Datum*>(contents.data()), static_cast<int>(contents.size()),
                        JSONBOID, -1, false, TYPALIGN_INT));
    execute(plan, parameters, make_receiver(columns, count, true, &values, to));
    SPI_finish();
  });
}

void Reading::scan_contents(const Scan& scan, std::span<const Datum> contents) {
  std::pmr::monotonic_buffer_resource texts;
  std::vector<RowValues> rows(contents.size());
  const RowTaker taker{[&](const RowValues& values, int64_t number) {
                         rows.at(static_cast<size_t>(number - 1)) = kept(values, texts);
                         return false;
                       },
                       {},
                       memory_};
  if (ErrorData* const error = evaluate(0, contents, taker)) {
    if (!may_be_a_row(error)) fail(error);
    if (contents.size() == 1) return scan_failed(scan, contents.front());
    const size_t half = contents.size() / 2;
    scan_contents(scan, contents.first(half));
    scan_contents(scan, contents.subspan(half));
    return;
  }
  for (size_t i = 0; i < contents.size(); ++i)
    if (scan.take(rows[i])) scan.keep(lasting(contents[i]));
}

/// A row of which an expression raises an error: which one, and which event_id it has.
void Reading::scan_failed(const Scan& scan, Datum content) {
  std::pmr::monotonic_buffer_resource texts;
  RowValues row = source_.empty_row();
  const RowTaker taker{[&](const RowValues& values, int64_t) {
                         row = kept(values, texts);
                         return false;
                       },
                       {},
                       memory_};
  const std::span<const Datum> one(&content, 1);
  ErrorData* error = nullptr;
  size_t failed = suspect_;
  const auto fails = [&](size_t which) {
    if (which >= plans_.size()) return false;
    ErrorData* const e = evaluate(which, one, taker);
    if (e == nullptr) return false;
    if (!may_be_a_row(e)) fail(e);
    error = e;
    failed = which;
    return true;
  };
  if (!fails(suspect_))
    for (size_t which = 1; which < plans_.size() && !fails(which);) ++which;
  suspect_ = failed;
  if (error != nullptr && failed > 1 && fails(1)) failed = 1;
  Value id;
  for (size_t i = 0; i < source_.columns.size(); ++i) {
    if (source_.columns[i].part != Column::Part::event_id || failed == 1 || failed == i + 2)
      continue;
    row = source_.empty_row();
    if (evaluate(i + 2, one, taker) == nullptr) id = row.event_id;
  }
  std::string detail = "an expression raises an error";
  if (error != nullptr) {
    detail = std::string(unpack_sql_state(error->sqlerrcode)) + ": " + error->message;
    detail += failed == 1 ? " (the whole row)"
                          : " (argument " + source_.expressions[failed - 2].label + ")";
  }
  scan.failed(id, detail, lasting(content));
}

Datum Reading::lasting(Datum content) const {
  return call_pg([&] {
    const MemoryContext before = MemoryContextSwitchTo(memory_);
    const Datum copy = PointerGetDatum(PG_DETOAST_DATUM_COPY(content));
    MemoryContextSwitchTo(before);
    return copy;
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
                    [](const Value&, const std::string&, Datum) {}};
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
