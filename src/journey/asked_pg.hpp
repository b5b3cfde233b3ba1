// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

#include "journey/dictionary_pg.hpp"

extern "C" {
#include "access/xact.h"
}

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

/// A question with the end and, if it has one, the time zone that it means now where its definition
/// leaves them open. C++ regime.
template <class Definition>
Definition settled(std::span<const uint8_t> definition) {
  Definition d = Definition::read(definition);
  if (!d.until) d.until = GetCurrentTransactionStartTimestamp();
  if constexpr (requires { d.time_zone; })
    if (d.time_zone.empty()) d.time_zone = pg_get_timezone_name(session_timezone);
  return d;
}

/// One question, kept from row to row with pg::kept. It is made again with another definition, when
/// the dictionary may look different, and when the session has another time zone.
/// Question(std::span<const uint8_t>) settles the definition. C++ regime.
template <class Question>
class SettledQuestion {
 public:
  explicit SettledQuestion(std::pmr::memory_resource*) {}

  Question& get(std::span<const uint8_t> definition) {
    if (key_.renew()) question_.forget();
    const pg::ByteView source[] = {definition, pg::plain_bytes(session_timezone)};
    return *question_.get(source, [&] { return std::make_unique<Question>(definition); });
  }

 private:
  SnapshotKey key_;
  pg::Remembered<std::unique_ptr<Question>> question_;
};

}  // namespace clientele
