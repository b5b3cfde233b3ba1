// SPDX-License-Identifier: PostgreSQL
// What the rows of a batch say again and again, cleaned once each.
#pragma once
#include <optional>

#include "sources/rows/rules.hpp"
#include "sources/rows/strings.hpp"

namespace clientele::sources {

/// Numbers of cleaned texts. A text that is already in its normal form, as most are, is found by
/// one look-up: cleaning changes nothing there.
class CleanTexts {
 public:
  static constexpr uint32_t blank = UINT32_MAX, too_long = UINT32_MAX - 1;

  CleanTexts(size_t limit, std::pmr::memory_resource* memory)
      : values_(memory), others_(memory), limit_(limit) {}

  /// The number of the text, trimmed and in NFC; or `blank` or `too_long`.
  uint32_t clean(std::string_view raw);
  uint32_t add(std::string_view value) { return values_.add(value); }
  std::string_view operator[](uint32_t number) const { return values_[number]; }
  size_t size() const { return values_.size(); }

 private:
  Interned values_;
  StringMap others_;
  size_t limit_;
};

/// The identifiers of a batch, of all kinds.
class Identifiers {
 public:
  static constexpr size_t longest = 2000;  // bytes

  Identifiers(const SourceRules& rules, std::pmr::memory_resource* memory);

  struct Found {
    uint32_t number;
    const char* reason;  // nullptr if there is a number; blank and stand_in if it is absent
  };
  Found clean(uint32_t kind, std::string_view raw);

  size_t size() const { return all_.size(); }
  uint32_t kind(uint32_t number) const { return all_[number].kind; }
  std::string_view value(uint32_t number) const {
    return values_[all_[number].kind].at(all_[number].place);
  }
  /// Whether a is stronger than b: by kind, then by value.
  bool stronger(uint32_t a, uint32_t b) const {
    if (kind(a) != kind(b)) return kind(a) < kind(b);
    return value(a) < value(b);
  }

 private:
  struct Place {
    uint32_t kind, place;
  };
  Cleaned cleaned(uint32_t kind, std::string_view raw) const;
  uint32_t add(uint32_t kind, std::string_view value);

  const SourceRules& rules_;
  std::vector<StringMap> values_, others_;  // by kind
  std::pmr::vector<Place> all_;
};

/// Event types: channel, event and properties, all by number.
class EventTypes {
 public:
  EventTypes(const SourceRules& rules, std::pmr::memory_resource* memory);

  struct Found {
    uint32_t number = 0;
    const char* reason = nullptr;
    const Value* because = nullptr;  // of these values
  };
  Found clean(const RowValues& row);

  struct Type {
    uint32_t channel, event, properties;
  };
  size_t size() const { return types_.size(); }
  Type operator[](uint32_t number) const {
    Type type;
    std::memcpy(&type, types_[number].data(), sizeof type);
    return type;
  }
  std::string_view channel(uint32_t number) const { return channels_[number]; }
  std::string_view event(uint32_t number) const { return events_[number]; }
  std::string_view properties(uint32_t number) const { return properties_[number]; }

 private:
  struct Named {
    bool known = false;
    const char* reason = nullptr;
    std::optional<uint32_t> channel;
    uint32_t event = 0;
  };
  const Named& named(uint32_t event);
  uint32_t properties_of(const std::vector<Value>& values);

  const SourceRules& rules_;
  CleanTexts channels_, events_;
  std::vector<Named> named_;  // by event as the source has it
  StringMap raw_properties_;
  Interned properties_, types_;
  std::string room_;
};

/// The currencies that rows have, cleaned.
class Currencies {
 public:
  Currencies(const SourceRules& rules, std::pmr::memory_resource* memory)
      : rules_(rules), raw_(memory) {}

  struct Found {
    const Currency* currency;
    const char* reason;
  };
  Found clean(const Value& value);

 private:
  const SourceRules& rules_;
  StringMap raw_;
  std::vector<Cleaned> known_;
  std::string room_;
};

}  // namespace clientele::sources
