// SPDX-License-Identifier: PostgreSQL
#include <cmath>
#include <cstdlib>

#include "base/error.hpp"
#include "base/poll.hpp"
#include "base/utf8.hpp"
#include "pg/values.hpp"
#include "reports/pictures/letters.hpp"
#include "reports/pictures/pictures.hpp"
#include "reports/pictures/style.hpp"
#include "reports/pictures/words.hpp"

namespace clientele {
namespace {

using namespace pictures;

/// A text in UTF-8, whatever the encoding of the database is. C++ regime.
std::string in_utf8(std::string_view text) {
  if (pg::call_pg([] { return GetDatabaseEncoding() == PG_UTF8; })) return std::string(text);
  const char* const converted = pg::call_pg([&] {
    char* const copy = pnstrdup(text.data(), text.size());
    return pg_server_to_any(copy, static_cast<int>(text.size()), PG_UTF8);
  });
  return converted;
}

/// Markup in the encoding of the database: with references to characters where that is not UTF-8.
Datum make_markup(std::string_view text) {
  if (pg::call_pg([] { return GetDatabaseEncoding() == PG_UTF8; })) return pg::make_text(text);
  std::string out;
  while (!text.empty()) {
    const size_t n = std::max<size_t>(utf8_length(text.substr(0, 4)), 1);
    if (n == 1)
      out += text.front();
    else
      out += "&#" + std::to_string(static_cast<uint32_t>(decode_utf8(text, n))) + ";";
    text.remove_prefix(n);
  }
  return pg::make_text(out);
}

Value value_of(const JsonbValue& value) {
  switch (value.type) {
    case jbvBool:
      return value.val.boolean;
    case jbvString:
      return in_utf8({value.val.string.val, static_cast<size_t>(value.val.string.len)});
    case jbvNumeric: {
      const char* const digits = pg::call_pg([&] {
        return DatumGetCString(
            DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
      });
      const double number = std::strtod(digits, nullptr);
      // Too large for a double, and so for the data.
      return std::isfinite(number) ? number : std::copysign(most_number * 10, number);
    }
    default:
      return std::monostate();
  }
}

/// The next token of a container; what is inside a value is skipped. C++ regime.
JsonbIteratorToken next(JsonbIterator*& at, JsonbValue& value) {
  return pg::call_pg([&] { return JsonbIteratorNext(&at, &value, true); });
}

Row row_of(JsonbContainer* object, size_t number, std::vector<std::string>* keys = nullptr) {
  Row row(number);
  JsonbIterator* at = pg::call_pg([&] { return JsonbIteratorInit(object); });
  JsonbValue value;
  std::string key;
  Work work;
  for (auto token = next(at, value); token != WJB_DONE; token = next(at, value)) {
    if (token == WJB_KEY)
      key = in_utf8({value.val.string.val, static_cast<size_t>(value.val.string.len)});
    if (token != WJB_VALUE) continue;
    work.done(64);
    if (keys != nullptr) keys->push_back(key);
    row.put(key, value_of(value));
  }
  return row;
}

/// The rows of an array of objects. C++ regime.
Data data_of(Jsonb* json) {
  if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
    throw Error(sqlstate::invalid_parameter, "the data of a picture must be an array of objects",
                "jsonb_agg() makes one of rows.");
  Data data;
  const uint32 size = JB_ROOT_COUNT(json);
  if (size > most_rows)
    throw Error(sqlstate::limit_exceeded, "a picture of " + std::to_string(size) +
                                              " rows is too large, " + std::to_string(most_rows) +
                                              " is the limit");
  JsonbIterator* at = pg::call_pg([&] { return JsonbIteratorInit(&json->root); });
  JsonbValue value;
  // The array itself, then its elements.
  for (auto token = next(at, value); token != WJB_DONE; token = next(at, value)) {
    if (token != WJB_ELEM) continue;
    if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
      throw Error(sqlstate::invalid_parameter,
                  "row " + std::to_string(data.size() + 1) + " of the data must be an object");
    data.push_back(row_of(value.val.binary.data, data.size() + 1));
  }
  return data;
}

/// What the SQL function was called with. PostgreSQL regime.
struct Call {
  Jsonb* data;
  std::string_view title, description, language;
  Jsonb* options;

  explicit Call(FunctionCallInfo fcinfo)
      : data(PG_ARGISNULL(0) ? nullptr : PG_GETARG_JSONB_P(0)),
        language("en"),
        options(PG_ARGISNULL(4) ? nullptr : PG_GETARG_JSONB_P(4)) {
    if (!PG_ARGISNULL(1)) title = pg::text_view(PG_GETARG_DATUM(1));
    if (!PG_ARGISNULL(2)) description = pg::text_view(PG_GETARG_DATUM(2));
    if (!PG_ARGISNULL(3)) language = pg::text_view(PG_GETARG_DATUM(3));
  }
};

Datum drawn(FunctionCallInfo fcinfo, Picture picture) {
  const Call call(fcinfo);
  return pg::guarded([&] {
    Options options;
    if (call.options != nullptr) {
      if (!JB_ROOT_IS_OBJECT(call.options))
        throw Error(sqlstate::invalid_parameter, "the options of a picture must be an object");
      std::vector<std::string> keys;
      const Row row = row_of(&call.options->root, 0, &keys);
      options.read(row, keys);
    }
    options.title = in_utf8(call.title);
    options.description = in_utf8(call.description);
    options.language = language_named(call.language);
    const Data data = call.data == nullptr ? Data() : data_of(call.data);
    return make_markup(draw(picture, data, options));
  });
}

}  // namespace

CLIENTELE_FUNCTION(clientele_funnel_picture) { return drawn(fcinfo, funnel); }
CLIENTELE_FUNCTION(clientele_sankey_picture) { return drawn(fcinfo, sankey); }
CLIENTELE_FUNCTION(clientele_retention_picture) { return drawn(fcinfo, retention); }
CLIENTELE_FUNCTION(clientele_week_picture) { return drawn(fcinfo, week); }
CLIENTELE_FUNCTION(clientele_series_picture) { return drawn(fcinfo, series); }
CLIENTELE_FUNCTION(clientele_grid_picture) { return drawn(fcinfo, grid); }
CLIENTELE_FUNCTION(clientele_bars_picture) { return drawn(fcinfo, bars); }
CLIENTELE_FUNCTION(clientele_curve_picture) { return drawn(fcinfo, curve); }
CLIENTELE_FUNCTION(clientele_journey_map_picture) { return drawn(fcinfo, journey_map); }

CLIENTELE_FUNCTION(clientele_picture_style) {
  return pg::guarded([] { return pg::make_text(style()); });
}

CLIENTELE_FUNCTION(clientele_picture_slug) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return pg::guarded([&] { return pg::make_text(slug(in_utf8(text))); });
}

}  // namespace clientele
