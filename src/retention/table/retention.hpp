// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <span>
#include <vector>

#include "journey/journey.hpp"
#include "journey/type_classes.hpp"
#include "retention/table/calendar.hpp"

namespace clientele {

/// What an event type is to the question, as classes of types.
enum RetentionRole : uint32_t { starts_cohort = 1, counts_as_return = 2 };

/// A sum of amounts in millionths, if there are any.
struct AmountSum {
  __int128 sum = 0;
  uint64_t count = 0;
  void take(const AmountSum& other) { sum += other.sum, count += other.count; }
};

/// A stretch in which a customer counts as returned.
struct Returned {
  size_t stretch;
  uint64_t returns;
  AmountSum amount;
};

/// The order of event types at equal times: no two types have one rank.
struct TypeOrder {
  uint64_t (*rank)(void* context, int32_t type) = nullptr;
  void* context = nullptr;
};

/// Answers one question for customer after customer, keeping its buffers. Only a question with
/// amounts asks for the order of types.
class RetentionSolver {
 public:
  RetentionSolver(const RetentionDefinition& settled, RetentionCalendar& calendar, TypeOrder order);

  /// Reads a customer.
  void read(const Journey& journey, const TypeClasses& roles);
  /// The customer's next cohort, false if there are no more. The stretches ascend; they are valid
  /// until the next call.
  bool next();
  Micros cohort() const { return cohort_; }
  std::span<const Returned> returned() const { return returned_; }

 private:
  /// The start of the customer in a cohort; of the tied events that could be it, the one chosen.
  struct Start {
    Micros at, cohort;
    bool is_return;
    uint16_t code;
    size_t place;
  };
  /// Returns in a stretch, in order of time: from `begin` to `end` of at_.
  struct Bucket {
    size_t stretch;
    uint64_t returns;
    AmountSum amount;
  };
  bool choose_roles(const Journey& journey, const TypeClasses& roles);
  /// Whether an event is known to come after the start of the cohort that it is in.
  bool follows_start(Micros at) const {
    return question_.cohort_by == CohortBy::every && !starts_.empty() && at > starts_.back().at &&
           calendar_.same_cohort(at);
  }
  void take_start(const Journey& journey, Micros at, uint16_t code, size_t place);
  void sum_amounts(const Journey& journey);
  size_t first_not_before(size_t from, Micros at) const;
  Bucket between(size_t stretch, size_t begin, size_t end) const;
  void count(const Start& start, int64_t number);
  void count_by_dates(int64_t number);
  void leave_out(const Start& start);
  void judge();

  const RetentionDefinition& question_;
  RetentionCalendar& calendar_;
  TypeOrder order_;
  Work work_;

  // of the customer
  std::vector<uint8_t> role_of_code_;
  std::vector<Start> starts_;
  Micros latest_ = 0;              // of their cohorts
  bool starts_known_ = false;      // no later event is a start that matters
  std::vector<Micros> at_;         // of returns, ascending; grows only
  std::vector<uint32_t> place_;    // their positions in the journey, if amounts are asked for
  size_t returns_ = 0;             // how many of them count
  std::vector<AmountSum> before_;  // sums of the first n returns
  size_t turn_ = 0, first_ = 0;

  // of the cohort
  Micros cohort_ = 0;
  Bucket head_, tail_;  // returns before the first and after the last stretch
  std::vector<Bucket> buckets_;
  std::vector<Returned> returned_;
};

}  // namespace clientele
