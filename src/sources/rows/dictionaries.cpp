// SPDX-License-Identifier: PostgreSQL
#include "sources/rows/dictionaries.hpp"

#include "sources/rows/row_reasons.hpp"
#include "sources/cleaning/email.hpp"
#include "sources/cleaning/phone.hpp"

namespace clientele::sources {
namespace {

constexpr size_t longest_name = 500, longest_properties = 1500;  // bytes
constexpr uint32_t unusable_properties = UINT32_MAX, long_properties = UINT32_MAX - 1;

bool is_too_long(uint32_t number) { return number == CleanTexts::too_long; }

KeyForm key_form(SourceRules::Form form) {
  switch (form) {
    case SourceRules::Form::nocase:
      return KeyForm::nocase;
    case SourceRules::Form::exact:
      return KeyForm::exact;
    case SourceRules::Form::uuid:
      return KeyForm::uuid;
    default:
      return KeyForm::key;
  }
}

}  // namespace

uint32_t CleanTexts::clean(std::string_view raw) {
  if (raw.size() > longest_input) return too_long;
  if (const uint32_t* const number = values_.find(raw)) return *number;
  if (const uint32_t* const number = others_.find(raw)) return *number;
  const Cleaned cleaned = clean_event(raw);
  uint32_t number = blank;
  if (cleaned.reason == nullptr)
    number = cleaned.value.size() > limit_ ? too_long : values_.add(cleaned.value);
  if (cleaned.value != raw || number >= too_long) *others_.add(raw).number = number;
  return number;
}

Identifiers::Identifiers(const SourceRules& rules, std::pmr::memory_resource* memory)
    : rules_(rules), all_(memory) {
  values_.reserve(rules.kinds.size());
  others_.reserve(rules.kinds.size());
  for (size_t i = 0; i < rules.kinds.size(); ++i) {
    values_.emplace_back(memory);
    others_.emplace_back(memory);
  }
}

Cleaned Identifiers::cleaned(uint32_t kind, std::string_view raw) const {
  const SourceRules::Form form = rules_.kinds[kind].form;
  Cleaned c = form == SourceRules::Form::email ? clean_email(raw, false, rules_.stand_ins)
              : form == SourceRules::Form::phone
                  ? clean_phone(raw, rules_.country, rules_.stand_ins)
                  : clean_key(raw, key_form(form), rules_.stand_ins);
  if (c.reason == nullptr && c.value.size() > longest) return unusable(reason::too_long);
  return c;
}

uint32_t Identifiers::add(uint32_t kind, std::string_view value) {
  const StringMap::Added a = values_[kind].add(value);
  if (a.added) {
    if (all_.size() >= INT32_MAX)
      throw Error(sqlstate::limit_exceeded, "a batch has too many identifiers",
                  "Give a smaller batch_rows.");
    *a.number = static_cast<uint32_t>(all_.size());
    all_.push_back({kind, a.place});
  }
  return *a.number;
}

Identifiers::Found Identifiers::clean(uint32_t kind, std::string_view raw) {
  // What stands for a reason instead of an identifier.
  static constexpr const char* reasons[] = {reason::blank,     reason::stand_in, reason::bad_email,
                                            reason::bad_phone, reason::bad_uuid, reason::too_long};
  constexpr uint32_t first_reason = UINT32_MAX - std::size(reasons) + 1;
  if (raw.size() > longest_input) return {0, reason::too_long};
  if (const uint32_t* const number = values_[kind].find(raw)) return {*number, nullptr};
  uint32_t number = 0;
  if (const uint32_t* const known = others_[kind].find(raw)) {
    number = *known;
  } else {
    const Cleaned c = cleaned(kind, raw);
    if (c.reason == nullptr) {
      number = add(kind, c.value);
    } else {
      const std::string_view why = c.reason;
      uint32_t i = 0;
      while (i + 1 < std::size(reasons) && why != reasons[i]) ++i;
      number = first_reason + i;
    }
    if (c.reason != nullptr || c.value != raw) *others_[kind].add(raw).number = number;
  }
  if (number >= first_reason) return {0, reasons[number - first_reason]};
  return {number, nullptr};
}

EventTypes::EventTypes(const SourceRules& rules, std::pmr::memory_resource* memory)
    : rules_(rules),
      channels_(longest_name, memory),
      events_(longest_input, memory),
      raw_properties_(memory),
      properties_(memory),
      types_(memory) {
  channels_.add("");
  properties_.add("{}");
}

const EventTypes::Named& EventTypes::named(uint32_t event) {
  if (event >= named_.size()) named_.resize(event + 1);
  if (named_[event].known) return named_[event];
  Named n{true, nullptr, std::nullopt, event};
  if (!rules_.event_names.empty() || rules_.strict) {
    const auto found = rules_.event_names.find(std::string(events_[event]));
    if (found != rules_.event_names.end()) {
      if (found->second.channel) n.channel = channels_.add(*found->second.channel);
      if (found->second.event) n.event = events_.add(*found->second.event);
    } else if (rules_.strict) {
      n.reason = reason::unknown_event;
    }
  }
  if (n.reason == nullptr && events_[n.event].size() > longest_name) n.reason = reason::too_long;
  return named_[event] = n;
}

uint32_t EventTypes::properties_of(const std::vector<Value>& values) {
  room_.clear();
  size_t bytes = 0;
  for (const Value& v : values) {
    bytes += v.text.size();
    if (bytes > longest_input) return long_properties;
    room_ += static_cast<char>(v.kind);
    if (v.kind == Value::Kind::whole || v.kind == Value::Kind::boolean) {
      room_.append(reinterpret_cast<const char*>(&v.number), sizeof v.number);
    } else if (!v.null()) {
      const auto size = static_cast<uint32_t>(v.text.size());
      room_.append(reinterpret_cast<const char*>(&size), sizeof size);
      room_ += v.text;
    }
  }
  const StringMap::Added known = raw_properties_.add(room_);
  if (!known.added) return *known.number;
  std::string json = "{";
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].null()) continue;
    if (json.size() > 1) json += ", ";
    append_json_string(json, rules_.properties[i]);
    json += ": ";
    append_json(json, values[i]);
  }
  json += '}';
  const char* why = nullptr;
  if (rules_.properties_hook != nullptr)
    why = rules_.properties_hook(json);
  else if (json.size() > longest_properties)
    why = reason::too_long;
  if (why == nullptr) return *known.number = properties_.add(json);
  return *known.number = why == reason::too_long ? long_properties : unusable_properties;
}

