// SPDX-License-Identifier: PostgreSQL
#include <gtest/gtest.h>

#include "patterns/matches/matcher.hpp"
#include "patterns/matches/summary.hpp"
#include "unit/code_of.hpp"
#include "unit/random_events.hpp"

namespace clientele {
namespace {

using testing::code_of;
using testing::Random;

/// Events are letters, one a second, and a blank is a second without one.
struct Letters {
  std::vector<Micros> at;
  std::vector<uint32_t> cls;
  std::string text;

  ClassedEvents events() const { return {at, cls}; }
};

PatternDefinition definition_of(const std::string& text, std::optional<uint64_t> within = {},
                                std::optional<uint64_t> gap = {}) {
  PatternDefinition d;
  d.text = text;
  if (within) d.within = *within * second;
  if (gap) d.session_gap = *gap * second;
  return d;
}

/// Selectors are letters, or letters with | between them.
uint32_t class_of(EventClasses& classes, char letter) {
  std::vector<uint32_t> picking;
  for (uint32_t s = 0; s < classes.selectors().size(); ++s)
    if (classes.selectors()[s].find(letter) != std::string::npos) picking.push_back(s);
  return classes.class_of(picking);
}

Letters letters(EventClasses& classes, const std::string& text) {
  Letters out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    out.at.push_back(static_cast<Micros>(i) * second);
    out.cls.push_back(class_of(classes, text[i]));
    out.text += text[i];
  }
  return out;
}

std::string shown(const TakenEvents& taken, const Letters& l) {
  if (taken.count == 0) return "-";
  return l.text.substr(taken.first, taken.last - taken.first + 1) + "@" +
         std::to_string(taken.first) + "#" + std::to_string(taken.count);
}

std::string shown(const FoundMatches& found, size_t groups, const Letters& l) {
  std::string out;
  for (size_t i = 0; i < found.matches.size(); ++i) {
    out += (i > 0 ? " " : "") + shown(found.matches[i], l);
    for (size_t g = 0; g < groups; ++g) out += "," + shown(found.groups[i * groups + g], l);
  }
  return out;
}

/// The matches, which all ways must agree on: each as the events from first to last, its place and
/// how many it took, then its groups.
std::string matches(const PatternDefinition& definition, const std::string& text) {
  PatternMatcher matcher(definition.program());
  const Letters l = letters(matcher.classes(), text);
  const size_t groups = matcher.program().groups.size();
  const std::string all = shown(matcher.find(l.events(), Wanted::groups), groups, l);
  const bool some = !matcher.find(l.events(), Wanted::any).matches.empty();
  EXPECT_EQ(some, !all.empty()) << definition.text;
  if (groups == 0) {
    EXPECT_EQ(shown(matcher.find(l.events(), Wanted::matches), 0, l), all);
  }
  EXPECT_TRUE(matcher.possible(l.cls) || !some);
  if (!definition.session_gap) {
    // In blocks of a few rows, which are made again.
    for (const size_t table : {1, 40}) {
      PatternSearch search(matcher.program(), matcher.classes(), table);
      FoundMatches found;
      search.find(l.events(), Wanted::groups, found);
      EXPECT_EQ(shown(found, groups, l), all) << definition.text << " in " << text;
    }
  }
  return all;
}

TEST(Matches, AreLeftmostFirst) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"a b", "aab", "ab@1#2"},
      {"a ... b", "axxbab", "axxb@0#2 ab@4#2"},
      {"a ... (c|b)", "axbc", "axb@0#2"},
      {"a (b|b c)", "abc", "ab@0#2"},
      {"a (b c|b)", "abc", "abc@0#3"},
      {"a .* b", "axbxb", "axbxb@0#5"},
      {"a .*? b", "axbxb", "axb@0#3"},
      {"a ... b?", "axb", "axb@0#2"},
      {"a ... b? c?", "axcb", "axc@0#2"},
      {"a{2,3}", "aaaaa", "aaa@0#3 aa@3#2"},
      {"a{2,3}?", "aaaaa", "aa@0#2 aa@2#2"},
      {"a{2,}", "aabaaa", "aa@0#2 aaa@3#3"},
      {"^ a", "aa", "a@0#1"},
      {"a $", "aa", "a@1#1"},
      {"^a|b$", "abab", "a@0#1 b@3#1"},
      {"!a", "abca", "b@1#1 c@2#1"},
      {"!(a|b)", "abca", "c@2#1"},
      {"a within 2 seconds b", "a  b a b", "ab@2#2"},
      {"a after at least 2 seconds b", "ab b", "abb@0#2"},
      {"a after at least 2 seconds within 3 seconds b", "ab   b a  b", "ab@3#2"},
      {"a directly within 1 second b", "a b ab", "ab@2#2"},
      {"a ... b directly after at least 2 seconds c", "a b c b  c", "abc@0#3"},
      {"(?<x>a) ... (?<y>b ... c)", "axbxc", "axbxc@0#3,a@0#1,bxc@2#2"},
      {"(?<x>a|b)*", "abx", "ab@0#2,b@1#1"},
      {"(?<x>a b)? c", "c", "c@0#1,-"},
      {"a (... (?<x>b))* c", "abxbc", "abxbc@0#4,b@3#1"},
      {"a (... b)? ... c", "axc", "axc@0#2"},
      {"a ... (... b)", "axb", "axb@0#2"},
      {"(... a) b", "ab", "ab@0#2"},
      {"a ^ b", "ab", ""},
      {"a", "", ""},
  };
  for (const auto& [pattern, text, expected] : cases)
    EXPECT_EQ(matches(definition_of(pattern), text), expected) << pattern << " in " << text;
}

