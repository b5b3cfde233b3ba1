// SPDX-License-Identifier: PostgreSQL
// The SQL type of a model that is given as JSON.
#include "base/error.hpp"
#include "pg/json.hpp"
#include "pg/values.hpp"
#include "value/fitted/fitted.hpp"

using namespace clientele;

CLIENTELE_FUNCTION(clientele_model_type) {
  const std::string_view text = pg::text_view(PG_GETARG_DATUM(0));
  return pg::guarded([&] {
    constexpr char hint[] = "Such as {\"model\": \"BG/NBD\", \"parameters\": {…}}.";
    if (text.find('{') == std::string_view::npos)
      throw Error(sqlstate::invalid_text, "the text form of a model is a JSON object", hint);
    const pg::JsonObject json(text, "model");
    const auto name = json.text("model");
    // A churn model that was written by hand need not have a "model".
    if (name ? *name == "logistic regression" : json.objects("features").has_value())
      return pg::make_text("churn_model");
    if (name == "uplift by two models" || name == "uplift by class")
      return pg::make_text("uplift_model");
    if (name == "Fellegi-Sunter") return pg::make_text("match_model");
    if (name == "n-gram regression") return pg::make_text("text_model");
    if (!name)
      throw Error(sqlstate::invalid_parameter, "a model needs a \"model\", which says what it is",
                  hint);
    for (size_t i = 0; i < model_kinds; ++i) {
      const std::string_view type = info(static_cast<ModelKind>(i)).type;
      try {
        model_kind_named(*name, type);
        return pg::make_text(type);
      } catch (const Error&) {
        // It is not a model of this type.
      }
    }
    throw Error(sqlstate::invalid_parameter, "unknown model \"" + *name + "\"");
  });
}
