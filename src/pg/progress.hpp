// SPDX-License-Identifier: PostgreSQL
// What a long task says of itself in the view clientele.progress. All of it is cheap enough to be
// called once a batch, and does nothing where no row of the view is to be had.
#pragma once
#include <string_view>

#include "base/progress.hpp"
#include "pg/postgres.hpp"

namespace clientele::pg {

/// Called once by _PG_init.
void install_progress();

/// A task of this session begins, as a part of the one that it does already, if there is one. It
/// ends with end_task(), with the subtransaction in which it began if that is aborted, and with the
/// statement. A procedure that commits keeps it. PostgreSQL regime.
void begin_task(std::string_view task, int64_t total = TaskState::unknown);

/// How far the innermost task is. A phase without a pointer is the same as before. What is unknown
/// stays as it is until the next phase. Nothing without a task. Either regime.
void report_task(std::string_view phase, int64_t done = TaskState::unknown,
                 int64_t total = TaskState::unknown);

/// The innermost task ends. Either regime.
void end_task();

/// A task that a block does. report_task() and advance_progress() say how far it is. C++ regime.
class Progress {
 public:
  explicit Progress(std::string_view task, int64_t total = TaskState::unknown);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

 private:
  int outside_;  // how many tasks there were before this one
};

}  // namespace clientele::pg
