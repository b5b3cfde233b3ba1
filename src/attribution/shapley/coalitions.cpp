// SPDX-License-Identifier: PostgreSQL
#include "attribution/shapley/coalitions.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/counted.hpp"
#include "base/poll.hpp"

namespace clientele {
namespace {

uint32_t renumbered(uint32_t set, std::span<const uint32_t> number) {
  uint32_t result = 0;
  for (; set != 0; set &= set - 1) result |= uint32_t{1} << number[std::countr_zero(set)];
  return result;
}

}  // namespace

void CoalitionWorth::add(uint32_t set, const Paths& paths) {
  Paths& sum = sets_[set];
  sum.conversions += paths.conversions;
  sum.paths += paths.paths;
  sum.value += paths.value;
}

void CoalitionWorth::merge(const CoalitionWorth& other, std::span<const uint32_t> number) {
  for (const auto& [set, paths] : other.sets_) add(renumbered(set, number), paths);
}

std::vector<std::pair<uint32_t, CoalitionWorth::Paths>> CoalitionWorth::ranked(
    std::span<const uint32_t> rank) const {
  std::vector<std::pair<uint32_t, Paths>> sets;
  for (const auto& [set, paths] : sets_) sets.emplace_back(renumbered(set, rank), paths);
  std::ranges::sort(sets, {}, [](const auto& s) { return s.first; });
  return sets;
}

std::vector<std::array<double, 2>> CoalitionWorth::rate_values(
    std::span<const uint32_t> rank) const {
  const size_t players = rank.size(), coalitions = size_t{1} << players;
  std::vector<Paths> inside(coalitions);
  for (const auto& [set, paths] : ranked(rank)) inside[set] = paths;
  // Of paths that touch exactly these numbers, to those that touch no others.
  for (size_t p = 0; p < players; ++p) {
    for (size_t set = 0; set < coalitions; ++set) {
      if (set % 65536 == 0) poll();
      if (!(set >> p & 1)) continue;
      const Paths& less = inside[set ^ size_t{1} << p];
      inside[set].conversions += less.conversions;
      inside[set].paths += less.paths;
      inside[set].value += less.value;
    }
  }
  const auto all = static_cast<double>(inside.back().paths);
  std::vector<std::array<double, 2>> worth(coalitions);
  for (size_t set = 0; set < coalitions; ++set) {
    if (set % 65536 == 0) poll();
    const Paths& in = inside[set];
    if (in.paths == 0) continue;
    const auto paths = static_cast<double>(in.paths);
    worth[set] = {static_cast<double>(in.conversions) / paths,
                  static_cast<double>(in.value) / paths};
  }
  // The chance that exactly the others of a coalition of this size come before a number.
  std::vector<double> weight(players);
  for (size_t size = 0; size < players; ++size) {
    weight[size] = 1.0 / static_cast<double>(players);
    for (size_t i = 1; i <= size; ++i)
      weight[size] *= static_cast<double>(i) / static_cast<double>(players - i);
  }
  std::vector<std::array<double, 2>> result(players);
  for (size_t p = 0; p < players; ++p) {
    const size_t bit = size_t{1} << rank[p];
    std::array<double, 2> sum{};
    for (size_t set = 0; set < coalitions; ++set) {
      if (set % 65536 == 0) poll();
      if (set & bit) continue;
      const double w = weight[static_cast<size_t>(std::popcount(set))];
      for (size_t i = 0; i < 2; ++i) sum[i] += w * (worth[set | bit][i] - worth[set][i]);
    }
    result[p] = {sum[0] * all, sum[1] * all};
  }
  return result;
}

void CoalitionWorth::write(Writer& w, std::span<const uint32_t> rank) const {
  const auto sets = ranked(rank);
  w.varint(sets.size());
  for (const auto& [set, paths] : sets) {
    w.varint(set);
    w.varint(paths.conversions);
    w.varint(paths.paths);
    w.raw(&paths.value, sizeof paths.value);
  }
}

void CoalitionWorth::read(Reader& r, size_t players) {
  const size_t n = r.count();
  uint64_t before = 0;
  for (size_t i = 0; i < n; ++i) {
    if (i % 4096 == 0) poll();
    const uint64_t set = r.varint();
    if (set == 0 || set >> players != 0 || set <= before)
      Reader::fail("impossible sets of channels");
    before = set;
    Paths paths;
    paths.conversions = r.varint();
    paths.paths = r.varint();
    std::memcpy(&paths.value, r.take(sizeof paths.value), sizeof paths.value);
    if (paths.paths == 0 || paths.conversions > paths.paths || paths.paths > max_counted)
      Reader::fail("impossible counts of paths");
    sets_.emplace(static_cast<uint32_t>(set), paths);
  }
}

}  // namespace clientele
