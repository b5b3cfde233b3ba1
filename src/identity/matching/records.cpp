// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/records.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "base/sort.hpp"
#include "base/utf8.hpp"

namespace clientele {
namespace {

constexpr size_t first_slots = 64;
constexpr uint32_t most_rows = UINT32_MAX - 1;

/// The first eight bytes as a number that sorts as they do.
uint64_t front_of(std::string_view text) {
  uint64_t front = 0;
  for (size_t i = 0; i < 8; ++i)
    front = front << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
  return front;
}

uint32_t length_of(std::string_view utf8) {
  return static_cast<uint32_t>(
      std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_whole_number(std::string_view id) {
  return !id.empty() && (id[0] != '0' || id.size() == 1) &&
         std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
}

/// Numbers by their size, before all other ids by their bytes.
bool id_less(std::string_view a, std::string_view b) {
  const bool number_a = is_whole_number(a), number_b = is_whole_number(b);
  if (number_a != number_b) return number_a;
  if (number_a && a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

std::pmr::vector<uint32_t> counted_up(size_t n, std::pmr::memory_resource* memory) {
  std::pmr::vector<uint32_t> order(n, memory);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace

uint64_t letters_of(std::string_view text) {
  uint64_t letters = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t n = utf8_length(text.substr(i, 4));
    if (n == 0) throw Error(sqlstate::invalid_encoding, "the text is not valid UTF-8");
    letters |= uint64_t{1} << (decode_utf8(text.substr(i), n) & 63);
    i += n;
  }
  return letters;
}

void TextPool::add(std::string_view text) {
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  ends_.push_back(bytes_.size());
}

uint32_t ColumnTexts::number(std::string_view text) {
  if (text.empty()) return 0;
  if (texts_.size() * 2 >= slots_.size()) grow();
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>()(text) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (texts_[slots_[slot] - 1] == text) return slots_[slot];
  texts_.add(text);
  return slots_[slot] = count();
}

void ColumnTexts::grow() {
  std::pmr::vector<uint32_t> slots(std::max(first_slots, slots_.size() * 2),
                                   slots_.get_allocator());
  const size_t mask = slots.size() - 1;
  Work work;
  for (uint32_t i = 0; i < count(); ++i) {
    work.done(1);
    size_t slot = std::hash<std::string_view>()(texts_[i]) & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = i + 1;
  }
  slots_.swap(slots);
}

std::pmr::vector<uint32_t> ColumnTexts::sort() {
  std::pmr::memory_resource* const memory = slots_.get_allocator().resource();
  std::pmr::vector<uint32_t>(memory).swap(slots_);
  struct Entry {
    uint64_t front;
    uint32_t place;
  };
  std::pmr::vector<Entry> entries(count(), memory);
  Work work;
  for (uint32_t i = 0; i < count(); ++i) {
    work.done(1);
    entries[i] = {front_of(texts_[i]), i};
  }
  sort_polled(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    return a.front != b.front ? a.front < b.front : texts_[a.place] < texts_[b.place];
  });
  std::pmr::vector<uint32_t> renamed(count() + size_t{1}, memory);
  known_.reserve(count());
  for (const Entry& entry : entries) {
    work.done(1);
    const std::string_view text = texts_[entry.place];
    known_.push_back({letters_of(text), entry.place, length_of(text)});
    renamed[entry.place + size_t{1}] = static_cast<uint32_t>(known_.size());
  }
  return renamed;
}

MatchRecords::MatchRecords(std::pmr::memory_resource* memory, size_t columns, bool with_ids)
    : memory_(memory),
      with_ids_(with_ids),
      columns_(memory),
      numbers_(memory),
      ids_(memory),
      id_places_(memory) {
  for (size_t i = 0; i < columns; ++i) columns_.emplace_back(memory);
}

void MatchRecords::add(std::string_view id, const std::string_view* values) {
  if (rows_ >= most_rows)
    throw Error(sqlstate::limit_exceeded, "more than 4294967294 rows cannot be compared at once");
  if (with_ids_) ids_.add(id);
  for (size_t i = 0; i < columns_.size(); ++i) numbers_.push_back(columns_[i].number(values[i]));
  ++rows_;
}

std::pmr::vector<uint32_t> MatchRecords::order_by_id() const {
  auto order = counted_up(rows_, memory_);
  sort_polled(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return id_less(ids_[a], ids_[b]); });
  for (size_t i = 1; i < rows_; ++i)
    if (ids_[order[i - 1]] == ids_[order[i]])
      throw Error(sqlstate::invalid_parameter,
                  "id \"" + std::string(ids_[order[i]]) + "\" belongs to two rows",
                  "Name a column with a different value in each row as id.");
  return order;
}

std::pmr::vector<uint32_t> MatchRecords::order_by_values() const {
  auto order = counted_up(rows_, memory_);
  sort_polled(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::lexicographical_compare(row(a), row(a) + columns(), row(b), row(b) + columns());
  });
  return order;
}

void MatchRecords::finish() {
  const size_t width = columns();
  Work work;
  for (size_t c = 0; c < width; ++c) {
    const auto renamed = columns_[c].sort();
    for (size_t i = c; i < numbers_.size(); i += width) {
      work.done(1);
      numbers_[i] = renamed[numbers_[i]];
    }
  }
  const auto order = with_ids_ ? order_by_id() : order_by_values();
  std::pmr::vector<uint32_t> sorted(memory_);
  sorted.reserve(numbers_.size());
  for (const uint32_t i : order) {
    work.done(width);
    sorted.insert(sorted.end(), row(i), row(i) + width);
  }
  numbers_.swap(sorted);
  if (with_ids_) id_places_ = order;
}

}  // namespace clientele
