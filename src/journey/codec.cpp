// SPDX-License-Identifier: PostgreSQL
#include <algorithm>
#include <iterator>

#include "base/poll.hpp"
#include "journey/journey.hpp"

namespace clientele {
namespace {

constexpr std::array<int64_t, 6> units = {1, millisecond, second, minute, hour, day};

enum Flag : uint8_t {
  unit_mask = 7,
  items = 8,
  items_everywhere = 16,
  amounts = 32,
  amounts_everywhere = 64,
  known_flags = 127
};

int bits_for(size_t types) {
  for (const int bits : {0, 1, 2, 4, 8})
    if (types <= size_t{1} << bits) return bits;
  return 16;
}

/// Skips the events from `i` on whose times are multiples of the unit.
template <int64_t unit>
size_t multiples(std::span<const Event> events, size_t i) {
  while (i < events.size() && events[i].at % unit == 0) ++i;
  return i;
}

uint8_t coarsest_unit(std::span<const Event> events) {
  // Each unit divides the next, so what has been seen need not be seen again.
  const size_t n = events.size();
  size_t i = multiples<day>(events, 0);
  if (i == n) return 5;
  if ((i = multiples<hour>(events, i)) == n) return 4;
  if ((i = multiples<minute>(events, i)) == n) return 3;
  if ((i = multiples<second>(events, i)) == n) return 2;
  return multiples<millisecond>(events, i) == n ? 1 : 0;
}

/// Division of multiples of a unit by it, by multiplication with the inverse of its odd part.
struct ExactDivision {
  explicit ExactDivision(int64_t unit) : shift(std::countr_zero(static_cast<uint64_t>(unit))) {
    const uint64_t odd = static_cast<uint64_t>(unit) >> shift;
    inverse = odd;  // right in its low three bits; each step doubles them
    for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  }
  uint64_t operator()(uint64_t v) const { return (v >> shift) * inverse; }
  int shift;
  uint64_t inverse;
};

/// The distinct event types in ascending order, and the position of each.
class TypeTable {
 public:
  TypeTable(std::span<const Event> events, std::pmr::memory_resource* memory) : types(memory) {
    int32_t all = 0;
    for (const Event& e : events) all |= e.type;
    if (all < 0)
      throw Error(sqlstate::invalid_parameter, "an event type number must not be negative");
    direct_ = static_cast<size_t>(all) < code_.size();
    direct_ ? mark(events, std::max<size_t>(4, std::bit_ceil(static_cast<size_t>(all) + 1)))
            : collect(events);
    if (types.size() > max_journey_types)
      throw Error(
          sqlstate::limit_exceeded, "a journey has more than 65536 distinct event types",
          "Keep what varies without bound (a page, a product) in the item, not the event type.");
  }

  std::pmr::vector<int32_t> types;

  /// Calls `write` with a function that turns an event into its code.
  void with_codes(auto write) const {
    if (direct_) return write([this](const Event& e) -> unsigned { return code_[e.type]; });
    int32_t last_type = -1;
    unsigned code = 0;
    write([&, this](const Event& e) {
      if (e.type != last_type) {
        last_type = e.type;
        const auto place = std::lower_bound(types.begin(), types.end(), last_type);
        code = static_cast<unsigned>(place - types.begin());
      }
      return code;
    });
  }

 private:
  void mark(std::span<const Event> events, size_t limit) {
    std::fill_n(code_.begin(), limit, uint16_t{0});
    for (const Event& e : events) code_[e.type] = 1;
    for (size_t first = 0; first < limit; first += 4) {
      uint64_t four;
      std::memcpy(&four, &code_[first], sizeof four);
      for (; four != 0; four &= four - 1) {
        const size_t type = first + std::countr_zero(four) / 16;
        code_[type] = static_cast<uint16_t>(types.size());
        types.push_back(static_cast<int32_t>(type));
      }
    }
  }
  void collect(std::span<const Event> events) {
    int32_t last = -1;
    for (const Event& e : events) {
      if (e.type == last) continue;
      types.push_back(last = e.type);
      if (types.size() > 4 * max_journey_types) {  // keep a hostile alternation small
        unite();
        if (types.size() > max_journey_types) return;
      }
    }
    unite();
  }
  void unite() {
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
  }

