// SPDX-License-Identifier: PostgreSQL
// Fitting a model to rows, and the pairs of rows that probably match.
#include <array>
#include <cmath>

#include "identity/matching/fit.hpp"
#include "identity/matching/rows_pg.hpp"
#include "pg/memory.hpp"
#include "pg/packed.hpp"
#include "pg/progress.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;

constexpr size_t most_named = 20;

/// C++ regime.
void warn(const std::string& message, const std::string& detail, const char* hint) {
  pg::call_pg([&] {
    ereport(WARNING, (errmsg("%s", message.c_str()),
                      detail.empty() ? 0 : errdetail("%s", detail.c_str()), errhint("%s", hint)));
  });
}

/// One warning for each block key of which values are left out; the most frequent of them are
/// named.
void warn_of_left_out(const Candidates& candidates, const MatchDefinition& definition) {
  const auto& all = candidates.left_out();
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    while (end < all.size() && all[end].key == all[begin].key) ++end;
    std::string detail;
    for (size_t i = begin; i < std::min(end, begin + most_named); ++i)
      detail += (detail.empty() ? "\"" : ", \"") + candidates.value_of(all[i]) + "\" (" +
                std::to_string(all[i].rows) + " rows)";
    if (end - begin > most_named)
      detail += " and " + std::to_string(end - begin - most_named) + " more";
    warn("block key \"" + block_key_text(definition.block[all[begin].key]) +
             "\" has values shared by more than " + std::to_string(Candidates::most_shared) +
             " rows, which are left out: " + std::to_string(end - begin),
         "Left out: " + detail + ".",
         "Pairs of these rows are found by other block keys only. match_left_out() lists all such "
         "values.");
  }
}

void warn_of_columns(const MatchModel& model) {
  for (size_t i = 0; i < model.columns.size(); ++i) {
    const LevelShares& shares = model.columns[i];
    if (shares.m[0] < shares.u[0])
      warn("column \"" + model.definition.compare[i].name +
               "\" speaks against a match where it is equal",
           {},
           "Its m is below its u: the model may have found another group than matches. Compare "
           "more columns or use other block keys.");
  }
}

/// Puts pairs into the result.
class PairSink {
 public:
  PairSink(const pg::RowSink& sink, const MatchRecords& records, const MatchModel& model,
           double at_least)
      : sink_(sink), records_(records), model_(model), at_least_(at_least) {
    // Weights this far below have a lower probability, whatever the rounding. From 53 on it is 1.
    least_weight_ = at_least < 1 ? std::log2(at_least / (1 - at_least)) - 1e-6 : 52;
    for (size_t c = 0; c < model.columns.size(); ++c)
      for (size_t level = 0; level < model.columns[c].m.size(); ++level)
        weights_[c][level] = model.weight(c, level);
    pg::call_pg([&] {
      scratch_ = AllocSetContextCreate(CurrentMemoryContext, "clientele match pairs",
                                       ALLOCSET_SMALL_SIZES);
    });
  }

  void put(size_t a, size_t b, Pattern pattern) {
    const size_t columns = model_.columns.size();
    double weight = prior_;
    for (size_t c = 0; c < columns; ++c)
      if (const auto level = level_in(pattern, c, columns)) weight += weights_[c][*level];
    if (weight < least_weight_) return;
    const double probability = match_probability(weight);
    if (probability < at_least_) return;
    pg::call_pg([&] { put_row(records_.id(a), records_.id(b), probability, weight, pattern); });
  }

 private:
  static Datum text(std::string_view s) {
    return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
  }

