// SPDX-License-Identifier: PostgreSQL
// PostgreSQL's normalisation for the core.
#include "satisfaction/words/plain_pg.hpp"

#include "pg/boundary.hpp"
#include "satisfaction/words/plain.hpp"

extern "C" {
#include "common/unicode_norm.h"
}

namespace clientele {
namespace {

std::u32string nfkc_by_server(std::u32string_view text) {
  const std::u32string ended(text);
  const auto* const from = reinterpret_cast<const pg_wchar*>(ended.c_str());
  if (unicode_is_normalized_quickcheck(UNICODE_NFKC, from) == UNICODE_NORM_QC_YES) return ended;
  pg_wchar* const made = pg::call_pg([&] { return unicode_normalize(UNICODE_NFKC, from); });
  std::u32string out(reinterpret_cast<const char32_t*>(made));
  pg::call_pg([&] { pfree(made); });
  return out;
}

}  // namespace

void install_plain_words() { nfkc_hook = nfkc_by_server; }

}  // namespace clientele
