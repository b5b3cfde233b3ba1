// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/text/rows.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

}  // namespace

void TextRows::define(std::span<const uint8_t> encoded, bool customers) {
  if (encoded_.empty()) {
    definition_ = TextDefinition::read(encoded);
    encoded_.assign(encoded.begin(), encoded.end());
    customers_ = customers;
  } else if (customers != customers_ || !std::ranges::equal(encoded, encoded_)) {
    throw Error(sqlstate::invalid_parameter,
                "text_fit needs the same text_def for all rows of a group",
                "Group by the definition too.");
  }
}

uint32_t TextRows::label_of(std::string_view label) {
  // There are few, and rows of one label often come together.
  const auto known = std::ranges::find(labels_, label);
  if (known != labels_.end()) return static_cast<uint32_t>(known - labels_.begin());
  if (label.empty()) throw Error(sqlstate::invalid_parameter, "a label must not be empty");
  if (label.size() > longest_label)
    throw Error(sqlstate::limit_exceeded, "a label of " + std::to_string(label.size()) +
                                              " bytes is too long, " +
                                              std::to_string(longest_label) + " is the limit");
  if (labels_.size() == most_labels)
    throw Error(sqlstate::limit_exceeded,
                "text_fit takes at most " + std::to_string(most_labels) + " different labels");
  labels_.emplace_back(label);
  return static_cast<uint32_t>(labels_.size() - 1);
}

void TextRows::check_limit() const {
  if (data_.size() + rows_.size() * sizeof(Row) > limit_ || rows_.size() >= UINT32_MAX)
    throw Error(sqlstate::limit_exceeded, "text_fit takes at most 1 GB of texts",
                "Take a sample of the texts.");
}

void TextRows::add(std::u32string_view plain, std::string_view label, int64_t customer) {
  const uint32_t id = label_of(label);
  const size_t begin = data_.size();
  Bytes counts;
  Writer w(counts);
  uint32_t last = 0;
  for (const TextCount& c : counts_of(plain, definition_)) {
    w.varint(c.bucket - last);
    w.signed_varint(c.count);
    last = c.bucket;
  }
  data_.insert(data_.end(), counts.begin(), counts.end());
  rows_.push_back({id, static_cast<uint32_t>(counts.size()), begin, customers_ ? customer : 0});
  settled_ = false;
  check_limit();
}

void TextRows::merge(const TextRows& other) {
  if (other.encoded_.empty()) return;
  define(other.encoded_, other.customers_);
  std::vector<uint32_t> label(other.labels_.size());
  for (size_t i = 0; i < label.size(); ++i) label[i] = label_of(other.labels_[i]);
  const size_t begin = data_.size();
  data_.insert(data_.end(), other.data_.begin(), other.data_.end());
  for (const Row& row : other.rows_)
    rows_.push_back({label[row.label], row.size, begin + row.begin, row.customer});
  settled_ = false;
  check_limit();
}

void TextRows::settle() const {
  if (settled_) return;
  std::vector<uint32_t> order(labels_.size()), place(labels_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return labels_[a] < labels_[b]; });
  std::vector<std::string> labels;
  for (uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    labels.push_back(labels_[order[i]]);
  }
  for (Row& row : rows_) row.label = place[row.label];
  labels_.swap(labels);
  sort_polled(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
    if (a.customer != b.customer) return a.customer < b.customer;
    if (a.label != b.label) return a.label < b.label;
    if (a.size != b.size) return a.size < b.size;
    return a.size > 0 && std::memcmp(data_.data() + a.begin, data_.data() + b.begin, a.size) < 0;
  });
  settled_ = true;
}

void TextRows::write(Bytes& out) const {
  settle();
  Writer w(out);
  w.u8(version);
  w.counted(encoded_);
  w.u8(customers_);
  w.varint(labels_.size());
  for (const std::string& label : labels_) w.text(label);
  w.varint(rows_.size());
  Work work;
  for (const Row& row : rows_) {
    work.done(row.size);
    w.varint(row.label);
    if (customers_) w.signed_varint(row.customer);
    w.counted({data_.data() + row.begin, row.size});
  }
}

void TextRows::read(Reader& r) {
  r.version(version, "text_rows");
  const std::span<const uint8_t> encoded = r.counted();
  const uint8_t customers = r.u8();
  if (customers > 1) Reader::fail("it is not a text_rows");
  define(encoded, customers == 1);
  for (size_t n = r.count(); n > 0; --n) {
    const std::string_view label = r.text();
    if (!labels_.empty() && label <= labels_.back()) Reader::fail("labels are not in order");
    label_of(label);
  }
  std::vector<bool> used(labels_.size());
  Work work;
  for (size_t n = r.count(2); n > 0; --n) {
    const uint64_t label = r.varint();
    if (label >= labels_.size()) Reader::fail("impossible label");
    used[label] = true;
    const int64_t customer = customers_ ? r.signed_varint() : 0;
    const std::span<const uint8_t> counts = r.counted();
    work.done(counts.size());
    if (counts.size() > UINT32_MAX) Reader::fail("a text is too long");
    Bytes again;
    Writer w(again);
    uint64_t bucket = 0;
    bool first = true;
    for (Reader c(counts); !c.done(); first = false) {
      const uint64_t step = c.varint();
      if ((step == 0 && !first) || step >= static_cast<uint64_t>(definition_.buckets))
        Reader::fail("buckets are not in order");
      bucket += step;
      const int64_t count = c.signed_varint();
      if (bucket >= static_cast<uint64_t>(definition_.buckets) || count == 0 ||
          count != static_cast<int32_t>(count))
        Reader::fail("impossible count");
      w.varint(step);
      w.signed_varint(count);
    }
    if (!same_bytes(again, counts)) Reader::fail("it is not a text_rows");
    rows_.push_back({static_cast<uint32_t>(label), static_cast<uint32_t>(counts.size()),
                     data_.size(), customer});
    data_.insert(data_.end(), counts.begin(), counts.end());
    check_limit();
  }
  if (std::ranges::find(used, false) != used.end()) Reader::fail("a label has no text");
  settled_ = false;
}

}  // namespace clientele
