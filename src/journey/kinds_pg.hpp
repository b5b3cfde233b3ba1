// SPDX-License-Identifier: PostgreSQL
// What a question calls the event types, and in which order they stand at equal times.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journey/groups.hpp"
#include "journey/vocabulary.hpp"

namespace clientele {

struct EventKind {
  uint64_t rank = 0;   // the order of equal times: (channel, event, properties) COLLATE "C"
  uint32_t label = 0;  // a number in the vocabulary; types of equal names share one
};

/// The dictionary as one query sees it. A type is called by the first group that picks it, or by
/// the name that it has: event, or channel:event; #3 for one that the dictionary does not know. No
/// two types have one rank. Made once per query, in a Resolved or after a SnapshotKey. C++ regime.
class EventKinds {
 public:
  /// Errors: 42704 for an unknown event in a group's selector.
  explicit EventKinds(std::span<const NamedSelector> groups = {});

  const EventKind& of(int32_t type);
  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// The number of a label, which is added if it is not there.
  uint32_t label_number(std::string_view label);

 private:
  EventKind unknown_kind(int32_t type);

  Vocabulary vocabulary_;
  std::unordered_map<std::string, uint32_t> label_numbers_;
  std::unordered_map<int32_t, uint32_t> grouped_;   // labels of the types that groups pick
  std::vector<std::string> names_without_channel_;  // in rank order, the first of all ranks
  std::vector<int32_t> types_;                      // of the dictionary, ascending
  std::vector<EventKind> kinds_of_types_;
  std::unordered_map<int32_t, EventKind> unknown_;
};

}  // namespace clientele
