// SPDX-License-Identifier: PostgreSQL
// Values of other systems. Each has a normal form or a reason, and a normal form is its own normal
// form. Without a server there is no NFKC, so letters stay as they are.
#include "sources/cleaning/amount.hpp"
#include "sources/cleaning/email.hpp"
#include "sources/cleaning/phone.hpp"
#include "sources/cleaning/phone_module.hpp"
#include "sources/cleaning/time.hpp"
#include "fuzz.hpp"

using namespace clientele;
using fuzz::must;

namespace {

fuzz::Tally tally("valid texts", "normal forms");

template <class Clean>
void stable(std::string_view text, Clean clean) {
  const Cleaned once = clean(text);
  must((once.reason != nullptr) == once.value.empty(), "a normal form or a reason");
  if (once.reason != nullptr) return;
  ++tally.accepted;
  const Cleaned twice = clean(once.value);
  must(twice.reason == nullptr && twice.value == once.value, "a normal form is its own");
}

#ifdef CLIENTELE_WITH_PHONE
bool phone(const std::string& text, const std::string& country, std::string& number) {
  char out[1024];
  const int status = clientele_phone_1(text.data(), text.size(), country.c_str(), out, sizeof out);
  must(status == CLIENTELE_PHONE_VALID || status == CLIENTELE_PHONE_INVALID,
       "a number or not a number");
  if (status == CLIENTELE_PHONE_VALID) number = out;
  return status == CLIENTELE_PHONE_VALID;
}
#else
bool phone(const std::string& text, const std::string&, std::string& number) {
  number = text;
  return text.size() % 2 == 0;
}
#endif

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  if (size < 1) return 0;
  const unsigned choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  domain_hook = [](const std::string& domain, std::string& ascii) {
    ascii = "xn--" + std::to_string(domain.size()) + ".de";
    return domain.size() % 2 == 0;
  };
  phone_hook = phone;
  try {
    characters(text);
  } catch (const Error& e) {
    must(std::strcmp(e.code(), "22021") == 0, "bad UTF-8 is 22021");
    return 0;
  }
  ++tally.opened;
  stable(text, [&](std::string_view t) { return clean_email(t, choice % 2 == 1); });
  stable(text, [&](std::string_view t) { return clean_key(t, static_cast<KeyForm>(choice % 4)); });
  const char* const countries[] = {"", "CN", "US", "MX"};
  stable(text, [&](std::string_view t) { return clean_phone(t, countries[choice % 4]); });
  stable(text, clean_event);
  const Currency own = choice % 2 == 1 ? "CNY" : "";
  stable(text, [&](std::string_view t) { return clean_currency(t, own); });
  const CleanedAmount a = clean_amount(text, static_cast<DecimalMark>(choice % 3), own);
  must(-1'000'000'000'000'000'000 < a.millionths && a.millionths < 1'000'000'000'000'000'000,
       "below 10^12");
  TimeOptions options;
  options.order = static_cast<DateOrder>(choice % 4);
  options.unit = static_cast<TimeUnit>(choice / 4 % 7);
  const CleanedTime t = clean_time(text, options);
  must(t.reason != nullptr || (t.at >= -730119 * day && t.at < 2921940 * day), "years 1 to 9999");
  return 0;
}
