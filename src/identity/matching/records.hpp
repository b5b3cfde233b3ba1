// SPDX-License-Identifier: PostgreSQL
// The rows that are compared, in memory: equal texts of a column are kept once, and a row is the
// numbers of its texts.
#pragma once
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace clientele {

/// A text of a column, and what is known of it without reading it.
struct MatchText {
  std::string_view bytes;
  uint32_t length;  // in characters
  uint64_t letters;

  bool ascii() const { return length == bytes.size(); }
};

/// The characters of a text as a set of 64: those that differ in it are different ones.
uint64_t letters_of(std::string_view text);

/// Texts one after the other.
class TextPool {
 public:
  explicit TextPool(std::pmr::memory_resource* memory) : bytes_(memory), ends_(memory) {}
  void add(std::string_view text);
  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const uint64_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, static_cast<size_t>(ends_[i] - begin)};
  }

 private:
  std::pmr::vector<char> bytes_;
  std::pmr::vector<uint64_t> ends_;
};

/// The different texts of a column, numbered from 1; 0 is an absent one.
class ColumnTexts {
 public:
  explicit ColumnTexts(std::pmr::memory_resource* memory)
      : texts_(memory), slots_(memory), known_(memory) {}

  /// The number of a text while rows are read.
  uint32_t number(std::string_view text);
  /// Numbers the texts again, in their order by bytes; returns the new number of each old one.
  std::pmr::vector<uint32_t> sort();
  /// After sort().
  MatchText text(uint32_t number) const {
    const Known& known = known_[number - 1];
    return {texts_[known.place], known.length, known.letters};
  }
  uint32_t length(uint32_t number) const { return known_[number - 1].length; }
  uint64_t letters(uint32_t number) const { return known_[number - 1].letters; }
  uint32_t count() const { return static_cast<uint32_t>(texts_.size()); }

 private:
  void grow();

  TextPool texts_;
  std::pmr::vector<uint32_t> slots_;  // a hash table of numbers, while rows are read
  struct Known {
    uint64_t letters;
    uint32_t place, length;
  };
  std::pmr::vector<Known> known_;  // of the texts in their order
};

class MatchRecords {
 public:
  /// `with_ids`: each row has an id that no other has.
  MatchRecords(std::pmr::memory_resource* memory, size_t columns, bool with_ids);

  /// Absent values are empty. `id` is ignored without ids.
  void add(std::string_view id, const std::string_view* values);
  /// Sorts the rows, by their ids or else by their values, so that nothing depends on the order in
  /// which they came. 22023 for an id that occurs twice.
  void finish();

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_.size(); }
  /// The numbers of a row's texts.
  const uint32_t* row(size_t i) const { return numbers_.data() + i * columns_.size(); }
  const ColumnTexts& column(size_t i) const { return columns_[i]; }
  std::string_view id(size_t i) const { return ids_[id_places_[i]]; }
  std::pmr::memory_resource* memory() const { return memory_; }

 private:
  std::pmr::vector<uint32_t> order_by_id() const;
  std::pmr::vector<uint32_t> order_by_values() const;

  std::pmr::memory_resource* memory_;
  bool with_ids_;
  size_t rows_ = 0;
  std::pmr::vector<ColumnTexts> columns_;
  std::pmr::vector<uint32_t> numbers_;
  TextPool ids_;
  std::pmr::vector<uint32_t> id_places_;
};

}  // namespace clientele
