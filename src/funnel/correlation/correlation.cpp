// SPDX-License-Identifier: PostgreSQL
#include "funnel/correlation/correlation.hpp"

#include <algorithm>
#include <cmath>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/steps/definition.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;
constexpr uint32_t none = ~uint32_t{0};

[[noreturn]] void too_many() {
  throw Error(sqlstate::limit_exceeded,
              "funnel_correlation can count at most " + std::to_string(max_counted) + " customers");
}

/// Odds with a half added to each cell (Haldane 1956, Anscombe 1956), with the 95 % interval of
/// Woolf (1955).
void set_odds(EventCorrelation& e) {
  constexpr double z = 1.959963984540054;
  double cells[] = {static_cast<double>(e.converted_with), static_cast<double>(e.converted_without),
                    static_cast<double>(e.lost_with), static_cast<double>(e.lost_without)};
  double variance = 0;
  for (double& cell : cells) variance += 1 / (cell += 0.5);
  e.odds_ratio = cells[0] / cells[1] * (cells[3] / cells[2]);
  const double width = std::exp(z * std::sqrt(variance));
  e.low = e.odds_ratio / width;
  e.high = e.odds_ratio * width;
}

/// Ascends with |ln odds_ratio|, and is the same for a ratio and its inverse.
double strength(const EventCorrelation& e) {
  const auto times = [](uint64_t a, uint64_t b) {
    return static_cast<double>(static_cast<unsigned __int128>(2 * a + 1) * (2 * b + 1));
  };
  const double one = times(e.converted_with, e.lost_without);
  const double other = times(e.converted_without, e.lost_with);
  return std::max(one, other) / std::min(one, other);
}

}  // namespace

std::span<const uint8_t> CodesBetween::mark(const Journey& journey, Micros after, Micros last) {
  marked_.assign(journey.empty() ? 0 : journey.code_limit(), 0);
  Micros at[Journey::block];
  uint16_t code[Journey::block];
  for (Journey::Scan scan(journey); const size_t n = scan.next();) {
    scan.times(at);
    if (at[0] > last) break;
    if (scan.begin() % (64 * Journey::block) == 0) poll();
    if (at[n - 1] <= after) continue;
    scan.codes(code);
    for (size_t i = 0; i < n; ++i) marked_[code[i]] |= (at[i] > after) & (at[i] <= last);
  }
  return marked_;
}

CorrelationSummary::CorrelationSummary(std::pmr::memory_resource* memory)
    : definition_(memory), numbers_(memory), cells_(memory), number_in_(memory) {}

void CorrelationSummary::define(const FunnelPassage& asked) {
  if (definition_.empty()) {
    const size_t steps = FunnelDefinition::read(asked.definition).steps.size();
    if (asked.from < 1 || asked.to <= asked.from || static_cast<size_t>(asked.to) > steps)
      throw Error(sqlstate::invalid_parameter,
                  "from_step and to_step must be two of the funnel's " + std::to_string(steps) +
                      " steps, in order: " + std::to_string(asked.from) + " and " +
                      std::to_string(asked.to));
    definition_.assign(asked.definition.begin(), asked.definition.end());
    from_ = asked.from;
    to_ = asked.to;
  } else if (asked.from != from_ || asked.to != to_ || !same_bytes(asked.definition, definition_)) {
    throw Error(sqlstate::invalid_parameter,
                "funnel_correlation needs the same funnel and steps for all rows of a group",
                "Group by the definition and the steps to ask several questions at once.");
  }
}

uint32_t CorrelationSummary::number_of(std::string_view label) {
  const auto [at, added] = numbers_.try_emplace(std::pmr::string(label, numbers_.get_allocator()),
                                                static_cast<uint32_t>(cells_.size()));
  if (added) cells_.emplace_back();
  return at->second;
}

