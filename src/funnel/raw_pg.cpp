// SPDX-License-Identifier: PostgreSQL
// The open door: window_funnel over raw rows, one boolean a step.
#include <algorithm>
#include <map>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/definition.hpp"
#include "pg/collected.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

/// The rows of one customer. All it owns lives in one memory context and goes with it.
struct RawFunnel : pg::Marked<0x6c656e6e75467761> {
  pg::ContextMemory memory;
  bool started = false;
  bool strictly_increasing = false;
  StepOrder order = StepOrder::ordered;
  uint64_t within = no_limit;
  int32_t steps = 0;
  std::pmr::vector<char> mode;  // as written; not sent to other processes
  std::pmr::vector<Micros> at;
  std::pmr::vector<uint64_t> mask;  // words() a row

  explicit RawFunnel(MemoryContext context)
      : memory(context), mode(&memory), at(&memory), mask(&memory) {}
  size_t words() const { return (steps + 63) / 64; }

  void write(Bytes& out) const {
    Writer w(out);
    w.u8(1);  // version of the format between processes
    w.u8(strictly_increasing);
    w.u8(static_cast<uint8_t>(order));
    w.varint(within);
    w.varint(steps);
    w.varint(at.size());
    w.raw(at.data(), at.size() * sizeof(Micros));
    w.raw(mask.data(), mask.size() * sizeof(uint64_t));
  }
  void read(Reader& r) {
    if (r.u8() != 1) Reader::fail("unknown version of a funnel's rows");
    started = true;
    strictly_increasing = r.u8();
    order = static_cast<StepOrder>(r.u8());
    within = r.varint();
    steps = static_cast<int32_t>(r.varint());
    const size_t n = r.count();
    at.resize(n);
    mask.resize(n * words());
    std::memcpy(at.data(), r.take(n * sizeof(Micros)), n * sizeof(Micros));
    std::memcpy(mask.data(), r.take(mask.size() * sizeof(uint64_t)),
                mask.size() * sizeof(uint64_t));
  }
  void merge(const RawFunnel& other) {
    if (!other.started) return;
    if (started && (steps != other.steps || within != other.within || order != other.order ||
                    strictly_increasing != other.strictly_increasing))
      throw Error(
          sqlstate::invalid_parameter,
          "window_funnel's window, mode and number of steps must be the same for every row");
    started = true;
    strictly_increasing = other.strictly_increasing;
    order = other.order;
    within = other.within;
    steps = other.steps;
    at.insert(at.end(), other.at.begin(), other.at.end());
    mask.insert(mask.end(), other.mask.begin(), other.mask.end());
  }

  int depth() const {
    FunnelQuestion question;
    question.steps = steps;
    question.within = within;
    question.order = order;
    question.strictly_increasing = strictly_increasing;
    std::vector<uint32_t> row(at.size());
    for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<uint32_t>(i);
    const auto less = [&](uint32_t a, uint32_t b) { return at[a] < at[b]; };
    if (!std::is_sorted(row.begin(), row.end(), less)) sort_polled(row.begin(), row.end(), less);
    std::map<std::vector<uint64_t>, uint32_t> classes;
    std::vector<Hit> hits;
    Work work;
    for (const uint32_t i : row) {
      const auto first = mask.begin() + static_cast<ptrdiff_t>(i * words());
      std::vector<uint64_t> key(first, first + static_cast<ptrdiff_t>(words()));
      auto found = classes.find(key);
      if (found == classes.end()) {
        EventClass cls;
        for (int s = 0; s < steps; ++s)
          if (key[s / 64] >> (s % 64) & 1) cls.steps.push_back(s + 1);
        // Class 0 serves no step, and no other class has the same steps.
        const bool none = cls.steps.empty();
        found = classes.emplace(std::move(key), none ? 0 : question.classes.size()).first;
        if (!none) question.classes.push_back(std::move(cls));
      }
      if (found->second != 0 || question.needs_all_events())
        hits.push_back({at[i], found->second, 0});
      work.done(1 + words());
    }
    return FunnelSolver(question).depth(hits);
  }
};

