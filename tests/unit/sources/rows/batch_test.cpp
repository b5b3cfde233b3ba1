// SPDX-License-Identifier: PostgreSQL
// Duplicates and packing against slow and simple rules, on random rows.
#include "sources/rows/batch.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "sources/rows/packing.hpp"
#include "unit/random_events.hpp"

namespace clientele::sources {
namespace {

using testing::Random;
using Kind = Value::Kind;

struct Row {
  int64_t id;
  std::string customer, device, event, item, content;
  Micros at;
  bool usable() const { return !customer.empty() || !device.empty(); }
};

SourceRules rules() {
  SourceRules r;
  r.kinds = {{"customer", SourceRules::Form::key}, {"device", SourceRules::Form::key}};
  r.identities = {0, 1};
  r.has_event_id = true;
  return r;
}

std::vector<Row> random_rows(Random& random, size_t count, size_t ids) {
  std::vector<Row> rows;
  const auto one = [&](const char* prefix, size_t n) {
    const size_t i = random() % (n + 1);
    return i == 0 ? std::string() : prefix + std::to_string(i);
  };
  for (size_t i = 0; i < count; ++i)
    rows.push_back({static_cast<int64_t>(random() % ids), one("c", 3), one("d", 2),
                    "e" + one("", 2), one("i", 2), "content " + std::to_string(random() % 5),
                    static_cast<Micros>(random() % 40) * second});
  return rows;
}

Batch batch_of(const SourceRules& r, const std::vector<Row>& rows, bool texts) {
  Batch batch(r, std::pmr::get_default_resource());
  for (const Row& row : rows) {
    RowValues values;
    const auto text = [](const std::string& s) { return Value{Kind::text, s}; };
    const std::string id = std::to_string(row.id);
    values.identities = {text(row.customer), text(row.device)};
    values.at = {Kind::instant, {}, row.at};
    values.event = text(row.event);
    values.item = text(row.item);
    values.event_id = texts ? text(id) : Value{Kind::whole, {}, row.id};
    EXPECT_EQ(batch.add(values), row.usable());
  }
  return batch;
}

/// What an event says, if `i` is packed.
using Said = std::tuple<int64_t, Micros, std::string, std::string, std::string, std::string>;
Said said(const Row& r) { return {r.id, r.at, r.customer, r.device, r.event, r.item}; }

TEST(Batch, KeepsOneRowOfEachEventId) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::vector<Row> rows = random_rows(random, 1 + random() % 60, 1 + random() % 40);
    const SourceRules r = rules();
    Batch batch = batch_of(r, rows, seed % 2 == 0);
    const auto undecided = batch.undecided();
    std::set<uint32_t> asked;
    batch.drop_repeated_ids([&](uint32_t row) {
      asked.insert(row);
      return rows[row].content;
    });
    for (const uint32_t row : asked)
      EXPECT_TRUE(!rows[row].usable() ||
                  std::find(undecided.begin(), undecided.end(), row) != undecided.end());
    std::map<int64_t, const Row*> wanted;
    for (const Row& row : rows) {
      const Row*& best = wanted[row.id];
      const auto rank = [](const Row& x) {
        return std::tuple(!x.usable(), x.usable() ? x.at : 0, x.content);
      };
      if (best == nullptr || rank(row) < rank(*best)) best = &row;
    }
    std::map<int64_t, size_t> kept;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      if (batch.fate(i) == Batch::Fate::duplicate) continue;
      ASSERT_TRUE(kept.emplace(rows[i].id, i).second);
      const Row& best = *wanted[rows[i].id];
      EXPECT_EQ(batch.fate(i) == Batch::Fate::packed, best.usable());
      if (best.usable() && said(rows[i]) != said(best)) {
        // Of those with the least content any may be kept.
        EXPECT_EQ(rows[i].content, best.content);
        EXPECT_EQ(rows[i].at, best.at);
      } else if (!best.usable()) {
        EXPECT_EQ(rows[i].content, best.content);
      }
    }
    EXPECT_EQ(kept.size(), wanted.size());
    EXPECT_EQ(batch.refused().size(), batch.count(Batch::Fate::refused));
    EXPECT_EQ(batch.count(Batch::Fate::packed) + batch.count(Batch::Fate::refused) +
                  batch.count(Batch::Fate::duplicate),
              rows.size());
  }
}

