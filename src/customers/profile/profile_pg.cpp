// SPDX-License-Identifier: PostgreSQL
// Whether a view of clientele_bi may be used with the caller's rights.
#include "store/store_pg.hpp"

using namespace clientele;

CLIENTELE_FUNCTION(clientele_require_bi_view) {
  const char* const name = text_to_cstring(PG_GETARG_TEXT_PP(0));
  const Oid schema = get_namespace_oid("clientele_bi", true);
  const Oid view = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
  if (!OidIsValid(view)) {
    const Oid data = get_namespace_oid("clientele_data", true);
    if (OidIsValid(data) && OidIsValid(get_relname_relid("stored_journeys", data)))
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                      errmsg("the store has no view clientele_bi.%s", quote_identifier(name)),
                      errhint(pg::upgrade_hint)));
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("this database has no clientele store"),
             errdetail("View clientele_bi.%s does not exist.", quote_identifier(name)),
             errhint("CALL clientele.create_store() makes one.")));
  }
  pg::require_trusted_owner("schema", "clientele_bi", pg::schema_owner(schema));
  pg::require_trusted_owner("view", psprintf("clientele_bi.%s", quote_identifier(name)),
                            pg::table_owner(view));
  pg::require_trusted_creators(schema, "clientele_bi");
  PG_RETURN_VOID();
}
