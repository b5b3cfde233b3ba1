// SPDX-License-Identifier: PostgreSQL
#include "churn/model/rows.hpp"

#include <algorithm>

#include "base/poll.hpp"
#include "base/sort.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;

uint32_t sum_of(uint32_t a, uint32_t b) {
  uint32_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    throw Error(sqlstate::limit_exceeded,
                "churn_fit takes at most 4294967295 customers of the same features");
  return sum;
}

void add_to(ChurnTally& tally, const ChurnTally& more) {
  tally.churned = sum_of(tally.churned, more.churned);
  tally.stayed = sum_of(tally.stayed, more.stayed);
}

uint64_t mixed(uint64_t hash, uint64_t key) {
  hash = (hash ^ key) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32);
}

}  // namespace

void ChurnRows::refuse_features() {
  throw Error(sqlstate::invalid_parameter, "this churn_def computes features from journeys",
              "Give the journey itself, as in churn_fit(journey, churned, at, def), or leave "
              "features out of the churn_def.");
}

void ChurnRows::define(std::span<const uint8_t> encoded, bool named) {
  if (encoded_.empty()) {
    definition_ = ChurnDefinition::read(encoded);
    if (named && !definition_.names.empty())
      throw Error(sqlstate::invalid_parameter, "the features of a jsonb have names of their own",
                  "Leave names out of the churn_def; they are for features in an array.");
    if (named && !definition_.features_def.empty()) refuse_features();
    encoded_.assign(encoded.begin(), encoded.end());
    named_ = named;
  } else if (named != named_ || !std::ranges::equal(encoded, encoded_)) {
    throw Error(sqlstate::invalid_parameter,
                "churn_fit needs the same churn_def for all rows of a group",
                "Group by the definition too.");
  }
}

void ChurnRows::new_column(std::string_view name) {
  if (columns_.size() == max_churn_columns)
    throw Error(sqlstate::limit_exceeded,
                "feature \"" + std::string(name) + "\" is one too many: at most 1000 are allowed");
  columns_.emplace_back(name, memory());
}

size_t ChurnRows::column_of(std::string_view name, size_t guess) {
  if (guess < columns_.size() && columns_[guess].name() == name) return guess;
  const auto known = std::ranges::find(columns_, name, &ChurnColumn::name);
  if (known != columns_.end()) return static_cast<size_t>(known - columns_.begin());
  new_column(name);
  return columns_.size() - 1;
}

void ChurnRows::count(bool churned) {
  tallies_.push_back({churned, !churned});
  settled_ = false;
  check_limit();
  if (tallies_.size() < settle_at_) return;
  settle();
  route_.clear();
  // If few are equal, joining them often is not worth it.
  settle_at_ =
      std::max<size_t>(65536, tallies_.size() * (tallies_.size() > settle_at_ / 2 ? 8 : 2));
}

void ChurnRows::check_limit() const {
  size_t width = 10;  // what a tally may need
  for (const ChurnColumn& column : columns_) width += column.width();
  if (tallies_.size() * width > limit_)
    throw Error(sqlstate::limit_exceeded,
                "churn_fit takes at most 1 GB of customers, but there are " +
                    std::to_string(tallies_.size()) + " different ones of " +
                    std::to_string(width) + " bytes",
                "Take a sample of the customers, or round the features.");
}

