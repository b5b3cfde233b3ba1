// SPDX-License-Identifier: PostgreSQL
// churn_features and churn_features_json, of packed journeys.
#include "churn/features.hpp"
#include "journey/dictionary_pg.hpp"
#include "pg/clock.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"
#include "pg/values.hpp"

namespace clientele {
namespace {

using pg::Answer;
using pg::ByteView;
using pg::guarded;

/// A definition ready to use, as long as the dictionary stays the same.
struct Question {
  explicit Question(ByteView bytes)
      : definition(FeaturesDefinition::read(bytes)),
        clock(pg::clock_in(pg::time_zone_named(definition.time_zone))) {
    for (const EventName& name : dictionary_in_order()) roles.add(name.id, 0, name.channel);
    for (int r = 0; r < feature_roles; ++r) {
      const auto& given = definition.selector[r];
      const std::vector<int32_t> types =
          given ? resolve_selector(*given) : resolve_selector(FeaturesDefinition::usual[r], true);
      for (const int32_t type : types) roles.add(type, static_cast<uint8_t>(1 << r), 0);
    }
    roles.finish();
  }

  FeaturesDefinition definition;
  LocalClock clock;
  EventRoles roles;
};

struct Kept {
  explicit Kept(std::pmr::memory_resource* memory) : question(memory) {}
  Resolved<Question> question;
  FeatureMaker maker;
};

/// Arguments: journey, at, definition. `form` makes the result in C++ code.
template <class Form>
Datum features_of(FunctionCallInfo fcinfo, Form form) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return pg::returned(fcinfo, guarded([&]() -> Answer {
                        if (TIMESTAMP_NOT_FINITE(at))
                          throw Error(sqlstate::time_out_of_range, "at must be finite",
                                      "It is the time from which one looks back, such as now().");
                        Kept& kept = pg::kept<Kept>(fcinfo);
                        Question& question = kept.question.get(
                            definition, [](ByteView bytes) { return Question(bytes); });
                        ChurnFeatures features;
                        if (!kept.maker.make(Journey(journey), at, question.definition,
                                             question.roles, question.clock, features))
                          return {Datum{}, true};
                        return {form(features), false};
                      }));
}

}  // namespace
}  // namespace clientele

using namespace clientele;

CLIENTELE_FUNCTION(clientele_churn_features) {
  return features_of(fcinfo, [](const ChurnFeatures& features) {
    return pg::call_pg([&] {
      Datum values[churn_feature_count];
      bool nulls[churn_feature_count];
      for (int i = 0; i < churn_feature_count; ++i) {
        values[i] = Float8GetDatum(features[i]);
        nulls[i] = std::isnan(features[i]);
      }
      int size = churn_feature_count, from = 1;
      return PointerGetDatum(construct_md_array(values, nulls, 1, &size, &from, FLOAT8OID,
                                                sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
    });
  });
}

CLIENTELE_FUNCTION(clientele_churn_features_json) {
  return features_of(fcinfo, [](const ChurnFeatures& features) {
    pg::JsonWriter json;
    for (int i = 0; i < churn_feature_count; ++i)
      json.number(churn_feature_info[i].name, features[i]);
    const std::string text = json.finish();
    return pg::call_pg(
        [&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.c_str())); });
  });
}

CLIENTELE_FUNCTION(clientele_churn_feature_names) {
  const pg::RowSink rows(fcinfo);
  for (int i = 0; i < churn_feature_count; ++i) {
    const FeatureInfo& info = churn_feature_info[i];
    Datum values[] = {Int32GetDatum(i + 1), CStringGetTextDatum(info.name),
                      CStringGetTextDatum(info.unit), CStringGetTextDatum(info.description)};
    bool nulls[4] = {};
    rows.put(values, nulls);
  }
  return Datum{};
}
