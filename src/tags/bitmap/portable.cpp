// SPDX-License-Identifier: PostgreSQL
#include "tags/bitmap/portable.hpp"

#include <algorithm>
#include <cstring>

#include "base/poll.hpp"

namespace clientele::tags {
namespace {

constexpr uint32_t cookie_plain = 12346, cookie_with_runs = 12347;
constexpr uint32_t offsets_from = 4;  // with runs, fewer containers have no offsets
constexpr size_t polled_every = 64;   // containers

uint16_t u16(const uint8_t* at) {
  uint16_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
uint32_t u32(const uint8_t* at) {
  uint32_t v;
  std::memcpy(&v, at, sizeof v);
  return v;
}

Form form_of(const Container& c) { return form_for(c.count(), c.run_count()); }

size_t body_size(const Container& c) {
  switch (form_of(c)) {
    case Form::list:
      return 2 * size_t{c.count()};
    case Form::bits:
      return 8 * words_of_bits;
    default:
      return 2 + 4 * size_t{c.run_count()};
  }
}

/// What comes before the bodies of the containers, and its size in bytes.
struct Head {
  size_t size;
  bool with_runs, with_offsets;
};
Head head_of(size_t containers, bool with_runs) {
  const bool with_offsets = !with_runs || containers >= offsets_from;
  const size_t start = with_runs ? 4 + (containers + 7) / 8 : 8;
  return {start + (with_offsets ? 8 : 4) * containers, with_runs, with_offsets};
}
Head head_of(std::span<const Container> containers) {
  bool with_runs = false;
  for (size_t i = 0; i < containers.size() && !with_runs; ++i) {
    if (i % polled_every == 0) poll();
    with_runs = form_of(containers[i]) == Form::runs;
  }
  return head_of(containers.size(), with_runs);
}

class Writing {
 public:
  explicit Writing(uint8_t* to) : to_(to) {}
  uint8_t* end() const { return to_; }
  template <class T>
  void put(T value) {
    put(&value, 1);
  }
  template <class T>
  void put(const T* values, size_t n) {
    std::memcpy(to_, values, n * sizeof(T));
    to_ += n * sizeof(T);
  }

 private:
  uint8_t* to_;
};

void write_list(Writing& out, const Container& c) {
  if (c.form() == Form::list) return out.put(c.list().data(), c.count());
  uint16_t values[longest_list];
  c.list_to(values);
  out.put(values, c.count());
}

void write_bits(Writing& out, const Container& c) {
  if (c.form() == Form::bits) return out.put(c.words(), words_of_bits);
  uint64_t words[words_of_bits] = {};
  for (const Run& r : c.runs()) change_range(SetOp::either, words, r.first, r.last());
  out.put(words, words_of_bits);
}

void write_runs(Writing& out, const Container& c) {
  out.put(static_cast<uint16_t>(c.run_count()));
  if (c.form() == Form::runs) return out.put(c.runs().data(), c.runs().size());
  Run runs[max_runs];
  const size_t n =
      c.form() == Form::bits ? list_runs(c.words(), 0, runs) : list_runs(c.list(), runs);
  out.put(runs, n);
}

void write_body(Writing& out, const Container& c) {
  switch (form_of(c)) {
    case Form::list:
      return write_list(out, c);
    case Form::bits:
      return write_bits(out, c);
    default:
      return write_runs(out, c);
  }
}

void must_be(Form form, uint32_t values, uint32_t runs) {
  if (form_for(values, runs) != form) Reader::fail("a container is not in its only form");
}

Container read_list(Reader& r, uint16_t key, uint32_t values) {
  Container made = Container::of_bytes(key, Form::list, r.take(2 * size_t{values}), values, 0);
  const ValueList ids = made.list();
  uint32_t falls = 0, breaks = 0;
  for (uint32_t i = 1; i < values; ++i) {
    falls += ids[i] <= ids[i - 1];
    breaks += ids[i] != ids[i - 1] + 1;
  }
  if (falls != 0) Reader::fail("values are not in order");
  must_be(Form::list, values, breaks + 1);
  made.know_run_count(breaks + 1);
  return made;
}

Container read_bits(Reader& r, uint16_t key, uint32_t values) {
  const uint8_t* const words = r.take(8 * words_of_bits);
  const BitCounts counts = count_bits(words);
  if (counts.set != values)
    Reader::fail("the number of values of a container is not that of its head");
  must_be(Form::bits, values, counts.runs);
  return Container::of_bytes(key, Form::bits, words, counts.set, counts.runs);
}

Container read_runs(Reader& r, uint16_t key, uint32_t values) {
  const uint32_t n = u16(r.take(2));
  const uint8_t* const bytes = r.take(4 * size_t{n});
  must_be(Form::runs, values, n);
  Container made = Container::of_bytes(key, Form::runs, bytes, values, n);
  const RunList runs = made.runs();
  uint32_t found = 0, too_near = 0, too_long = 0;
  for (const Run& run : runs) {
    found += run.size();
    too_long += run.last() > 65535;
  }
  for (uint32_t i = 1; i < n; ++i) too_near += runs[i].first <= runs[i - 1].last() + 1;
  if (too_near != 0) Reader::fail("runs are not apart");
  if (too_long != 0) Reader::fail("a run is too long");
  if (found != values) Reader::fail("the number of values of a container is not that of its head");
  return made;
}

}  // namespace

size_t portable_size(std::span<const Container> containers) {
  size_t n = head_of(containers).size;
  for (size_t i = 0; i < containers.size(); ++i) {
    if (i % polled_every == 0) poll();
    n += body_size(containers[i]);
  }
  return n;
}

uint8_t* write_portable(std::span<const Container> containers, uint8_t* to) {
  const Head head = head_of(containers);
  const size_t count = containers.size();
  Writing out(to);
  if (head.with_runs) {
    out.put(cookie_with_runs | static_cast<uint32_t>(count - 1) << 16);
    for (size_t i = 0; i < count; i += 8) {
      uint8_t flags = 0;
      for (size_t k = i; k < std::min(count, i + 8); ++k)
        flags |= static_cast<uint8_t>((form_of(containers[k]) == Form::runs) << k % 8);
      out.put(flags);
    }
  } else {
    out.put(cookie_plain);
    out.put(static_cast<uint32_t>(count));
  }
  for (const Container& c : containers) {
    out.put(c.key());
    out.put(static_cast<uint16_t>(c.count() - 1));
  }
  if (head.with_offsets) {
    size_t offset = head.size;
    for (const Container& c : containers) {
      out.put(static_cast<uint32_t>(offset));
      offset += body_size(c);
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (i % polled_every == 0) poll();
    write_body(out, containers[i]);
  }
  return out.end();
}

std::vector<Container> read_portable(Reader& r) {
  const uint8_t* const start = r.position();
  const uint32_t cookie = u32(r.take(4));
  const bool with_runs = (cookie & 0xffff) == cookie_with_runs;
  if (!with_runs && cookie != cookie_plain) Reader::fail("it is not a roaring bitmap");
  const uint32_t containers = with_runs ? (cookie >> 16) + 1 : u32(r.take(4));
  if (containers == 0 || containers > 65536) Reader::fail("impossible number of containers");
  const uint8_t* const flags = with_runs ? r.take((containers + 7) / 8) : nullptr;
  const auto is_run = [&](uint32_t i) { return with_runs && (flags[i / 8] >> i % 8 & 1) != 0; };
  const uint8_t* const heads = r.take(4 * size_t{containers});
  const uint8_t* const offsets =
      head_of(containers, with_runs).with_offsets ? r.take(4 * size_t{containers}) : nullptr;

  std::vector<Container> result;
  result.reserve(containers);
  bool any_runs = false;
  for (uint32_t i = 0; i < containers; ++i) {
    if (i % polled_every == 0) poll();
    const uint16_t key = u16(heads + 4 * i);
    if (i > 0 && key <= result.back().key()) Reader::fail("containers are not in order");
    if (offsets != nullptr && u32(offsets + 4 * i) != r.position() - start)
      Reader::fail("a container is elsewhere");
    const uint32_t count = uint32_t{u16(heads + 4 * i + 2)} + 1;
    any_runs = any_runs || is_run(i);
    result.push_back(is_run(i)               ? read_runs(r, key, count)
                     : count <= longest_list ? read_list(r, key, count)
                                             : read_bits(r, key, count));
  }
  if (with_runs && !any_runs) Reader::fail("there are no runs");
  if (with_runs && containers % 8 != 0 && flags[containers / 8] >> containers % 8 != 0)
    Reader::fail("flags are set for containers that do not exist");
  return result;
}

}  // namespace clientele::tags
