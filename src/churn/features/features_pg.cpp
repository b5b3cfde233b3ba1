// SPDX-License-Identifier: PostgreSQL
// churn_features and churn_features_json, of packed journeys.
#include "churn/features/features_pg.hpp"

#include "pg/clock.hpp"
#include "pg/json.hpp"
#include "pg/memory.hpp"

namespace clientele {

using pg::Answer;
using pg::ByteView;
using pg::guarded;

JourneyFeatures::Question::Question(ByteView bytes)
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

bool JourneyFeatures::draw(ByteView journey, TimestampTz at, ByteView definition,
                           ChurnFeatures& out) {
  if (TIMESTAMP_NOT_FINITE(at))
    throw Error(sqlstate::time_out_of_range, "at must be finite",
                "It is the time before which events are used, such as now().");
  Question& q = question_.get(definition, [&] { return Question(definition); });
  return maker_.make(Journey(journey), at, q.definition, q.roles, q.clock, out);
}

namespace {

/// Arguments: journey, at, definition. `form` makes the result in C++ code.
template <class Form>
Datum features_of(FunctionCallInfo fcinfo, Form form) {
  const ByteView journey = pg::detoast(PG_GETARG_DATUM(0));
  const TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
  const ByteView definition = pg::detoast(PG_GETARG_DATUM(2));
  return pg::returned(
      fcinfo, guarded([&]() -> Answer {
        ChurnFeatures features;
        if (!pg::kept<JourneyFeatures>(fcinfo).draw(journey, at, definition, features))
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
