// SPDX-License-Identifier: PostgreSQL
#include "paths/found/raw.hpp"

#include <algorithm>
#include <numeric>

#include "base/sort.hpp"
#include "journey/groups.hpp"
#include "journey/ordered.hpp"
#include "journey/selector.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void RawPath::define(std::span<const uint8_t> encoded) {
  if (encoded_.empty())
    encoded_.assign(encoded.begin(), encoded.end());
  else if (!std::ranges::equal(encoded, encoded_))
    throw Error(sqlstate::invalid_parameter,
                "journey_path needs the same path_def for all rows of a customer");
}

uint32_t RawPath::label_number(std::string_view event) {
  if (const auto found = numbers_.find(event); found != numbers_.end()) return found->second;
  const auto number = static_cast<uint32_t>(labels_.size());
  labels_.push_back(numbers_.emplace(event, number).first->first);
  return number;
}

void RawPath::add(Micros at, std::string_view event) {
  if (at_.size() >= max_journey_events)
    throw Error(sqlstate::limit_exceeded, "a customer has more than 33554432 events",
                "Is the query grouped by customer?");
  label_.push_back(label_number(event));
  at_.push_back(at);
}

void RawPath::merge(const RawPath& other) {
  define(other.encoded_);
  std::vector<uint32_t> numbers;
  for (const std::string_view label : other.labels_) numbers.push_back(label_number(label));
  for (const uint32_t label : other.label_) label_.push_back(numbers[label]);
  at_.insert(at_.end(), other.at_.begin(), other.at_.end());
}

bool RawPath::path(const std::function<void(std::span<const std::string_view>)>& use) const {
  const PathDefinition definition = PathDefinition::read(encoded_);
  std::vector<uint32_t> order(labels_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return labels_[a] < labels_[b]; });
  std::optional<NameSelector> start, end, keep;
  if (definition.start_at) start.emplace(*definition.start_at);
  if (definition.end_at) end.emplace(*definition.end_at);
  if (definition.keep) keep.emplace(*definition.keep);
  // Labels are numbered from 0, then the groups; a group that has a label's name has its number.
  std::vector<std::string_view> texts(labels_.begin(), labels_.end());
  const std::vector<NamedSelector> groups = parse_groups(definition.groups);
  std::vector<std::pair<NameSelector, uint32_t>> grouped;
  for (const NamedSelector& group : groups) {
    grouped.emplace_back(
        NameSelector(group.selector),
        static_cast<uint32_t>(std::ranges::find(texts, group.name) - texts.begin()));
    if (grouped.back().second == texts.size()) texts.push_back(group.name);
  }
  std::vector<PathKind> kinds(labels_.size());
  std::vector<uint64_t> ranks(labels_.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) {
    const uint32_t number = order[rank];
    const std::string_view label = labels_[number];
    const auto group =
        std::ranges::find_if(grouped, [&](const auto& g) { return g.first.picks(label); });
    ranks[number] = rank;
    kinds[number] = {group != grouped.end() ? group->second : number, !keep || keep->picks(label),
                     start && start->picks(label), end && end->picks(label)};
  }
  std::vector<size_t> by_time(at_.size());
  std::iota(by_time.begin(), by_time.end(), 0);
  poll();
  sort_polled(by_time.begin(), by_time.end(), [&](size_t a, size_t b) { return at_[a] < at_[b]; });
  std::vector<Micros> at(by_time.size());
  std::vector<uint32_t> kind(by_time.size());
  for (size_t i = 0; i < by_time.size(); ++i) {
    at[i] = at_[by_time[i]];
    kind[i] = label_[by_time[i]];
  }
  order_ties<uint32_t>(at, kind, ranks);
  bool found = false;
  const PathEvents<uint32_t> events{at, kind};
  PathFinder(definition).each(events, kinds, [&](const FoundPath& path) {
    std::vector<std::string_view> names;
    names.reserve(path.nodes.size());
    for (const PathNode& node : path.nodes) names.push_back(texts[node.label]);
    use(names);
    found = true;
    return false;
  });
  return found;
}

void RawPath::write(Bytes& out) const {
  Writer w(out);
  w.u8(version);
  w.counted(encoded_);
  w.varint(labels_.size());
  for (const std::string_view label : labels_) w.text(label);
  w.varint(at_.size());
  for (size_t i = 0; i < at_.size(); ++i) {
    if (i % 65536 == 0) poll();
    w.signed_varint(at_[i]);
    w.varint(label_[i]);
  }
}

void RawPath::read(Reader& reader) {
  reader.version(version, "journey_path");
  define(reader.counted());
  const size_t labels = reader.count();
  for (size_t i = 0; i < labels; ++i)
    if (label_number(reader.text()) != i) Reader::fail("a label comes twice");
  const size_t events = reader.count(2);
  for (size_t i = 0; i < events; ++i) {
    if (i % 65536 == 0) poll();
    at_.push_back(reader.signed_varint());
    const uint64_t label = reader.varint();
    if (label >= labels) Reader::fail("a label is out of range");
    label_.push_back(static_cast<uint32_t>(label));
  }
}

}  // namespace clientele
