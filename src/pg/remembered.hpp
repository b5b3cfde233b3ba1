// SPDX-License-Identifier: PostgreSQL
// What functions keep from row to row, as most rows come with the same definition or model.
#pragma once
#include <algorithm>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "pg/values.hpp"

namespace clientele::pg {

/// Something made from the bytes of arguments, and made again when one of them changes. To find it
/// again costs a comparison of the bytes. A view without a pointer stands for NULL. C++ regime.
template <class T>
class Remembered {
 public:
  explicit Remembered(std::pmr::memory_resource* = nullptr) {}

  /// `make()` may throw; then nothing is remembered.
  template <class Make>
  T& get(std::span<const ByteView> arguments, Make make) {
    if (!value_ || !std::ranges::equal(arguments, source_, same)) {
      forget();
      value_.emplace(make());
      for (const ByteView a : arguments)
        source_.push_back({a.data() == nullptr, {a.begin(), a.end()}});
    }
    return *value_;
  }
  template <class Make>
  T& get(ByteView argument, Make make) {
    return get(std::span<const ByteView>(&argument, 1), make);
  }

  void forget() {
    value_.reset();
    source_.clear();
  }

 private:
  struct Argument {
    bool null;
    std::vector<uint8_t> bytes;
  };
  static bool same(ByteView now, const Argument& before) {
    return (now.data() == nullptr) == before.null && same_bytes(now, before.bytes);
  }

  std::vector<Argument> source_;
  std::optional<T> value_;
};

/// The bytes of an argument that is plain data without padding.
template <class T>
ByteView plain_bytes(const T& value) {
  static_assert(std::has_unique_object_representations_v<T>);
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}
template <class T>
ByteView plain_bytes_or_null(const T* value) {
  return value == nullptr ? ByteView() : plain_bytes(*value);
}
inline ByteView text_bytes_or_null(const std::optional<std::string_view>& text) {
  return text ? as_bytes(*text) : ByteView();
}

}  // namespace clientele::pg
