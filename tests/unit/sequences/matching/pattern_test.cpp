// SPDX-License-Identifier: PostgreSQL
#include "sequences/matching/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace clientele {
namespace {

constexpr uint64_t most = ~uint64_t{0};

/// A pattern written out: its elements, each with how it follows the one before.
std::string shown(std::string_view text, size_t conditions = 3) {
  const SequencePattern pattern = SequencePattern::parse(text, conditions);
  std::string out;
  bool first = true;
  for (const SequencePattern::Element& e : pattern.elements()) {
    if (!first && e.directly) out += " then ";
    if (!first && !e.directly) {
      out += " [";
      for (const SequencePattern::Time& t : pattern.times(e)) {
        out += out.back() == '[' ? "" : ",";
        out += std::to_string(t.least) + "-" + (t.most == most ? "" : std::to_string(t.most));
      }
      out += "] ";
    }
    out += pattern.any_row(e) ? "any" : std::to_string(pattern.kinds()[e.kind]);
    first = false;
  }
  return out;
}

/// What is wrong, from the place on.
std::string error(std::string_view text, size_t conditions = 3) {
  try {
    SequencePattern::parse(text, conditions);
  } catch (const Error& e) {
    const std::string what = e.what();
    const size_t at = what.find("character ");
    return std::string(e.code()) + " " + (at == std::string::npos ? what : what.substr(at + 10));
  }
  return "none";
}

TEST(SequencePattern, HasElements) {
  EXPECT_EQ(shown("(?1)"), "1");
  EXPECT_EQ(shown("(?1)(?2)."), "1 then 2 then any");
  EXPECT_EQ(shown("(?1).*(?2)"), "1 [0-] 2");
  EXPECT_EQ(shown(".*(?3).*.*(?3).*"), "3 [0-] 3");
  EXPECT_EQ(shown(" ( ? 1 )\n. * ( ? t < = 5 )\t( ? 2 )\r"), "1 [0-5000000] 2");
  EXPECT_EQ(shown("(?1 2)", 12), "12");
  EXPECT_EQ(shown("(?001)"), "1");
}

TEST(SequencePattern, HasTimes) {
  EXPECT_EQ(shown("(?1)(?t<=5)(?2)"), "1 [0-5000000] 2");
  EXPECT_EQ(shown("(?1)(?t<5)(?2)"), "1 [0-4999999] 2");
  EXPECT_EQ(shown("(?1)(?t>=5)(?2)"), "1 [5000000-] 2");
  EXPECT_EQ(shown("(?1)(?t>5)(?2)"), "1 [5000001-] 2");
  EXPECT_EQ(shown("(?1)(?t==5)(?2)"), "1 [5000000-5000000] 2");
  EXPECT_EQ(shown("(?1)(?t!=5)(?2)"), "1 [0-4999999,5000001-] 2");
  EXPECT_EQ(shown("(?1)(?t!=0)(?t!=0.000001)(?t!=3)(?t<=3)(?2)"), "1 [2-2999999] 2");
  EXPECT_EQ(shown("(?1)(?t>1)(?t<=5)(?2)"), "1 [1000001-5000000] 2");
  EXPECT_EQ(shown("(?1)(?t>5)(?t<5)(?2)"), "1 [] 2");
  EXPECT_EQ(shown("(?1)(?t<0)(?2)"), "1 [] 2");
  EXPECT_EQ(shown("(?1)(?t==1)(?t==2)(?2)"), "1 [] 2");
  EXPECT_EQ(shown("(?1)(?t<=1).*(?2)(?t>=2)."), "1 [0-1000000] 2 [2000000-] any");
}

TEST(SequencePattern, TakesTimesExactly) {
  EXPECT_EQ(shown("(?1)(?t<=0.5)."), "1 [0-500000] any");
  EXPECT_EQ(shown("(?1)(?t<=0.0000015)."), "1 [0-1] any");
  EXPECT_EQ(shown("(?1)(?t<0.0000015)."), "1 [0-1] any");
  EXPECT_EQ(shown("(?1)(?t>=0.0000015)."), "1 [2-] any");
  EXPECT_EQ(shown("(?1)(?t>0.0000015)."), "1 [2-] any");
  EXPECT_EQ(shown("(?1)(?t==0.0000015)."), "1 [] any");
  EXPECT_EQ(shown("(?1)(?t!=0.0000015)."), "1 [0-] any");
  EXPECT_EQ(shown("(?1)(?t==0.00000200)."), "1 [2-2] any");
  EXPECT_EQ(shown("(?1)(?t<=99999999999999999999999999)."), "1 [0-18446744073709551614] any");
  EXPECT_EQ(shown("(?1)(?t>99999999999999999999999999)."), "1 [18446744073709551615-] any");
}

TEST(SequencePattern, SaysWhereItIsWrong) {
  EXPECT_EQ(error(""), "22023 1: it must have an element other than .*");
  EXPECT_EQ(error(" .* .*"), "22023 1: it must have an element other than .*");
  EXPECT_EQ(error("(1)"), "22023 2: \"?\" is expected");
  EXPECT_EQ(error("(?1"), "22023 4: \")\" is expected");
  EXPECT_EQ(error("(?1)*"), "22023 5: \"(?\" or \".\" is expected");
  EXPECT_EQ(error("(?1)|(?2)"), "22023 5: \"(?\" or \".\" is expected");
  EXPECT_EQ(error("搜索"), "22023 1: \"(?\" or \".\" is expected");
  EXPECT_EQ(error("(?x)"), "22023 3: the number of a condition or a time is expected");
  EXPECT_EQ(error("(?1)(?0)"), "22023 5: conditions are numbered from 1 to 3");
  EXPECT_EQ(error("(?1)(?4)"), "22023 5: conditions are numbered from 1 to 3");
  EXPECT_EQ(error("(?99999999999999999999999)"), "22023 1: conditions are numbered from 1 to 3");
  EXPECT_EQ(error("(?2)", 1), "22023 1: condition 1 is the only one");
  EXPECT_EQ(error("(?t<=5)(?1)"), "22023 1: a time must stand between two elements");
  EXPECT_EQ(error(".*(?t<=5)(?1)"), "22023 3: a time must stand between two elements");
  EXPECT_EQ(error("(?1)(?t<=5)"), "22023 5: a time must stand between two elements");
  EXPECT_EQ(error("(?1)(?t<=5).*"), "22023 5: a time must stand between two elements");
  EXPECT_EQ(error("(?1)(?t5)(?2)"), "22023 8: one of >=, >, <, <=, == and != is expected");
  EXPECT_EQ(error("(?1)(?t=5)(?2)"), "22023 9: \"=\" is expected");
  EXPECT_EQ(error("(?1)(?t<=-5)(?2)"), "22023 10: a number of seconds is expected");
  EXPECT_EQ(error("(?1)(?t<=5.)(?2)"), "22023 12: a digit is expected");
  EXPECT_EQ(error("(?1)(?t<=5s)(?2)"), "22023 11: \")\" is expected");
}

TEST(SequencePattern, HasALimit) {
  std::string text;
  for (size_t i = 0; i < max_sequence_elements; ++i) text += '.';
  EXPECT_EQ(SequencePattern::parse(text, 1).elements().size(), max_sequence_elements);
  EXPECT_EQ(error(text + '.').substr(0, 5), "54000");
}

}  // namespace
}  // namespace clientele
