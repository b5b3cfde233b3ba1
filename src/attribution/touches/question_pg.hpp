// SPDX-License-Identifier: PostgreSQL
// An attribution_def and the dictionary together: what an event type means to the question.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "attribution/touches/definition.hpp"
#include "attribution/touches/windows.hpp"
#include "journey/dictionary_pg.hpp"
#include "journey/kinds_pg.hpp"

namespace clientele {

/// Made once per query. C++ regime.
class AttributionQuestion {
 public:
  explicit AttributionQuestion(std::span<const uint8_t> definition);

  /// Valid until the next call. Labels are numbers in the vocabulary.
  const WindowFinder& find(const Journey& journey);
  const Vocabulary& vocabulary() const { return kinds_.vocabulary(); }

 private:
  struct Meaning {
    TouchRole role;
    uint64_t rank;
    uint32_t label;
  };
  const Meaning& of(int32_t type);
  uint32_t channel_of(int32_t type);

  AttributionDefinition definition_;
  EventKinds kinds_;
  std::vector<int32_t> conversions_, touches_;     // types, ascending
  std::unordered_map<int32_t, uint32_t> grouped_;  // labels of types that groups pick
  TypeNames channels_;
  std::unordered_map<int32_t, Meaning> known_;
  std::vector<Meaning> dense_;  // by type, for small ones
  std::vector<uint8_t> filled_;
  TouchCodes codes_;
  WindowFinder finder_;
};

using AttributionCache = Resolved<std::unique_ptr<AttributionQuestion>>;

}  // namespace clientele
