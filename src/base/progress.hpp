// SPDX-License-Identifier: PostgreSQL
// How far long tasks are.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace clientele {

/// Long loops of the core call it now and then, at most every few milliseconds: `done` units of a
/// number that is not known. The PostgreSQL glue sets it once. It never throws.
inline void (*progress_hook)(int64_t done) = nullptr;

inline void report_progress(int64_t done) {
  if (progress_hook != nullptr) progress_hook(done);
}

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
};

/// When a phase will be done if it goes on at its rate; `unknown` without a rate, or if that is
/// more than ten years away.
inline int64_t phase_end(const TaskState& state, int64_t now) {
  constexpr double longest = 10 * 365.25 * 86400 * 1e6;
  const int64_t passed = now - state.phase_started;
  if (state.done <= 0 || state.total < state.done || passed <= 0) return TaskState::unknown;
  const double left = static_cast<double>(state.total - state.done) *
                      (static_cast<double>(passed) / static_cast<double>(state.done));
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
    level.started = level.phase_started = now;
    level.subtransaction = subtransaction;
  }

  /// A phase without a pointer is the same as before. A total that is unknown stays as it is until
  /// the next phase.
  void report(std::string_view phase, int64_t done, int64_t total, int64_t now) {
    if (depth_ == 0 || depth_ > deepest) return;
    Level& level = levels_[depth_ - 1];
    ShortText<64> name = level.phase;
    if (phase.data() != nullptr) name.set(phase);
    if (name.view() != level.phase.view()) {
      level.phase = name;
      level.phase_started = now;
      level.total = TaskState::unknown;
    }
    level.done = done;
    if (total != TaskState::unknown) level.total = total;
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
    return state;
  }

 private:
  struct Level {
    ShortText<64> task, phase;
    int64_t done, total, started, phase_started;
    uint32_t subtransaction;
  };
  int depth_ = 0;
  Level levels_[deepest] = {};
};

}  // namespace clientele
