// SPDX-License-Identifier: PostgreSQL
#include "satisfaction/complaints/complaints.hpp"

#include <array>

namespace clientele {
namespace {

/// Events are counted by role, and each instant is settled when it is over.
class Waiting {
 public:
  enum Role : uint8_t { complains, both, answers };

  explicit Waiting(Micros since) : since_(since) {}

  void add(Micros at, Role role) {
    if (at != now_) {
      settle();
      now_ = at;
    }
    ++count_[role];
  }

  std::vector<Complaint> finish() {
    settle();
    return std::move(all_);
  }

 private:
  void settle() {
    for (uint32_t i = 0; i < count_[complains]; ++i) complain();
    for (uint32_t i = 0; i < count_[both]; ++i) {
      answer();
      complain();
    }
    if (count_[answers] > 0) answer();
    count_ = {};
  }
  void complain() {
    if (now_ >= since_) all_.push_back({now_, {}});
  }
  void answer() {
    for (; answered_ < all_.size(); ++answered_) all_[answered_].answered = now_;
  }

  Micros since_, now_ = INT64_MIN;
  std::array<uint32_t, 3> count_{};
  std::vector<Complaint> all_;
  size_t answered_ = 0;  // as many have an answer
};

}  // namespace

std::vector<Complaint> complaints_of(const Journey& journey, const PickedCodes& complaint,
                                     const PickedCodes& answer, Micros since, Micros until) {
  if (!complaint.any()) return {};
  Waiting waiting(since);
  each_event(journey, [&](Micros at, uint16_t code) {
    if (at >= until) return false;
    if (complaint[code])
      waiting.add(at, answer[code] ? Waiting::both : Waiting::complains);
    else if (answer[code])
      waiting.add(at, Waiting::answers);
    return true;
  });
  return waiting.finish();
}

ComplaintState state_of(const Complaint& complaint, std::optional<uint64_t> within, Micros until) {
  const bool answered = complaint.answered.has_value();
  const bool over = within && elapsed(complaint.at, complaint.answered.value_or(until)) > *within;
  return answered ? over ? ComplaintState::late : ComplaintState::in_time
         : over   ? ComplaintState::overdue
                  : ComplaintState::waiting;
}

const char* name_of(ComplaintState state) {
  constexpr const char* names[] = {"in time", "late", "waiting", "overdue"};
  return names[static_cast<size_t>(state)];
}

}  // namespace clientele