TEST(Matches, AreWithinTheirTime) {
  EXPECT_EQ(matches(definition_of("a ... b", 2), "a a b   b"), "ab@1#2");
  EXPECT_EQ(matches(definition_of("a .* b", 3), "axbxbxb"), "axb@0#3");
  EXPECT_EQ(matches(definition_of("a ... b?", 1), "a xb"), "a@0#1");
  EXPECT_EQ(matches(definition_of("a b", 0), "ab"), "");
}

TEST(Matches, StayInTheirSession) {
  EXPECT_EQ(matches(definition_of("^ a ... b", {}, 2), "a b    ab  b"), "ab@0#2 ab@2#2");
  EXPECT_EQ(matches(definition_of("a ... b", {}, 2), "a   b"), "");
  EXPECT_EQ(matches(definition_of("a $", {}, 2), "a   b a"), "a@0#1 a@2#1");
  EXPECT_EQ(matches(definition_of("(?<x>a) ... (?<y>b)", {}, 2), "x   ax b"),
            "axb@1#2,a@1#1,b@3#1");
}

// Random patterns and texts: the chain, the search, and the search in small blocks agree.

std::string random_pattern(Random& random, int depth) {
  const auto letter = [&] { return std::string(1, "aabbcx"[random.below(6)]); };
  static constexpr const char* gaps[] = {" ",
                                         " ... ",
                                         " within 2 seconds ",
                                         " after at least 2 seconds ",
                                         " ... ",
                                         " directly within 1 second ",
                                         " after at least 1 second within 3 seconds "};
  if (depth == 0) return random.one_in(4) ? " . " : random.one_in(5) ? "!" + letter() : letter();
  std::string out;
  for (auto left = 1 + random.below(3); left > 0; --left) {
    if (!out.empty()) out += gaps[random.below(7)];
    std::string part = random_pattern(random, random.one_in(2) ? 0 : depth - 1);
    if (random.one_in(4)) part = "(" + part + "|" + random_pattern(random, depth - 1) + ")";
    if (random.one_in(3)) part = "(?<g" + std::to_string(random.below(100'000)) + ">" + part + ")";
    // Of what may take none only the parentheses make no mistake.
    if (random.one_in(4)) part = "(" + part + ")" + (random.one_in(2) ? "{2}" : "{1,3}?");
    out += part;
  }
  return out;
}

TEST(Matches, AgreeHoweverTheyAreFound) {
  Random random(20260101);
  size_t some = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string pattern = random_pattern(random, 2);
    std::string text;
    for (auto n = random.below(14); n > 0; --n) text += "aabbcx  "[random.below(8)];
    const auto within = random.one_in(2) ? std::optional<uint64_t>() : random.below(8);
    const PatternDefinition d = definition_of(pattern, within);
    if (code_of([&] { d.check(); }) != "none") continue;  // two groups of one name
    some += !matches(d, text).empty();
  }
  EXPECT_GT(some, 500U);
}

TEST(Matches, SessionsAreJourneysOfTheirOwn) {
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    const std::string pattern = random_pattern(random, 1);
    const PatternDefinition all = definition_of(pattern, {}, 2);
    if (code_of([&] { all.check(); }) != "none") continue;
    PatternMatcher whole(all.program()), part(definition_of(pattern).program());
    std::string text;
    for (auto n = random.below(20); n > 0; --n) text += "aabbcx      "[random.below(12)];
    const Letters l = letters(whole.classes(), text);
    letters(part.classes(), text);
    std::vector<TakenEvents> expected;
    for (size_t begin = 0, end = 0; begin < l.at.size(); begin = end) {
      for (end = begin + 1; end < l.at.size() && l.at[end] - l.at[end - 1] <= 2 * second;) ++end;
      for (TakenEvents m : part.find(l.events().part(begin, end), Wanted::matches).matches) {
        m.first += static_cast<uint32_t>(begin);
        m.last += static_cast<uint32_t>(begin);
        expected.push_back(m);
      }
    }
    const auto& found = whole.find(l.events(), Wanted::matches).matches;
    ASSERT_EQ(found.size(), expected.size()) << pattern << " in " << text;
    for (size_t k = 0; k < found.size(); ++k) {
      EXPECT_EQ(found[k].first, expected[k].first);
      EXPECT_EQ(found[k].last, expected[k].last);
      EXPECT_EQ(found[k].count, expected[k].count);
    }
  }
}

