// SPDX-License-Identifier: PostgreSQL
// Event types as a query sees them: selectors resolved against clientele_data.event_types, and
// caches that live as long as the snapshot they were filled under.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "journey/measures.hpp"
#include "pg/remembered.hpp"

namespace clientele {

/// Registers clientele.unknown_event.
void define_dictionary_settings();

/// The ids that a selector picks, ascending. C++ regime. Errors: 42704 for an exact name that is
/// not in the dictionary (unless clientele.unknown_event = ignore), 42P01 without a store, 22023
/// for its syntax. With `absent_is_nothing` neither unknown names nor a missing store are errors.
std::vector<int32_t> resolve_selector(std::string_view selector, bool absent_is_nothing = false);

/// One event type in the dictionary.
struct EventName {
  int32_t id;
  std::string label;  // event, or channel:event where the channel is not empty
  bool no_channel;    // the label is the event alone, though it may contain a colon
  int32_t channel;    // numbered from 1
};

/// All event types in the order (channel, event, properties) COLLATE "C". C++ regime.
/// Empty if there is no store.
std::vector<EventName> dictionary_in_order();

/// The names of all event types: events or channels alone, or the values of a property, of which
/// those types that do not have it have none. C++ regime. Empty if there is no store.
enum class NamePart { event, channel, property };
TypeNames dictionary_names(NamePart part, std::string_view property = {});

/// What a look-up that is kept depends on: with another value the store may look different, or may
/// not be readable. A role that may not read it must not get the answers of another role.
struct SnapshotKey {
  TransactionId xmin = 0, xmax = 0;
  CommandId command = 0;
  uint64_t completions = 0;
  SubTransactionId subtransaction = 0;
  LocalTransactionId transaction = 0;
  int unknown_event = -1;
  Oid role = InvalidOid;  // whose rights and policies count
  int security = 0;       // how it came to be that role
  bool row_security = true;

  static SnapshotKey current();
  /// True if it was not current; now it is, and what was looked up before no longer counts.
  bool renew() {
    const SnapshotKey now = current();
    const bool changed = !(now == *this);
    *this = now;
    return changed;
  }
  friend bool operator==(const SnapshotKey&, const SnapshotKey&) = default;
};

/// Something made from the bytes of an argument and from the dictionary, made again when either
/// changes. Kept from row to row with pg::kept; fn_extra outlives a statement inside plpgsql.
template <class T>
class Resolved {
 public:
  explicit Resolved(std::pmr::memory_resource*) {}

  template <class Make>
  T& get(pg::ByteView source, Make make) {
    if (key_.renew()) value_.forget();
    return value_.get(source, make);
  }

 private:
  SnapshotKey key_;
  pg::Remembered<T> value_;
};

/// Per event type whether a selector picks it; look-ups by id are binary searches in few ids.
struct PickedTypes {
  std::vector<int32_t> ids;
  explicit PickedTypes(pg::ByteView selector) : ids(resolve_selector(pg::as_text(selector))) {}
  bool operator()(int32_t type) const { return std::binary_search(ids.begin(), ids.end(), type); }
};

inline PickedTypes& picked_by(Resolved<PickedTypes>& cache, pg::ByteView selector) {
  return cache.get(selector, [&] { return PickedTypes(selector); });
}

}  // namespace clientele
