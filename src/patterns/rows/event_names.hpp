// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

namespace clientele {

/// The names of events by number, and the patterns, of all customers of a query: kept once, as
/// there may be many customers. All that it owns is in the given memory.
class EventNames {
 public:
  explicit EventNames(std::pmr::memory_resource* memory);
  EventNames(const EventNames&) = delete;
  EventNames& operator=(const EventNames&) = delete;

  /// No other has it.
  uint64_t id() const { return id_; }
  size_t size() const { return names_.size(); }
  std::string_view name(uint32_t number) const { return names_[number]; }
  /// The number of a name, which is added if it is new.
  uint32_t number(std::string_view name);

  using Definition = std::pmr::vector<uint8_t>;
  /// These bytes, kept.
  const Definition* definition(std::span<const uint8_t> bytes);

 private:
  static constexpr uint32_t empty = ~uint32_t{0};
  struct Slot {
    uint32_t hash, number;
  };
  void grow();
  std::string_view kept(std::string_view text);

  uint64_t id_;
  std::pmr::deque<std::pmr::vector<char>> texts_;  // many in one, which never grows
  std::pmr::vector<std::string_view> names_;
  std::pmr::vector<Slot> slots_;
  std::pmr::deque<Definition> definitions_;
};

}  // namespace clientele