EventTypes::Found EventTypes::clean(const RowValues& row) {
  Found found;
  const auto refuse = [&](const char* reason, const Value& because) {
    if (found.reason != nullptr && reason::rank(found.reason) <= reason::rank(reason)) return;
    found.reason = reason;
    found.because = &because;
  };
  std::string room;
  Type type{0, 0, 0};
  if (!row.channel.null()) {
    const uint32_t channel = channels_.clean(text_of(row.channel, room));
    if (is_too_long(channel))
      refuse(reason::too_long, row.channel);
    else if (channel != CleanTexts::blank)
      type.channel = channel;
  }
  const uint32_t event =
      row.event.null() ? CleanTexts::blank : events_.clean(text_of(row.event, room));
  if (event == CleanTexts::blank) {
    refuse(reason::missing_event, row.event);
  } else if (is_too_long(event)) {
    refuse(rules_.strict ? reason::unknown_event : reason::too_long, row.event);
  } else {
    const Named& n = named(event);
    if (n.reason != nullptr) refuse(n.reason, row.event);
    if (n.channel) {
      type.channel = *n.channel;
      if (found.because == &row.channel) found = {};
    }
    type.event = n.event;
  }
  if (!row.properties.empty()) {
    type.properties = properties_of(row.properties);
    if (type.properties == unusable_properties)
      refuse(reason::bad_properties, row.properties.front());
    else if (type.properties == long_properties)
      refuse(reason::too_long, row.properties.front());
  }
  if (found.reason == nullptr) found.number = types_.add(bytes_of(&type, 1));
  return found;
}

Currencies::Found Currencies::clean(const Value& value) {
  if (value.null()) return {&rules_.reporting, nullptr};
  const std::string_view text = text_of(value, room_);
  if (text.size() > longest_input) return {nullptr, reason::too_long};
  const StringMap::Added known = raw_.add(text);
  if (known.added) {
    *known.number = static_cast<uint32_t>(known_.size());
    known_.push_back(clean_currency(text, rules_.reporting, rules_.stand_ins));
  }
  const Cleaned& c = known_[*known.number];
  // Blank: neither the row nor the store says what the currency is.
  if (c.reason == nullptr || c.reason == reason::blank) return {&c.value, nullptr};
  return {nullptr, c.reason};
}

}  // namespace clientele::sources
