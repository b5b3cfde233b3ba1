// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "tags/bitmap/bits.hpp"
#include "tags/bitmap/lists.hpp"
#include "tags/bitmap/runs.hpp"

namespace clientele::tags {

enum class Form : uint8_t { list, bits, runs };

/// The numbers of a set that share their upper 16 bits, the key: a list of at most 4,096 values,
/// bits, or a list of at most 2,047 runs. In memory it has the form that was cheapest to make; the
/// form that is written depends on the values only (portable.hpp). Memory is that of operator new,
/// which throws.
class Container {
 public:
  explicit Container(uint16_t key) : key_(key) {}
  Container(uint16_t key, ValueList values) : key_(key) { assign(values); }
  Container(uint16_t key, RunList runs, uint32_t count) : key_(key) { assign(runs, count); }
  /// Copies bytes, which need not be aligned. The number of runs is 0 if it is not known.
  static Container of_bytes(uint16_t key, Form form, const void* bytes, uint32_t count,
                            uint32_t runs);
  Container(const Container& other);
  Container(Container&& other) noexcept { take(other); }
  Container& operator=(Container other) noexcept {
    release();
    take(other);
    return *this;
  }
  ~Container() { release(); }

  uint16_t key() const { return key_; }
  uint32_t base() const { return uint32_t{key_} << 16; }
  Form form() const { return form_; }
  uint32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == 65536; }
  /// Only for a container of that form.
  ValueList list() const { return {static_cast<const uint16_t*>(data()), count_}; }
  const uint64_t* words() const { return static_cast<const uint64_t*>(data()); }
  RunList runs() const { return {static_cast<const Run*>(data()), runs_}; }
  /// How many runs the values make; counted once.
  uint32_t run_count() const;
  void know_run_count(uint32_t runs) { runs_ = runs; }

  bool contains(uint16_t value) const;
  /// Of a container that is not empty.
  uint16_t first() const;
  uint16_t last() const;
  /// Writes the values from `from` on, added to base(), as many as fit; returns how many.
  size_t values(uint16_t from, uint32_t* out, size_t room) const;
  /// Writes all of them; `out` has room for count() values.
  void list_to(uint16_t* out) const;
  /// The value at a place; 0 is the first.
  uint16_t at(uint32_t place) const;

  void clear() { count_ = runs_ = 0, form_ = Form::list; }
  void add(uint16_t value);
  /// Adds the lower 16 bits of these, all greater than the last value.
  void append(std::span<const uint32_t> ascending);
  /// They must not be in the memory of this container.
  void assign(ValueList values);
  void assign(RunList runs, uint32_t count);
  /// Keeps the first values of a list, which may have been changed in place.
  uint16_t* list_to_change() { return static_cast<uint16_t*>(data()); }
  void shorten(size_t count) { count_ = static_cast<uint32_t>(count), runs_ = 0; }
  /// The same values as bits, which may be changed; then set_count must be called.
  uint64_t* to_bits();
  void set_count(uint32_t count);

  /// Calls use(first, last) for each run of values; a run may continue the one before it.
  template <class Use>
  void each_run(Use use) const;

 private:
  static constexpr size_t bytes_of_bits = 8 * words_of_bits;

  void* data() { return room_ == 0 ? here_ : heap_; }
  const void* data() const { return room_ == 0 ? here_ : heap_; }
  /// Memory for this many bytes; the old content is lost.
  void* fresh(size_t bytes);
  void grow(size_t bytes);
  bool add_to_runs(uint16_t value);
  size_t bytes() const;
  void release() noexcept;
  void take(Container& other) noexcept {
    std::memcpy(static_cast<void*>(this), static_cast<void*>(&other), sizeof *this);
    other.room_ = other.count_ = other.runs_ = 0;
    other.form_ = Form::list;
  }

  uint16_t key_;
  Form form_ = Form::list;
  uint32_t count_ = 0;
  mutable uint32_t runs_ = 0;  // 0: not counted, except of form runs
  uint32_t room_ = 0;          // bytes on the heap; if none, the data are here
  union {
    void* heap_;
    uint64_t here_[1];
  };
};
static_assert(sizeof(Container) == 24);

template <class Use>
void Container::each_run(Use use) const {
  const uint32_t base = this->base();
  if (form_ == Form::runs) {
    for (const Run& r : runs()) use(base + r.first, base + r.last());
  } else if (form_ == Form::list) {
    const ValueList all = list();
    for (size_t k = 0, from = 0; k < all.size(); ++k) {
      if (k + 1 < all.size() && all[k + 1] == all[k] + 1) continue;
      use(base + all[from], base + all[k]);
      from = k + 1;
    }
  } else {
    Run some[64];
    for (uint32_t from = 0; from < 65536;) {
      const size_t n = list_runs(words(), from, some);
      for (size_t k = 0; k < n; ++k) use(base + some[k].first, base + some[k].last());
      if (n < std::size(some)) break;
      from = some[n - 1].last() + 1;
    }
  }
}

}  // namespace clientele::tags
