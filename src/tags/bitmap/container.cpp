// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/container.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace clientele::tags {
namespace {

// Bits with fewer values become a list, so that further steps need not read all words.
constexpr uint32_t few = 128;

template <class T>
void copy(const T* from, size_t n, void* to) {
  if (n != 0) std::memcpy(to, from, n * sizeof(T));
}

}  // namespace

size_t Container::bytes() const {
  return form_ == Form::bits   ? bytes_of_bits
         : form_ == Form::list ? 2 * size_t{count_}
                               : 4 * size_t{runs_};
}

void Container::release() noexcept {
  if (room_ != 0) ::operator delete(heap_);
  room_ = 0;
}

void* Container::fresh(size_t bytes) {
  if (bytes > std::max<size_t>(room_, sizeof here_)) {
    void* const made = ::operator new(bytes);
    release();
    heap_ = made;
    room_ = static_cast<uint32_t>(bytes);
  }
  return data();
}

void Container::grow(size_t bytes) {
  if (bytes <= std::max<size_t>(room_, sizeof here_)) return;
  const size_t old = this->bytes(), room = std::min(std::max(bytes, 2 * old), bytes_of_bits);
  void* const made = ::operator new(room);
  std::memcpy(made, data(), old);
  release();
  heap_ = made;
  room_ = static_cast<uint32_t>(room);
}

Container::Container(const Container& other) : key_(other.key_) {
  const size_t n = other.bytes();
  copy(static_cast<const uint8_t*>(other.data()), n, fresh(n));
  form_ = other.form_;
  count_ = other.count_;
  runs_ = other.runs_;
}

Container Container::of_bytes(uint16_t key, Form form, const void* bytes, uint32_t count,
                              uint32_t runs) {
  Container shape(key);
  shape.form_ = form;
  shape.count_ = count;
  shape.runs_ = runs;
  const size_t size = shape.bytes();
  Container made(key);
  copy(static_cast<const uint8_t*>(bytes), size, made.fresh(size));
  made.form_ = form;
  made.count_ = count;
  made.runs_ = runs;
  return made;
}

uint32_t Container::run_count() const {
  if (runs_ == 0 && count_ != 0)
    runs_ =
        form_ == Form::bits ? count_bits(words()).runs : static_cast<uint32_t>(count_runs(list()));
  return runs_;
}

bool Container::contains(uint16_t value) const {
  switch (form_) {
    case Form::list:
      return std::ranges::binary_search(list(), value);
    case Form::bits:
      return tags::contains(words(), value);
    default:
      return tags::contains(runs(), value);
  }
}

uint16_t Container::first() const {
  if (form_ == Form::list) return list().front();
  if (form_ == Form::runs) return runs().front().first;
  uint32_t w = 0;
  while (words()[w] == 0) ++w;
  return static_cast<uint16_t>(64 * w + static_cast<uint32_t>(std::countr_zero(words()[w])));
}

uint16_t Container::last() const {
  if (form_ == Form::list) return list().back();
  if (form_ == Form::runs) return static_cast<uint16_t>(runs().back().last());
  uint32_t w = words_of_bits - 1;
  while (words()[w] == 0) --w;
  return static_cast<uint16_t>(64 * w + 63 - static_cast<uint32_t>(std::countl_zero(words()[w])));
}

size_t Container::values(uint16_t from, uint32_t* out, size_t room) const {
  const uint32_t base = this->base();
  size_t k = 0;
  if (form_ == Form::list) {
    const ValueList all = list();
    const auto at = std::ranges::lower_bound(all, from);
    const size_t n = std::min(room, static_cast<size_t>(all.end() - at));
    for (; k < n; ++k) out[k] = base + at[static_cast<ptrdiff_t>(k)];
  } else if (form_ == Form::runs) {
    for (size_t r = run_from(runs(), from); r < runs().size() && k < room; ++r) {
      uint32_t v = std::max(from, runs()[r].first);
      const size_t end = std::min<size_t>(room, k + runs()[r].last() + 1 - v);
      while (k < end) out[k++] = base + v++;
    }
  } else {
    uint32_t w = from / 64;
    for (uint64_t left = words()[w] & ~uint64_t{0} << from % 64;; left = words()[w]) {
      for (; left != 0 && k < room; left &= left - 1)
        out[k++] = base + 64 * w + static_cast<uint32_t>(std::countr_zero(left));
      if (k == room || ++w == words_of_bits) break;
    }
  }
  return k;
}