void CorrelationSummary::add(bool converted, std::span<const uint32_t> labels,
                             const Vocabulary& vocabulary) {
  ++(converted ? converted_ : lost_);
  ++customer_;
  if (vocabulary_ != vocabulary.id) {
    number_in_.clear();
    vocabulary_ = vocabulary.id;
  }
  if (number_in_.size() < vocabulary.labels.size())
    number_in_.resize(vocabulary.labels.size(), none);
  for (const uint32_t label : labels) {
    uint32_t& number = number_in_[label];
    if (number == none) number = number_of(vocabulary.labels[label]);
    Cell& cell = cells_[number];
    const bool again = cell.last_customer == customer_;
    cell.last_customer = customer_;
    (converted ? cell.converted : cell.lost) += !again;
  }
}

void CorrelationSummary::merge(const CorrelationSummary& other) {
  if (other.definition_.empty()) return;
  define({other.definition_, other.from_, other.to_});
  converted_ += other.converted_;
  lost_ += other.lost_;
  if (converted_ > max_counted || lost_ > max_counted) too_many();
  Work work;
  for (const auto& [label, number] : other.numbers_) {
    work.done(64);
    Cell& cell = cells_[number_of(label)];
    cell.converted += other.cells_[number].converted;
    cell.lost += other.cells_[number].lost;
  }
}

std::vector<EventCorrelation> CorrelationSummary::events(uint64_t min_customers,
                                                         Correction correction) const {
  std::vector<EventCorrelation> rows;
  std::vector<double> p;
  for (const auto& [label, number] : numbers_) {
    poll();
    const Cell& cell = cells_[number];
    const uint64_t with = cell.converted + cell.lost;
    if (with < min_customers) continue;
    EventCorrelation e;
    e.event = label;
    e.converted_with = cell.converted;
    e.converted_without = converted_ - cell.converted;
    e.lost_with = cell.lost;
    e.lost_without = lost_ - cell.lost;
    set_odds(e);
    e.p = chance_of(converted_ + lost_, with, converted_, cell.converted);
    p.push_back(e.p);
    rows.push_back(e);
  }
  const std::vector<double> all = adjusted(p, correction);
  for (size_t i = 0; i < rows.size(); ++i) rows[i].p_adjusted = all[i];
  sort_polled(rows.begin(), rows.end(), [](const EventCorrelation& a, const EventCorrelation& b) {
    if (a.p_adjusted != b.p_adjusted) return a.p_adjusted < b.p_adjusted;
    const double left = strength(a), right = strength(b);
    return left != right ? left > right : a.event < b.event;
  });
  return rows;
}

void CorrelationSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(static_cast<uint64_t>(from_));
  w.varint(static_cast<uint64_t>(to_));
  w.varint(converted_);
  w.varint(lost_);
  std::vector<std::pair<std::string_view, uint32_t>> ascending(numbers_.begin(), numbers_.end());
  sort_polled(ascending.begin(), ascending.end());
  w.varint(ascending.size());
  Work work;
  for (const auto& [label, number] : ascending) {
    work.done(64);
    w.text(label);
    w.varint(cells_[number].converted);
    w.varint(cells_[number].lost);
  }
}

void CorrelationSummary::read(Reader& reader) {
  reader.version(format_version, "correlation_summary");
  const std::span<const uint8_t> definition = reader.counted();
  const FunnelDefinition parsed = FunnelDefinition::read(definition);
  parsed.check();
  const uint64_t from = reader.varint(), to = reader.varint();
  if (from < 1 || to <= from || to > parsed.steps.size())
    Reader::fail("impossible steps of a correlation");
  define({definition, static_cast<int>(from), static_cast<int>(to)});
  converted_ = reader.varint();
  lost_ = reader.varint();
  if (converted_ > max_counted || lost_ > max_counted)
    Reader::fail("impossible counts of customers");
  std::string_view before;
  const size_t labels = reader.count(3);
  for (size_t i = 0; i < labels; ++i) {
    if (i % 1024 == 0) poll();
    const std::string_view label = reader.text();
    if (i > 0 && label <= before) Reader::fail("events are not in order");
    before = label;
    Cell& cell = cells_[number_of(label)];
    cell.converted = reader.varint();
    cell.lost = reader.varint();
    if (cell.converted > converted_ || cell.lost > lost_ || cell.converted + cell.lost == 0)
      Reader::fail("impossible counts of events");
  }
}

}  // namespace clientele
