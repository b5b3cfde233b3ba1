// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/candidates.hpp"

#include <algorithm>

#include "base/sort.hpp"

namespace clientele {
namespace {

struct Keyed {
  uint64_t value;
  uint32_t row;
  bool operator<(const Keyed& other) const {
    return value != other.value ? value < other.value : row < other.row;
  }
};

/// Numbers the values from 1, in their order. They are sorted.
void number_values(std::pmr::vector<Keyed>& sorted) {
  uint64_t before = 0, number = 0;
  Work work;
  for (Keyed& k : sorted) {
    work.done(1);
    if (number == 0 || k.value != before) ++number;
    before = k.value;
    k.value = number;
  }
}

/// The rows that have all these columns, sorted by the values of them.
std::pmr::vector<Keyed> sorted_by(const MatchRecords& records, const std::vector<size_t>& columns) {
  std::pmr::vector<Keyed> keyed(records.memory());
  Work work;
  for (uint32_t i = 0; i < records.rows(); ++i) {
    work.done(1);
    if (std::ranges::all_of(columns, [&](size_t c) { return records.row(i)[c] != 0; }))
      keyed.push_back({records.row(i)[columns[0]], i});
  }
  // A column at a time: what the ones before say becomes one number of 32 bits.
  for (size_t n = 1; n < columns.size(); ++n) {
    if (n > 1) {
      sort_polled(keyed.begin(), keyed.end());
      number_values(keyed);
    }
    for (Keyed& k : keyed) {
      work.done(1);
      k.value = k.value << 32 | records.row(k.row)[columns[n]];
    }
  }
  sort_polled(keyed.begin(), keyed.end());
  return keyed;
}

}  // namespace

Candidates::Candidates(const MatchRecords& records, const MatchDefinition& definition)
    : records_(records),
      keys_(definition.block.size()),
      groups_(records.rows() * keys_, records.memory()),
      group_counts_(keys_, records.memory()),
      left_out_(records.memory()) {
  const std::vector<std::string> names = definition.columns();
  for (const BlockKey& key : definition.block) {
    auto& places = columns_.emplace_back();
    for (const std::string& name : key)
      places.push_back(static_cast<size_t>(std::ranges::find(names, name) - names.begin()));
  }
  for (size_t key = 0; key < keys_; ++key) group(key);
}

void Candidates::group(size_t key) {
  const auto sorted = sorted_by(records_, columns_[key]);
  const size_t first_left_out = left_out_.size();
  Work work;
  for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    while (end < sorted.size() && sorted[end].value == sorted[begin].value) ++end;
    work.done(end - begin);
    if (end - begin < 2) continue;
    if (end - begin > most_shared) {
      left_out_.push_back({key, sorted[begin].row, static_cast<uint32_t>(end - begin)});
      continue;
    }
    const uint32_t number = ++group_counts_[key];
    for (size_t i = begin; i < end; ++i) groups_[sorted[i].row * keys_ + key] = number;
  }
  // Values of equal frequency stay in their own order.
  std::stable_sort(left_out_.begin() + static_cast<ptrdiff_t>(first_left_out), left_out_.end(),
                   [](const LeftOut& a, const LeftOut& b) { return a.rows > b.rows; });
}

Candidates::Members Candidates::members_of(size_t key) const {
  const uint32_t count = group_counts_[key];
  Members members{std::pmr::vector<uint32_t>(count + 1, records_.memory()),
                  std::pmr::vector<uint32_t>(records_.memory())};
  Work work;
  for (size_t i = 0; i < records_.rows(); ++i) {
    work.done(1);
    if (const uint32_t g = groups_[i * keys_ + key]; g != 0) ++members.begins[g];
  }
  for (uint32_t g = 0; g < count; ++g) members.begins[g + 1] += members.begins[g];
  members.rows.resize(members.begins[count]);
  std::pmr::vector<uint32_t> next(members.begins, records_.memory());
  for (uint32_t i = 0; i < records_.rows(); ++i) {
    work.done(1);
    if (const uint32_t g = groups_[i * keys_ + key]; g != 0) members.rows[next[g - 1]++] = i;
  }
  return members;
}

std::string Candidates::value_of(const LeftOut& left_out) const {
  std::string value;
  for (const size_t c : columns_[left_out.key]) {
    if (!value.empty()) value += " + ";
    value += records_.column(c).text(records_.row(left_out.row)[c]).bytes;
  }
  return value;
}

}  // namespace clientele
