// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/words/words.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/sort.hpp"
#include "satisfaction/words/plain.hpp"

namespace clientele {
namespace {

constexpr uint8_t version = 1;
constexpr double largest_weight = 100;
constexpr size_t reach = 3;  // characters or words before a word in which negators count

[[noreturn]] void wrong(const std::string& why, const char* hint = "") {
  throw Error(sqlstate::invalid_parameter, why, hint);
}

bool is_role(std::string_view class_name) {
  return class_name == word_role::negator || class_name == word_role::intensifier ||
         class_name == word_role::break_here || class_name == word_role::ignored;
}

void write_number(Writer& w, double v) { w.raw(&v, sizeof v); }

double read_number(Reader& r) {
  double v = 0;
  std::memcpy(&v, r.take(sizeof v), sizeof v);
  return v;
}

std::string quoted(std::string_view word) { return "\"" + std::string(word.substr(0, 200)) + "\""; }

}  // namespace

void FeedbackLexicon::add(std::string_view class_name, std::string_view word, double weight,
                          double polarity) {
  if (class_name.empty()) wrong("a class of feedback must not be empty");
  if (class_name.size() > longest_class)
    throw Error(sqlstate::limit_exceeded, "the class of word " + quoted(word) + " is longer than " +
                                              std::to_string(longest_class) + " bytes");
  if (class_name.front() == '(' && !is_role(class_name))
    wrong("unknown role " + quoted(class_name) + " of word " + quoted(word),
          "The roles are (negator), (intensifier), (break) and (ignored).");
  std::u32string plain = plain_words(word.substr(0, 16 * longest_word));
  while (!plain.empty() && is_blank(plain.back())) plain.pop_back();
  plain.erase(0, plain.find_first_not_of(U' '));
  const size_t star = plain.find(U'*');
  if (plain.empty() || star == 0) wrong("a word of class " + quoted(class_name) + " is empty");
  if (star != std::u32string::npos && star + 1 != plain.size())
    wrong("word " + quoted(word) + " has a * that is not at its end");
  if (word.size() > 16 * longest_word || plain.size() > longest_word)
    throw Error(sqlstate::limit_exceeded, "word " + quoted(word) + " is longer than " +
                                              std::to_string(longest_word) + " characters");
  if (!(weight > 0 && weight <= largest_weight))
    wrong("the weight of word " + quoted(word) + " must be above 0 and at most 100");
  if (!(polarity >= -1 && polarity <= 1))
    wrong("the polarity of word " + quoted(word) + " must be from -1 to 1");
  if (is_role(class_name) && polarity != 0)
    wrong("word " + quoted(word) + " of " + std::string(class_name) + " must have polarity 0");
  if (!words_.empty()) settled_ = false;
  words_.push_back({std::string(class_name), utf8_text(plain), weight, polarity + 0.0});
  bytes_ += class_name.size() + words_.back().word.size() + 20;
  // Many rows may be the same word, which counts once.
  if (bytes_ > 2 * size_limit.max) settle();
  if (bytes_ > 2 * size_limit.max) size_limit.check(bytes_);
}

void FeedbackLexicon::merge(const FeedbackLexicon& other) {
  if (other.words_.empty()) return;
  words_.insert(words_.end(), other.words_.begin(), other.words_.end());
  bytes_ += other.bytes_;
  settled_ = false;
  if (bytes_ > 2 * size_limit.max) settle();
  if (bytes_ > 2 * size_limit.max) size_limit.check(bytes_);
}

void FeedbackLexicon::settle() const {
  if (settled_) return;
  const auto before = [](const FeedbackWord& a, const FeedbackWord& b) {
    if (const int order = a.word.compare(b.word); order != 0) return order < 0;
    if (const int order = a.class_name.compare(b.class_name); order != 0) return order < 0;
    return a.weight != b.weight ? a.weight < b.weight : a.polarity < b.polarity;
  };
  std::sort(words_.begin(), words_.end(), before);
  const auto same = [](const FeedbackWord& a, const FeedbackWord& b) {
    return a.word == b.word && a.class_name == b.class_name;
  };
  const auto end =
      std::unique(words_.begin(), words_.end(), [&](const FeedbackWord& a, const FeedbackWord& b) {
        if (!same(a, b)) return false;
        if (a.weight != b.weight || a.polarity != b.polarity)
          wrong("word " + quoted(a.word) + " is twice in class " + quoted(a.class_name),
                "In small letters and NFKC both are the same word.");
        return true;
      });
  words_.erase(end, words_.end());
  for (size_t i = 1; i < words_.size(); ++i)
    if (words_[i].word == words_[i - 1].word &&
        (is_role(words_[i].class_name) || is_role(words_[i - 1].class_name)))
      wrong("word " + quoted(words_[i].word) + " is in " + words_[i - 1].class_name + " and in " +
            words_[i].class_name);
  auto& bytes = const_cast<FeedbackLexicon*>(this)->bytes_;
  bytes = 0;
  for (const FeedbackWord& w : words_) bytes += w.class_name.size() + w.word.size() + 20;
  settled_ = true;
}

void FeedbackLexicon::write(Bytes& out) const {
  settle();
  Writer w(out);
  w.u8(version);
  w.varint(words_.size());
  for (const FeedbackWord& word : words_) {
    w.text(word.class_name);
    w.text(word.word);
    write_number(w, word.weight);
    write_number(w, word.polarity);
  }
}

void FeedbackLexicon::read(Reader& r) {
  r.version(version, "feedback_lexicon");
  for (size_t n = r.count(18); n > 0; --n) {
    const std::string_view class_name = r.text(), word = r.text();
    const double weight = read_number(r), polarity = read_number(r);
    add(class_name, word, weight, polarity);
    if (words_.back().word != word ||
        std::signbit(polarity) != std::signbit(words_.back().polarity))
      Reader::fail("it is not a feedback_lexicon");
  }
  // What was written is in order, so nothing was joined.
  const size_t n = words_.size();
  for (size_t i = 1; i < n; ++i) {
    const auto &a = words_[i - 1], &b = words_[i];
    if (a.word > b.word || (a.word == b.word && a.class_name >= b.class_name))
      Reader::fail("words are not in order");
  }
  settle();
}

FeedbackLexicon FeedbackLexicon::read(std::span<const uint8_t> bytes) {
  FeedbackLexicon lexicon;
  Reader reader(bytes);
  lexicon.read(reader);
  if (!reader.done()) Reader::fail("bytes are left over");
  return lexicon;
}

FeedbackMatcher::FeedbackMatcher(const FeedbackLexicon& lexicon) {
  const std::vector<FeedbackWord>& words = lexicon.words();
  std::unordered_map<std::string_view, uint32_t> classes;
  nodes_.emplace_back();
  Work work;
  for (size_t i = 0; i < words.size(); ++i) {
    const FeedbackWord& word = words[i];
    if (i == 0 || word.word != words[i - 1].word) {
      const std::u32string letters = plain_words(word.word);
      work.done(letters.size());
      const bool any_ending = letters.back() == U'*';
      uint32_t node = 0;
      for (size_t k = 0; k + any_ending < letters.size(); ++k) {
        auto [next, fresh] = next_.try_emplace(uint64_t{node} << 21 | letters[k],
                                               static_cast<uint32_t>(nodes_.size()));
        if (fresh) nodes_.emplace_back();
        node = next->second;
      }
      (any_ending ? nodes_[node].ending : nodes_[node].exact) =
          static_cast<int32_t>(entries_.size());
      Entry& entry = entries_.emplace_back();
      entry.any_ending = any_ending;
      entry.within_word = word.word == "n't";
    }
    Entry& entry = entries_.back();
    if (is_role(word.class_name)) {
      entry.role = word.class_name == word_role::negator       ? Role::negator
                   : word.class_name == word_role::intensifier ? Role::intensifier
                   : word.class_name == word_role::break_here  ? Role::break_here
                                                               : Role::ignored;
      entry.factor = word.weight;
      continue;
    }
    const auto [known, fresh] =
        classes.try_emplace(word.class_name, static_cast<uint32_t>(class_names_.size()));
    if (fresh) {
      if (word.class_name == word_role::any) any_class_ = known->second;
      class_names_.push_back(word.class_name);
    }
    entry.polar |= word.polarity != 0;
    entry.meanings.push_back({known->second, word.weight, word.polarity});
  }
}

FeedbackMatcher::Found FeedbackMatcher::longest_at(std::u32string_view text, size_t i) const {
  const bool within = i > 0 && is_word_letter(text[i]) && is_word_letter(text[i - 1]);
  Found found;
  uint32_t node = 0;
  for (size_t j = i; j < text.size();) {
    node = step(node, text[j]);
    if (node == 0) break;
    ++j;
    size_t end = j;  // of the word in which it ends
    if (is_word_letter(text[j - 1]))
      while (end < text.size() && is_word_letter(text[end])) ++end;
    const Node& at = nodes_[node];
    // Of equally long ones the one that says more letters.
    if (at.ending >= 0 && !within && end - i >= found.length) found = {at.ending, end - i};
    if (at.exact >= 0 && end == j && (!within || entries_[at.exact].within_word))
      found = {at.exact, j - i};
  }
  return found;
}

/// What a text says of each class, clause by clause.
struct FeedbackMatcher::Clause {
  struct Modifier {
    size_t end_unit;  // units of the text up to its end
    double factor;    // -1 for a negator
  };
  struct Sum {
    double weight = 0, signed_weight = 0, polar_weight = 0;
    std::vector<std::pair<size_t, size_t>> places;  // where its words are
    bool named = false, judged = false;  // in this clause: has a word, one with a polarity
  };

