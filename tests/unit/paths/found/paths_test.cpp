// SPDX-License-Identifier: PostgreSQL
#include "paths/found/paths.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "paths/found/raw.hpp"
#include "unit/paths/world.hpp"

namespace clientele {
namespace {

using testing::all_names;
using testing::encoded;
using testing::Names;
using testing::Random;
using testing::random_definition;
using Row = std::pair<Micros, std::string>;

std::optional<Names> path_of(const RawPath& raw) {
  std::optional<Names> found;
  raw.path(
      [&](std::span<const std::string_view> names) { found = Names(names.begin(), names.end()); });
  return found;
}

/// The path of raw rows, or nothing.
std::optional<Names> path_of(const std::vector<Row>& rows, const PathDefinition& definition) {
  RawPath raw(std::pmr::get_default_resource());
  raw.define(encoded(definition));
  for (const auto& [at, event] : rows) raw.add(at, event);
  return path_of(raw);
}

TEST(Paths, TiesFollowTheNamesNotTheInput) {
  const Names expected = {"a", "b", "c"};
  EXPECT_EQ(path_of({{1, "c"}, {1, "a"}, {1, "b"}}, {}), expected);
  EXPECT_EQ(path_of({{1, "b"}, {1, "c"}, {1, "a"}}, {}), expected);
  EXPECT_EQ(path_of({}, {}), std::nullopt);
}

TEST(Paths, GapOfTheLimitStaysInTheSession) {
  PathDefinition d;
  d.session_gap = 10;
  EXPECT_EQ(path_of({{0, "a"}, {10, "b"}, {21, "c"}}, d), (Names{"a", "b"}));
}

TEST(Paths, StartAndEnd) {
  PathDefinition start, end, both;
  start.start_at.emplace("a");
  EXPECT_EQ(path_of({{0, "b"}, {1, "a"}, {2, "c"}}, start), (Names{"a", "c"}));
  EXPECT_EQ(path_of({{0, "b"}}, start), std::nullopt);
  both.start_at.emplace("a");
  both.end_at.emplace("a");
  EXPECT_EQ(path_of({{0, "b"}, {1, "a"}, {2, "c"}}, both), std::nullopt)
      << "the end is after the start";
  EXPECT_EQ(path_of({{0, "a"}, {1, "c"}, {2, "a"}, {3, "a"}}, both), (Names{"a", "c", "a"}));
  end.end_at.emplace("a");
  EXPECT_EQ(path_of({{0, "a"}, {1, "c"}, {2, "a"}}, end), (Names{"a"}));
  EXPECT_EQ(path_of({{0, "c"}, {1, "b"}}, end), std::nullopt);
}

TEST(Paths, KeepComesBeforeTheStartAndGroupsAfterTheEnd) {
  PathDefinition d;
  d.session_gap = 10;
  d.keep.emplace("!x");
  d.start_at.emplace("a*");
  d.groups = {"b=a|c", "支付=*"};
  d.collapse = true;
  // The x joins the session, and does not stand in the way.
  EXPECT_EQ(path_of({{0, "y"}, {1, "a"}, {5, "x"}, {6, "b"}, {15, "x"}, {25, "c"}}, d),
            (Names{"b", "支付", "b"}));
  EXPECT_EQ(path_of({{0, "x"}, {1, "b"}}, d), std::nullopt);
  d.groups = {"b=a|c"};
  EXPECT_EQ(path_of({{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}, d), (Names{"b", "d"}))
      << "a group and an event of one name are one";
}

TEST(Paths, ALaterSessionMayHaveTheFirstPath) {
  PathDefinition d;
  d.session_gap = 10;
  d.start_at = std::string("x");
  EXPECT_EQ(path_of({{0, "a"}, {100, "x"}, {101, "b"}, {200, "x"}}, d), (Names{"x", "b"}));
}

TEST(Paths, CollapseThenReverseThenCut) {
  PathDefinition d;
  d.collapse = true;
  const std::vector<Row> rows = {{0, "a"}, {1, "a"}, {2, "b"}, {3, "b"}, {4, "c"}};
  EXPECT_EQ(path_of(rows, d), (Names{"a", "b", "c"}));
  d.max_length = 2;
  EXPECT_EQ(path_of(rows, d), (Names{"a", "b"}));
  d.reverse = true;
  EXPECT_EQ(path_of(rows, d), (Names{"c", "b"}));
  d.collapse = false;
  d.max_length = 3;
  EXPECT_EQ(path_of(rows, d), (Names{"c", "b", "b"}));
}

TEST(Paths, SelectorsOfNames) {
  EXPECT_TRUE(NameSelector("buy").picks("buy"));
  EXPECT_FALSE(NameSelector("buy").picks("web:buy"));
  EXPECT_TRUE(NameSelector("web:buy").picks("web:buy"));
  EXPECT_TRUE(NameSelector("web:*").picks("web:buy"));
  EXPECT_FALSE(NameSelector("web:*").picks("app:buy"));
  EXPECT_TRUE(NameSelector("view_*|x").picks("view_item"));
  EXPECT_FALSE(NameSelector("view_*").picks("viewXitem")) << "_ is not a wildcard";
  EXPECT_TRUE(NameSelector("\"100% \\ok\"").picks("100% \\ok"));
  EXPECT_TRUE(NameSelector("*a*b*").picks("xaxabx"));
  EXPECT_FALSE(NameSelector("*a*b").picks("xaxabx"));
  EXPECT_TRUE(NameSelector("加购*").picks("加购成功"));
  EXPECT_TRUE(NameSelector("!buy").picks("web:buy"));
  EXPECT_FALSE(NameSelector("!buy|!view_*").picks("buy"));
  EXPECT_FALSE(NameSelector("web:*|!web:buy").picks("web:buy"));
  EXPECT_FALSE(NameSelector("!web:buy|web:*").picks("app:buy"));
  EXPECT_TRUE(NameSelector("web:!buy").picks("web:!buy")) << "only before a term";
  EXPECT_THROW(NameSelector("a|#3"), Error);
  EXPECT_THROW(NameSelector("a[x=1]"), Error);
}

TEST(Paths, DefinitionsKeepTheirBytes) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const PathDefinition d = random_definition(random);
    const Bytes bytes = encoded(d);
    EXPECT_EQ(encoded(PathDefinition::read(bytes)), bytes);
    Bytes bad = bytes;
    bad[random.below(bad.size())] = static_cast<uint8_t>(random());
    if (random.one_in(3)) bad.resize(random.below(bad.size()));
    try {
      EXPECT_EQ(encoded(PathDefinition::read(bad)), bad) << "what is accepted is canonical";
    } catch (const Error&) {
    }
  }
}

TEST(Paths, RawStatesTravelAndCombine) {
  Random random(4);
  for (int i = 0; i < 500; ++i) {
    const PathDefinition d = random_definition(random);
    RawPath whole(std::pmr::get_default_resource()), left(std::pmr::get_default_resource()),
        right(std::pmr::get_default_resource()), back(std::pmr::get_default_resource());
    for (RawPath* p : {&whole, &left, &right}) p->define(encoded(d));
    for (size_t n = random.below(30); n > 0; --n) {
      const auto at = static_cast<Micros>(random.below(40));
      const std::string& name = all_names[random.below(all_names.size())];
      whole.add(at, name);
      (random.one_in(2) ? left : right).add(at, name);
    }
    left.merge(right);
    Bytes bytes;
    left.write(bytes);
    Reader reader(bytes);
    back.read(reader);
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(path_of(whole), path_of(back));
  }
}

}  // namespace
}  // namespace clientele
