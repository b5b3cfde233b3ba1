// SPDX-License-Identifier: PostgreSQL
// How long customers wait for an answer to a complaint.
#pragma once
#include <optional>
#include <vector>

#include "journey/measures.hpp"

namespace clientele {

struct Complaint {
  Micros at;
  std::optional<Micros> answered;  // the first answer after it

  friend bool operator==(const Complaint&, const Complaint&) = default;
};

/// The complaints from `since` on and before `until`, in order of time, with answers before
/// `until`. One answer answers all complaints that wait for one. Of events of one instant those
/// that are only complaints come first, then those that are both, then those that are only answers;
/// one that is both answers what came before it, and waits for an answer itself.
std::vector<Complaint> complaints_of(const Journey& journey, const PickedCodes& complaint,
                                     const PickedCodes& answer, Micros since, Micros until);

enum class ComplaintState : uint8_t { in_time, late, waiting, overdue };
/// At `until`; none for `within` means no limit.
ComplaintState state_of(const Complaint& complaint, std::optional<uint64_t> within, Micros until);
const char* name_of(ComplaintState state);

}  // namespace clientele
