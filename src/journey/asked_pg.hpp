// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

#include "journey/dictionary_pg.hpp"

namespace clientele {

/// The questions of one query by the bytes of their definitions, kept from row to row with
/// pg::kept: a query may ask several of each journey. All are made again when the dictionary may
/// look different. Question(std::span<const uint8_t>) reads the definition. C++ regime.
template <class Question>
class AskedQuestions {
 public:
  explicit AskedQuestions(std::pmr::memory_resource*) {}

  Question& get(std::span<const uint8_t> definition) {
    if (key_.renew()) entries_.clear();
    const auto found = std::ranges::find_if(
        entries_, [&](const Entry& e) { return same_bytes(e.definition, definition); });
    if (found != entries_.end()) {
      if (found != entries_.begin()) std::rotate(entries_.begin(), found, found + 1);
    } else {
      auto question = std::make_unique<Question>(definition);
      if (entries_.size() == max_entries) entries_.pop_back();
      entries_.insert(entries_.begin(),
                      {{definition.begin(), definition.end()}, std::move(question)});
    }
    return *entries_.front().question;
  }

 private:
  static constexpr size_t max_entries = 16;
  struct Entry {
    std::vector<uint8_t> definition;
    std::unique_ptr<Question> question;
  };
  SnapshotKey key_;
  std::vector<Entry> entries_;  // the one used last in front
};

}  // namespace clientele
