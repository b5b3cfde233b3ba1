// SPDX-License-Identifier: PostgreSQL
// The tags of one customer after the other: sets are read once a query and then asked for each.
#include <algorithm>
#include <string>
#include <vector>

#include "journey/dictionary_pg.hpp"
#include "pg/memory.hpp"
#include "pg/query.hpp"
#include "tags/defined/stored_pg.hpp"
#include "tags/scores/scores.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::ByteView;
using pg::guarded;
using pg::PlannedQuery;
using tags::Audience;
using tags::Millionths;
using tags::Scores;

constexpr char subject[] = "tags";

PlannedQuery stored_audiences = {
    "SELECT s.tag, s.holds, a.value, a.customers FROM clientele_data.tag_status s"
    " JOIN clientele_data.tag_audiences a ON a.tag OPERATOR(pg_catalog.=) s.tag"
    " WHERE ($1 IS NULL OR s.tag OPERATOR(pg_catalog.=) ANY ($1))"
    " AND s.holds OPERATOR(pg_catalog.<>) 'number'"
    " AND (s.holds OPERATOR(pg_catalog.=) 'flag') OPERATOR(pg_catalog.=)"
    " (a.value OPERATOR(pg_catalog.=) '')"
    " ORDER BY s.tag, a.value",
    subject};
PlannedQuery stored_numbers = {
    "SELECT n.tag, n.scores FROM clientele_data.tag_numbers n"
    " WHERE ($1 IS NULL OR n.tag OPERATOR(pg_catalog.=) ANY ($1)) ORDER BY n.tag",
    subject};

enum class Holds { flag, text, texts, number };

/// A tag with all that have it.
struct StoredTag {
  std::string name;
  Holds holds;
  struct Value {
    std::string text;
    Audience customers;
  };
  std::vector<Value> values;  // by ascending text; of a flag one without a text
  Scores numbers;
};

Holds holds_of(std::string_view text) {
  return text == "flag" ? Holds::flag : text == "texts" ? Holds::texts : Holds::text;
}

/// The tags of these names, ascending; of all names if there is no array.
std::vector<StoredTag> stored_tags(const Datum* names) {
  require_stored_tags();
  const auto bind = [names](pg::Parameters& p) {
    names == nullptr ? p.null(TEXTARRAYOID) : p.add(TEXTARRAYOID, *names);
  };
  std::vector<StoredTag> found;
  const auto tag_named = [&](const char* name, Holds holds) -> StoredTag& {
    if (found.empty() || found.back().name != name) found.push_back({name, holds, {}, {}});
    return found.back();
  };
  struct Row {
    const char *tag, *holds, *value;
    ByteView bytes;
  };
  pg::each_row(
      stored_audiences, bind,
      [](const pg::QueryRow& row) {
        return Row{row.text(1), row.text(2), row.text(3), row.bytes(4)};
      },
      [&](const Row& row) {
        tag_named(row.tag, holds_of(row.holds))
            .values.push_back({row.value, Audience::read(row.bytes)});
      });
  const auto end_of_texts = static_cast<std::ptrdiff_t>(found.size());
  pg::each_row(
      stored_numbers, bind,
      [](const pg::QueryRow& row) {
        return Row{row.text(1), nullptr, nullptr, row.bytes(2)};
      },
      [&](const Row& row) { tag_named(row.tag, Holds::number).numbers = Scores::read(row.bytes); });
  std::inplace_merge(found.begin(), found.begin() + end_of_texts, found.end(),
                     [](const StoredTag& a, const StoredTag& b) { return a.name < b.name; });
  return found;
}

/// What a customer has of one tag: plain data, which points into the tag.
struct Had {
  const StoredTag* tag = nullptr;
  std::string_view text;
  Millionths number = 0;
};

/// Calls use(Had) for what the customer has of the tag: once, or of texts for each.
template <class Use>
void each_had(const StoredTag& tag, int64_t customer, Use use) {
  if (customer < 0) return;
  const auto id = static_cast<uint64_t>(customer);
  if (tag.holds == Holds::number) {
    if (const auto score = tag.numbers.of_customer(id)) use(Had{&tag, {}, *score});
    return;
  }
  for (const StoredTag::Value& v : tag.values) {
    if (!v.customers.contains(id)) continue;
    use(Had{&tag, v.text});
    if (tag.holds != Holds::texts) return;
  }
}

/// PostgreSQL regime.
JsonbValue json_text(std::string_view text) {
  JsonbValue value;
  value.type = jbvString;
  value.val.string.val = const_cast<char*>(text.data());
  value.val.string.len = static_cast<int>(text.size());
  return value;
}

