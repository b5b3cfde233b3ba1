// SPDX-License-Identifier: PostgreSQL
#include "pg/json.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/length.hpp"

namespace clientele::pg {
namespace {

std::string with_article(std::string_view type) {
  return (std::string_view("aeiou").find(type.front()) != std::string_view::npos ? "an " : "a ") +
         std::string(type);
}

/// '{"steps": …}' is a JSON object, '{search,cart}' and '{"search","cart"}' are arrays: an
/// object's first word is quoted and followed by a colon.
bool is_array_literal(std::string_view text) {
  const auto skip = [&](size_t i) {
    return std::min(text.find_first_not_of(" \t\n\v\f\r", i), text.size());
  };
  size_t i = skip(0);
  if (i == text.size() || text[i] != '{') return false;
  i = skip(i + 1);
  if (i == text.size()) return false;
  if (text[i] != '"') return text[i] != '}';
  for (++i; i < text.size() && text[i] != '"'; ++i)
    if (text[i] == '\\') ++i;
  i = i < text.size() ? skip(i + 1) : i;
  return i == text.size() || text[i] != ':';
}

}  // namespace

std::optional<Datum> array_literal(std::string_view text) {
  JsonObject::size_limit.check(text.size());
  if (!is_array_literal(text)) return std::nullopt;
  const std::string copy(text);
  return call_pg([&] {
    Oid input, element;
    getTypeInputInfo(TEXTARRAYOID, &input, &element);
    return OidInputFunctionCall(input, const_cast<char*>(copy.c_str()), element, -1);
  });
}

JsonObject::JsonObject(std::string_view text, const char* type) : root_(nullptr), type_(type) {
  size_limit.check(text.size());
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{')
    // A definition is made by a function of its name; a model is not.
    throw Error(sqlstate::invalid_text,
                "invalid input for type " + std::string(type) + ": \"" + std::string(text) + "\"",
                std::string("Its text form is a JSON object.") +
                    (std::string_view(type).ends_with("_def")
                         ? std::string(" To make one from a single option, name that option: ") +
                               type + "(option => value)."
                         : ""));
  root_ = call_pg([&] {
    char* const copy = pnstrdup(text.data(), text.size());
    Jsonb* const object = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy)));
    pfree(copy);
    return &object->root;
  });
}

void JsonObject::allow_only(const std::vector<std::string_view>& keys) const {
  struct Key {
    const char* data;
    size_t size;
  };
  const Key stranger = call_pg([&]() -> Key {
    JsonbIterator* at = JsonbIteratorInit(root_);
    JsonbValue value;
    for (auto token = JsonbIteratorNext(&at, &value, true); token != WJB_DONE;
         token = JsonbIteratorNext(&at, &value, true)) {
      if (token != WJB_KEY) continue;
      const std::string_view key(value.val.string.val, value.val.string.len);
      bool known = false;
      for (const std::string_view k : keys) known = known || key == k;
      if (!known) return {key.data(), key.size()};
    }
    return {nullptr, 0};
  });
  if (stranger.data == nullptr) return;
  std::string hint = "The keys are ";
  for (size_t i = 0; i < keys.size(); ++i) hint += (i == 0 ? "" : ", ") + std::string(keys[i]);
  throw Error(
      sqlstate::invalid_parameter,
      "unknown key \"" + std::string(stranger.data, stranger.size) + "\" in " + with_article(type_),
      hint + ".");
}

bool JsonObject::find(const char* key, JsonbValue& value) const {
  return call_pg([&] {
    return getKeyJsonValueFromContainer(root_, key, static_cast<int>(std::strlen(key)), &value) !=
               nullptr &&
           value.type != jbvNull;
  });
}

void JsonObject::wrong(const char* key, const char* expected) const {
  throw Error(sqlstate::invalid_parameter,
              "\"" + std::string(key) + "\" in " + with_article(type_) + " must be " + expected);
}

std::optional<std::string> JsonObject::text(const char* key) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  if (value.type != jbvString) wrong(key, "a string");
  return std::string(value.val.string.val, value.val.string.len);
}

std::optional<bool> JsonObject::boolean(const char* key) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  if (value.type != jbvBool) wrong(key, "true or false");
  return value.val.boolean;
}

std::optional<int64_t> JsonObject::integer(const char* key) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  return integer_of(key, value);
}

int64_t JsonObject::integer_of(const char* key, const JsonbValue& value) const {
  if (value.type != jbvNumeric) wrong(key, "a whole number");
  const char* const digits = call_pg([&] {
    return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
  });
  if (std::strlen(digits) > 18 || std::strspn(digits, "-0123456789") != std::strlen(digits))
    wrong(key, "a whole number");
  return std::stoll(digits);
}

double JsonObject::number_of(const char* key, const JsonbValue& value) const {
  if (value.type != jbvNumeric) wrong(key, "a number");
  const char* const digits = call_pg([&] {
    return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
  });
  double result = 0;
  const auto [end, error] = std::from_chars(digits, digits + std::strlen(digits), result);
  if (error != std::errc() || *end != '\0' || !std::isfinite(result)) wrong(key, "a finite number");
  return result;
}

std::optional<double> JsonObject::number(const char* key) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  return number_of(key, value);
}

