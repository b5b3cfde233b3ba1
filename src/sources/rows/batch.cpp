// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/batch.hpp"

#include <algorithm>
#include <numeric>

#include "base/sort.hpp"
#include "sources/rows/row_reasons.hpp"

namespace clientele::sources {

Batch::Batch(const SourceRules& rules, std::pmr::memory_resource* memory)
    : cleaner_(rules, memory),
      rows_(memory),
      fates_(memory),
      numbers_(memory),
      texts_(memory),
      texts_of_rows_(memory),
      cursors_(memory) {}

void Batch::note(const Value& event_id, const Value& cursor) {
  const auto row = static_cast<uint32_t>(rows_.size());
  if (row == INT32_MAX)
    throw Error(sqlstate::limit_exceeded, "a batch has too many rows",
                "Give a smaller batch_rows.");
  if (cleaner_.rules().has_event_id) {
    if (event_id.null()) {
      without_id_.push_back(row);
    } else if (event_id.kind == Value::Kind::whole) {
      numbers_.resize(row);  // of rows without an id
      ascending_ = ascending_ && (row == 0 || numbers_[row - 1] < event_id.number);
      numbers_.push_back(event_id.number);
    } else {
      texts_of_rows_.resize(row);
      texts_of_rows_.push_back(texts_.add(event_id.text));
    }
  }
  if (cleaner_.rules().has_cursor) cursors_.push_back(cursor.null() ? no_cursor : cursor.number);
}

bool Batch::add(const RowValues& values) {
  note(values.event_id, values.cursor);
  CleanRow row;
  const bool good = cleaner_.clean(values, row);
  if (!good) {
    row.who = CleanRow::none;
    refused_.push_back({static_cast<uint32_t>(rows_.size()), cleaner_.refusal().reason,
                        cleaner_.refusal().detail});
  }
  rows_.push_back(row);
  fates_.push_back(good ? Fate::packed : Fate::refused);
  return good;
}

void Batch::add_failed(const Value& event_id, const Value& cursor, std::string detail) {
  note(event_id, cursor);
  refused_.push_back(
      {static_cast<uint32_t>(rows_.size()), reason::expression_error, std::move(detail)});
  rows_.push_back({});
  fates_.push_back(Fate::refused);
}

bool Batch::has_event_id(uint32_t row) const {
  return cleaner_.rules().has_event_id &&
         !std::binary_search(without_id_.begin(), without_id_.end(), row);
}

std::optional<std::string_view> Batch::event_id(uint32_t row, std::string& room) const {
  if (!has_event_id(row)) return std::nullopt;
  if (texts_of_rows_.empty()) return text_of({Value::Kind::whole, {}, numbers_[row]}, room);
  return texts_[texts_of_rows_[row]];
}

int Batch::compare_ids(uint32_t a, uint32_t b) const {
  if (!has_event_id(a) || !has_event_id(b)) return has_event_id(a) - has_event_id(b);
  if (texts_of_rows_.empty()) return (numbers_[a] > numbers_[b]) - (numbers_[a] < numbers_[b]);
  return texts_[texts_of_rows_[a]].compare(texts_[texts_of_rows_[b]]);
}

/// The rows that have an id, those with the same one together; nothing if all ids differ.
std::pmr::vector<uint32_t> Batch::rows_by_id() const {
  std::pmr::vector<uint32_t> order(rows_.get_allocator());
  const size_t with_id = rows_.size() - without_id_.size();
  if (!cleaner_.rules().has_event_id || with_id == 0) return order;
  if (texts_of_rows_.empty() ? ascending_ && without_id_.empty() : texts_.size() == with_id)
    return order;
  order.reserve(with_id);
  for (uint32_t row = 0; row < rows_.size(); ++row)
    if (without_id_.empty() || has_event_id(row)) order.push_back(row);
  if (texts_of_rows_.empty())
    sort_polled(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
      return numbers_[a] != numbers_[b] ? numbers_[a] < numbers_[b] : a < b;
    });
  else
    sort_polled(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
      return texts_of_rows_[a] != texts_of_rows_[b] ? texts_of_rows_[a] < texts_of_rows_[b] : a < b;
    });
  return order;
}

void Batch::each_group(const std::function<void(Group)>& take) const {
  const std::pmr::vector<uint32_t> order = rows_by_id();
  const auto same = [this](uint32_t a, uint32_t b) {
    return texts_of_rows_.empty() ? numbers_[a] == numbers_[b]
                                  : texts_of_rows_[a] == texts_of_rows_[b];
  };
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    for (end = begin + 1; end < order.size() && same(order[begin], order[end]);) ++end;
    if (end - begin > 1) take(Group(order).subspan(begin, end - begin));
  }
}

/// Those of a group that differ in their content only.
Batch::Group Batch::candidates(Group group, std::vector<uint32_t>& room) const {
  room.clear();
  for (const uint32_t row : group) {
    if (fates_[row] == Fate::refused) continue;
    if (!room.empty() && rows_[row].at > rows_[room.front()].at) continue;
    if (!room.empty() && rows_[row].at < rows_[room.front()].at) room.clear();
    room.push_back(row);
  }
  if (room.empty()) return group;  // all of them refused
  if (std::all_of(room.begin(), room.end(),
                  [&](uint32_t row) { return rows_[row] == rows_[room.front()]; }))
    room.erase(room.begin() + 1, room.end());
  return room;
}