  std::vector<Sum> sums;
  std::vector<Modifier> modifiers;
  std::vector<uint32_t> named;  // classes of this clause
  Sum any;                      // the words of any class in this clause

  void end() {
    modifiers.clear();
    for (const uint32_t id : named) {
      Sum& sum = sums[id];
      if (!sum.judged && any.polar_weight > 0) {
        sum.signed_weight += any.signed_weight;
        sum.polar_weight += any.polar_weight;
        sum.places.insert(sum.places.end(), any.places.begin(), any.places.end());
      }
      sum.named = sum.judged = false;
    }
    named.clear();
    any = {};
  }
};

std::vector<FeedbackClass> FeedbackMatcher::classes(std::u32string_view text) const {
  Clause clause;
  clause.sums.resize(class_names_.size());
  size_t units = 0;  // characters and words that begin before i
  const auto begins_unit = [&](size_t k) {
    if (is_word_letter(text[k]))
      return k == 0 || !(is_word_letter(text[k - 1]) ||
                         (text[k - 1] == U'\'' && k > 1 && is_word_letter(text[k - 2])));
    return text[k] >= 0x2E80 && !ends_clause(text[k]);
  };
  Work work;
  for (size_t i = 0; i < text.size();) {
    const Found found = longest_at(text, i);
    if (found.entry < 0) {
      if (ends_clause(text[i])) clause.end();
      units += begins_unit(i);
      ++i;
      work.done(1);
      continue;
    }
    const Entry& entry = entries_[static_cast<size_t>(found.entry)];
    const size_t before = units, from = i;
    for (; i < from + found.length; ++i) units += begins_unit(i);
    work.done(found.length);
    switch (entry.role) {
      case Role::ignored:
        break;
      case Role::break_here:
        clause.end();
        break;
      case Role::negator:
        clause.modifiers.push_back({units, -1});
        break;
      case Role::intensifier:
        clause.modifiers.push_back({units, entry.factor});
        break;
      case Role::word: {
        double factor = 1;
        if (entry.polar) {
          for (const Clause::Modifier& m : clause.modifiers)
            if (before - m.end_unit < reach) factor *= m.factor;
          clause.modifiers.clear();
        }
        for (const Meaning& meaning : entry.meanings) {
          const bool any = static_cast<int64_t>(meaning.class_id) == any_class_;
          Clause::Sum& sum = any ? clause.any : clause.sums[meaning.class_id];
          if (!any) {
            sum.weight += meaning.weight;
            if (!sum.named) clause.named.push_back(meaning.class_id);
            sum.named = true;
            sum.judged |= meaning.polarity != 0;
          }
          sum.places.emplace_back(from, found.length);
          if (meaning.polarity == 0) continue;
          sum.signed_weight += meaning.weight * meaning.polarity * factor;
          sum.polar_weight += meaning.weight;
        }
      }
    }
  }
  clause.end();

  std::vector<FeedbackClass> answer;
  for (size_t id = 0; id < clause.sums.size(); ++id) {
    Clause::Sum& sum = clause.sums[id];
    if (sum.weight < 1 - 1e-9) continue;
    FeedbackClass& c = answer.emplace_back();
    c.class_name = class_names_[id];
    c.weight = sum.weight;
    c.polarity = sum.polar_weight > 0 ? sum.signed_weight / sum.polar_weight + 0.0 : 0;
    sort_polled(sum.places.begin(), sum.places.end());
    for (const auto& [from, length] : sum.places) {
      std::string word = utf8_text(text.substr(from, length));
      if (c.words.size() < 20 && std::ranges::find(c.words, word) == c.words.end())
        c.words.push_back(std::move(word));
    }
  }
  std::ranges::sort(answer, [](const FeedbackClass& a, const FeedbackClass& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.class_name < b.class_name;
  });
  return answer;
}

}  // namespace clientele