void Container::list_to(uint16_t* out) const {
  if (form_ == Form::list)
    copy(list().data(), count_, out);
  else if (form_ == Form::runs)
    list_values(runs(), out);
  else
    list_values(words(), out);
}

uint16_t Container::at(uint32_t place) const {
  if (form_ == Form::list) return list()[place];
  if (form_ == Form::runs) {
    size_t r = 0;
    for (; place >= runs()[r].size(); ++r) place -= runs()[r].size();
    return static_cast<uint16_t>(runs()[r].first + place);
  }
  uint32_t w = 0;
  for (uint32_t n; place >= (n = static_cast<uint32_t>(std::popcount(words()[w]))); ++w) place -= n;
  uint64_t left = words()[w];
  while (place-- != 0) left &= left - 1;
  return static_cast<uint16_t>(64 * w + static_cast<uint32_t>(std::countr_zero(left)));
}

void Container::assign(ValueList values) {
  copy(values.data(), values.size(), fresh(2 * values.size()));
  form_ = Form::list;
  shorten(values.size());
}

void Container::assign(RunList runs, uint32_t count) {
  copy(runs.data(), runs.size(), fresh(4 * runs.size()));
  form_ = Form::runs;
  count_ = count;
  runs_ = static_cast<uint32_t>(runs.size());
  if (count == 0) clear();
}

uint64_t* Container::to_bits() {
  if (form_ == Form::bits) return static_cast<uint64_t*>(data());
  Container made(key_);
  auto* const words = static_cast<uint64_t*>(made.fresh(bytes_of_bits));
  std::fill_n(words, words_of_bits, 0);
  if (form_ == Form::list)
    for (const uint16_t v : list()) words[v / 64] |= uint64_t{1} << v % 64;
  else
    for (const Run& r : runs()) change_range(SetOp::either, words, r.first, r.last());
  made.form_ = Form::bits;
  made.count_ = count_;
  *this = std::move(made);
  return words;
}

void Container::set_count(uint32_t count) {
  count_ = count;
  runs_ = 0;
  if (count >= few) return;
  uint16_t values[few];
  const size_t n = list_values(words(), values);
  release();
  clear();
  assign({values, n});
}

void Container::append(std::span<const uint32_t> ascending) {
  const size_t all = count_ + ascending.size();
  if (form_ == Form::list && all <= longest_list) {
    grow(2 * all);
    uint16_t* to = static_cast<uint16_t*>(data()) + count_;
    for (const uint32_t v : ascending) *to++ = static_cast<uint16_t>(v);
  } else {
    uint64_t* const words = to_bits();
    for (const uint32_t v : ascending) words[v % 65536 / 64] |= uint64_t{1} << v % 64;
  }
  shorten(all);
}

void Container::add(uint16_t value) {
  if (form_ == Form::runs) {
    if (add_to_runs(value)) return;
  } else if (form_ == Form::list) {
    const ValueList values = list();
    const auto at = std::ranges::lower_bound(values, value) - values.begin();
    if (at < values.end() - values.begin() && values[static_cast<size_t>(at)] == value) return;
    if (count_ < longest_list) {
      grow(2 * (size_t{count_} + 1));
      auto* const place = static_cast<uint16_t*>(data()) + at;
      std::memmove(place + 1, place, 2 * (count_ - static_cast<size_t>(at)));
      *place = value;
      return shorten(size_t{count_} + 1);
    }
  } else if (tags::contains(words(), value)) {
    return;
  }
  to_bits()[value / 64] |= uint64_t{1} << value % 64;
  shorten(size_t{count_} + 1);
}

// False if there would be too many runs.
bool Container::add_to_runs(uint16_t value) {
  const size_t at = run_from(runs(), value);
  auto* all = static_cast<Run*>(data());
  if (at < runs_ && all[at].first <= value) return true;
  const bool behind = at > 0 && all[at - 1].last() + 1 == value;
  const bool before = at < runs_ && all[at].first == value + 1;
  if (!behind && !before) {
    if (runs_ == max_runs) return false;
    grow(4 * (size_t{runs_} + 1));
    all = static_cast<Run*>(data());
    std::memmove(all + at + 1, all + at, 4 * (runs_ - at));
    all[at] = {value, 0};
    ++runs_;
  } else if (behind && before) {
    all[at - 1].more = static_cast<uint16_t>(all[at - 1].more + all[at].more + 2);
    std::memmove(all + at, all + at + 1, 4 * (runs_ - at - 1));
    --runs_;
  } else if (behind) {
    ++all[at - 1].more;
  } else {
    --all[at].first;
    ++all[at].more;
  }
  ++count_;
  return true;
}

}  // namespace clientele::tags
