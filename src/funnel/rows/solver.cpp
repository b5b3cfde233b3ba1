// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <bit>
#include <limits>

#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/rows/raw.hpp"

namespace clientele {
namespace {

constexpr size_t most_classes = 4096;  // that are kept for the next customer

/// The steps of a row, ascending.
class Bits {
 public:
  explicit Bits(std::span<const uint64_t> words) : words_(words) {}
  template <class F>
  void each(F f) const {
    for (size_t w = 0; w < words_.size(); ++w)
      for (uint64_t left = words_[w]; left != 0; left &= left - 1)
        f(static_cast<int>(w * 64) + std::countr_zero(left) + 1);
  }

 private:
  std::span<const uint64_t> words_;
};

}  // namespace

// Up to 64 steps, class s is a row that meets the condition of step s alone.
void RawSolver::start(const RawRule& rule) {
  rule_ = rule;
  solver_.reset();
  simple_.reset();
  narrow_.clear();
  wide_.clear();
  question_ = FunnelQuestion{};
  static_cast<StepModes&>(question_) = rule;
  question_.steps = rule.steps;
  question_.within = rule.within;
  single_.assign(rule.words() > 1 ? static_cast<size_t>(rule.steps) + 1 : 0, 0);
  if (rule.words() == 1)
    for (int32_t s = 1; s <= rule.steps; ++s) question_.classes.push_back({{s}, {}});
  simple_question_ = question_;
  simple_ = std::make_unique<FunnelSolver>(simple_question_);
  if (rule.words() > 1 || !simple_->takes_timeline()) simple_.reset();
}

uint32_t RawSolver::new_class(std::span<const uint64_t> steps) {
  EventClass& cls = question_.classes.emplace_back();
  Bits(steps).each([&](int s) { cls.steps.push_back(s); });
  return static_cast<uint32_t>(question_.classes.size()) - 1;
}

uint32_t RawSolver::class_of(uint64_t steps) {
  if ((steps & (steps - 1)) == 0) return static_cast<uint32_t>(std::bit_width(steps));
  const auto [found, fresh] = narrow_.try_emplace(steps, 0);
  if (fresh) found->second = new_class({&steps, 1});
  return found->second;
}

uint32_t RawSolver::class_of_step(size_t step) {
  uint32_t& number = single_[step];
  if (number == 0) {
    number = static_cast<uint32_t>(question_.classes.size());
    question_.classes.push_back({{static_cast<int>(step)}, {}});
  }
  return number;
}

uint32_t RawSolver::class_of(std::span<const uint64_t> steps) {
  size_t used = 0, last = 0;
  for (size_t w = 0; w < steps.size(); ++w)
    if (steps[w] != 0) ++used, last = w;
  if (used == 0) return 0;
  if (used == 1 && std::has_single_bit(steps[last]))
    return class_of_step(last * 64 + static_cast<size_t>(std::bit_width(steps[last])));
  std::vector<uint64_t> key(steps.begin(), steps.end());
  const auto found = wide_.find(key);
  if (found != wide_.end()) return found->second;
  const uint32_t number = new_class(steps);
  wide_.emplace(std::move(key), number);
  return number;
}

FunnelSolver& RawSolver::solver() {
  if (!solver_ || solver_classes_ != question_.classes.size()) {
    solver_ = std::make_unique<FunnelSolver>(question_);
    solver_classes_ = question_.classes.size();
  }
  return *solver_;
}

bool RawSolver::sort_narrow(std::span<const uint64_t> rows) {
  sorted_.resize(rows.size() / 2);
  bool ascending = true, single = true;
  Work work;
  Micros before = std::numeric_limits<Micros>::min();
  for (size_t i = 0; i < sorted_.size(); ++i) {
    const NarrowRow row = {static_cast<Micros>(rows[2 * i]), rows[2 * i + 1]};
    sorted_[i] = row;
    ascending &= before <= row.at;
    single &= (row.steps & (row.steps - 1)) == 0;
    before = row.at;
    work.done(1);
  }
  if (!ascending)
    sort_polled(sorted_.begin(), sorted_.end(),
                [](const NarrowRow& a, const NarrowRow& b) { return a.at < b.at; });
  return single;
}

// No row counts for two steps: what most funnels are.
int RawSolver::depth_of_timeline() {
  at_.clear();
  step_.clear();
  Work work;
  const uint16_t none = simple_->step_of(0);
  const auto add = [&](Micros at, int step) {
    at_.push_back(at);
    step_.push_back(step == 0 ? none : static_cast<uint16_t>(step));
    work.done(1);
  };
  for (const NarrowRow& row : sorted_)
    if ((row.steps & (row.steps - 1)) == 0)
      add(row.at, std::bit_width(row.steps));
    else
      Bits({&row.steps, 1}).each([&](int s) { add(row.at, s); });
  return simple_->depth({at_, step_.data()});
}

void RawSolver::read_narrow() {
  Work work;
  for (const NarrowRow& row : sorted_) {
    if (!rule_.shared || (row.steps & (row.steps - 1)) == 0)
      hits_.push_back({row.at, class_of(row.steps), 0});
    else
      Bits({&row.steps, 1}).each([&](int s) {
        hits_.push_back({row.at, static_cast<uint32_t>(s), 0});
      });
    work.done(1);
  }
}

void RawSolver::read_wide(std::span<const uint64_t> rows) {
  const size_t size = 1 + rule_.words();
  std::vector<std::pair<Micros, size_t>> order;
  for (size_t i = 0; i < rows.size(); i += size)
    order.emplace_back(static_cast<Micros>(rows[i]), i + 1);
  sort_polled(order.begin(), order.end());
  Work work;
  for (const auto& row : order) {
    const Micros at = row.first;
    const std::span<const uint64_t> steps = rows.subspan(row.second, rule_.words());
    work.done(size);
    size_t parts = 0;
    if (rule_.shared)
      Bits(steps).each([&](int s) {
        hits_.push_back({at, class_of_step(static_cast<size_t>(s)), 0});
        work.done(1);
        ++parts;
      });
    if (parts > 0) continue;
    const uint32_t cls = class_of(steps);
    if (cls != 0 || question_.needs_all_events()) hits_.push_back({at, cls, 0});
  }
}

int RawSolver::depth(const RawFunnel& funnel) {
  if (funnel.rows().empty()) return 0;
  if (funnel.rule() != rule_ || question_.classes.size() > most_classes) start(funnel.rule());
  hits_.clear();
  if (rule_.words() > 1) {
    read_wide(funnel.rows());
  } else {
    const bool single = sort_narrow(funnel.rows());
    if (simple_ && (single || rule_.shared)) return depth_of_timeline();
    read_narrow();
  }
  return solver().depth(hits_);
}

}  // namespace clientele