// Rows made and steps walked for n events, whatever the pattern.
TEST(Search, IsLinear) {
  std::string optional;
  for (int i = 0; i < 25; ++i) optional = "a? " + optional + "a ";
  const std::pair<std::string, std::optional<uint64_t>> cases[] = {
      {optional, {}},
      {"a{0,60} a{60}", {}},
      {"(((a+)+)+)? (a+ a+)+ (a* b|a* c)", {}},
      {".* .* .* .* c", {}},
      {"a ... (c|b)", {}},
      {"a .* (c|b)", {}},
      {"(a ... a)+ within 40 seconds c", {}},
      {"(a|a a)* after at least 40 seconds (c|a)", {}},
      {"(a|a a)* after at least 40 seconds within 50 seconds (a|c)", {}},
      {"a (... a)* (a|b)", 1000},
      {"a .* .* a", 30},
  };
  for (const auto& [pattern, within] : cases) {
    uint64_t rows = 0, steps = 0;
    for (const size_t n : {2000, 4000}) {
      const PatternProgram program = definition_of(pattern, within).program();
      EventClasses classes(program.sets);
      const Letters l = letters(classes, std::string(n, 'a'));
      PatternSearch search(program, classes, 4096);  // in many blocks
      FoundMatches found;
      search.find(l.events(), Wanted::matches, found);
      EXPECT_LE(search.rows(), 2 * (n + 1));
      if (n == 4000) {
        EXPECT_LE(search.rows(), rows * 2) << pattern;
        EXPECT_LE(search.steps(), steps * 2 + 100) << pattern;
        EXPECT_LE(search.steps(), n * 10) << pattern;
      }
      rows = search.rows();
      steps = search.steps();
    }
  }
}