TEST(Batch, DropsWhatRepeatsAKeptEvent) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<Row> rows = random_rows(random, 1 + random() % 80, 1);
    std::erase_if(rows, [](const Row& x) { return !x.usable(); });
    for (size_t i = 0; i < rows.size(); ++i)
      rows[i].id = static_cast<int64_t>((i * 7919) % 100'003);
    SourceRules r = rules();
    r.duplicates_within = (random() % 10) * second;
    Batch batch = batch_of(r, rows, seed % 2 == 0);
    std::map<std::string, std::vector<Micros>> known;
    for (uint32_t i = 0; i < rows.size(); ++i)
      if (random() % 4 == 0)
        known[batch.repetition_key(i)].push_back(static_cast<Micros>(random() % 40) * second);
    batch.drop_repetitions([&](const std::string& key) { return known[key]; });
    // One by one, by time and then by id as it is written.
    std::vector<uint32_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      if (rows[a].at != rows[b].at) return rows[a].at < rows[b].at;
      if (seed % 2 != 0) return rows[a].id < rows[b].id;
      return std::to_string(rows[a].id) < std::to_string(rows[b].id);
    });
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<Micros>> kept;
    for (const uint32_t i : order) {
      const Row& row = rows[i];
      const std::string home = row.customer.empty() ? row.device : row.customer;
      auto& times = kept[{home, row.event, row.item}];
      const auto near = [&](Micros t) {
        return static_cast<uint64_t>(std::abs(t - row.at)) <= *r.duplicates_within;
      };
      const auto& before = known[batch.repetition_key(i)];
      const bool repeats = std::any_of(times.begin(), times.end(), near) ||
                           std::any_of(before.begin(), before.end(), near);
      ASSERT_EQ(batch.fate(i) == Batch::Fate::duplicate, repeats) << i;
      if (!repeats) times.push_back(row.at);
    }
  }
}

/// The journeys of a batch by name, and the links.
std::map<std::string, std::string> packed(const std::vector<Row>& rows) {
  const SourceRules r = rules();
  Batch batch = batch_of(r, rows, false);
  batch.drop_repeated_ids([&](uint32_t row) { return rows[row].content; });
  const Packing packing(batch, std::pmr::get_default_resource());
  const RowCleaner& cleaner = batch.cleaner();
  Packing::StoredIds ids;
  for (const uint32_t type : packing.types().numbers) {
    ids.types.push_back(
        std::stoi("0" + std::string(cleaner.types().event(cleaner.types()[type].event)).substr(1)));
    ids.capped.push_back(false);
  }
  for (const uint32_t item : packing.items().numbers)
    ids.items.push_back(std::stoi(std::string(cleaner.items()[item]).substr(1)));
  const auto name = [&](uint32_t place) {
    return std::string(cleaner.identifiers().value(packing.identifiers().numbers[place]));
  };
  std::map<std::string, std::string> result;
  size_t events = 0;
  packing.each_journey(ids, [&](uint32_t home, std::span<const uint8_t> journey) {
    events += Journey(journey).size();
    EXPECT_TRUE(result.emplace(name(home), std::string(journey.begin(), journey.end())).second);
  });
  EXPECT_EQ(events, packing.events());
  EXPECT_EQ(events, batch.count(Batch::Fate::packed));
  for (const Packing::Link& link : packing.links())
    EXPECT_TRUE(result.emplace(name(link.home) + " - " + name(link.other), "").second);
  EXPECT_EQ(packing.dropped(ids).complete, events);
  return result;
}

TEST(Packing, DoesNotDependOnTheOrderOfRows) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<Row> rows = random_rows(random, 1 + random() % 100, 1 + random() % 80);
    // Equal content of rows that say something else would leave a choice.
    for (size_t i = 0; i < rows.size(); ++i) rows[i].content += std::to_string(i);
    const auto wanted = packed(rows);
    for (int i = 0; i < 3; ++i) {
      for (size_t k = rows.size(); k > 1; --k) std::swap(rows[k - 1], rows[random() % k]);
      EXPECT_EQ(packed(rows), wanted);
    }
    size_t events = 0;
    std::set<int64_t> ids;
    for (const Row& row : rows)
      if (row.usable()) ids.insert(row.id);
    for (const auto& [name, journey] : wanted)
      if (!journey.empty())
        events +=
            Journey({reinterpret_cast<const uint8_t*>(journey.data()), journey.size()}).size();
    EXPECT_EQ(events, ids.size());
  }
}

}  // namespace
}  // namespace clientele::sources