void ChurnRows::add(std::span<const ChurnCell> cells, bool churned) {
  const size_t row = tallies_.size();
  if (row == 0 && columns_.empty()) {
    if (const size_t n = definition_.columns(); n > 0 && n != cells.size())
      throw Error(sqlstate::invalid_parameter, "the churn_def names " + std::to_string(n) +
                                                   " features, but a row has " +
                                                   std::to_string(cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) new_column(definition_.name_of(i));
  } else if (cells.size() != columns_.size()) {
    throw Error(sqlstate::invalid_parameter,
                "all rows must have the same number of features: this one has " +
                    std::to_string(cells.size()) + ", those before have " +
                    std::to_string(columns_.size()),
                "Put NULL where a value is not known.");
  }
  for (size_t i = 0; i < cells.size(); ++i) columns_[i].set(row, cells[i]);
  count(churned);
}

void ChurnRows::add(std::span<const std::string_view> names, std::span<const ChurnCell> cells,
                    bool churned) {
  const size_t row = tallies_.size();
  route_.resize(std::max(route_.size(), names.size()));
  for (size_t i = 0; i < names.size(); ++i) {
    route_[i] = column_of(names[i], route_[i]);
    columns_[route_[i]].set(row, cells[i]);
  }
  count(churned);
}

void ChurnRows::merge(const ChurnRows& other) {
  merge(other, [](ChurnTally tally) { return tally; });
}

void ChurnRows::merge(const ChurnRows& other, ChurnTally (*counted)(ChurnTally)) {
  if (other.encoded_.empty()) return;
  define(other.encoded_, other.named_);
  const size_t row = tallies_.size();
  if (!named_ && !columns_.empty() && !other.columns_.empty() &&
      columns_.size() != other.columns_.size())
    throw Error(sqlstate::invalid_parameter,
                "all rows must have the same number of features: some have " +
                    std::to_string(columns_.size()) + ", others " +
                    std::to_string(other.columns_.size()),
                "Put NULL where a value is not known.");
  for (size_t i = 0; i < other.columns_.size(); ++i) {
    const ChurnColumn& from = other.columns_[i];
    if (!named_ && i == columns_.size()) new_column(from.name());
    columns_[named_ ? column_of(from.name(), i) : i].append(from, row, other.tallies_.size());
  }
  for (const ChurnTally& tally : other.tallies_) tallies_.push_back(counted(tally));
  settled_ = false;
  check_limit();
}

void ChurnRows::settle() const {
  if (settled_) return;
  const size_t n = tallies_.size();
  if (n > UINT32_MAX)
    throw Error(sqlstate::limit_exceeded, "churn_fit takes at most 4294967295 rows");
  if (named_) std::ranges::sort(columns_, {}, &ChurnColumn::name);
  struct Row {
    uint64_t hash;
    uint32_t row;
  };
  std::pmr::vector<Row> rows(n, memory());
  for (size_t i = 0; i < n; ++i) rows[i] = {0, static_cast<uint32_t>(i)};
  for (ChurnColumn& column : columns_) {
    column.sort_levels();
    for (size_t i = 0; i < n; ++i) {
      if (i % 65536 == 0) poll();
      rows[i].hash = mixed(rows[i].hash, column.key(i));
    }
  }
  const auto differing = [&](uint32_t a, uint32_t b) {
    return std::ranges::find_if(
        columns_, [&](const ChurnColumn& column) { return column.key(a) != column.key(b); });
  };
  sort_polled(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    const auto column = differing(a.row, b.row);
    return column != columns_.end() && column->key(a.row) < column->key(b.row);
  });
  std::pmr::vector<uint32_t> first(memory());
  std::pmr::vector<ChurnTally> tallies(memory());
  for (size_t i = 0; i < n; ++i) {
    if (i % 65536 == 0) poll();
    const uint32_t row = rows[i].row;
    if (i > 0 && rows[i].hash == rows[i - 1].hash &&
        differing(row, first.back()) == columns_.end()) {
      add_to(tallies.back(), tallies_[row]);
    } else {
      first.push_back(row);
      tallies.push_back(tallies_[row]);
    }
  }
  for (ChurnColumn& column : columns_) column = column.picked(first, memory());
  tallies_.swap(tallies);
  settled_ = true;
}

void ChurnRows::write(Bytes& out) const {
  settle();
  Writer w(out);
  w.u8(version);
  w.counted(encoded_);
  w.u8(named_);
  w.varint(columns_.size());
  w.varint(tallies_.size());
  for (const ChurnTally& tally : tallies_) {
    w.varint(tally.churned);
    w.varint(tally.stayed);
  }
  for (const ChurnColumn& column : columns_) {
    poll();
    if (named_) w.text(column.name());
    column.write(w, tallies_.size());
  }
}

void ChurnRows::read(Reader& r) {
  r.version(version, "churn_rows");
  const std::span<const uint8_t> encoded = r.counted();
  const uint8_t named = r.u8();
  if (named > 1) Reader::fail("it is not a churn_rows");
  define(encoded, named == 1);
  const size_t columns = r.count(), rows = r.count(2);
  if (columns > max_churn_columns ||
      (!named_ && definition_.columns() > 0 && columns != definition_.columns()))
    Reader::fail("impossible number of features");
  for (size_t i = 0; i < rows; ++i) {
    if (i % 65536 == 0) poll();
    const uint64_t churned = r.varint(), stayed = r.varint();
    if (churned > UINT32_MAX || stayed > UINT32_MAX || churned + stayed == 0)
      Reader::fail("impossible counts of customers");
    tallies_.push_back({static_cast<uint32_t>(churned), static_cast<uint32_t>(stayed)});
  }
  for (size_t i = 0; i < columns; ++i) {
    const std::string name = named_ ? std::string(r.text()) : definition_.name_of(i);
    if (named_ && i > 0 && name <= columns_.back().name())
      Reader::fail("features are not in order");
    new_column(name);
    columns_.back().read(r, rows);
    if (!named_ && columns_.back().kind() == ChurnColumn::Kind::category)
      Reader::fail("text in an array of numbers");
  }
  settled_ = false;
  check_limit();
}

}  // namespace clientele
