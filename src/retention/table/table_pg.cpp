// SPDX-License-Identifier: PostgreSQL
// The aggregate retention_table(journey, retention_def), its state retention_summary, what opens
// it, and retention_of(journey, retention_def).
#include <memory>

#include "base/wilson.hpp"
#include "journey/asked_pg.hpp"
#include "journey/kinds_pg.hpp"
#include "pg/clock.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"
#include "retention/table/summary.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

TypeClasses roles_of(const RetentionDefinition& definition) {
  TypeClasses roles;
  const std::vector<int32_t> starts = resolve_selector(definition.start_at);
  for (const int32_t type : starts) roles.set(type, starts_cohort);
  const std::vector<int32_t> returns =
      definition.return_at ? resolve_selector(*definition.return_at) : starts;
  for (const int32_t type : returns) roles.set(type, roles.of(type) | counts_as_return);
  return roles;
}

/// A question ready for journeys: settled, its selectors resolved under the current snapshot.
class CompiledRetention {
 public:
  explicit CompiledRetention(ByteView definition)
      : question_(settled<RetentionDefinition>(definition)),
        roles_(roles_of(question_)),
        calendar_(question_, pg::offset_in, pg::time_zone_named(question_.time_zone)),
        solver_(question_, calendar_, {rank, &kinds_}) {
    question_.write(settled_);
  }
  CompiledRetention(const CompiledRetention&) = delete;
  CompiledRetention& operator=(const CompiledRetention&) = delete;

  ByteView settled_bytes() const { return settled_; }
  const RetentionDefinition& question() const { return question_; }

  RetentionSolver& read(const Journey& journey) {
    solver_.read(journey, roles_);
    return solver_;
  }

 private:
  static uint64_t rank(void* context, int32_t type) {
    auto& kinds = *static_cast<std::unique_ptr<EventKinds>*>(context);
    if (!kinds) kinds = std::make_unique<EventKinds>();
    return kinds->of(type).rank;
  }

  RetentionDefinition question_;
  Bytes settled_;
  TypeClasses roles_;
  std::unique_ptr<EventKinds> kinds_;  // made when first needed
  RetentionCalendar calendar_;
  RetentionSolver solver_;
};

using RetentionCache = SettledQuestion<CompiledRetention>;

/// A stored question again, to name its periods.
struct Opened {
  explicit Opened(const RetentionSummary& summary)
      : question(RetentionDefinition::read(summary.definition())),
        calendar(question, pg::offset_in, pg::time_zone_named(question.time_zone)) {}

  bool begun(Micros cohort, size_t stretch) {
    return calendar.begin(cohort, stretch) < *question.until;
  }
  bool complete(Micros cohort, size_t stretch) {
    return calendar.end(cohort, stretch) <= *question.until &&
           (!question.since || *question.since <= cohort);
  }
  Datum first_period(size_t stretch) const {
    return Int32GetDatum(static_cast<int32>(question.bound(stretch)));
  }
  Datum last_period(size_t stretch) const {
    return Int32GetDatum(static_cast<int32>(question.bound(stretch + 1) - 1));
  }

  const RetentionDefinition question;
  RetentionCalendar calendar;
};

Datum count(uint64_t n) { return Int64GetDatum(static_cast<int64>(n)); }

