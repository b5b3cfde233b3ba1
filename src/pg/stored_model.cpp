// SPDX-License-Identifier: PostgreSQL
#include "pg/stored_model.hpp"

#include "base/error.hpp"
#include "pg/boundary.hpp"

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

}  // namespace

std::string stored_model(std::string_view name, const char* type) {
  const bool there = call_pg([] {
    const Oid schema = get_namespace_oid("clientele_data", true);
    return OidIsValid(schema) && OidIsValid(get_relname_relid("models", schema));
  });
  if (!there)
    throw Error("42P01", "there is no store in this database, and so no model has a name",
                "CALL clientele.create_store() makes one; or give the model itself.");
  const Found found = call_pg([&]() -> Found {
    const MemoryContext outer = CurrentMemoryContext;
    Oid types[] = {TEXTOID};
    Datum values[] = {
        PointerGetDatum(cstring_to_text_with_len(name.data(), static_cast<int>(name.size())))};
    SPI_connect();
    if (SPI_execute_with_args(current_version, 1, types, values, nullptr, true, 1) != SPI_OK_SELECT)
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
    throw Error(sqlstate::undefined_object, "there is no model " + shown,
                "clientele_data.models lists them; clientele.save_model() adds one.");
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
