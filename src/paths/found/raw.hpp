// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "journey/name_selector.hpp"
#include "paths/found/paths.hpp"

namespace clientele {

/// The rows of one customer as they come: the state of the aggregate journey_path(at, event).
/// All that it owns is in the given memory.
class RawPath {
 public:
  explicit RawPath(std::pmr::memory_resource* memory)
      : encoded_(memory), numbers_(memory), labels_(memory), at_(memory), label_(memory) {}

  /// 22023 if the definition differs from the one before.
  void define(std::span<const uint8_t> encoded);
  void add(Micros at, std::string_view event);
  void merge(const RawPath& other);

  /// Calls `use` with the names of the first path, if there is one; false if not. Changes nothing.
  bool path(const std::function<void(std::span<const std::string_view>)>& use) const;

  void write(Bytes& out) const;
  void read(Reader& reader);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  uint32_t label_number(std::string_view event);

  std::pmr::vector<uint8_t> encoded_;
  // A map's nodes do not move: views of its keys stay good.
  std::pmr::unordered_map<std::pmr::string, uint32_t, Hash, std::equal_to<>> numbers_;
  std::pmr::vector<std::string_view> labels_;
  std::pmr::vector<Micros> at_;
  std::pmr::vector<uint32_t> label_;
};

}  // namespace clientele
