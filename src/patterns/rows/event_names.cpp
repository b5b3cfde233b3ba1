// SPDX-License-Identifier: PostgreSQL
#include "patterns/rows/event_names.hpp"

#include <algorithm>
#include <atomic>
#include <functional>

#include "base/bytes.hpp"

namespace clientele {
namespace {

uint64_t next_id() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

EventNames::EventNames(std::pmr::memory_resource* memory)
    : id_(next_id()),
      texts_(memory),
      names_(memory),
      slots_(64, Slot{0, empty}, memory),
      definitions_(memory) {}

uint32_t EventNames::number(std::string_view name) {
  const auto hash = static_cast<uint32_t>(std::hash<std::string_view>()(name));
  size_t i = hash & (slots_.size() - 1);
  for (; slots_[i].number != empty; i = (i + 1) & (slots_.size() - 1))
    if (slots_[i].hash == hash && names_[slots_[i].number] == name) return slots_[i].number;
  const auto fresh = static_cast<uint32_t>(names_.size());
  names_.push_back(kept(name));
  slots_[i] = {hash, fresh};
  if (names_.size() * 2 > slots_.size()) grow();
  return fresh;
}

std::string_view EventNames::kept(std::string_view text) {
  constexpr size_t usual = 4096;
  if (texts_.empty() || texts_.back().capacity() - texts_.back().size() < text.size()) {
    texts_.emplace_back();
    texts_.back().reserve(std::max(usual, text.size()));
  }
  std::pmr::vector<char>& texts = texts_.back();
  const size_t begin = texts.size();
  texts.insert(texts.end(), text.begin(), text.end());
  return {texts.data() + begin, text.size()};
}

void EventNames::grow() {
  std::pmr::vector<Slot> slots(slots_.size() * 2, Slot{0, empty}, slots_.get_allocator());
  for (const Slot& slot : slots_) {
    if (slot.number == empty) continue;
    size_t i = slot.hash & (slots.size() - 1);
    while (slots[i].number != empty) i = (i + 1) & (slots.size() - 1);
    slots[i] = slot;
  }
  slots_.swap(slots);
}

const EventNames::Definition* EventNames::definition(std::span<const uint8_t> bytes) {
  for (size_t i = definitions_.size(); i-- > 0;)
    if (same_bytes(definitions_[i], bytes)) return &definitions_[i];
  definitions_.emplace_back(bytes.begin(), bytes.end());
  return &definitions_.back();
}

}  // namespace clientele