std::optional<JsonObject> JsonObject::object(const char* key, const char* type) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
    wrong(key, "an object");
  return JsonObject(value.val.binary.data, type == nullptr ? type_ : type);
}

std::optional<std::vector<JsonObject>> JsonObject::objects(const char* key) const {
  const auto values = elements(key);
  if (!values) return std::nullopt;
  std::vector<JsonObject> result;
  for (const JsonbValue& v : *values) {
    if (v.type != jbvBinary || !JsonContainerIsObject(v.val.binary.data))
      wrong(key, "an array of objects");
    result.push_back(JsonObject(v.val.binary.data, type_));
  }
  return result;
}

std::optional<std::vector<double>> JsonObject::numbers(const char* key) const {
  const auto values = elements(key);
  if (!values) return std::nullopt;
  std::vector<double> result;
  for (const JsonbValue& v : *values) result.push_back(number_of(key, v));
  return result;
}

std::optional<std::vector<int64_t>> JsonObject::integers(const char* key) const {
  const auto values = elements(key);
  if (!values) return std::nullopt;
  std::vector<int64_t> result;
  for (const JsonbValue& v : *values) {
    if (v.type != jbvNumeric) wrong(key, "an array of whole numbers");
    result.push_back(integer_of(key, v));
  }
  return result;
}

std::optional<Micros> JsonObject::time(const char* key) const {
  const auto written = text(key);
  if (!written) return std::nullopt;
  std::string_view rest = *written;
  Micros at = 0;
  if (!parse_iso(rest, at) || !rest.empty())
    wrong(key, "an instant such as \"2026-03-31T00:00:00Z\"");
  return at;
}

uint64_t JsonObject::length_of(const char* key, const JsonbValue& value) const {
  if (value.type == jbvString)
    if (const auto length =
            length_from_text({value.val.string.val, static_cast<size_t>(value.val.string.len)}))
      return *length;
  wrong(key, "a fixed length of time such as \"00:30:00\" or \"7 days\"");
}

std::optional<uint64_t> JsonObject::length(const char* key) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  return length_of(key, value);
}

std::optional<std::vector<JsonbValue>> JsonObject::elements(const char* key) const {
  JsonbValue value;
  if (!find(key, value)) return std::nullopt;
  if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
    wrong(key, "an array");
  JsonbContainer* const array = value.val.binary.data;
  std::vector<JsonbValue> result;
  result.reserve(JsonContainerSize(array));
  for (uint32 i = 0; i < JsonContainerSize(array); ++i)
    result.push_back(call_pg([&] { return *getIthJsonbValueFromContainer(array, i); }));
  return result;
}

std::optional<std::vector<std::string>> JsonObject::texts(const char* key) const {
  const auto values = elements(key);
  if (!values) return std::nullopt;
  std::vector<std::string> result;
  for (const JsonbValue& v : *values) {
    if (v.type != jbvString) wrong(key, "an array of strings");
    result.emplace_back(v.val.string.val, v.val.string.len);
  }
  return result;
}

std::optional<std::vector<std::optional<uint64_t>>> JsonObject::lengths(const char* key) const {
  const auto values = elements(key);
  if (!values) return std::nullopt;
  std::vector<std::optional<uint64_t>> result;
  for (const JsonbValue& v : *values)
    result.push_back(v.type == jbvNull ? std::nullopt : std::optional(length_of(key, v)));
  return result;
}

void JsonWriter::quoted(std::string_view value) {
  static constexpr char hex[] = "0123456789abcdef";
  out_ += '"';
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (u < 0x20) {
      out_ += "\\u00";
      out_ += hex[u >> 4];
      out_ += hex[u & 15];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

std::string JsonWriter::shortest(double value) {
  if (!std::isfinite(value)) return "null";
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

void JsonWriter::numbers(const char* key, const std::vector<double>& values) {
  name(key);
  out_ += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += shortest(values[i]);
  }
  out_ += ']';
}

void JsonWriter::objects(const char* key, const std::vector<std::string>& json) {
  name(key);
  out_ += '[';
  for (size_t i = 0; i < json.size(); ++i) {
    if (i > 0) out_ += ", ";
    out_ += json[i];
  }
  out_ += ']';
}

void JsonWriter::length(const char* key, uint64_t micros) { text(key, length_to_text(micros)); }

void JsonWriter::time(const char* key, Micros at) {
  std::string iso;
  append_iso(iso, at);
  text(key, iso);
}

void JsonWriter::integers(const char* key, std::span<const int32_t> values) {
  name(key);
  out_ += '[';
  for (size_t i = 0; i < values.size(); ++i)
    out_ += (i > 0 ? ", " : "") + std::to_string(values[i]);
  out_ += ']';
}

void JsonWriter::texts(const char* key, const std::vector<std::string>& values) {
  name(key);
  out_ += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out_ += ", ";
    quoted(values[i]);
  }
  out_ += ']';
}

void JsonWriter::lengths(const char* key, const std::vector<std::optional<uint64_t>>& values) {
  name(key);
  out_ += '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out_ += ", ";
    if (values[i])
      quoted(length_to_text(*values[i]));
    else
      out_ += "null";
  }
  out_ += ']';
}

}  // namespace clientele::pg
