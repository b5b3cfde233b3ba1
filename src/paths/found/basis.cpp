// SPDX-License-Identifier: PostgreSQL
#include "paths/found/basis.hpp"

#include <algorithm>

namespace clientele {
namespace {

constexpr uint64_t max_customers = uint64_t{1} << 48;

}  // namespace

void PathBasis::define(std::span<const uint8_t> encoded) {
  if (encoded_.empty()) {
    definition_ = PathDefinition::read(encoded);
    encoded_.assign(encoded.begin(), encoded.end());
  } else if (!same_bytes(encoded, encoded_)) {
    throw Error(sqlstate::invalid_parameter,
                std::string(aggregate_) + " needs the same path_def for all journeys of a group",
                "Group by the definition too, or ask one question at a time.");
  }
}

uint32_t PathBasis::number_of(std::string_view label) {
  if (const auto found = numbers_.find(label); found != numbers_.end()) return found->second;
  const auto number = static_cast<uint32_t>(labels_.size());
  labels_.push_back(numbers_.emplace(label, number).first->first);
  return number;
}

std::span<const uint32_t> PathBasis::numbers_of(std::span<const PathKind> kinds,
                                                const Vocabulary& vocabulary) {
  if (vocabulary_ != vocabulary.id) {
    by_label_.clear();
    vocabulary_ = vocabulary.id;
  }
  if (by_label_.size() < vocabulary.labels.size()) by_label_.resize(vocabulary.labels.size(), none);
  by_kind_.resize(kinds.size());
  for (size_t k = 0; k < kinds.size(); ++k) {
    uint32_t& number = by_label_[kinds[k].label];
    if (number == none) number = number_of(vocabulary.labels[kinds[k].label]);
    by_kind_[k] = number;
  }
  return by_kind_;
}

std::vector<uint32_t> PathBasis::merge(const PathBasis& other) {
  define(other.encoded_);
  customers_ += other.customers_;
  std::vector<uint32_t> numbers;
  numbers.reserve(other.labels_.size());
  for (const std::string_view label : other.labels_) numbers.push_back(number_of(label));
  return numbers;
}

std::vector<uint32_t> PathBasis::write(Writer& w, const std::vector<uint8_t>& used) const {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < labels_.size(); ++i)
    if (used[i]) order.push_back(i);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return labels_[a] < labels_[b]; });
  w.counted(encoded_);
  w.varint(customers_);
  w.varint(order.size());
  std::vector<uint32_t> place(labels_.size(), none);
  for (uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    w.text(labels_[order[i]]);
  }
  return place;
}

void PathBasis::read(Reader& reader) {
  define(reader.counted());
  customers_ = reader.varint();
  if (customers_ > max_customers) Reader::fail("impossibly many customers");
  const size_t labels = reader.count();
  for (size_t i = 0; i < labels; ++i) {
    if (i % 4096 == 0) poll();
    const std::string_view label = reader.text();
    if (i > 0 && label <= labels_.back()) Reader::fail("labels are not in order");
    number_of(label);
  }
}

int64_t time_between(Micros a, Micros b) {
  return static_cast<int64_t>(
      std::min<uint64_t>(elapsed(std::min(a, b), std::max(a, b)), INT64_MAX));
}

}  // namespace clientele
