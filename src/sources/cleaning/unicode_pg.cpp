// SPDX-License-Identifier: PostgreSQL
// What the core takes from outside: normalisation from PostgreSQL, domains from libidn2.
#include "sources/cleaning/unicode_pg.hpp"

#include <dlfcn.h>

#include <new>

#include "base/error.hpp"
#include "sources/cleaning/email.hpp"
#include "sources/cleaning/text.hpp"
#include "pg/boundary.hpp"

extern "C" {
#include "common/unicode_norm.h"
}

namespace clientele {
namespace {

std::u32string normalized_by_server(Form form, std::u32string_view text) {
  const std::u32string ended(text);
  const auto* const from = reinterpret_cast<const pg_wchar*>(ended.c_str());
  const UnicodeNormalizationForm wanted = form == Form::nfc   ? UNICODE_NFC
                                          : form == Form::nfd ? UNICODE_NFD
                                                              : UNICODE_NFKC;
  // Most texts are normal, which the server sees without memory of its own; it cannot see NFD.
  if (form != Form::nfd && unicode_is_normalized_quickcheck(wanted, from) == UNICODE_NORM_QC_YES)
    return ended;
  pg_wchar* const made = pg::call_pg([&] { return unicode_normalize(wanted, from); });
  std::u32string out(reinterpret_cast<const char32_t*>(made));
  pg::call_pg([&] { pfree(made); });
  return out;
}

/// libidn2 is loaded when a domain first needs it, and its symbols stay private: other
/// sessions do not have it in memory, and the extension can be built and used without it.
struct Idn2 {
  int (*lookup)(const uint8_t* name, uint8_t** out, int flags) = nullptr;
  void (*release)(void* memory) = nullptr;
};
constexpr int idn2_nfc_input = 1, idn2_nontransitional = 8, idn2_std3_rules = 32;
constexpr int idn2_malloc_failed = -100;

const Idn2& idn2() {
  static Idn2 library;
  if (library.lookup != nullptr) return library;
  void* const handle = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
  Idn2 found;
  if (handle != nullptr) {
    found.lookup = reinterpret_cast<decltype(found.lookup)>(dlsym(handle, "idn2_lookup_u8"));
    found.release = reinterpret_cast<decltype(found.release)>(dlsym(handle, "idn2_free"));
  }
  if (found.lookup == nullptr || found.release == nullptr)
    throw Error(sqlstate::not_supported, "a domain beyond ASCII needs the library libidn2",
                "Install libidn2 on the server; the Debian package is libidn2-0.");
  library = found;
  return library;
}

bool domain_by_idn2(const std::string& domain, std::string& ascii) {
  const Idn2& library = idn2();
  uint8_t* made = nullptr;
  const int status = library.lookup(reinterpret_cast<const uint8_t*>(domain.c_str()), &made,
                                    idn2_nfc_input | idn2_nontransitional | idn2_std3_rules);
  if (status == idn2_malloc_failed) throw std::bad_alloc();
  if (status != 0) return false;
  try {
    ascii = reinterpret_cast<const char*>(made);
  } catch (...) {
    library.release(made);
    throw;
  }
  library.release(made);
  return true;
}

}  // namespace

void install_cleaning_hooks() {
  normalize_hook = normalized_by_server;
  domain_hook = domain_by_idn2;
  install_phone_hook();
}

}  // namespace clientele