std::vector<uint32_t> Batch::undecided() const {
  std::vector<uint32_t> rows, room;
  each_group([&](Group group) {
    const Group tied = candidates(group, room);
    if (tied.size() > 1 && fates_[tied.front()] != Fate::refused)
      rows.insert(rows.end(), tied.begin(), tied.end());
  });
  return rows;
}

void Batch::drop_repeated_ids(const Content& content) {
  std::vector<uint32_t> room;
  bool any_refused = false;
  each_group([&](Group group) {
    const Group tied = candidates(group, room);
    uint32_t kept = tied.front();
    if (tied.size() > 1) {
      std::string least = content(kept);
      for (const uint32_t row : tied.subspan(1)) {
        std::string other = content(row);
        if (other >= least) continue;
        least = std::move(other);
        kept = row;
      }
    }
    for (const uint32_t row : group) {
      if (row == kept) continue;
      any_refused = any_refused || fates_[row] == Fate::refused;
      fates_[row] = Fate::duplicate;
    }
  });
  if (any_refused)
    std::erase_if(refused_, [this](const Refused& r) { return fates_[r.row] == Fate::duplicate; });
}

std::string Batch::repetition_key(uint32_t row) const {
  const CleanRow& r = rows_[row];
  const Identifiers& all = cleaner_.identifiers();
  const EventTypes::Type type = cleaner_.types()[r.type];
  std::string key;
  // No text of the database has a zero byte.
  const auto part = [&key](std::string_view text) { (key += text) += '\0'; };
  const uint32_t home = cleaner_.home(r);
  part(cleaner_.rules().kinds[all.kind(home)].name);
  part(all.value(home));
  part(cleaner_.types().channel(type.channel));
  part(cleaner_.types().event(type.event));
  part(cleaner_.types().properties(type.properties));
  part(r.item == CleanRow::none ? std::string_view() : cleaner_.items()[r.item]);
  if (r.amount != CleanRow::no_amount) part(std::to_string(r.amount));
  return key;
}

/// By time, then by event_id. Without event_ids equal events are ordered by what else they say.
bool Batch::is_before(uint32_t a, uint32_t b) const {
  const CleanRow &x = rows_[a], &y = rows_[b];
  if (x.at != y.at) return x.at < y.at;
  if (const int order = compare_ids(a, b); order != 0) return order < 0;
  const Identifiers& all = cleaner_.identifiers();
  const auto xs = cleaner_.who(x), ys = cleaner_.who(y);
  const auto stronger = [&](uint32_t i, uint32_t k) { return all.stronger(i, k); };
  if (x.who != y.who)
    return std::lexicographical_compare(xs.begin(), xs.end(), ys.begin(), ys.end(), stronger);
  const auto xa = cleaner_.attributes(x), ya = cleaner_.attributes(y);
  return std::lexicographical_compare(xa.begin(), xa.end(), ya.begin(), ya.end(),
                                      [&](uint32_t i, uint32_t k) {
                                        if (i == CleanTexts::blank || k == CleanTexts::blank)
                                          return k != i && i == CleanTexts::blank;
                                        return cleaner_.attribute(i) < cleaner_.attribute(k);
                                      });
}

void Batch::drop_repetitions(const Known& known) {
  if (!cleaner_.rules().duplicates_within) return;
  const uint64_t within = *cleaner_.rules().duplicates_within;
  struct Key {
    uint32_t home, type, item;
    int64_t amount;
    auto operator<=>(const Key&) const = default;
  };
  const auto key = [this](uint32_t row) {
    const CleanRow& r = rows_[row];
    return Key{cleaner_.home(r), r.type, r.item, r.amount};
  };
  std::vector<uint32_t> order;
  for (uint32_t row = 0; row < rows_.size(); ++row)
    if (fates_[row] == Fate::packed) order.push_back(row);
  sort_polled(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Key x = key(a), y = key(b);
    return x != y ? x < y : is_before(a, b);
  });
  const auto near = [within](Micros a, Micros b) {
    return (a < b ? elapsed(a, b) : elapsed(b, a)) <= within;
  };
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const Key same = key(order[begin]);
    for (end = begin + 1; end < order.size() && key(order[end]) == same;) ++end;
    std::vector<Micros> kept = known(repetition_key(order[begin]));
    std::sort(kept.begin(), kept.end());
    std::optional<Micros> last;  // kept in this batch
    for (size_t i = begin; i < end; ++i) {
      const Micros at = rows_[order[i]].at;
      const auto next = std::lower_bound(kept.begin(), kept.end(), at);
      const bool repeats = (last && near(*last, at)) || (next != kept.end() && near(*next, at)) ||
                           (next != kept.begin() && near(*std::prev(next), at));
      if (repeats)
        fates_[order[i]] = Fate::duplicate;
      else
        last = at;
    }
  }
}

size_t Batch::count(Fate fate) const {
  return static_cast<size_t>(std::count(fates_.begin(), fates_.end(), fate));
}

}  // namespace clientele::sources
