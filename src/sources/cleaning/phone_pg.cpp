// SPDX-License-Identifier: PostgreSQL
// Phone numbers by the library beside this one, which is loaded at first use.
#include <dlfcn.h>
#include <unistd.h>

#include <new>
#include <unordered_map>

#include "base/error.hpp"
#include "sources/cleaning/phone.hpp"
#include "sources/cleaning/phone_module.hpp"
#include "sources/cleaning/unicode_pg.hpp"
#include "pg/boundary.hpp"

namespace clientele {
namespace {

/// clientele_phone.so in the directory of this library.
std::string module_path() {
  Dl_info own;
  if (dladdr(reinterpret_cast<void*>(&install_phone_hook), &own) == 0 || own.dli_fname == nullptr)
    return {};
  const std::string path = own.dli_fname;
  return path.substr(0, path.rfind('/') + 1) + "clientele_phone" DLSUFFIX;
}

ClientelePhoneFunction load_module() {
  const std::string path = module_path();
  constexpr char message[] = "phone numbers need libphonenumber";
  if (access(path.c_str(), F_OK) != 0)
    throw Error(sqlstate::not_supported, message,
                "The extension was built without it. Install libphonenumber-dev (the name of the "
                "Debian package), then build and install the extension again.");
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const why = dlerror();
    throw Error(sqlstate::not_supported, message,
                "Install libphonenumber8 (its name in Debian 12) on the server, or build "
                "the extension again. The library says: " +
                    std::string(why == nullptr ? "" : why));
  }
  void* const found = dlsym(handle, "clientele_phone_1");
  if (found == nullptr)
    throw Error(sqlstate::not_supported, path + " is of another version of the extension",
                "Build and install the extension again.");
  return reinterpret_cast<ClientelePhoneFunction>(found);
}

bool read_by_module(const std::string& text, const std::string& country, std::string& number) {
  static ClientelePhoneFunction module = nullptr;
  if (module == nullptr) module = load_module();
  char out[1024];
  switch (module(text.data(), text.size(), country.c_str(), out, sizeof out)) {
    case CLIENTELE_PHONE_VALID:
      number = out;
      return true;
    case CLIENTELE_PHONE_INVALID:
      return false;
    case CLIENTELE_PHONE_NO_COUNTRY:
      throw_no_country(country);
    case CLIENTELE_PHONE_NO_MEMORY:
      throw std::bad_alloc();
    default:
      throw std::runtime_error("libphonenumber: " + std::string(out));
  }
}

/// A number takes the library 10 us, and most numbers of a batch come many times. What is full is
/// emptied: then the numbers that are in use come back.
class Known {
 public:
  bool read(const std::string& text, const std::string& country, std::string& number) {
    const std::string key = country + ' ' + text;
    auto found = answers_.find(key);
    if (found == answers_.end()) {
      Answer made;
      made.valid = read_by_module(text, country, made.number);
      if (answers_.size() == most) answers_.clear();
      found = answers_.emplace(key, std::move(made)).first;
    }
    number = found->second.number;
    return found->second.valid;
  }

 private:
  static constexpr size_t most = 20'000;
  struct Answer {
    std::string number;
    bool valid = false;
  };
  std::unordered_map<std::string, Answer> answers_;
};

bool read_number(const std::string& text, const std::string& country, std::string& number) {
  static Known known;
  return known.read(text, country, number);
}

}  // namespace

void install_phone_hook() { phone_hook = read_number; }

}  // namespace clientele
