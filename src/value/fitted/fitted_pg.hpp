// SPDX-License-Identifier: PostgreSQL
// Between Datum and fitted models: the types btyd_model, spend_model and contract_model.
#pragma once
#include <memory_resource>
#include <string>
#include <string_view>

#include "journey/dictionary_pg.hpp"
#include "pg/values.hpp"
#include "value/fitted/fitted.hpp"

namespace clientele {

/// C++ regime. Errors: 22P02 for text that is not JSON, 22023 for JSON that is not a model of
/// `type`.
Fitted fitted_from_json(std::string_view text, const char* type);
std::string fitted_to_json(const Fitted& fitted);

/// Returns `value`; 22003, with `name` in the message, if it is NaN or infinite.
double finite_argument(double value, const char* name);

/// The model of a prediction, decoded once a query. `Ready` is made from a Fitted.
template <class Ready>
class ModelArgument {
 public:
  explicit ModelArgument(std::pmr::memory_resource* memory) : named_(memory) {}

  const Ready& packed(pg::ByteView bytes) {
    return packed_.get(bytes, [&] { return Ready(Fitted::read(bytes)); });
  }

  /// `text` is the JSON form or the name of a stored model, of which the current version in this
  /// snapshot is used.
  const Ready& named(std::string_view text, const char* type);

  /// Either of them.
  const Ready& given(pg::ByteView bytes, bool by_name, const char* type) {
    return by_name ? named(pg::as_text(bytes), type) : packed(bytes);
  }

 private:
  pg::Remembered<Ready> packed_;
  Resolved<Ready> named_;
};

/// The model that `text` means: the name of a stored model, or JSON. C++ regime.
Fitted fitted_named(std::string_view text, const char* type);

template <class Ready>
const Ready& ModelArgument<Ready>::named(std::string_view text, const char* type) {
  return named_.get(pg::as_bytes(text), [&] { return Ready(fitted_named(text, type)); });
}

}  // namespace clientele
