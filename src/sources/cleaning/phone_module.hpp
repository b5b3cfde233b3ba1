// SPDX-License-Identifier: PostgreSQL
// What clientele_phone.so, a library of its own, offers: numbers by libphonenumber. That library
// brings twenty others with it. So only sessions load it that clean a phone number, with private
// symbols, and the extension can be built and used without it.
#pragma once
#include <cstddef>

extern "C" {

enum ClientelePhone {
  CLIENTELE_PHONE_VALID,
  CLIENTELE_PHONE_INVALID,
  CLIENTELE_PHONE_NO_COUNTRY,
  CLIENTELE_PHONE_NO_MEMORY,
  CLIENTELE_PHONE_FAILED,
};

/// Writes a valid number in E.164, with ;ext=801 for an extension, to `out`, and of a failure the
/// message; both end with a zero byte. `country` is empty or the code of a country in capitals.
/// Throws nothing. The number in the name changes with the arguments.
int clientele_phone_1(const char* text, size_t size, const char* country, char* out, size_t room);
using ClientelePhoneFunction = decltype(&clientele_phone_1);
}