  bool direct_ = false;
  std::array<uint16_t, 4096> code_;  // by event type, where all are that small
};

template <int bits>
void pack_codes(uint8_t* p, std::span<const Event> events, auto code_of) {
  constexpr size_t per_byte = 8 / bits;
  size_t i = 0;
  for (; i + per_byte <= events.size(); i += per_byte) {
    unsigned byte = 0;
    for (size_t k = 0; k < per_byte; ++k) byte |= code_of(events[i + k]) << (k * bits);
    *p++ = static_cast<uint8_t>(byte);
  }
  if (i == events.size()) return;
  unsigned byte = 0;
  for (int shift = 0; i < events.size(); ++i, shift += bits) byte |= code_of(events[i]) << shift;
  *p = static_cast<uint8_t>(byte);
}

void write_codes(Bytes& out, std::span<const Event> events, const TypeTable& table) {
  const int bits = bits_for(table.types.size());
  if (bits == 0) return;
  const size_t start = out.size();
  out.resize(start + (events.size() * bits + 7) / 8);
  uint8_t* p = out.data() + start;
  table.with_codes([&](auto code_of) {
    switch (bits) {
      case 1:
        return pack_codes<1>(p, events, code_of);
      case 2:
        return pack_codes<2>(p, events, code_of);
      case 4:
        return pack_codes<4>(p, events, code_of);
      case 8:
        return pack_codes<8>(p, events, code_of);
      default:
        for (size_t i = 0; i < events.size(); ++i) {
          const unsigned code = code_of(events[i]);
          p[2 * i] = static_cast<uint8_t>(code);
          p[2 * i + 1] = static_cast<uint8_t>(code >> 8);
        }
    }
  });
}

/// The gaps from each event to the next, the first being 0, in units.
void write_times(Bytes& out, std::span<const Event> events, int64_t unit) {
  const ExactDivision in_units(unit);
  std::array<uint64_t, Journey::block> gaps;
  const auto fill = [&](size_t begin) {
    const size_t n = std::min(gaps.size(), events.size() - begin);
    Micros before = events[begin == 0 ? 0 : begin - 1].at;
    for (size_t i = 0; i < n; ++i) {
      const Micros at = events[begin + i].at;
      gaps[i] = in_units(elapsed(before, at));
      before = at;
    }
    return std::span<const uint64_t>(gaps).first(n);
  };
  ColumnWriter writer;
  for (size_t i = 0; i < events.size(); i += gaps.size()) writer.count(fill(i));
  writer.start(out);
  for (size_t i = 0; i < events.size(); i += gaps.size()) writer.write(fill(i));
  writer.finish(out);
}

/// An optional column: a bitmap of the events that have a value unless all do, then the values.
void write_optional(Bytes& out, std::span<const Event> events, std::span<const uint64_t> values,
                    auto has) {
  if (values.size() < events.size()) {
    const size_t start = out.size();
    out.resize(start + (events.size() + 7) / 8);
    for (size_t i = 0; i < events.size(); ++i)
      if (has(events[i]))
        out[start + i / 8] = static_cast<uint8_t>(out[start + i / 8] | 1 << (i % 8));
  }
  write_column(out, values);
}

/// What the events carry beyond time and type. Extras that no event points to do not count.
struct Survey {
  explicit Survey(const EventList& list) {
    static constexpr int64_t tails[] = {1'000'000, 100'000, 10'000, 1'000, 100, 10};
    if (list.extras.empty()) return;
    for (const Event& e : list.events) {
      if (e.extra == Event::plain) continue;
      const Extra& x = list.extras[e.extra];
      with_item += x.has_item;
      with_amount += x.has_amount;
      while (x.has_amount && digits < 6 && x.amount % tails[digits] != 0) ++digits;
    }
  }
  size_t with_item = 0;
  size_t with_amount = 0;
  int digits = 0;  // decimals that the amounts need
};

template <int bits>
void unpack_codes(const uint8_t* p, size_t n, uint16_t* __restrict code) {
  constexpr size_t per_byte = 8 / bits;
  constexpr unsigned mask = (1u << bits) - 1;
  const size_t whole = n / per_byte;
  for (size_t i = 0; i < whole; ++i)
    for (size_t k = 0; k < per_byte; ++k)
      code[i * per_byte + k] = static_cast<uint16_t>(p[i] >> (k * bits) & mask);
  for (size_t i = whole * per_byte; i < n; ++i)
    code[i] = static_cast<uint16_t>(p[whole] >> (i % per_byte * bits) & mask);
}

constexpr int64_t power_of_ten[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

}  // namespace

void encode(const EventList& list, Bytes& out) {
  const std::span<const Event> events = list.events;
  std::pmr::memory_resource* memory = out.get_allocator().resource();
  if (events.size() > max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a journey has more than 33554432 events",
                "Split what is not one customer's behaviour, or slice by time.");
  out.clear();
  out.reserve(32 + events.size() * 5);
  Writer w(out);
  w.u8(Journey::version);
  if (events.empty()) {
    w.u8(0);
    w.varint(0);
    return;
  }
  const Survey survey(list);
  const size_t with_item = survey.with_item, with_amount = survey.with_amount;
  const uint8_t unit = coarsest_unit(events);
  w.u8(static_cast<uint8_t>(
      unit | (with_item ? items : 0) | (with_item == events.size() ? items_everywhere : 0) |
      (with_amount ? amounts : 0) | (with_amount == events.size() ? amounts_everywhere : 0)));
  w.varint(events.size());
  const TypeTable table(events, memory);
  w.varint(table.types.size() - 1);
  int32_t previous = -1;
  for (const int32_t type : table.types) {
    w.varint(static_cast<uint32_t>(type - previous - 1));
    previous = type;
  }
  poll();
  write_codes(out, events, table);
  w.signed_varint(events.front().at / units[unit]);
  poll();
  write_times(out, events, units[unit]);
  if (with_item == 0 && with_amount == 0) return;

  std::pmr::vector<uint64_t> values(memory);
  if (with_item != 0) {
    poll();
    values.reserve(with_item);
    const auto has = [&](const Event& e) {
      return e.extra != Event::plain && list.extras[e.extra].has_item;
    };
    for (const Event& e : events)
      if (has(e)) values.push_back(zigzag(list.extras[e.extra].item));
    write_optional(out, events, values, has);
  }
  if (with_amount != 0) {
    poll();
    values.clear();
    values.reserve(with_amount);
    const int64_t divisor = power_of_ten[6 - survey.digits];
    w.u8(static_cast<uint8_t>(survey.digits));
    const auto has = [&](const Event& e) {
      return e.extra != Event::plain && list.extras[e.extra].has_amount;
    };
    for (const Event& e : events)
      if (has(e)) values.push_back(zigzag(list.extras[e.extra].amount / divisor));
    write_optional(out, events, values, has);
  }
}

Journey::Journey(std::span<const uint8_t> packed) {
  Reader reader(packed);
  if (const uint8_t v = reader.u8(); v != version)
    throw Error(sqlstate::corrupted,
                "journey format version " + std::to_string(v) + " is not known to this release",
                "The value was written by a newer release, or it is not a journey.");
  const uint8_t flags = reader.u8();
  if ((flags & ~known_flags) != 0 || (flags & unit_mask) >= units.size())
    Reader::fail("unknown journey flags");
  has_items_ = flags & items;
  all_items_ = flags & items_everywhere;
  has_amounts_ = flags & amounts;
  all_amounts_ = flags & amounts_everywhere;
  unit_ = units[flags & unit_mask];
  count_ = reader.count(4);
  if (count_ > max_journey_events) Reader::fail("too many events");
  if (count_ == 0) return;
  read_types(reader);
  codes_ = reader.take((count_ * code_bits_ + 7) / 8);
  if (__builtin_mul_overflow(reader.signed_varint(), unit_, &first_) || first_ < first_instant ||
      first_ >= end_of_time)
    Reader::fail("a time is out of range");
  times_ = ColumnReader(reader, count_);
  rest_ = {reader.position(), reader.left()};
}

void Journey::read_types(Reader& whole) {
  Reader reader = whole;  // a local one can live in registers
  const size_t n = reader.count() + 1;
  if (n > max_journey_types || n > count_) Reader::fail("too many event types");
  type_count_ = n;
  code_bits_ = bits_for(n);
  int32_t* types = few_types_.data();
  if (n > few_types_.size()) {
    many_types_.resize(n);
    types = many_types_.data();
  }
  int64_t type = -1;
  for (size_t i = 0; i < n; ++i) {
    const uint64_t delta = reader.varint();
    if (delta > INT32_MAX) Reader::fail("an event type is out of range");
    type += static_cast<int64_t>(delta) + 1;
    if (type > INT32_MAX) Reader::fail("an event type is out of range");
    types[i] = static_cast<int32_t>(type);
  }
  type_data_ = types;
  whole = reader;
}

void Journey::Scan::times(Micros* at) {
  auto now = static_cast<uint64_t>(now_);
  const auto unit = static_cast<uint64_t>(journey_.unit_);
  column_.each(n_, [&](size_t i, uint64_t gap) {
    now += gap * unit;
    at[i] = static_cast<Micros>(now);
  });
  // Only bad bytes make times wrap around; what reads a journey relies on their order and range.
  // Where a block's gaps cannot add up to 2^63, wrapping shows at its end.
  bool good = now_ <= static_cast<Micros>(now) && static_cast<Micros>(now) < end_of_time;
  if (column_.widest() + std::bit_width(unit) + std::bit_width(block) > 63)
    good = good && now_ <= at[0] && std::is_sorted(at, at + n_);
  if (!good) Reader::fail("a time is out of range");
  now_ = static_cast<Micros>(now);
}

void Journey::Scan::codes(uint16_t* code) const {
  const uint8_t* p = journey_.codes_ + begin_ * journey_.code_bits_ / 8;
  const size_t n = n_;
  switch (journey_.code_bits_) {
    case 0:
      std::fill_n(code, n, uint16_t{0});
      break;
    case 1:
      unpack_codes<1>(p, n, code);
      break;
    case 2:
      unpack_codes<2>(p, n, code);
      break;
    case 4:
      unpack_codes<4>(p, n, code);
      break;
    case 8:
      unpack_codes<8>(p, n, code);
      break;
    default:
      std::memcpy(code, p, n * sizeof *code);
  }
}

Micros Journey::first_at() const {
  Scan scan(*this);
  Micros at[block];
  scan.next();
  scan.times(at);
  return at[0];
}

Micros Journey::last_at() const {
  Scan scan(*this);
  Micros at[block];
  size_t last = 0;
  while (const size_t n = scan.next()) {
    scan.times(at);
    last = n - 1;
    if (scan.begin() % (64 * block) == 0) poll();
  }
  return at[last];
}

void Journey::decode(EventList& out) const {
  out.clear();
  out.events.resize(count_);
  Event* event = out.events.data();
  Scan scan(*this);
  Micros at[block];
  uint16_t code[block];
  while (const size_t n = scan.next()) {
    poll();
    scan.times(at);
    scan.codes(code);
    for (size_t i = 0; i < n; ++i) {
      if (code[i] >= type_count_) Reader::fail("an event code is out of range");
      *event++ = {at[i], type_data_[code[i]], Event::plain};
    }
  }
  if (has_items_ || has_amounts_) decode_extras(out);
}

Reader Journey::at_items() const {
  Reader reader(rest_);
  reader.take(times_.size());
  return reader;
}

Reader Journey::at_amounts(int64_t& factor) const {
  Reader reader = at_items();
  if (has_items_) {
    const OptionalColumn items(reader, count_, all_items_);
    reader.take(items.values.size());
  }
  const uint8_t digits = reader.u8();
  if (digits > 6) Reader::fail("amounts have too many digits");
  factor = power_of_ten[6 - digits];
  return reader;
}

Journey::OptionalColumn::OptionalColumn(Reader& reader, size_t events, bool everywhere) {
  size_t count = events;
  if (!everywhere) {
    present = reader.take((events + 7) / 8);
    count = 0;
    for (size_t i = 0; i < events; ++i) count += present[i / 8] >> (i % 8) & 1;
  }
  values = ColumnReader(reader, count);
}

void Journey::decode_extras(EventList& out) const {
  const auto place = [&](size_t i) -> Extra& {
    Event& e = out.events[i];
    if (e.extra == Event::plain) {
      e.extra = static_cast<uint32_t>(out.extras.size());
      out.extras.emplace_back();
    }
    return out.extras[e.extra];
  };
  each_item(count_, [&](size_t i, int64_t item) {
    Extra& x = place(i);
    x.has_item = true;
    x.item = item;
  });
  each_amount(count_, [&](size_t i, int64_t amount) {
    Extra& x = place(i);
    x.has_amount = true;
    x.amount = amount;
  });
}

void validate(std::span<const uint8_t> packed) {
  try {
    const Journey journey(packed);
    EventList list;
    journey.decode(list);
    const auto less = [&](const Event& a, const Event& b) { return list.before(a, b); };
    Bytes again;
    if (std::is_sorted(list.events.begin(), list.events.end(), less)) encode(list, again);
    if (!std::equal(again.begin(), again.end(), packed.begin(), packed.end()))
      Reader::fail("it is not in canonical form");
  } catch (const Error& e) {
    throw Error(sqlstate::invalid_binary, e.what(), e.hint());
  }
}

}  // namespace clientele