/// Comma-separated words: ordered, strict, any, strictly_increasing.
void parse_mode(RawFunnel& rows, std::string_view mode) {
  while (!mode.empty()) {
    const size_t comma = std::min(mode.find(','), mode.size());
    std::string_view word = mode.substr(0, comma);
    mode.remove_prefix(std::min(comma + 1, mode.size()));
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (word == "strictly_increasing")
      rows.strictly_increasing = true;
    else
      rows.order = parse_order(word);
  }
}

// Arguments: state, within, at [, mode], conditions.
Datum add_row(FunctionCallInfo fcinfo, bool has_mode) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  RawFunnel* rows = pg::collected_argument<RawFunnel>(fcinfo, 0);
  const int n = has_mode ? 4 : 3;
  if (PG_ARGISNULL(n))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                    errmsg("window_funnel needs its conditions: they must not be a NULL array")));
  if (PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const Interval* within = PG_ARGISNULL(1) ? nullptr : PG_GETARG_INTERVAL_P(1);
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(2);
  const std::string_view mode =
      has_mode && !PG_ARGISNULL(3) ? pg::text_view(PG_GETARG_DATUM(3)) : std::string_view();
  ArrayType* const conditions = PG_GETARG_ARRAYTYPE_P(n);
  const int count = ArrayGetNItems(ARR_NDIM(conditions), ARR_DIMS(conditions));
  const auto* const flags = reinterpret_cast<const bool*>(ARR_DATA_PTR(conditions));
  const bits8* const nulls = ARR_NULLBITMAP(conditions);
  return pg::guarded([&] {
    if (count == 0)
      throw Error(
          sqlstate::invalid_parameter, "window_funnel needs at least one condition",
          "Each step is a condition: window_funnel('1 day', at, event = 'search', event = 'buy').");
    if (static_cast<size_t>(count) > max_funnel_steps)
      throw Error(sqlstate::limit_exceeded, "window_funnel can have at most " +
                                                std::to_string(max_funnel_steps) +
                                                " conditions, not " + std::to_string(count));
    const uint64_t length = within == nullptr ? no_limit : pg::fixed_length(*within, "within");
    if (rows == nullptr) rows = pg::new_collected<RawFunnel>(context);
    if (!rows->started) {
      rows->started = true;
      rows->within = length;
      rows->steps = count;
      rows->mode.assign(mode.begin(), mode.end());
      parse_mode(*rows, mode);
    } else if (rows->steps != count || rows->within != length ||
               !std::equal(mode.begin(), mode.end(), rows->mode.begin(), rows->mode.end())) {
      throw Error(
          sqlstate::invalid_parameter,
          "window_funnel's window, mode and number of steps must be the same for every row");
    }
    rows->at.push_back(pg::finite_time(at));
    rows->mask.resize(rows->mask.size() + rows->words(), 0);
    uint64_t* const mask = &rows->mask[rows->mask.size() - rows->words()];
    int present = 0;  // NULLs take no room in the array's data, and a NULL condition is false
    for (int i = 0; i < count; ++i) {
      if (nulls != nullptr && (nulls[i / 8] >> (i % 8) & 1) == 0) continue;
      if (flags[present++]) mask[i / 64] |= uint64_t{1} << (i % 64);
    }
    return PointerGetDatum(rows);
  });
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_window_funnel_accum) { return add_row(fcinfo, false); }
CLIENTELE_FUNCTION(clientele_window_funnel_accum_mode) { return add_row(fcinfo, true); }

CLIENTELE_FUNCTION(clientele_window_funnel_combine) {
  return pg::combine_collected<RawFunnel>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_window_funnel_serialize) {
  const RawFunnel* rows = pg::collected_argument<RawFunnel>(fcinfo, 0);
  return pg::guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    Bytes bytes(&memory);
    rows->write(bytes);
    return pg::make_varlena(bytes);
  });
}

CLIENTELE_FUNCTION(clientele_window_funnel_deserialize) {
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return pg::guarded([&] {
    RawFunnel* rows = pg::new_collected<RawFunnel>(CurrentMemoryContext);
    Reader reader(bytes);
    rows->read(reader);
    return PointerGetDatum(rows);
  });
}

CLIENTELE_FUNCTION(clientele_window_funnel_final) {
  const RawFunnel* rows = pg::collected_argument<RawFunnel>(fcinfo, 0);
  if (rows == nullptr) PG_RETURN_NULL();
  return pg::guarded([&] { return Int32GetDatum(rows->depth()); });
}
