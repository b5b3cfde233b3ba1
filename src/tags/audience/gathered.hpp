// SPDX-License-Identifier: PostgreSQL
// States of the aggregates that make audiences.
#pragma once
#include <algorithm>

#include "base/bytes.hpp"
#include "tags/audience/audience.hpp"
#include "tags/audience/sort_ids.hpp"

namespace clientele::tags {

/// An audience that is being gathered from ids in any order, or from other audiences. Its written
/// form is that of the audience.
class Gathered {
 public:
  explicit Gathered(std::pmr::memory_resource* memory) : fresh_(memory) {}

  void add(uint64_t id) {
    fresh_.push_back(id);
    if (fresh_.size() >= room_) settle();
  }
  void merge(const Audience& other) { settled() |= other; }
  void merge(const Gathered& other) { merge(other.all()); }
  const Audience& all() const { return settled(); }

  void write(Bytes& out) const { all().write(out); }
  void read(Reader& r) { all_ = Audience::read({r.take(0), r.left()}), r.take(r.left()); }

 private:
  Audience& settled() const {
    settle();
    return all_;
  }
  void settle() const {
    if (fresh_.empty()) return;
    sort_ids(fresh_);
    all_.add(fresh_);
    fresh_.clear();
    // Joining may take as long as the audience is large: so large ones are joined less often.
    room_ = std::clamp<uint64_t>(all_.size() / 4, 65536, 4194304);
  }

  // Settling changes how the set is kept, but not the set.
  mutable Audience all_;
  mutable Ids fresh_;
  mutable size_t room_ = 65536;
};

/// The intersection of some audiences.
class Common {
 public:
  explicit Common(std::pmr::memory_resource*) {}
  void start(Audience first) { all_ = std::move(first); }
  void merge(const Audience& other) { all_ &= other; }
  void merge(const Common& other) { merge(other.all_); }
  const Audience& all() const { return all_; }

  void write(Bytes& out) const { all_.write(out); }
  void read(Reader& r) { all_ = Audience::read({r.take(0), r.left()}), r.take(r.left()); }

 private:
  Audience all_;
};

}  // namespace clientele::tags
