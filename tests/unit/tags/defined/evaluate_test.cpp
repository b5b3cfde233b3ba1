// SPDX-License-Identifier: PostgreSQL
// Queries over audiences against the same queries asked of each customer.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tags/defined/evaluate.hpp"

namespace clientele::tags {
namespace {

/// Customers with their tags, answering leaf by leaf.
struct Customers : TagSource {
  std::map<uint64_t, std::vector<std::string>> tags;
  int asked_for_everyone = 0;

  Audience answer(const Leaf& leaf) override {
    Audience found;
    for (const auto& [id, own] : tags)
      for (const std::string& tag : own)
        if (leaf.matches(tag)) {
          found.add(id);
          break;
        }
    return found;
  }
  Audience everyone() override {
    ++asked_for_everyone;
    Audience all;
    for (const auto& [id, own] : tags) all.add(id);
    return all;
  }
  Audience one_by_one(const TagQuery& query) const {
    Audience found;
    for (const auto& [id, own] : tags) {
      const std::vector<std::string_view> views(own.begin(), own.end());
      if (query.matches(views)) found.add(id);
    }
    return found;
  }
};

const char* const names[] = {"vip", "流失风险", "city=上海", "city=Beijing", "score=7", "score=8",
                             "a.b", "a.b.c",    "a",         "价值.高"};

std::string random_query(std::mt19937_64& random, int depth) {
  const char* const leaves[] = {"vip",        "流失风险", "city=上海", "city",
                                "city!=上海", "score>7",  "a.*",       "score between 7 and 8",
                                "价值.*",     "nobody"};
  if (depth == 0 || random() % 4 == 0) return leaves[random() % std::size(leaves)];
  if (random() % 4 == 0) return "!(" + random_query(random, depth - 1) + ")";
  std::string text = "(";
  const size_t parts = 2 + random() % 3;
  const char* const sign = random() % 2 == 0 ? " & " : " | ";
  for (size_t i = 0; i < parts; ++i) text += (i > 0 ? sign : "") + random_query(random, depth - 1);
  return text + ")";
}

TEST(TagEvaluate, EqualsAskingEachCustomer) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    Customers customers;
    for (int i = 0; i < 60; ++i) {
      auto& own = customers.tags[random() % 3 == 0 ? random() >> 1 : random() % 1000];
      for (const char* name : names)
        if (random() % 4 == 0) own.emplace_back(name);
    }
    for (int i = 0; i < 20; ++i) {
      const std::string text = random_query(random, static_cast<int>(random() % 5));
      const TagQuery query = TagQuery::parse(text);
      const Audience expected = customers.one_by_one(query);
      ASSERT_EQ(audience_of(query, customers).text(1 << 20), expected.text(1 << 20)) << text;
      ASSERT_EQ(audience_size(query, customers), expected.size()) << text;
    }
  }
}

// Customers enough for all kinds of containers.
struct Many : TagSource {
  std::map<std::string, Audience> tags;
  Audience all;
  Audience answer(const Leaf& leaf) override { return tags.at(leaf.name); }
  Audience everyone() override { return all; }
};

TEST(TagEvaluate, CountsManyCustomers) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const uint64_t customers = 200'000, every[] = {2, 3, 4, 5, 1000};
  const char letters[] = "abcdefg";
  Many source;
  source.all.add_range(0, customers - 1);
  std::map<uint64_t, std::vector<std::string_view>> own;
  for (int i = 0; i < 7; ++i) {
    const std::string_view tag(letters + i, 1);
    Audience& audience = source.tags[std::string(tag)];
    for (uint64_t id = 0; id < customers; ++id) {
      // The last two have it in rows, or are rare.
      if (i == 6 ? id / 5000 % 3 != 0 : random() % every[std::min(i, 4)] != 0) continue;
      audience.add(id);
      own[id].push_back(tag);
    }
  }
  for (const char* text :
       {"a & b & c", "a & b & !c", "a & !b & !c", "a & b & !c & (d | e)", "a & !b & !c & !d",
        "!a & !b & !c & !d", "a & b & c & d & f", "e & a & !b", "g & a & b", "g & !a & !d",
        "a & !g & !b", "a | b | d | f", "a | !g | b", "f & g & !a & !b", "!f & !g & !a"}) {
    const TagQuery query = TagQuery::parse(text);
    uint64_t expected = 0;
    for (uint64_t id = 0; id < customers; ++id) expected += query.matches(own[id]) ? 1 : 0;
    EXPECT_EQ(audience_size(query, source), expected) << text;
    EXPECT_EQ(audience_of(query, source).size(), expected) << text;
  }
}

TEST(TagEvaluate, AsksForEveryoneOnlyIfItMust) {
  Customers customers;
  customers.tags = {{1, {"vip"}}, {2, {"vip", "流失风险"}}, {3, {}}};
  for (const char* text : {"vip & !流失风险", "!流失风险 & !city & vip", "!(流失风险 | !vip)"})
    EXPECT_EQ(audience_size(TagQuery::parse(text), customers), 1u) << text;
  EXPECT_EQ(customers.asked_for_everyone, 0);
  for (const char* text : {"!流失风险", "!vip | !流失风险", "vip | !流失风险 | city"})
    EXPECT_GE(audience_size(TagQuery::parse(text), customers), 2u) << text;
  EXPECT_EQ(customers.asked_for_everyone, 3);
}

TEST(TagEvaluate, NumbersCompareAsDoublesAndTextsAsTexts) {
  const Scores scores = Scores::from_text("{1:0.1,2:0.3,3:7,4:7.5,5:-2}");
  const auto asked = [&](const char* query) {
    return audience_where(scores, TagQuery::parse(query).root().leaf).text(100);
  };
  EXPECT_EQ(asked("s>=0.1"), "{1-4}");
  EXPECT_EQ(asked("s>0.1"), "{2-4}");
  EXPECT_EQ(asked("s<=0.3"), "{1,2,5}");
  EXPECT_EQ(asked("s<0.3"), "{1,5}");
  EXPECT_EQ(asked("s between 0.3 and 7"), "{2,3}");
  EXPECT_EQ(asked("s between 7 and 0.3"), "{}");
  EXPECT_EQ(asked("s=7"), "{3}");
  EXPECT_EQ(asked("s=7.0"), "{}");
  EXPECT_EQ(asked("s!=7"), "{1,2,4,5}");
  EXPECT_EQ(asked("s!=x"), "{1-5}");
  EXPECT_EQ(asked("s>1e300"), "{}");
  EXPECT_EQ(asked("s>-1e300"), "{1-5}");
}

}  // namespace
}  // namespace clientele::tags
