// SPDX-License-Identifier: PostgreSQL
// Reads jobs and facts of their runs, a line each, and prints what is decided. Fields are separated
// by tabs, and - is what there is not. job_decisions.py writes and reads the lines.
#include <algorithm>
#include <deque>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "jobs/decision/decision.hpp"
#include "jobs/schedule/schedule.hpp"

namespace clientele::jobs {
namespace {

LocalClock::Offset utc(const void*, Micros) { return {0, INT64_MAX}; }

constexpr std::string_view state_names[] = {"waiting",   "running",   "succeeded", "failed",
                                            "timed_out", "cancelled", "crashed",   "skipped"};
State state_of(std::string_view name) {
  const auto* found = std::ranges::find(state_names, name);
  if (found == std::end(state_names)) throw std::invalid_argument(std::string(name));
  return static_cast<State>(found - state_names);
}

struct ReadJob {
  std::string name, sqlstate;
  std::optional<Schedule> schedule;
  std::vector<int64_t> after;
};

class Fields {
 public:
  explicit Fields(const std::string& line) : line_(line) {}
  std::string text() {
    std::string field;
    if (!std::getline(line_, field, '\t')) throw std::invalid_argument("a field is missing");
    return field;
  }
  int64_t number() { return std::stoll(text()); }
  int32_t small() { return static_cast<int32_t>(number()); }
  /// Whether the next fields are there, or one field is -.
  bool there() {
    if (line_.peek() != '-') return true;
    const auto at = line_.tellg();
    if (text() == "-") return false;
    line_.seekg(at);
    return true;
  }

 private:
  std::istringstream line_;
};

Job read_job(Fields& fields, ReadJob& read) {
  Job job;
  job.job_id = fields.number();
  read.name = fields.text();
  const std::string kind = fields.text(), times = fields.text();
  if (kind == "cron") {
    read.schedule = Schedule::cron(times, utc, nullptr);
  } else if (kind == "every") {
    read.schedule = Schedule::every(0, 0, std::stoll(times), fields.number(), utc, nullptr);
  } else {
    std::istringstream ids(times);
    for (int64_t id; ids >> id;) read.after.push_back(id);
  }
  job.name = read.name, job.after = read.after;
  job.schedule = read.schedule ? &*read.schedule : nullptr;
  job.jitter = fields.number();
  job.missed = fields.text() == "skip" ? Missed::skip : Missed::once;
  job.max_retries = fields.small();
  job.retry_delay = fields.number(), job.retry_cap = fields.number();
  job.paused = fields.number() != 0;
  job.since = fields.number(), job.not_before = fields.number();
  if (fields.there()) job.last_due = fields.number();
  if (fields.there()) {
    Job::Attempt& last = job.last_attempt.emplace();
    last.run_id = fields.number(), last.due_at = fields.number(), last.ended_at = fields.number();
    last.attempt = fields.small(), last.state = state_of(fields.text());
    read.sqlstate = fields.text(), last.sqlstate = read.sqlstate;
  }
  if (fields.there()) {
    const int64_t run_id = fields.number();
    job.active = {run_id, state_of(fields.text())};
  }
  for (auto* event : {&job.last_start, &job.last_success})
    if (fields.there()) {
      const int64_t run_id = fields.number();
      *event = {run_id, fields.number()};
    }
  return job;
}

void print(const Decision& decision) {
  for (const int64_t run_id : decision.withdraw) std::cout << "withdraw " << run_id << '\n';
  for (const auto& skip : decision.skip)
    std::cout << "skip " << skip.job_id << ' ' << skip.due_at << ' ' << skip.missed << '\n';
  for (const auto& queue : decision.queue)
    std::cout << (queue.kind == Kind::retry ? "retry " : "queue ") << queue.job_id << ' '
              << queue.due_at << ' ' << queue.missed << ' ' << queue.attempt << '\n';
  std::cout << "wake " << decision.wake << '\n';
}

int run() {
  std::deque<ReadJob> read;
  std::vector<Job> jobs;
  for (std::string line; std::getline(std::cin, line);) {
    Fields fields(line);
    const std::string what = fields.text();
    if (what == "job") {
      jobs.push_back(read_job(fields, read.emplace_back()));
    } else if (what == "decide") {
      print(decide(jobs, fields.number()));
      jobs.clear(), read.clear();
    } else {
      throw std::invalid_argument(what);
    }
  }
  return 0;
}

}  // namespace
}  // namespace clientele::jobs

int main() {
  try {
    return clientele::jobs::run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
