// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <array>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/calendar.hpp"
#include "base/poll.hpp"
#include "journey/column.hpp"

namespace clientele {

/// The limits of one journey. Its times may span all that timestamptz can hold.
inline constexpr size_t max_journey_events = size_t{1} << 25;  // 33,554,432
inline constexpr size_t max_journey_types = 65536;
inline constexpr int64_t amount_scale = 1'000'000;  // amounts are counted in millionths
inline constexpr int64_t amount_limit = 1'000'000'000'000 * amount_scale;

/// What an event may carry beyond its time and type.
struct Extra {
  int64_t item = 0;
  int64_t amount = 0;  // millionths
  bool has_item = false;
  bool has_amount = false;
  friend bool operator==(const Extra&, const Extra&) = default;
};

/// One event, as rows are collected and decoded. Most events have no Extra and pay nothing for it.
struct Event {
  static constexpr uint32_t plain = ~uint32_t{0};
  Micros at = 0;
  int32_t type = 0;
  uint32_t extra = plain;  // position in EventList::extras
};

/// Unpacked events, in any order until sort() is called.
struct EventList {
  explicit EventList(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : events(memory), extras(memory) {}

  std::pmr::vector<Event> events;
  std::pmr::vector<Extra> extras;

  void add(Micros at, int32_t type) { events.push_back({at, type, Event::plain}); }
  void add(Micros at, int32_t type, const Extra& extra) {
    if (!extra.has_item && !extra.has_amount) return add(at, type);
    events.push_back({at, type, static_cast<uint32_t>(extras.size())});
    extras.push_back({extra.has_item ? extra.item : 0, extra.has_amount ? extra.amount : 0,
                      extra.has_item, extra.has_amount});
  }
  void append(const EventList& other);
  Extra extra(const Event& e) const { return e.extra == Event::plain ? Extra{} : extras[e.extra]; }
  void clear() { events.clear(), extras.clear(); }

  /// The journey's order: time, event type, item, amount; NULLs first.
  bool before(const Event& a, const Event& b) const;
  void sort();
};

/// Packs sorted events. Errors: 54000 beyond a limit, 22008-like ranges are the caller's to check.
/// The same multiset of events always has the same bytes.
void encode(const EventList& sorted, Bytes& out);

/// A packed journey opened for reading. Nothing is copied but the (short) table of event types.
/// Layout, byte by byte, in docs/journey-format.md. The constructor and every reader check bounds:
/// bytes that no encoder wrote are an Error XX001 or read as some other journey.
class Journey {
 public:
  static constexpr uint8_t version = 1;

  explicit Journey(std::span<const uint8_t> packed);
  Journey(const Journey&) = delete;
  Journey& operator=(const Journey&) = delete;

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// The distinct event types, ascending; an event's code is a position in it.
  std::span<const int32_t> types() const { return {type_data_, type_count_}; }
  /// Codes are below this power of two; a table of that size needs no further check.
  size_t code_limit() const { return size_t{1} << code_bits_; }
  bool has_items() const { return has_items_; }
  bool has_amounts() const { return has_amounts_; }

  static constexpr size_t block = 256;
  /// Reads times and codes front to back, a block at a time.
  class Scan {
   public:
    explicit Scan(const Journey& journey)
        : journey_(journey), column_(journey.times_), now_(journey.first_) {}
    /// The number of events in the next block, 0 at the end.
    size_t next() {
      begin_ += n_;
      n_ = std::min(block, journey_.count_ - begin_);
      return n_;
    }
    /// Position in the journey of the block's first event.
    size_t begin() const { return begin_; }
    /// Ascending, and all of them instants that timestamptz holds, whatever the bytes.
    void times(Micros* at);
    void codes(uint16_t* code) const;

   private:
    const Journey& journey_;
    ColumnReader column_;
    Micros now_;
    size_t begin_ = 0;
    size_t n_ = 0;
  };

  Micros first_at() const;
  Micros last_at() const;

  /// Calls take(position, item) for those of the first `events` events that have an item.
  template <class Take>
  void each_item(size_t events, Take take) const {
    if (!has_items_) return;
    Reader reader = at_items();
    each_value(reader, all_items_, events, take);
  }
  /// Calls take(position, amount) for those that have an amount, in millionths.
  template <class Take>
  void each_amount(size_t events, Take take) const {
    if (!has_amounts_) return;
    int64_t factor = 1;
    Reader reader = at_amounts(factor);
    each_value(reader, all_amounts_, events, [&](size_t i, int64_t value) {
      int64_t amount = 0;
      if (__builtin_mul_overflow(value, factor, &amount) || amount <= -amount_limit ||
          amount >= amount_limit)
        Reader::fail("an amount is out of range");
      take(i, amount);
    });
  }

  /// All of it, sorted.
  void decode(EventList& out) const;

 private:
  /// A bitmap of the events that have a value unless all do, then the values.
  struct OptionalColumn {
    OptionalColumn(Reader& reader, size_t events, bool everywhere);
    const uint8_t* present = nullptr;
    ColumnReader values;
  };
  Reader at_items() const;
  Reader at_amounts(int64_t& factor) const;
  template <class Take>
  void each_value(Reader& reader, bool everywhere, size_t events, Take take) const {
    OptionalColumn column(reader, count_, everywhere);
    const size_t count = column.values.count();
    uint64_t v[block];
    size_t in_block = block;
    for (size_t i = 0, k = 0; i < events; ++i) {
      if (column.present != nullptr && (column.present[i / 8] >> (i % 8) & 1) == 0) continue;
      if (in_block == block) {
        poll();
        column.values.read(v, std::min(block, count - k));
        in_block = 0;
      }
      take(i, unzigzag(v[in_block++]));
      ++k;
    }
  }

  void read_types(Reader& reader);
  void decode_extras(EventList& out) const;

  size_t count_ = 0;
  size_t type_count_ = 0;
  int code_bits_ = 0;
  bool has_items_ = false;
  bool all_items_ = false;
  bool has_amounts_ = false;
  bool all_amounts_ = false;
  int64_t unit_ = 1;
  Micros first_ = 0;
  const uint8_t* codes_ = nullptr;
  ColumnReader times_;
  std::span<const uint8_t> rest_;  // from the data of the times on
  const int32_t* type_data_ = nullptr;
  std::array<int32_t, 64> few_types_;
  std::vector<int32_t> many_types_;
};

/// Checks that bytes from outside are exactly what encode() would write. Error 22P03 if not.
void validate(std::span<const uint8_t> packed);

}  // namespace clientele