TEST(EventClasses, AreMasksOfSets) {
  const PatternProgram program = compile(parse_pattern("a !a . <b> !(a|b)"));
  EventClasses classes(program.sets);
  const std::vector<int32_t> picked[] = {{1, 7}, {2, 7, 1'000'000}};  // by a and by b
  ASSERT_EQ(classes.selectors().size(), 2U);
  classes.classify(picked);
  const auto takes = [&](int32_t type) {
    std::string out;
    for (const PatternNode& node : program.nodes)
      if (node.kind == PatternNode::Kind::take)
        out += classes.mask(classes.class_of_type(type))[0] >> node.number & 1 ? '1' : '0';
    return std::string(out.rbegin(), out.rend());
  };
  EXPECT_EQ(takes(1), "10100");
  EXPECT_EQ(takes(2), "01110");
  EXPECT_EQ(takes(7), "10110");
  EXPECT_EQ(takes(1'000'000), "01110");
  EXPECT_EQ(takes(3), "01101");
  EXPECT_EQ(classes.class_of_type(3), 0U);
}

TEST(EventClasses, MayBeOfManySets) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "#" + std::to_string(i) + (i < 149 ? " ... " : "");
  PatternMatcher matcher(definition_of(text).program());
  std::vector<std::vector<int32_t>> picked;
  for (int32_t i = 0; i < 150; ++i) picked.push_back({i});
  matcher.classes().classify(picked);
  std::vector<Micros> at;
  std::vector<uint32_t> cls;
  for (int32_t i = 0; i < 300; ++i) {
    at.push_back(i);
    cls.push_back(matcher.classes().class_of_type(i / 2));
  }
  EXPECT_TRUE(matcher.possible(cls));
  EXPECT_EQ(matcher.find({at, cls}, Wanted::matches).matches.size(), 1U);
  cls[250] = cls[251] = 0;
  EXPECT_FALSE(matcher.possible(cls));
  EXPECT_TRUE(matcher.find({at, cls}, Wanted::any).matches.empty());
}

TEST(PatternSummary, CountsCustomersAndMatches) {
  Bytes definition;
  const PatternDefinition d = definition_of("a ... (?<x>b) (?<y>c)?");
  d.write(definition);
  PatternMatcher matcher(d.program());
  PatternSummary all(std::pmr::get_default_resource()), left(std::pmr::get_default_resource()),
      right(std::pmr::get_default_resource());
  int i = 0;
  for (const char* text : {"ab a  bc", "a b", "aaa", ""}) {
    const Letters l = letters(matcher.classes(), text);
    for (PatternSummary* s : {&all, i < 1 ? &left : &right}) {
      if (!s->started()) s->start(definition, 2);
      s->add(l.at, matcher.find(l.events(), Wanted::groups));
    }
    ++i;
  }
  ASSERT_EQ(all.parts().size(), 3U);
  EXPECT_EQ(all.customers(), 4U);
  EXPECT_EQ(all.parts()[0].matched, 2U);
  EXPECT_EQ(all.parts()[0].times.count(), 3U);
  EXPECT_EQ(all.parts()[0].times.percentile(1), 4 * second);
  EXPECT_EQ(all.parts()[1].matched, 2U);
  EXPECT_EQ(all.parts()[1].times.percentile(1), 3 * second);
  EXPECT_EQ(all.parts()[2].matched, 1U);
  EXPECT_EQ(all.parts()[2].times.count(), 1U);

  const auto bytes_of = [](const PatternSummary& s) {
    Bytes out;
    s.write(out);
    return out;
  };
  PatternSummary empty(std::pmr::get_default_resource());
  empty.merge(right);
  empty.merge(left);
  const Bytes bytes = bytes_of(all);
  EXPECT_EQ(bytes_of(empty), bytes);
  const auto read = [](std::span<const uint8_t> from) {
    PatternSummary s(std::pmr::get_default_resource());
    Reader reader(from);
    s.read(reader);
    return s;
  };
  EXPECT_EQ(bytes_of(read(bytes)), bytes);
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(code_of([&] { read(std::span(bytes).first(n)); }), "XX001") << n;
  Bytes more(bytes);
  more[2 + definition.size()] = 1;  // customers
  EXPECT_EQ(code_of([&] { read(more); }), "XX001");

  PatternSummary other(std::pmr::get_default_resource());
  Bytes another;
  definition_of("a").write(another);
  other.start(another, 0);
  EXPECT_EQ(code_of([&] { other.merge(all); }), "22023");
}

}  // namespace
}  // namespace clientele
