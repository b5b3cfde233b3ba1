// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/words/words.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "satisfaction/words/plain.hpp"

using namespace clientele;

namespace {

struct Said {
  std::string name;
  double weight, polarity;
  bool operator==(const Said&) const = default;
};
void PrintTo(const Said& s, std::ostream* out) {
  *out << s.name << ' ' << s.weight << ' ' << s.polarity;
}

class Words : public testing::Test {
 protected:
  Words() {
    for (const char* word : {"不", "没有", "非", "not", "n't"})
      lexicon.add(word_role::negator, word, 1, 0);
    lexicon.add(word_role::intensifier, "非常", 1.5, 0);
    lexicon.add(word_role::intensifier, "very", 1.5, 0);
    lexicon.add(word_role::break_here, "but", 1, 0);
    lexicon.add(word_role::ignored, "好像", 1, 0);
    lexicon.add("price", "贵", 1, -1);
    lexicon.add("price", "expens*", 1, -1);
    lexicon.add("quality", "质量", 1, 0);
    lexicon.add("quality", "quality", 1, 0);
    lexicon.add("quality", "fall apart", 1, -1);
    lexicon.add("half", "half", 0.5, 1);
    lexicon.add(word_role::any, "好", 1, 1);
    lexicon.add(word_role::any, "good", 1, 1);
  }
  std::vector<Said> say(const char* text) const {
    std::vector<Said> said;
    const FeedbackMatcher matcher(lexicon);
    for (const FeedbackClass& c : matcher.classes(plain_words(text)))
      said.push_back({std::string(c.class_name), c.weight, c.polarity});
    return said;
  }
  using All = std::vector<Said>;

  FeedbackLexicon lexicon;
};

TEST_F(Words, NegatorsTurnAndTwoCancel) {
  EXPECT_EQ(say("贵"), (All{{"price", 1, -1}}));
  EXPECT_EQ(say("不贵"), (All{{"price", 1, 1}}));
  EXPECT_EQ(say("不是不贵"), (All{{"price", 1, -1}}));
  EXPECT_EQ(say("It isn't EXPENSIVE."), (All{{"price", 1, 1}}));
  EXPECT_EQ(say("isn\u2019t not expensive"), (All{{"price", 1, -1}}));
}

TEST_F(Words, NegatorsReachThreeWords) {
  EXPECT_EQ(say("不一二贵"), (All{{"price", 1, 1}}));
  EXPECT_EQ(say("不一二三贵"), (All{{"price", 1, -1}}));
  EXPECT_EQ(say("没有一二贵"), (All{{"price", 1, 1}}));
  EXPECT_EQ(say("not all that expensive"), (All{{"price", 1, 1}}));
  EXPECT_EQ(say("not at all that expensive"), (All{{"price", 1, -1}}));
}

TEST_F(Words, NegatorsStayInTheirClause) {
  EXPECT_EQ(say("不、贵"), (All{{"price", 1, -1}}));
  EXPECT_EQ(say("not but expensive"), (All{{"price", 1, -1}}));
  EXPECT_EQ(say("not, expensive"), (All{{"price", 1, -1}}));
}

TEST_F(Words, NegatorsEndAtTheFirstWordTheyTurn) {
  EXPECT_EQ(say("不贵贵"), (All{{"price", 2, 0}}));
}

TEST_F(Words, LongerWordsHideNegators) {
  EXPECT_EQ(say("非常贵"), (All{{"price", 1, -1.5}}));
  EXPECT_EQ(say("not very expensive"), (All{{"price", 1, 1.5}}));
}

TEST_F(Words, WholeWordsAndEndings) {
  EXPECT_EQ(say("expensively"), (All{{"price", 1, -1}}));
  EXPECT_EQ(say("inexpensive"), All{});
  EXPECT_EQ(say("qualitys"), All{});
  EXPECT_EQ(say("质量quality"), (All{{"quality", 2, 0}}));
  EXPECT_EQ(say("It will fall \t apart"), (All{{"quality", 1, -1}}));
}

TEST_F(Words, GeneralWordsJudgeWhatTheirClauseNames) {
  EXPECT_EQ(say("质量不好"), (All{{"quality", 1, -1}}));
  EXPECT_EQ(say("质量。好"), (All{{"quality", 1, 0}}));
  EXPECT_EQ(say("好"), All{});
  EXPECT_EQ(say("质量好像"), (All{{"quality", 1, 0}}));
  // A class that its clause judges itself is left alone.
  EXPECT_EQ(say("贵质量好"), (All{{"price", 1, -1}, {"quality", 1, 1}}));
}

TEST_F(Words, WeightsBelowOneDoNotCount) {
  EXPECT_EQ(say("half"), All{});
  EXPECT_EQ(say("half a half"), (All{{"half", 1, 1}}));
}

TEST_F(Words, BytesDependOnTheWordsOnly) {
  FeedbackLexicon other;
  other.merge(lexicon);
  other.add("price", "贵", 1, -1);
  Bytes a, b;
  lexicon.write(a);
  other.write(b);
  EXPECT_EQ(a, b);
  Bytes again;
  FeedbackLexicon::read(a).write(again);
  EXPECT_EQ(a, again);
  a.pop_back();
  EXPECT_THROW(FeedbackLexicon::read(a), Error);
}

TEST_F(Words, ContradictionsAreRefused) {
  lexicon.add("price", "ＥＸＰＥＮＳ*", 1, 1);  // the same word only in NFKC, which is not here
  EXPECT_NO_THROW(lexicon.words());
  lexicon.add("price", "EXPENS*", 1, 1);
  EXPECT_THROW(lexicon.words(), Error);
}

TEST(Plain, SmallLettersAndBlanks) {
  EXPECT_EQ(utf8_text(plain_words("ÀÉ ŽŁ ΣΩ ДЖ İ  \t x\u2019Y")), "àé žł σω дж İ x'y");
  EXPECT_EQ(small_letter(U'Ａ'), U'ａ');
  EXPECT_EQ(small_letter(0x1E9E), 0xDFU);
  EXPECT_EQ(small_letter(0x10400), 0x10428U);
  EXPECT_THROW(plain_words("\xff"), Error);
  EXPECT_THROW(plain_words(std::string(longest_text + 1, 'x')), Error);
}

}  // namespace
