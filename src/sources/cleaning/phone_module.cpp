// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/phone_module.hpp"

#include <locale.h>
#include <phonenumbers/phonenumberutil.h>

#include <cstdio>
#include <exception>
#include <new>
#include <set>
#include <string>

namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/// The locale "C" for this thread. The library makes its tables of letters with tolower(), for
/// which i is not the small form of I in a Turkish database.
class PlainLocale {
 public:
  PlainLocale() : own_(newlocale(LC_ALL_MASK, "C", static_cast<locale_t>(nullptr))) {
    if (own_ == static_cast<locale_t>(nullptr)) throw std::bad_alloc();
    before_ = uselocale(own_);
  }
  ~PlainLocale() {
    uselocale(before_);
    freelocale(own_);
  }
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;

 private:
  locale_t own_, before_;
};

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
          PhoneNumber& number) {
  return library.Parse(text, country, &number) == PhoneNumberUtil::NO_PARSING_ERROR;
}

std::string form_of(const PhoneNumberUtil& library, const PhoneNumber& number) {
  std::string form;
  library.Format(number, PhoneNumberUtil::E164, &form);
  if (number.has_extension() && !number.extension().empty()) form += ";ext=" + number.extension();
  return form;
}

/// Whether both have the same form.
bool equal(const PhoneNumber& a, const PhoneNumber& b) {
  return a.country_code() == b.country_code() && a.national_number() == b.national_number() &&
         a.italian_leading_zero() == b.italian_leading_zero() &&
         a.number_of_leading_zeros() == b.number_of_leading_zeros() &&
         a.extension() == b.extension();
}

int cleaned(const std::string& text, const std::string& country, char* out, size_t room) {
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  if (!country.empty() && !is_country(library, country)) return CLIENTELE_PHONE_NO_COUNTRY;
  PhoneNumber number;
  if (!read(library, text, country.empty() ? no_country : country, number) ||
      !library.IsValidNumber(number))
    return CLIENTELE_PHONE_INVALID;
  std::string form = form_of(library, number);
  // Of some countries the library takes off a prefix that it has left there. The form that it
  // does not change is the normal one.
  for (int round = 0; form != text; ++round) {
    PhoneNumber again;
    if (round == 4 || !read(library, form, no_country, again)) return CLIENTELE_PHONE_INVALID;
    if (equal(again, number)) break;
    if (!library.IsValidNumber(again)) return CLIENTELE_PHONE_INVALID;
    number = again;
    form = form_of(library, number);
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
    const PlainLocale locale;
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
