// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/patterns.hpp"

#include <algorithm>
#include <bit>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/sort.hpp"
#include "base/utf8.hpp"
#include "identity/matching/similarity.hpp"

namespace clientele {
namespace {

constexpr double close_from = 0.92, similar_from = 0.85;
// With a common prefix of four characters, a Jaro similarity of 0.75 is one of 0.85 after Winkler.
constexpr double least_jaro = 0.7499;
constexpr size_t most_edits = 2, first_slots = 1024;

void decode(std::string_view text, std::u32string& out) {
  out.clear();
  while (!text.empty()) {
    const size_t n = utf8_length(text);
    if (n == 0) throw Error(sqlstate::invalid_encoding, "the text is not valid UTF-8");
    out += decode_utf8(text, n);
    text.remove_prefix(n);
  }
}

/// Of texts that are not equal.
template <class View>
uint8_t level_of(MatchKind kind, View a, View b) {
  if (kind == MatchKind::code) return static_cast<uint8_t>(edit_distance(a, b, most_edits));
  const double similarity = jaro_winkler(a, b);
  if (similarity >= close_from) return 1;
  return similarity >= similar_from ? 2 : 3;
}

/// Whether texts are so unlike that their letters alone say it. A letter that only one of them has
/// is one that cannot be common, or that takes an edit of its own.
bool surely_different(MatchKind kind, const ColumnTexts& texts, uint32_t a, uint32_t b) {
  const uint64_t x = texts.letters(a), y = texts.letters(b);
  const auto only_x = static_cast<uint32_t>(std::popcount(x & ~y));
  const auto only_y = static_cast<uint32_t>(std::popcount(y & ~x));
  if (kind == MatchKind::code) return std::max(only_x, only_y) > most_edits;
  const uint32_t length_x = texts.length(a), length_y = texts.length(b);
  const double common = std::min(length_x - only_x, length_y - only_y);
  return (common / length_x + common / length_y + 1) / 3 < least_jaro;
}

}  // namespace

Comparison::Comparison(const MatchRecords& records, const MatchDefinition& definition)
    : records_(records), known_(definition.compare.size() * known_count, records.memory()) {
  for (const MatchColumn& column : definition.compare) kinds_.push_back(column.kind);
}

uint8_t Comparison::computed(size_t column, uint32_t a, uint32_t b) {
  const MatchText x = records_.column(column).text(a), y = records_.column(column).text(b);
  if (x.ascii() && y.ascii()) return level_of(kinds_[column], x.bytes, y.bytes);
  decode(x.bytes, wide_a_);
  decode(y.bytes, wide_b_);
  return level_of<std::u32string_view>(kinds_[column], wide_a_, wide_b_);
}

uint8_t Comparison::level(size_t column, uint32_t a, uint32_t b) {
  if (a == b) return 0;
  if (kinds_[column] == MatchKind::exact) return 1;
  const MatchKind kind = kinds_[column];
  if (surely_different(kind, records_.column(column), a, b))
    return static_cast<uint8_t>(levels_of(kind) - 1);
  if (a > b) std::swap(a, b);
  const uint64_t texts = uint64_t{a} << 32 | b;
  Known& known = known_[column * known_count + (split_mix(texts) & (known_count - 1))];
  if (known.texts != texts) known = {texts, computed(column, a, b)};
  return known.level;
}

Pattern Comparison::operator()(size_t a, size_t b) {
  const uint32_t *const x = records_.row(a), *const y = records_.row(b);
  Pattern pattern = 0;
  for (size_t c = 0; c < kinds_.size(); ++c) {
    pattern <<= pattern_bits;
    if (x[c] != 0 && y[c] != 0) pattern |= level(c, x[c], y[c]) + 1U;
  }
  return pattern;
}

PatternCounts::PatternCounts(std::pmr::memory_resource* memory) : slots_(first_slots, memory) {}

void PatternCounts::add(Pattern pattern) {
  const size_t mask = slots_.size() - 1;
  size_t slot = split_mix(pattern) & mask;
  for (; slots_[slot].count != 0; slot = (slot + 1) & mask)
    if (slots_[slot].pattern == pattern) {
      ++slots_[slot].count;
      return;
    }
  if (used_ == most)
    throw Error(sqlstate::limit_exceeded,
                "pairs agree in more than " + std::to_string(most) + " different ways",
                "Compare fewer columns.");
  slots_[slot] = {pattern, 1};
  if (++used_ * 2 > slots_.size()) grow();
}

void PatternCounts::grow() {
  std::pmr::vector<Entry> slots(slots_.size() * 2, slots_.get_allocator());
  const size_t mask = slots.size() - 1;
  for (const Entry& entry : slots_) {
    if (entry.count == 0) continue;
    size_t slot = split_mix(entry.pattern) & mask;
    while (slots[slot].count != 0) slot = (slot + 1) & mask;
    slots[slot] = entry;
  }
  slots_.swap(slots);
}

std::pmr::vector<PatternCounts::Entry> PatternCounts::sorted() const {
  std::pmr::vector<Entry> entries(slots_.get_allocator());
  entries.reserve(used_);
  for (const Entry& entry : slots_)
    if (entry.count != 0) entries.push_back(entry);
  sort_polled(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.pattern < b.pattern; });
  return entries;
}

}  // namespace clientele
