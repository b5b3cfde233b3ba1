// SPDX-License-Identifier: PostgreSQL
#include "funnel/bottlenecks/bottlenecks.hpp"

#include <algorithm>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"
#include "funnel/steps/definition.hpp"

namespace clientele {
namespace {

constexpr uint8_t format_version = 1;

std::string key_of(std::optional<std::string_view> name) {
  std::string key(1, name ? '\0' : '\1');
  if (name) key += *name;
  return key;
}

std::optional<std::string_view> name_of(std::string_view key) {
  if (key[0] == '\1') return std::nullopt;
  return key.substr(1);
}

std::optional<double> share(uint64_t part, uint64_t all) {
  if (all == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(all);
}

/// One step: `here` of `before` customers, and `all_here` of `all_before` of all groups.
Bottleneck compare(uint64_t before, uint64_t here, uint64_t all_before, uint64_t all_here) {
  Bottleneck b;
  b.customers = before;
  b.made = here;
  const uint64_t rest = all_before - before, rest_made = all_here - here;
  b.rate = share(here, before);
  b.rest_rate = share(rest_made, rest);
  if (rest == 0) return b;
  // before * rest_rate - here, without rounding where both rates are equal
  const __int128 lost = __int128{before} * rest_made - __int128{here} * rest;
  b.lost = static_cast<double>(lost) / static_cast<double>(rest);
  b.lower = lost > 0;
  return b;
}

}  // namespace

void BottleneckSummary::define(std::span<const uint8_t> definition, size_t steps) {
  if (definition_.empty()) {
    definition_.assign(definition.begin(), definition.end());
    total_.assign(steps, 0);
  } else if (!same_bytes(definition, definition_)) {
    throw Error(sqlstate::invalid_parameter, "summaries of different funnels cannot be compared",
                "Group by the funnel's definition.");
  }
}

void BottleneckSummary::count(std::string_view key, std::span<const uint64_t> reached) {
  if (reached[0] > max_counted || total_[0] + reached[0] > max_counted)
    throw Error(sqlstate::limit_exceeded,
                "groups can have at most " + std::to_string(max_counted) + " customers together");
  auto group = groups_.find(key);
  if (group == groups_.end())
    group = groups_.try_emplace(std::pmr::string(key, groups_.get_allocator()), reached.size(), 0)
                .first;
  for (size_t i = 0; i < reached.size(); ++i) {
    group->second[i] += reached[i];
    total_[i] += reached[i];
  }
}

void BottleneckSummary::add(std::optional<std::string_view> name,
                            std::span<const uint8_t> definition,
                            std::span<const uint64_t> reached) {
  define(definition, reached.size());
  count(key_of(name), reached);
}

void BottleneckSummary::merge(const BottleneckSummary& other) {
  if (other.definition_.empty()) return;
  define(other.definition_, other.total_.size());
  Work work;
  for (const auto& [key, reached] : other.groups_) {
    work.done(16 + reached.size());
    count(key, reached);
  }
}

std::vector<Bottleneck> BottleneckSummary::steps(uint64_t min_customers,
                                                 Correction correction) const {
  Work work;
  std::vector<Bottleneck> rows;
  std::vector<double> p;
  for (const auto& [key, reached] : groups_)
    for (size_t i = 1; i < reached.size(); ++i) {
      work.done(64);
      Bottleneck b = compare(reached[i - 1], reached[i], total_[i - 1], total_[i]);
      b.name = name_of(key);
      b.step = static_cast<int>(i) + 1;
      if (b.rest_rate && b.customers >= min_customers) {
        b.p = chance_of(total_[i - 1], total_[i], b.customers, b.made);
        p.push_back(*b.p);
      }
      rows.push_back(b);
    }
  const std::vector<double> all = adjusted(p, correction);
  auto next = all.begin();
  for (Bottleneck& b : rows)
    if (b.p) b.p_adjusted = *next++;
  // They are in order of name and step. What cannot be compared comes last.
  std::vector<uint32_t> order(rows.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  sort_polled(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const std::optional<double>&l = rows[a].lost, &r = rows[b].lost;
    if (l != r) return l && (!r || *l > *r);
    return a < b;
  });
  std::vector<Bottleneck> sorted;
  sorted.reserve(rows.size());
  for (const uint32_t i : order) sorted.push_back(rows[i]);
  return sorted;
}

void BottleneckSummary::write(Bytes& out) const {
  Writer w(out);
  w.u8(format_version);
  w.counted(definition_);
  w.varint(groups_.size());
  Work work;
  for (const auto& [key, reached] : groups_) {
    work.done(16 + reached.size());
    const std::optional<std::string_view> name = name_of(key);
    w.u8(!name);
    if (name) w.text(*name);
    for (const uint64_t n : reached) w.varint(n);
  }
}

void BottleneckSummary::read(Reader& reader) {
  reader.version(format_version, "bottleneck_summary");
  const std::span<const uint8_t> definition = reader.counted();
  const FunnelDefinition parsed = FunnelDefinition::read(definition);
  parsed.check();
  define(definition, parsed.steps.size());
  std::vector<uint64_t> reached(parsed.steps.size());
  std::string before;
  Work work;
  for (size_t n = reader.count(); n > 0; --n) {
    work.done(16 + reached.size());
    const uint8_t unnamed = reader.u8();
    if (unnamed > 1) Reader::fail("a flag of a group is out of range");
    std::string key =
        key_of(unnamed ? std::nullopt : std::optional<std::string_view>(reader.text()));
    if (!before.empty() && key <= before) Reader::fail("groups are not in order");
    uint64_t most = max_counted - total_[0];
    for (uint64_t& here : reached) {
      here = reader.varint();
      if (here > most) Reader::fail("a group grows from step to step");
      most = here;
    }
    count(key, reached);
    before = std::move(key);
  }
  if (groups_.empty()) Reader::fail("a summary must have a group");
}

}  // namespace clientele
