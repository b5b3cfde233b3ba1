// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/phone_module.hpp"

#include <phonenumbers/phonenumberutil.h>

#include <cstdio>
#include <exception>
#include <new>
#include <set>
#include <string>

namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/// The country of a number that must begin with +.
constexpr char no_country[] = "ZZ";

bool is_country(const PhoneNumberUtil& library, const std::string& code) {
  static const std::set<std::string> codes = [&] {
    std::set<std::string> found;
    library.GetSupportedRegions(&found);
    return found;
  }();
  return codes.count(code) > 0;
}

bool read(const PhoneNumberUtil& library, const std::string& text, const std::string& country,
          std::string& form) {
  PhoneNumber number;
  if (library.Parse(text, country, &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
      !library.IsValidNumber(number))
    return false;
  form.clear();
  library.Format(number, PhoneNumberUtil::E164, &form);
  if (number.has_extension() && !number.extension().empty()) form += ";ext=" + number.extension();
  return true;
}

int cleaned(const std::string& text, const std::string& country, char* out, size_t room) {
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  if (!country.empty() && !is_country(library, country)) return CLIENTELE_PHONE_NO_COUNTRY;
  std::string form, again;
  if (!read(library, text, country.empty() ? no_country : country, form))
    return CLIENTELE_PHONE_INVALID;
  // Of some countries the library takes off a prefix that it has left there. The form that it
  // does not change is the normal one.
  for (int round = 0;; ++round) {
    if (round == 4 || !read(library, form, no_country, again)) return CLIENTELE_PHONE_INVALID;
    if (again == form) break;
    form.swap(again);
  }
  if (form.size() >= room) return CLIENTELE_PHONE_INVALID;
  form.copy(out, form.size());
  out[form.size()] = '\0';
  return CLIENTELE_PHONE_VALID;
}

}  // namespace

extern "C" int clientele_phone_1(const char* text, size_t size, const char* country, char* out,
                                 size_t room) {
  try {
    return cleaned(std::string(text, size), country, out, room);
  } catch (const std::bad_alloc&) {
    return CLIENTELE_PHONE_NO_MEMORY;
  } catch (const std::exception& e) {
    std::snprintf(out, room, "%s", e.what());
  } catch (...) {
    std::snprintf(out, room, "unknown exception");
  }
  return CLIENTELE_PHONE_FAILED;
}
