// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "output.hpp"

/// Five systems deliver their rows: in the order of arrival, some twice, some after the end of the
/// simulation. What the shop cannot know of each row goes to a file of its own.
namespace demo {

enum class System : uint8_t { web, app, orders, service, crm };
inline constexpr size_t system_count = 5;
inline constexpr std::array<std::string_view, system_count> system_names{"web", "app", "orders",
                                                                         "service", "crm"};

/// Why a row must be rejected, by the names of the reasons.
enum class Planted : uint8_t {
  none,
  expression_error,
  missing_customer,
  bad_identity,
  missing_time,
  bad_time,
  time_too_old,
  time_in_future,
  missing_event,
  unknown_event,
  bad_amount,
  amount_out_of_range,
  bad_currency,
  no_rate,
  text_too_long
};
inline constexpr std::array<std::string_view, 15> planted_names{
    "",           "expression_error",    "missing_customer", "bad_identity",  "missing_time",
    "bad_time",   "time_too_old",        "time_in_future",   "missing_event", "unknown_event",
    "bad_amount", "amount_out_of_range", "bad_currency",     "no_rate",       "text_too_long"};

/// What is true of a row, and what its system does not say.
struct RowTruth {
  uint32_t person = 0;
  Planted planted = Planted::none;
  bool duplicate = false;
  bool dropped = false;  // one of its identifiers cannot be used
};

class Deliveries {
 public:
  Deliveries(const std::string& directory, int64_t end, uint64_t last_id = 0) : end_(end) {
    last_id_.fill(last_id), last_number_.fill(last_id);
    for (size_t s = 0; s < system_count; ++s)
      for (const bool late : {false, true})
        files_[s][late] = std::make_unique<Output>(
            directory + '/' + std::string(system_names[s]) + (late ? ".late" : "") + ".tsv", "");
    truth_ = std::make_unique<Output>(directory + "/rows.tsv", "");
  }

  int64_t end() const { return end_; }

  /// Takes the columns after the keys of a row, and returns its place in the block. A row that
  /// comes twice has the number of the first one; that must have arrived before the end.
  template <size_t N>
  size_t add(System system, int64_t arrival, const std::array<std::string, N>& columns,
             const RowTruth& truth, size_t same_as = own) {
    const size_t from = text_.size(), place = rows_.size();
    for (size_t i = 0; i < N; ++i) (text_ += '\t') += columns[i];
    rows_.push_back(
        {arrival, from, text_.size() - from, same_as == own ? place : same_as, system, truth});
    return place;
  }

  /// Writes a block of persons. Rows that arrive after the end wait until all blocks are written.
  void flush_block() {
    std::vector<uint32_t> order(rows_.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
      return rows_[a].arrival != rows_[b].arrival ? rows_[a].arrival < rows_[b].arrival : a < b;
    });
    std::vector<uint64_t> numbers(rows_.size());
    for (const uint32_t i : order) {
      const Row& row = rows_[i];
      const std::string_view columns = std::string_view(text_).substr(row.from, row.length);
      if (row.arrival >= end_) {
        late_.push_back({row.arrival, row.same_as == i ? 0 : numbers[row.same_as], row.system,
                         row.truth, std::string(columns)});
        continue;
      }
      const size_t system = static_cast<size_t>(row.system);
      numbers[i] = row.same_as == i ? ++last_number_[system] : numbers[row.same_as];
      write(row.system, false, numbers[i], columns, row.truth);
    }
    rows_.clear();
    text_.clear();
  }

  void finish() {
    std::stable_sort(late_.begin(), late_.end(),
                     [](const Late& a, const Late& b) { return a.arrival < b.arrival; });
    for (const Late& row : late_) {
      const size_t system = static_cast<size_t>(row.system);
      write(row.system, true, row.number != 0 ? row.number : ++last_number_[system], row.columns,
            row.truth);
    }
    for (auto& system : files_)
      for (auto& file : system) file->flush();
    truth_->flush();
  }

 private:
  static constexpr size_t own = ~size_t{0};

  struct Row {
    int64_t arrival;
    size_t from, length, same_as;
    System system;
    RowTruth truth;
  };
  struct Late {
    int64_t arrival;
    uint64_t number;  // that of the first row if this one comes twice
    System system;
    RowTruth truth;
    std::string columns;
  };

  static bool is_numbered(System system) {
    return system == System::orders || system == System::service;
  }

  void write(System system, bool late, uint64_t number, std::string_view columns,
             const RowTruth& truth) {
    Output& file = *files_[static_cast<size_t>(system)][late];
    const std::string id = std::to_string(++last_id_[static_cast<size_t>(system)]);
    file.text += id;
    if (is_numbered(system)) (file.text += '\t') += std::to_string(number);
    (file.text += columns) += '\n';
    file.flush_if_full();
    std::string& out = truth_->text;
    ((out += system_names[static_cast<size_t>(system)]) += '\t') += id;
    (out += '\t') += std::to_string(truth.person);
    out += '\t';
    out += truth.planted == Planted::none ? std::string_view("\\N")
                                          : planted_names[static_cast<size_t>(truth.planted)];
    (out += truth.duplicate ? "\tt" : "\tf") += truth.dropped ? "\tt\n" : "\tf\n";
    truth_->flush_if_full();
  }

  int64_t end_;
  std::array<std::array<std::unique_ptr<Output>, 2>, system_count> files_;
  std::unique_ptr<Output> truth_;
  std::vector<Row> rows_;
  std::string text_;
  std::vector<Late> late_;
  std::array<uint64_t, system_count> last_id_{}, last_number_{};
};

}  // namespace demo
