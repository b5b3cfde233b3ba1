// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/strings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "unit/random_events.hpp"

namespace clientele::sources {
namespace {

using testing::Random;

std::string text(Random& random) {
  // Mostly short, so that many come again; now and then longer than a chunk.
  const auto kind = random() % 1000;
  std::string s(kind == 0 ? (size_t{1} << 20) + random() % 100 : random() % (kind < 500 ? 4 : 40),
                'a');
  for (size_t i = 0; i < std::min<size_t>(s.size(), 60); ++i)
    s[i] = static_cast<char>(random() % (kind % 2 == 0 ? 3 : 256));
  return s;
}

TEST(Strings, AreAsAMapHasThem) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Interned ours;
    std::map<std::string, uint32_t> theirs;
    for (int i = 0; i < 20'000; ++i) {
      const std::string s = text(random);
      const auto known = theirs.find(s);
      const uint32_t* const found = ours.find(s);
      ASSERT_EQ(found != nullptr, known != theirs.end());
      if (found != nullptr) {
        ASSERT_EQ(*found, known->second);
      }
      if (random() % 2 == 0) continue;
      const auto number = static_cast<uint32_t>(theirs.emplace(s, theirs.size()).first->second);
      ASSERT_EQ(ours.add(s), number);
    }
    ASSERT_EQ(ours.size(), theirs.size());
    for (const auto& [s, number] : theirs) ASSERT_EQ(ours[number], s);
  }
}

TEST(Strings, KeepTheirPlacesWhenAMapIsMoved) {
  StringMap map;
  const StringMap::Added added = map.add("anna");
  *added.number = 7;
  StringMap moved(std::move(map));
  ASSERT_NE(moved.find("anna"), nullptr);
  EXPECT_EQ(*moved.find("anna"), 7U);
  EXPECT_EQ(moved.at(added.place), "anna");
  EXPECT_EQ(moved.find(""), nullptr);
}

TEST(Strings, HashDependsOnEachByteAndOnTheLength) {
  for (size_t size = 0; size < 70; ++size) {
    const std::string zeros(size, '\0');
    EXPECT_NE(hash_of(zeros), hash_of(zeros + '\0')) << size;
    for (size_t i = 0; i < size; ++i) {
      std::string other = zeros;
      other[i] = 1;
      EXPECT_NE(hash_of(zeros), hash_of(other)) << size << " " << i;
    }
  }
}

}  // namespace
}  // namespace clientele::sources
