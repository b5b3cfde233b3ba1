// SPDX-License-Identifier: PostgreSQL
#include "sources/cleaning/currency.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "sources/cleaning/ascii.hpp"
#include "sources/cleaning/reasons.hpp"

namespace clientele {
namespace {

/// What is in circulation, and what has been withdrawn since 2020. Funds, metals and test codes are
/// left out.
constexpr std::string_view codes =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL "
    "BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD "
    "EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR "
    "ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
    "NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG "
    "SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
    "TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG "
    "ZWL ";

struct Symbol {
  std::u32string_view text;
  std::string_view currencies;  // the first one is meant if nothing else is known
  bool question = false;        // whether something else must be known
};
constexpr std::string_view dollars =
    "USD AUD BBD BMD BND BSD BZD CAD FJD GYD HKD JMD KYD LRD NAD NZD SBD SGD SRD TTD TWD XCD";
constexpr Symbol symbols[] = {
    {U"$", dollars, true}, {U"¥", "CNY JPY", true}, {U"元", "CNY TWD HKD"}, {U"人民币", "CNY"},
    {U"人民幣", "CNY"},    {U"RMB", "CNY"},         {U"円", "JPY"},         {U"€", "EUR"},
    {U"£", "GBP"},         {U"₹", "INR"},           {U"₩", "KRW"},          {U"₽", "RUB"},
    {U"₺", "TRY"},         {U"₫", "VND"},           {U"฿", "THB"},          {U"₪", "ILS"},
    {U"₴", "UAH"},         {U"₱", "PHP"},           {U"₦", "NGN"},          {U"US$", "USD"},
    {U"HK$", "HKD"},       {U"NT$", "TWD"},         {U"A$", "AUD"},         {U"AU$", "AUD"},
    {U"C$", "CAD"},        {U"CA$", "CAD"},         {U"NZ$", "NZD"},        {U"S$", "SGD"},
    {U"R$", "BRL"},        {U"CN¥", "CNY"},         {U"JP¥", "JPY"}};

bool is_listed(std::string_view list, std::string_view code) {
  return code.size() == 3 && list.find(code) != std::string_view::npos &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// Capital letters, of ASCII only: a code has no Turkish i.
std::u32string capitals(std::u32string text) {
  for (char32_t& c : text)
    if (c >= 'a' && c <= 'z') c -= 0x20;
  return text;
}

const Symbol* symbol_of(const std::u32string& capital) {
  for (const Symbol& s : symbols)
    if (s.text == capital) return &s;
  return nullptr;
}

}  // namespace

bool is_currency(std::string_view code) {
  // The codes ascend, four characters each.
  size_t low = 0, high = codes.size() / 4;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int order = codes.substr(middle * 4, 3).compare(code);
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

Currency currency_named(std::string_view code, const char* argument) {
  Currency found(code.substr(0, 4));
  for (char& c : found)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  if (is_currency(found)) return found;
  throw Error(
      sqlstate::invalid_parameter,
      std::string(argument) + " \"" + std::string(code.substr(0, 40)) + "\" is not a currency",
      "Give a code of ISO 4217, such as CNY.");
}

std::optional<bool> stands_for(const std::u32string& mark, std::string_view currency) {
  const std::u32string capital = capitals(mark);
  if (const Symbol* const s = symbol_of(capital)) return is_listed(s->currencies, currency);
  const std::string code = utf8_of(capital);
  if (!is_currency(code)) return std::nullopt;
  return code == currency;
}

Cleaned clean_currency(std::string_view value, const Currency& own, const StandIns& stand_ins) {
  if (value.size() > longest_input) return unusable(reason::too_long);
  if (ascii::Plain code; code.read(value) && absent(code.text(), stand_ins) == nullptr) {
    std::string capital(code.text());
    for (char& c : capital)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
    if (is_currency(capital)) return {std::move(capital)};
  }
  const std::u32string plain = plain_text(value);
  if (absent(plain, stand_ins) != nullptr)
    return own.empty() ? unusable(reason::blank) : Cleaned{own};
  const std::u32string capital = capitals(plain);
  if (const Symbol* const s = symbol_of(capital)) {
    if (is_listed(s->currencies, own)) return {own};
    if (s->question) return unusable(reason::bad_currency);
    return {std::string(s->currencies.substr(0, 3))};
  }
  const std::string code = utf8_of(capital);
  if (!is_currency(code)) return unusable(reason::bad_currency);
  return {code};
}

}  // namespace clientele
