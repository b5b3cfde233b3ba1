// SPDX-License-Identifier: PostgreSQL
#include "models/stored_model_pg.hpp"

#include <charconv>

#include "base/error.hpp"
#include "pg/boundary.hpp"
#include "store/store_pg.hpp"

namespace clientele::pg {
namespace {

struct Found {
  const char* model;
  const char* type;
};

// Operators are named with their schema: the caller's search_path may hold others.
constexpr char current_version[] =
    "SELECT m.model, m.type FROM clientele_data.models m"
    " WHERE m.name OPERATOR(pg_catalog.=) $1 AND m.current";
constexpr char one_version[] =
    "SELECT m.model, m.type FROM clientele_data.models m"
    " WHERE m.name OPERATOR(pg_catalog.=) $1 AND m.version OPERATOR(pg_catalog.=) $2";

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
                  "CALL clientele.create_store() creates one; or give the model itself.");
  const auto [bare, version] = wanted(name);
  const Found found = call_pg([&, bare = bare, version = version]() -> Found {
    const MemoryContext outer = CurrentMemoryContext;
    Oid types[] = {TEXTOID, INT4OID};
    Datum values[] = {
        PointerGetDatum(cstring_to_text_with_len(bare.data(), static_cast<int>(bare.size()))),
        Int32GetDatum(version)};
    SPI_connect();
    if (SPI_execute_with_args(version == 0 ? current_version : one_version, version == 0 ? 1 : 2,
                              types, values, nullptr, true, 1) != SPI_OK_SELECT)
      elog(ERROR, "the models could not be read");
    Found result{nullptr, nullptr};
    if (SPI_processed == 1) {
      const HeapTuple row = SPI_tuptable->vals[0];
      result.model = MemoryContextStrdup(outer, SPI_getvalue(row, SPI_tuptable->tupdesc, 1));
      result.type = MemoryContextStrdup(outer, SPI_getvalue(row, SPI_tuptable->tupdesc, 2));
    }
    SPI_finish();
    return result;
  });
  const std::string shown = "\"" + std::string(name) + "\"";
  if (found.model == nullptr)
    throw Error(
        sqlstate::undefined_object,
        "model " + shown +
            (version == 0 ? " does not exist or has no current version" : " does not exist"),
        "clientele_data.models lists the models; clientele.save_model() adds one.");
  if (std::string_view(found.type) != type)
    throw Error("42809", "model " + shown + " is a " + found.type + ", not a " + type);
  return found.model;
}

std::string model_text(std::string_view text, const char* type) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && text[first] == '{';
  return json ? std::string(text) : stored_model(text, type);
}

}  // namespace clientele::pg
