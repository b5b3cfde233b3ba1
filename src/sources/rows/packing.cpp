// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/packing.hpp"

namespace clientele::sources {
namespace {

constexpr size_t poll_mask = 0xffff;

void start(Packing::Used& used, size_t size) { used.places.assign(size, CleanRow::none); }

}  // namespace

Packing::Packing(const Batch& batch, std::pmr::memory_resource* memory)
    : batch_(batch),
      memory_(memory),
      identifiers_(memory),
      types_(memory),
      items_(memory),
      links_(memory),
      begins_(memory),
      rows_(memory) {
  const RowCleaner& cleaner = batch.cleaner();
  start(identifiers_, cleaner.identifiers().size());
  start(types_, cleaner.types().size());
  start(items_, cleaner.items().size());
  StringMap seen(memory);  // links
  for (uint32_t i = 0; i < batch.size(); ++i) {
    if ((i & poll_mask) == 0) poll();
    if (batch.fate(i) != Batch::Fate::packed) continue;
    const CleanRow& row = batch.row(i);
    first_at_ = events_ == 0 ? row.at : std::min(first_at_, row.at);
    last_at_ = events_ == 0 ? row.at : std::max(last_at_, row.at);
    ++events_;
    types_.use(row.type);
    if (row.item != CleanRow::none) items_.use(row.item);
    const auto who = cleaner.who(row);
    identifiers_.use(who.front());
    for (const uint32_t other : who.subspan(1)) {
      identifiers_.use(other);
      const uint32_t link[] = {identifiers_.places[who.front()], identifiers_.places[other]};
      if (seen.add(bytes_of(link, 2)).added) links_.push_back({link[0], link[1]});
    }
  }
  group();
}

void Packing::group() {
  begins_.assign(identifiers_.numbers.size() + 1, 0);
  const auto place_of_home = [this](uint32_t i) {
    return identifiers_.places[batch_.cleaner().home(batch_.row(i))];
  };
  const auto each_packed = [this](auto take) {
    for (uint32_t i = 0; i < batch_.size(); ++i) {
      if ((i & poll_mask) == 0) poll();
      if (batch_.fate(i) == Batch::Fate::packed) take(i);
    }
  };
  each_packed([&](uint32_t i) { ++begins_[place_of_home(i) + 1]; });
  for (size_t h = 1; h < begins_.size(); ++h) begins_[h] += begins_[h - 1];
  rows_.resize(events_);
  std::pmr::vector<uint32_t> next(begins_, memory_);
  each_packed([&](uint32_t i) { rows_[next[place_of_home(i)]++] = i; });
}

void Packing::each_journey(const StoredIds& ids, const Take& take) const {
  EventList list(memory_);
  Bytes bytes(memory_);
  Work work;
  for (uint32_t home = 0; home + 1 < begins_.size(); ++home) {
    const uint32_t begin = begins_[home], end = begins_[home + 1];
    if (begin == end) continue;
    work.done(end - begin + 16);
    list.clear();
    for (uint32_t k = begin; k < end; ++k) {
      const CleanRow& row = batch_.row(rows_[k]);
      Extra extra;
      extra.has_item = row.item != CleanRow::none;
      if (extra.has_item) extra.item = ids.items[items_.places[row.item]];
      extra.has_amount = row.amount != CleanRow::no_amount;
      if (extra.has_amount) extra.amount = row.amount;
      list.add(row.at, ids.types[types_.places[row.type]], extra);
    }
    list.sort();
    bytes.clear();
    encode(list, bytes);
    take(home, bytes);
  }
}

Packing::Dropped Packing::dropped(const StoredIds& ids) const {
  Dropped total;
  for (const uint32_t i : rows_) {
    const CleanRow& row = batch_.row(i);
    const bool capped = ids.capped[types_.places[row.type]];
    total.properties += capped;
    if (row.extra == CleanRow::none) {
      total.complete += !capped;
      continue;
    }
    const auto drops = batch_.cleaner().dropped(row);
    for (const uint32_t drop : drops) ++total.by_reason[drop];
    total.complete += drops.empty() && !capped;
  }
  return total;
}

}  // namespace clientele::sources
