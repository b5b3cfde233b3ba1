// SPDX-License-Identifier: PostgreSQL
// The aggregate funnel_correlation(journey, funnel_def, from_step, to_step), its state
// correlation_summary, and correlation_events().
#include <memory>
#include <vector>

#include "funnel/correlation/correlation.hpp"
#include "funnel/steps/compiled_pg.hpp"
#include "journey/kinds_pg.hpp"
#include "journey/type_classes.hpp"
#include "pg/expanded.hpp"
#include "pg/memory.hpp"

namespace clientele {
namespace {

/// A funnel, what events are called, and which of them are steps between `from` and `to`. C++
/// regime.
class CorrelationQuestion {
 public:
  explicit CorrelationQuestion(std::span<const uint8_t> definition)
      : steps_(FunnelDefinition::read(definition).steps), funnel_(definition) {
    if (FunnelDefinition::read(definition).order == StepOrder::any)
      throw Error(sqlstate::not_supported,
                  "funnel_correlation has no meaning when steps may come in any order",
                  "Use a funnel with order_mode => 'ordered'.");
  }

  void add(CorrelationSummary& summary, const Journey& journey, int from, int to) {
    choose(from, to);
    const Chain& chain = funnel_.times(journey);
    const auto depth = static_cast<int>(chain.size());
    if (depth < from) return;
    const bool converted = depth >= to;
    const Micros last = converted ? chain[to - 1] - 1 : funnel_.may_end(chain[0]);
    const std::span<const uint8_t> marked = between_.mark(journey, chain[from - 1], last);
    labels_.clear();
    const std::span<const int32_t> types = journey.types();
    for (size_t code = 0; code < types.size(); ++code)
      if (marked[code] && made_of_.of(types[code]) == 0)
        labels_.push_back(kinds_.of(types[code]).label);
    summary.add(converted, labels_, kinds_.vocabulary());
  }

 private:
  /// The events of which conversion is made are left out.
  void choose(int from, int to) {
    if (from == from_ && to == to_) return;
    made_of_ = {};
    for (int step = from + 1; step <= to; ++step)
      for (const int32_t type : resolve_selector(steps_[step - 1])) made_of_.set(type, 1);
    from_ = from;
    to_ = to;
  }

  std::vector<std::string> steps_;
  CompiledFunnel funnel_;
  EventKinds kinds_;
  int from_ = 0, to_ = 0;
  TypeClasses made_of_;
  CodesBetween between_;
  std::vector<uint32_t> labels_;
};

using QuestionCache = Resolved<std::unique_ptr<CorrelationQuestion>>;

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_funnel_correlation_accum) {
  const MemoryContext context = pg::aggregate_context(fcinfo);
  for (int i = 1; i <= 4; ++i)
    if (PG_ARGISNULL(i)) return pg::unchanged_state(fcinfo);
  const pg::ByteView journey = pg::detoast(PG_GETARG_DATUM(1));
  const pg::ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  const int from = PG_GETARG_INT32(3), to = PG_GETARG_INT32(4);
  return pg::guarded([&] {
    auto* const state = pg::state_to_change<CorrelationSummary>(fcinfo, context);
    state->value.define({definition, from, to});
    CorrelationQuestion& question = *pg::kept<QuestionCache>(fcinfo).get(
        definition, [&] { return std::make_unique<CorrelationQuestion>(definition); });
    question.add(state->value, Journey(journey), from, to);
    return state->datum();
  });
}

CLIENTELE_FUNCTION(clientele_correlation_combine) {
  return pg::combined<CorrelationSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_correlation_summary_in) {
  return pg::state_in<CorrelationSummary>(fcinfo);
}
CLIENTELE_FUNCTION(clientele_correlation_summary_out) { return pg::state_out(fcinfo); }
CLIENTELE_FUNCTION(clientele_correlation_summary_recv) {
  return pg::state_receive<CorrelationSummary>(fcinfo);
}

CLIENTELE_FUNCTION(clientele_correlation_events) {
  const int64_t min_customers = PG_GETARG_INT64(1);
  const std::string_view word = pg::text_view(PG_GETARG_DATUM(2));
  const pg::RowSink rows(fcinfo);
  return pg::guarded([&] {
    if (min_customers < 0)
      throw Error(sqlstate::invalid_parameter,
                  "min_customers must not be negative: " + std::to_string(min_customers));
    const Correction correction = parse_correction(word);
    return pg::with_state<CorrelationSummary>(fcinfo, 0, [&](const CorrelationSummary& summary) {
      for (const EventCorrelation& e :
           summary.events(static_cast<uint64_t>(min_customers), correction)) {
        const Datum event = pg::make_text(e.event);
        pg::call_pg([&] {
          Datum values[] = {event,
                            Int64GetDatum(static_cast<int64>(e.converted_with)),
                            Int64GetDatum(static_cast<int64>(e.converted_without)),
                            Int64GetDatum(static_cast<int64>(e.lost_with)),
                            Int64GetDatum(static_cast<int64>(e.lost_without)),
                            Float8GetDatum(e.odds_ratio),
                            Float8GetDatum(e.low),
                            Float8GetDatum(e.high),
                            Float8GetDatum(e.p),
                            Float8GetDatum(e.p_adjusted)};
          bool nulls[10] = {};
          rows.put(values, nulls);
        });
      }
      return Datum{};
    });
  });
}
