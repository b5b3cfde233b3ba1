// SPDX-License-Identifier: PostgreSQL
// A path_def and the dictionary together: what an event type means to the question.
#pragma once
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <unordered_map>
#include <vector>

#include "journey/dictionary_pg.hpp"
#include "journey/journey.hpp"
#include "journey/vocabulary.hpp"
#include "paths/found/paths.hpp"

namespace clientele {

/// Made once per query; see KeptQuestions. C++ regime.
class PathQuestion {
 public:
  explicit PathQuestion(std::span<const uint8_t> definition);

  const PathDefinition& definition() const { return definition_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  PathFinder& finder() { return finder_; }

  /// Unpacks a journey, ties in order. Valid until the next call.
  const PathEvents& events_of(const Journey& journey);
  /// By position in the types of the journey unpacked last.
  std::span<const EventKind> kinds() const { return kinds_; }

 private:
  const EventKind& kind_of(int32_t type);
  EventKind unknown_kind(int32_t type);
  uint32_t label_number(std::string_view label);

  PathDefinition definition_;
  PathFinder finder_;
  Vocabulary vocabulary_;
  std::unordered_map<std::string, uint32_t> label_numbers_;
  std::vector<int32_t> starts_, ends_;
  std::vector<std::string> names_without_channel_;  // in rank order, the first of all ranks
  std::vector<int32_t> types_;                      // of the dictionary, ascending
  std::vector<EventKind> kinds_of_types_;
  std::unordered_map<int32_t, EventKind> unknown_;

  PathEvents events_;
  std::vector<EventKind> kinds_;
};

/// The questions of one query, kept from row to row with pg::kept: a query may ask several of each
/// journey. All are made again when the dictionary may look different.
class KeptQuestions {
 public:
  explicit KeptQuestions(std::pmr::memory_resource*) {}
  PathQuestion& get(std::span<const uint8_t> definition);

 private:
  static constexpr size_t max_entries = 16;
  struct Entry {
    std::vector<uint8_t> definition;
    std::unique_ptr<PathQuestion> question;
  };
  SnapshotKey key_;
  std::vector<Entry> entries_;  // the one used last in front
};

}  // namespace clientele
