// SPDX-License-Identifier: PostgreSQL
// What a text is about, and how its writer feels about it, by a list of words.
#pragma once
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/size_limit.hpp"

namespace clientele {

/// Classes of the list that are not classes of texts, but say what a word does there.
namespace word_role {
inline constexpr std::string_view negator = "(negator)";          // turns the next word round
inline constexpr std::string_view intensifier = "(intensifier)";  // its weight is the factor
inline constexpr std::string_view break_here = "(break)";         // a clause ends with it
inline constexpr std::string_view ignored = "(ignored)";          // what is in it does not count
inline constexpr std::string_view any = "*";  // for the classes that its clause names
}  // namespace word_role

inline constexpr size_t longest_word = 64;    // characters
inline constexpr size_t longest_class = 200;  // bytes

struct FeedbackWord {
  std::string class_name, word;  // word: as plain_words has it, * at the end for any ending
  double weight = 1, polarity = 0;
};

/// The list: the value of type feedback_lexicon, and the state of the aggregate that makes one.
class FeedbackLexicon {
 public:
  static constexpr SizeLimit size_limit{"feedback_lexicon", max_definition_bytes};
  explicit FeedbackLexicon(std::pmr::memory_resource* = nullptr) {}

  /// Errors: 22023 for an empty class or word, a * elsewhere than at the end, an unknown role, a
  /// weight that is not above 0 and at most 100, a polarity outside -1 to 1; 54000 for a word of
  /// more than longest_word characters or a class of more than longest_class bytes.
  void add(std::string_view class_name, std::string_view word, double weight, double polarity);
  void merge(const FeedbackLexicon& other);

  /// Ascending by word and class. 22023 if a word has two weights or polarities in a class, or a
  /// role and a class.
  const std::vector<FeedbackWord>& words() const { return settle(), words_; }

  /// Equal lists have equal bytes. Versioned.
  void write(Bytes& out) const;
  void read(Reader& reader);
  static FeedbackLexicon read(std::span<const uint8_t> bytes);

 private:
  void settle() const;
  mutable std::vector<FeedbackWord> words_;
  mutable bool settled_ = true;
  size_t bytes_ = 0;  // what write() needs, about
};

/// A class of a text.
struct FeedbackClass {
  std::string_view class_name;
  double weight = 0;    // the sum of the weights of its words
  double polarity = 0;  // the mean of its words that have one, after negators and intensifiers
  std::vector<std::string> words;  // each once, in the order of the text
};

/// A list, ready to be looked up.
class FeedbackMatcher {
 public:
  explicit FeedbackMatcher(const FeedbackLexicon& lexicon);

  /// The classes whose words weigh 1 at least together: the heaviest first, then bytewise. Class
  /// names live as long as the matcher. Linear in the text.
  std::vector<FeedbackClass> classes(std::u32string_view plain) const;

 private:
  enum class Role : uint8_t { word, negator, intensifier, break_here, ignored };
  struct Meaning {
    uint32_t class_id;
    double weight, polarity;
  };
  struct Entry {
    Role role = Role::word;
    bool any_ending = false;
    bool within_word = false;  // n't
    double factor = 1;
    bool polar = false;
    std::vector<Meaning> meanings;
  };
  struct Node {
    int32_t exact = -1, ending = -1;  // entries
  };
  struct Found {
    int32_t entry = -1;
    size_t length = 0;
  };
  struct Clause;

  uint32_t step(uint32_t node, char32_t c) const {
    const auto next = next_.find(uint64_t{node} << 21 | c);
    return next == next_.end() ? 0 : next->second;
  }
  Found longest_at(std::u32string_view text, size_t i) const;

  std::vector<std::string> class_names_;
  int64_t any_class_ = -1;
  std::vector<Entry> entries_;
  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, uint32_t> next_;
};

}  // namespace clientele
