// SPDX-License-Identifier: PostgreSQL
// How far long tasks are.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace clientele {

/// Long loops of the core call it with the number of units that they have done since the last call,
/// at most every few microseconds. The PostgreSQL glue sets it once. It never throws.
inline void (*progress_hook)(int64_t more) = nullptr;

inline void advance_progress(int64_t more) {
  if (progress_hook != nullptr) progress_hook(more);
}

/// Counts units one by one, and reports them in parts.
class Advance {
 public:
  explicit Advance(int64_t part = 1024) : part_(part) {}
  void one() {
    if (++done_ < part_) return;
    advance_progress(done_);
    done_ = 0;
  }

 private:
  int64_t part_;
  int64_t done_ = 0;
};

/// A text of at most N - 1 bytes that ends in a zero byte; what is longer is cut between characters
/// of UTF-8. Plain data.
template <size_t N>
struct ShortText {
  char bytes[N];

  std::string_view view() const { return {bytes, strnlen(bytes, N)}; }
  void set(std::string_view a, std::string_view b = {}, std::string_view c = {}) {
    size_t used = 0;
    for (std::string_view part : {a, b, c}) {
      const size_t n = std::min(part.size(), N - 1 - used);
      std::memcpy(bytes + used, part.data(), n);
      used += n;
      if (n == part.size()) continue;
      const auto begins = [&](size_t i) { return (static_cast<uint8_t>(bytes[i]) & 0xC0) != 0x80; };
      // The byte after the cut decides whether the last character is complete.
      if ((static_cast<uint8_t>(part[n]) & 0xC0) == 0x80) {
        while (used > 0 && !begins(used - 1)) --used;
        if (used > 0) --used;
      }
      break;
    }
    std::memset(bytes + used, 0, N - used);
  }
};

/// What is shown of a task. Times are in microseconds. Plain data.
struct TaskState {
  static constexpr int64_t unknown = -1;

  ShortText<64> task;
  ShortText<104> phase;
  int64_t done;
  int64_t total;  // or unknown
  int64_t started;
  int64_t phase_started;
  // Since when units have been counted up to this total, and how many there were at first.
  int64_t count_started;
  int64_t count_first;
};

/// When `total` will be reached if that goes on at the same rate; `unknown` without a rate, or if
/// it is more than ten years away.
inline int64_t expected_end(const TaskState& state, int64_t now) {
  constexpr double longest = 10 * 365.25 * 86400 * 1e6;
  const int64_t passed = now - state.count_started;
  if (state.done <= state.count_first || state.total < state.done || passed <= 0)
    return TaskState::unknown;
  const double left =
      static_cast<double>(state.total - state.done) *
      (static_cast<double>(passed) / static_cast<double>(state.done - state.count_first));
  return left > longest ? TaskState::unknown : now + static_cast<int64_t>(left);
}

/// The tasks of a session, the outermost first: one may do others as its parts. The outermost is
/// shown as the task, and what the innermost does as its phase. Tasks below `deepest` are counted
/// and not shown. A task belongs to the subtransaction in which it began.
class TaskStack {
 public:
  static constexpr int deepest = 8;
  // Subtransactions have numbers from 1 on, which ascend in a transaction.
  static constexpr uint32_t no_subtransaction = 0;

  int depth() const { return depth_; }

  void begin(std::string_view task, int64_t total, int64_t now, uint32_t subtransaction) {
    if (depth_++ >= deepest) return;
    Level& level = levels_[depth_ - 1];
    level.task.set(task);
    level.phase.set({});
    level.done = 0;
    level.total = total;
    level.started = level.phase_started = level.count_started = now;
    level.count_first = 0;
    level.subtransaction = subtransaction;
  }

  /// A phase without a pointer is the same as before. What is unknown stays as it is until the next
  /// phase. Phases that count up to the same total are one count.
  void report(std::string_view phase, int64_t done, int64_t total, int64_t now) {
    if (depth_ == 0 || depth_ > deepest) return;
    Level& level = levels_[depth_ - 1];
    ShortText<64> name = level.phase;
    if (phase.data() != nullptr) name.set(phase);
    const bool same = name.view() == level.phase.view();
    if (!same) {
      level.phase = name;
      level.phase_started = now;
    }
    if (same && total == TaskState::unknown) total = level.total;
    if (same && done == TaskState::unknown) done = level.done;
    done = std::max<int64_t>(done, 0);
    if (total != level.total || done < level.done) {
      level.count_started = now;
      level.count_first = done;
    }
    level.done = done;
    level.total = total;
  }

  void advance(int64_t more) {
    if (depth_ > 0 && depth_ <= deepest) levels_[depth_ - 1].done += more;
  }

  /// `depth` tasks are left.
  void end_to(int depth) { depth_ = std::min(depth_, std::max(depth, 0)); }

  /// Whether there were tasks that began in the subtransaction, or within it.
  bool abort(uint32_t subtransaction) {
    const int before = depth_;
    while (depth_ > 0 && levels_[std::min(depth_, deepest) - 1].subtransaction >= subtransaction)
      --depth_;
    return depth_ != before;
  }

  /// The tasks go on in another transaction.
  void outlive_transaction() {
    for (Level& level : levels_) level.subtransaction = no_subtransaction;
  }

  /// What is shown; there is a task.
  TaskState shown() const {
    const Level& outer = levels_[0];
    const Level& inner = levels_[std::min(depth_, deepest) - 1];
    TaskState state;
    state.task = outer.task;
    if (&outer == &inner)
      state.phase.set(outer.phase.view());
    else
      state.phase.set(inner.task.view(), inner.phase.view().empty() ? "" : ": ",
                      inner.phase.view());
    state.done = inner.done;
    state.total = inner.total;
    state.started = outer.started;
    state.phase_started = inner.phase_started;
    state.count_started = inner.count_started;
    state.count_first = inner.count_first;
    return state;
  }

 private:
  struct Level {
    ShortText<64> task, phase;
    int64_t done, total, started, phase_started, count_started, count_first;
    uint32_t subtransaction;
  };
  int depth_ = 0;
  Level levels_[deepest] = {};
};

}  // namespace clientele