/// The rows of retention_periods for one cohort.
void put_cohort(const pg::RowSink& rows, Opened& opened, Micros start,
                const RetentionSummary::Cohort& cohort, Work& work) {
  const uint64_t customers = cohort.customers;
  uint64_t before = customers;
  for (size_t s = 0; s < opened.calendar.stretches() && opened.begun(start, s); ++s) {
    work.done(64);
    const RetentionSummary::Cell& cell = RetentionSummary::cell(cohort, s);
    const Proportion rate = wilson(cell.returned, customers);
    const double previous =
        before > 0 ? static_cast<double>(cell.returned) / static_cast<double>(before) : 0;
    const bool complete = opened.complete(start, s), paid = cell.amounts > 0;
    pg::call_pg([&] {
      const Datum amount = paid ? pg::numeric_of_sum(cell.amount()) : Datum{};
      const Datum each =
          paid ? DirectFunctionCall2(numeric_div, amount,
                                     DirectFunctionCall1(int8_numeric, count(customers)))
               : Datum{};
      Datum values[] = {TimestampTzGetDatum(start),
                        opened.first_period(s),
                        opened.last_period(s),
                        count(customers),
                        count(cell.returned),
                        count(cell.returns),
                        Float8GetDatum(rate.value),
                        Float8GetDatum(rate.low),
                        Float8GetDatum(rate.high),
                        Float8GetDatum(previous),
                        amount,
                        each,
                        BoolGetDatum(complete)};
      bool nulls[] = {false, false, false,       false, false, false, false,
                      false, false, before == 0, !paid, !paid, false};
      rows.put(values, nulls);
    });
    // In period 0 all have started and few have returned: what follows is not measured by it.
    const bool period_0 = opened.question.bound(s) == 0 && opened.question.bound(s + 1) == 1;
    before = period_0 ? customers : cell.returned;
  }
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_retention_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  if (PG_ARGISNULL(1) || PG_ARGISNULL(2)) return pg::unchanged_state(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return guarded([&] {
    auto* const state = pg::state_to_change<RetentionSummary>(fcinfo, context);
    RetentionSummary& summary = state->value;
    CompiledRetention& question = pg::kept<RetentionCache>(fcinfo).get(definition);
    if (!summary.started()) summary.start(question.settled_bytes());
    if (!same_bytes(summary.definition(), question.settled_bytes()))
      throw Error(sqlstate::invalid_parameter,
                  "the definition of retention must be the same for every row of a group",
                  "Group by the definition to ask several questions at once.");
    for (RetentionSolver& customer = question.read(Journey(journey)); customer.next();)
      summary.add(customer.cohort(), customer.returned());
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_retention_combine) { return pg::combined<RetentionSummary>(fcinfo); }
CLIENTELE_FUNCTION(clientele_retention_summary_in) {
  return pg::state_in<RetentionSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_retention_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_retention_summary_recv) {
  return pg::state_receive<RetentionSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_retention_periods) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<RetentionSummary>(fcinfo, 0, [&](const RetentionSummary& summary) {
      Opened opened(summary);
      Work work;
      for (const auto& [start, cohort] : summary.cohorts())
        put_cohort(rows, opened, start, cohort, work);
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_retention_curve) {
  const pg::RowSink rows(fcinfo);
  return guarded([&] {
    return pg::with_state<RetentionSummary>(fcinfo, 0, [&](const RetentionSummary& summary) {
      Opened opened(summary);
      Work work;
      for (size_t s = 0; s < opened.calendar.stretches(); ++s) {
        uint64_t customers = 0, returned = 0;
        for (const auto& [start, cohort] : summary.cohorts()) {
          work.done(16);
          if (!opened.complete(start, s)) continue;
          customers += cohort.customers;
          returned += RetentionSummary::cell(cohort, s).returned;
        }
        if (customers == 0) continue;
        const Proportion rate = wilson(returned, customers);
        pg::call_pg([&] {
          Datum values[] = {opened.first_period(s),     opened.last_period(s),
                            count(customers),           count(returned),
                            Float8GetDatum(rate.value), Float8GetDatum(rate.low),
                            Float8GetDatum(rate.high)};
          bool nulls[7] = {};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}

CLIENTELE_FUNCTION(clientele_retention_of) {
  const pg::RowSink rows(fcinfo);
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(1));
  return guarded([&] {
    CompiledRetention& question = pg::kept<RetentionCache>(fcinfo).get(definition);
    for (RetentionSolver& customer = question.read(Journey(journey)); customer.next();)
      for (const Returned& r : customer.returned()) {
        poll();
        const auto period = static_cast<int32>(question.question().bound(r.stretch));
        const bool paid = r.amount.count > 0;
        pg::call_pg([&] {
          Datum values[] = {TimestampTzGetDatum(customer.cohort()), Int32GetDatum(period),
                            count(r.returns), paid ? pg::numeric_of_sum(r.amount.sum) : Datum{}};
          bool nulls[] = {false, false, false, !paid};
          rows.put(values, nulls);
        });
      }
    return Datum{};
  });
}