  void put_row(std::string_view a, std::string_view b, double probability, double weight,
               Pattern pattern) {
    const MemoryContext before = MemoryContextSwitchTo(scratch_);
    const auto columns = static_cast<int>(model_.columns.size());
    Datum levels[MatchDefinition::max_columns];
    bool absent[MatchDefinition::max_columns];
    for (int c = 0; c < columns; ++c) {
      const auto column = static_cast<size_t>(c);
      const auto level = level_in(pattern, column, model_.columns.size());
      absent[c] = !level;
      levels[c] =
          level ? text(level_name(model_.definition.compare[column].kind, *level)) : Datum{};
    }
    int dimension = columns, lower = 1;
    const Datum array = PointerGetDatum(construct_md_array(levels, absent, 1, &dimension, &lower,
                                                           TEXTOID, -1, false, TYPALIGN_INT));
    Datum values[] = {text(a), text(b), Float8GetDatum(probability), Float8GetDatum(weight), array};
    bool nulls[5] = {};
    sink_.put(values, nulls);
    MemoryContextSwitchTo(before);
    MemoryContextReset(scratch_);
  }

  const pg::RowSink& sink_;
  const MatchRecords& records_;
  const MatchModel& model_;
  double at_least_, least_weight_, prior_ = model_.prior_weight();
  double weights_[MatchDefinition::max_columns][most_match_levels];
  MemoryContext scratch_ = nullptr;
};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_match_fit_rows) {
  const char* const cursor = TextDatumGetCString(PG_GETARG_DATUM(0));
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return guarded([&] {
    pg::ContextMemory memory(CurrentMemoryContext);
    const MatchDefinition definition = MatchDefinition::read(bytes);
    MatchRecords records(&memory, definition.columns().size(), false);
    const pg::Progress progress("match_fit");
    pg::report_task("reading rows");
    read_match_rows(cursor, false, records);
    records.finish();
    const Candidates candidates(records, definition);
    warn_of_left_out(candidates, definition);
    pg::report_task("comparing pairs");
    const MatchModel model = fitted_matches(records, definition, candidates);
    warn_of_columns(model);
    return pg::packed(model);
  });
}

CLIENTELE_FUNCTION(clientele_match_pair_rows) {
  const char* const cursor = TextDatumGetCString(PG_GETARG_DATUM(0));
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  const double at_least = PG_GETARG_FLOAT8(2);
  const pg::RowSink sink(fcinfo);
  return guarded([&]() -> Datum {
    if (!(at_least >= 0 && at_least <= 1))
      throw Error(sqlstate::invalid_parameter, "at_least must be from 0 to 1");
    pg::ContextMemory memory(CurrentMemoryContext);
    const MatchModel model = MatchModel::read(bytes);
    MatchRecords records(&memory, model.definition.columns().size(), true);
    const pg::Progress progress("match_pairs");
    pg::report_task("reading rows");
    read_match_rows(cursor, true, records);
    records.finish();
    const Candidates candidates(records, model.definition);
    warn_of_left_out(candidates, model.definition);
    warn_of_columns(model);
    Comparison comparison(records, model.definition);
    PairSink pairs(sink, records, model, at_least);
    pg::report_task("comparing pairs");
    Advance compared;
    candidates.each([&](size_t a, size_t b) {
      pairs.put(a, b, comparison(a, b));
      compared.one();
    });
    return {};
  });
}

CLIENTELE_FUNCTION(clientele_match_left_out_rows) {
  const char* const cursor = TextDatumGetCString(PG_GETARG_DATUM(0));
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  const pg::RowSink sink(fcinfo);
  return guarded([&]() -> Datum {
    pg::ContextMemory memory(CurrentMemoryContext);
    const MatchDefinition definition = MatchDefinition::read(bytes);
    MatchRecords records(&memory, definition.columns().size(), false);
    read_match_rows(cursor, false, records);
    records.finish();
    const Candidates candidates(records, definition);
    for (const Candidates::LeftOut& left_out : candidates.left_out()) {
      Datum values[] = {pg::make_text(block_key_text(definition.block[left_out.key])),
                        pg::make_text(candidates.value_of(left_out)), Int64GetDatum(left_out.rows)};
      bool nulls[3] = {};
      pg::call_pg([&] {
        CHECK_FOR_INTERRUPTS();
        sink.put(values, nulls);
      });
    }
    return {};
  });
}
