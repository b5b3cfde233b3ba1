// SPDX-License-Identifier: PostgreSQL
#include "models/stored_model_pg.hpp"

#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "pg/query.hpp"
#include "store/store_pg.hpp"

namespace clientele::pg {
namespace {

constexpr Query current_version = {
    "SELECT m.model, m.type FROM clientele_data.models m"
    " WHERE m.name OPERATOR(pg_catalog.=) $1 AND m.current",
    "the models"};
constexpr Query one_version = {
    "SELECT m.model, m.type FROM clientele_data.models m"
    " WHERE m.name OPERATOR(pg_catalog.=) $1 AND m.version OPERATOR(pg_catalog.=) $2",
    "the models"};

/// A name has no @, so what follows one is a version.
struct Wanted {
  std::string_view name;
  int32_t version = 0;  // 0: the current one
};

Wanted wanted(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos) return {text};
  const std::string_view digits = text.substr(at + 1);
  int32_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size() || version < 1)
    throw Error(sqlstate::undefined_object, "model \"" + std::string(text) + "\" does not exist",
                "What follows @ is the number of a version, as in churn@3.");
  return {text.substr(0, at), version};
}

}  // namespace

std::string stored_model(std::string_view name, const char* type) {
  if (!store_has("models"))
    throw_missing("models", "this database has no clientele store, so no model has a name",
                  "CALL clientele.create_store() makes one; or give the model itself.");
  const auto [bare, version] = wanted(name);
  struct Row {
    const char *model, *type;
  };
  std::optional<std::string> model, found_type;
  each_row(
      version == 0 ? current_version : one_version,
      [&, bare = bare, version = version](Parameters& p) {
        p.text(bare);
        if (version != 0) p.integer(version);
      },
      [](const QueryRow& row) {
        return Row{row.text(1), row.text(2)};
      },
      [&](const Row& row) {
        model = row.model;
        found_type = row.type;
      });
  const std::string shown = "\"" + std::string(name) + "\"";
  if (!model)
    throw Error(
        sqlstate::undefined_object,
        "model " + shown +
            (version == 0 ? " does not exist or has no current version" : " does not exist"),
        "clientele_data.models lists the models; clientele.save_model() adds one.");
  if (*found_type != type)
    throw Error(sqlstate::wrong_object_type,
                "model " + shown + " is a " + *found_type + ", not a " + type);
  return std::move(*model);
}

std::string model_text(std::string_view text, const char* type) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  return json ? std::string(text) : stored_model(text, type);
}

}  // namespace clientele::pg
