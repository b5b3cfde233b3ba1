// SPDX-License-Identifier: PostgreSQL
#pragma once
#include "journey/journey.hpp"
#include "sources/rows/batch.hpp"

namespace clientele::sources {

/// What the packed rows of a batch say, ready for the store: identifiers, links, event types and
/// items by place, and the journey of each home.
class Packing {
 public:
  Packing(const Batch& batch, std::pmr::memory_resource* memory);

  /// Numbers of the cleaner that are used, each once; a place is a position in it.
  struct Used {
    explicit Used(std::pmr::memory_resource* memory) : numbers(memory), places(memory) {}
    std::pmr::vector<uint32_t> numbers, places;
    void use(uint32_t number) {
      if (places[number] != CleanRow::none) return;
      places[number] = static_cast<uint32_t>(numbers.size());
      numbers.push_back(number);
    }
  };
  const Used& identifiers() const { return identifiers_; }
  const Used& types() const { return types_; }
  const Used& items() const { return items_; }

  struct Link {
    uint32_t home, other;  // places of identifiers
  };
  const std::pmr::vector<Link>& links() const { return links_; }

  size_t events() const { return events_; }
  Micros first_at() const { return first_at_; }
  Micros last_at() const { return last_at_; }

  /// The event types and items of the store, by place.
  struct StoredIds {
    std::vector<int32_t> types;
    std::vector<bool> capped;  // types whose properties are left out
    std::vector<int64_t> items;
  };
  /// Calls take(place of the home, packed journey) for each home.
  using Take = std::function<void(uint32_t home, std::span<const uint8_t> journey)>;
  void each_journey(const StoredIds& ids, const Take& take) const;

  /// How often something was left out: by reason of RowCleaner, then properties; and the events of
  /// which nothing was.
  struct Dropped {
    size_t by_reason[RowCleaner::drop_reasons] = {};
    size_t properties = 0, complete = 0;
  };
  Dropped dropped(const StoredIds& ids) const;

 private:
  void group();

  const Batch& batch_;
  std::pmr::memory_resource* memory_;
  Used identifiers_, types_, items_;
  std::pmr::vector<Link> links_;
  std::pmr::vector<uint32_t> begins_, rows_;  // rows by home
  size_t events_ = 0;
  Micros first_at_ = 0, last_at_ = 0;
};

}  // namespace clientele::sources
