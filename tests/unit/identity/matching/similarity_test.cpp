// SPDX-License-Identifier: PostgreSQL
#include "identity/matching/similarity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "identity/matching/comparable.hpp"

namespace clientele {
namespace {

struct Published {
  const char *a, *b;
  double similarity;
};

// Winkler, "Overview of record linkage and current research directions" (2006), table 6.
TEST(JaroWinkler, AsPublished) {
  for (const Published& p : {Published{"SHACKLEFORD", "SHACKELFORD", 0.982},
                             {"DUNNINGHAM", "CUNNIGHAM", 0.896},
                             {"NICHLESON", "NICHULSON", 0.956},
                             {"JONES", "JOHNSON", 0.832},
                             {"MASSEY", "MASSIE", 0.933},
                             {"ABROMS", "ABRAMS", 0.922},
                             {"JERALDINE", "GERALDINE", 0.926},
                             {"MARHTA", "MARTHA", 0.961},
                             {"MICHELLE", "MICHAEL", 0.921},
                             {"JULIES", "JULIUS", 0.933},
                             {"TANYA", "TONYA", 0.880},
                             {"DWAYNE", "DUANE", 0.840},
                             {"SEAN", "SUSAN", 0.805},
                             {"JON", "JOHN", 0.933},
                             {"DIXON", "DICKSONX", 0.813}}) {
    EXPECT_NEAR(jaro_winkler(std::string_view(p.a), p.b), p.similarity, 0.0005) << p.a;
    EXPECT_EQ(jaro_winkler(std::string_view(p.a), p.b), jaro_winkler(std::string_view(p.b), p.a));
  }
}

TEST(JaroWinkler, Ends) {
  EXPECT_EQ(jaro_winkler(std::string_view(""), ""), 1);
  EXPECT_EQ(jaro_winkler(std::string_view(""), "a"), 0);
  EXPECT_EQ(jaro_winkler(std::string_view("a"), "a"), 1);
  EXPECT_EQ(jaro_winkler(std::string_view("ab"), "cd"), 0);
  EXPECT_NEAR(jaro_winkler(U"张三丰", U"张三"), 0.9111, 0.0001);
  const std::string long_text(300, 'x');
  EXPECT_NEAR(jaro_winkler(long_text, long_text + "y"), 0.9995, 0.001);
}

/// The whole matrix, without a limit.
size_t whole_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

TEST(EditDistance, AsTheWholeMatrix) {
  EXPECT_EQ(edit_distance(std::string_view("ca"), "abc", 9), 3U);
  EXPECT_EQ(edit_distance(std::string_view("kitten"), "sitting", 9), 3U);
  EXPECT_EQ(edit_distance(U"20260713", U"20260731", 2), 1U);
  SplitMix64 random(1969);
  for (int n = 0; n < 20'000; ++n) {
    std::string a, b;
    for (uint64_t k = random.below(n % 50 == 0 ? 90 : 9); k > 0; --k) a += "abc"[random.below(3)];
    for (uint64_t k = random.below(n % 50 == 0 ? 90 : 9); k > 0; --k) b += "abc"[random.below(3)];
    const size_t wanted = whole_distance(a, b);
    for (const size_t limit : {0, 1, 2, 3, 100})
      ASSERT_EQ(edit_distance(std::string_view(a), b, limit), std::min(wanted, limit + 1))
          << a << " " << b << " " << limit;
    const std::u32string wide_a(a.begin(), a.end()), wide_b(b.begin(), b.end());
    ASSERT_EQ(edit_distance(wide_a, wide_b, 100), wanted);
    ASSERT_EQ(jaro_winkler(wide_a, wide_b), jaro_winkler(std::string_view(a), b));
  }
}

TEST(ComparableText, BlanksForPunctuation) {
  EXPECT_EQ(comparable_text("o'brien-smith"), "o brien smith");
  EXPECT_EQ(comparable_text("  st. john's , no.5 "), "st john s no 5");
  EXPECT_EQ(comparable_text("北京市·朝阳区、1号"), "北京市 朝阳区 1号");
  EXPECT_EQ(comparable_text("--- !"), "");
  EXPECT_EQ(comparable_text("a+b`c"), "a b c");
}

}  // namespace
}  // namespace clientele
