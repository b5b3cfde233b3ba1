// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/wide.hpp"
#include "engagement/counts/definition.hpp"

namespace clientele {

/// What the events of one count have in common, as far as the definition asks for it.
struct CountLabel {
  std::optional<int32_t> type;
  std::optional<std::string> channel, event, value;  // none: not known to the dictionary
  friend auto operator<=>(const CountLabel&, const CountLabel&) = default;
  /// What people call it; none if there is nothing to say.
  std::optional<std::string> text() const;
};

/// What the SQL type counts_summary holds: events, customers and sessions by period and label.
class CountsSummary {
 public:
  struct Cell {
    uint64_t key = 0;  // period and label; see key_of
    uint64_t events = 0, customers = 0, sessions = 0;
    uint64_t amounts = 0;  // events that have one
    uint64_t last = 0;     // the session that was counted last
    Int128 amount = 0;     // millionths
  };
  static constexpr size_t max_labels = size_t{1} << 20;
  static constexpr size_t max_cells = size_t{1} << 22;
  static constexpr uint32_t none = ~uint32_t{0};

  explicit CountsSummary(std::pmr::memory_resource* memory)
      : definition_(memory), labels_(memory), known_(memory), cells_(memory), slots_(memory) {}

  bool started() const { return !definition_.empty(); }
  /// The bytes of a definition with its time zone, which must be the same for all customers.
  std::span<const uint8_t> definition() const { return definition_; }
  void start(std::span<const uint8_t> definition) {
    definition_.assign(definition.begin(), definition.end());
  }
  uint64_t customers() const { return customers_; }

  /// The number here of a label that `vocabulary`, which is not 0, calls `number`.
  uint32_t label(uint64_t vocabulary, uint32_t number, const CountLabel& label) {
    if (vocabulary == vocabulary_ && number < known_.size() && known_[number] != none)
      return known_[number];
    return find_label(vocabulary, number, label);
  }

  /// One more customer, whose first session has this number.
  uint64_t begin_customer() {
    ++customers_;
    return customer_ = ++session_;
  }
  uint64_t next_session() { return ++session_; }
  /// Where events of a period and a label are counted; stays the same.
  uint32_t cell(int64_t period, uint32_t label) {
    const uint64_t key = key_of(period, label);
    if (!slots_.empty())
      for (size_t s = slot_of(key);; s = (s + 1) & (slots_.size() - 1)) {
        if (slots_[s] == none) break;
        if (cells_[slots_[s]].key == key) return slots_[s];
      }
    return add_cell(key);
  }
  /// An event of the session that began last.
  void count(uint32_t cell) {
    Cell& c = cells_[cell];
    ++c.events;
    c.customers += c.last < customer_;
    c.sessions += c.last != session_;
    c.last = session_;
  }
  void count_amount(uint32_t cell, int64_t amount) {
    ++cells_[cell].amounts;
    cells_[cell].amount += amount;
  }
  void merge(const CountsSummary& other);

  /// All labels, in order.
  std::vector<const CountLabel*> labels() const;
  /// Calls take(period, place of the label in labels(), cell) in order of these two.
  template <class Take>
  void each(Take take) const {
    for (const Place& place : places())
      take(period_of(place.key), label_of(place.key), cells_[place.cell]);
  }

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  static constexpr int label_bits = 20;
  static constexpr int64_t period_bias = int64_t{1} << 40;
  static uint64_t key_of(int64_t period, uint32_t label) {
    return static_cast<uint64_t>(period + period_bias) << label_bits | label;
  }
  static int64_t period_of(uint64_t key) {
    return static_cast<int64_t>(key >> label_bits) - period_bias;
  }
  static uint32_t label_of(uint64_t key) {
    return static_cast<uint32_t>(key & ((uint64_t{1} << label_bits) - 1));
  }
  size_t slot_of(uint64_t key) const { return (key * 0x9e3779b97f4a7c15) >> shift_; }

  /// A cell by its period and the place of its label among all.
  struct Place {
    uint64_t key;
    uint32_t cell;
    bool operator<(const Place& other) const { return key < other.key; }
  };
  std::pmr::vector<Place> places() const;

  uint32_t find_label(uint64_t vocabulary, uint32_t number, const CountLabel& label);
  uint32_t label_number(const CountLabel& label);
  uint32_t add_cell(uint64_t key);
  void place_all();
  void read_labels(Reader& r, const CountedBy& by);
  void read_cells(Reader& r, CountPeriod period);

  std::pmr::vector<uint8_t> definition_;
  uint64_t customers_ = 0;
  uint64_t customer_ = 0;  // the first session of the customer
  uint64_t session_ = 0;
  std::pmr::map<CountLabel, uint32_t> labels_;
  uint64_t vocabulary_ = 0;
  std::pmr::vector<uint32_t> known_;  // by number in the vocabulary
  std::pmr::vector<Cell> cells_;
  std::pmr::vector<uint32_t> slots_;  // a hash table of cells, at most half of it full
  int shift_ = 64;
};

}  // namespace clientele