/// PostgreSQL regime.
JsonbValue json_value(const Had& had) {
  if (had.tag->holds == Holds::text || had.tag->holds == Holds::texts) return json_text(had.text);
  JsonbValue value;
  if (had.tag->holds == Holds::flag) {
    value.type = jbvBool;
    value.val.boolean = true;
  } else {
    value.type = jbvNumeric;
    value.val.numeric = DatumGetNumeric(pg::numeric_of(had.number));
  }
  return value;
}

/// {"tag": value, …}; the parts of one tag follow each other. PostgreSQL regime.
Datum json_object(const Had* had, size_t count) {
  JsonbParseState* state = nullptr;
  pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
  for (size_t i = 0; i < count;) {
    const StoredTag* const tag = had[i].tag;
    JsonbValue key = json_text(tag->name);
    pushJsonbValue(&state, WJB_KEY, &key);
    if (tag->holds == Holds::texts) {
      pushJsonbValue(&state, WJB_BEGIN_ARRAY, nullptr);
      for (; i < count && had[i].tag == tag; ++i) {
        JsonbValue value = json_value(had[i]);
        pushJsonbValue(&state, WJB_ELEM, &value);
      }
      pushJsonbValue(&state, WJB_END_ARRAY, nullptr);
    } else {
      JsonbValue value = json_value(had[i++]);
      pushJsonbValue(&state, WJB_VALUE, &value);
    }
  }
  return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, nullptr)));
}

struct AllTags {
  explicit AllTags(std::pmr::memory_resource* memory) : tags(memory) {}
  Resolved<std::vector<StoredTag>> tags;
  std::vector<Had> had;
};

/// Tags in the order in which the caller names them.
using NamedTags = Resolved<std::vector<StoredTag>>;

const std::vector<StoredTag>& tags_named(FunctionCallInfo fcinfo, Datum names) {
  return pg::kept<NamedTags>(fcinfo).get(pg::call_pg([&] { return pg::detoast(names); }), [&] {
    std::vector<StoredTag> found = stored_tags(&names), ordered;
    for (const std::string& name : pg::text_elements(names, "tags"))
      for (StoredTag& tag : found)
        if (!name.empty() && tag.name == name) {
          ordered.push_back(std::move(tag));
          tag.name.clear();
        }
    return ordered;
  });
}

/// A function of a customer and tags: `answer(tags)` in the C++ regime.
template <class Ask>
Datum of_tags(FunctionCallInfo fcinfo, Ask ask) {
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        return ask(tags_named(fcinfo, PG_GETARG_DATUM(1)), PG_GETARG_INT64(0));
                      }));
}

constexpr Answer no_answer{Datum{}, true};

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_customer_tags) {
  const int64_t customer = PG_GETARG_INT64(0);
  return guarded([&] {
    auto& kept = pg::kept<AllTags>(fcinfo);
    const auto& all = kept.tags.get(ByteView(), [] { return stored_tags(nullptr); });
    kept.had.clear();
    for (const StoredTag& tag : all)
      each_had(tag, customer, [&](const Had& had) { kept.had.push_back(had); });
    return pg::call_pg(
        [had = kept.had.data(), count = kept.had.size()] { return json_object(had, count); });
  });
}

CLIENTELE_FUNCTION(clientele_customer_tag) {
  return of_tags(fcinfo, [](const std::vector<StoredTag>& tags, int64_t customer) {
    for (const StoredTag& tag : tags) {
      std::string text;
      bool has = false;
      each_had(tag, customer, [&](const Had& had) {
        if (has) text += ", ";
        has = true;
        if (tag.holds == Holds::number)
          text += pg::call_pg([&] {
            return DatumGetCString(DirectFunctionCall1(numeric_out, pg::numeric_of(had.number)));
          });
        else
          text += tag.holds == Holds::flag ? std::string_view("true") : had.text;
      });
      if (has) return Answer{pg::make_text(text), false};
    }
    return no_answer;
  });
}

CLIENTELE_FUNCTION(clientele_customer_tag_number) {
  return of_tags(fcinfo, [](const std::vector<StoredTag>& tags, int64_t customer) {
    Answer answer = no_answer;
    for (const StoredTag& tag : tags) {
      if (tag.holds == Holds::number)
        each_had(tag, customer, [&](const Had& had) {
          answer = {pg::call_pg([&] { return pg::numeric_of(had.number); }), false};
        });
      if (!answer.null) break;
    }
    return answer;
  });
}

CLIENTELE_FUNCTION(clientele_customer_has_tag) {
  return of_tags(fcinfo, [](const std::vector<StoredTag>& tags, int64_t customer) {
    bool has = false;
    for (const StoredTag& tag : tags) each_had(tag, customer, [&](const Had&) { has = true; });
    return Answer{BoolGetDatum(has), false};
  });
}
