// SPDX-License-Identifier: PostgreSQL
#include "tags/portable.hpp"

#include <cstring>

#include "base/bytes.hpp"
#include "tags/bits.hpp"

namespace clientele::tags {
namespace {

constexpr uint32_t cookie_plain = 12346, cookie_with_runs = 12347;
constexpr uint32_t offsets_from = 4;  // with runs, fewer containers have no offsets

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

void must_be(Container kind, uint32_t values, uint32_t runs) {
  if (container_for(values, runs) != kind)
    Reader::fail("a container has another form than it must");
}

void check_array(Reader& r, uint32_t values) {
  if (values > 4096) Reader::fail("an array is too long");
  uint16_t ids[4096];
  std::memcpy(ids, r.take(2 * size_t{values}), 2 * size_t{values});
  uint32_t falls = 0, breaks = 0;
  for (uint32_t i = 1; i < values; ++i) {
    falls += ids[i] <= ids[i - 1];
    breaks += ids[i] != ids[i - 1] + 1;
  }
  if (falls != 0) Reader::fail("values are not in order");
  must_be(Container::array, values, breaks + 1);
}

void check_bits(Reader& r, uint32_t values) {
  const BitCounts counts = count_bits(r.take(8 * words_of_bits));
  if (counts.set != values) Reader::fail("a container has another number of values than it says");
  must_be(Container::bits, values, counts.runs);
}

void check_runs(Reader& r, uint32_t values) {
  const uint32_t runs = u16(r.take(2));
  const uint8_t* at = r.take(4 * size_t{runs});
  uint32_t found = 0;
  int64_t end = -2;  // of the run before
  for (uint32_t i = 0; i < runs; ++i, at += 4) {
    const uint32_t first = u16(at), more = u16(at + 2);
    if (first <= end + 1) Reader::fail("runs are not apart");
    if (first + more > 65535) Reader::fail("a run is too long");
    end = first + more;
    found += more + 1;
  }
  if (found != values) Reader::fail("a container has another number of values than it says");
  must_be(Container::runs, values, runs);
}

}  // namespace

Checked check_portable(std::span<const uint8_t> bytes) {
  Reader r(bytes);
  const uint8_t* const start = r.position();
  const uint32_t cookie = u32(r.take(4));
  const bool with_runs = (cookie & 0xffff) == cookie_with_runs;
  if (!with_runs && cookie != cookie_plain) Reader::fail("it is no roaring bitmap");
  const uint32_t containers = with_runs ? (cookie >> 16) + 1 : u32(r.take(4));
  if (containers == 0 || containers > 65536) Reader::fail("impossible number of containers");
  const uint8_t* const flags = with_runs ? r.take((containers + 7) / 8) : nullptr;
  const auto is_run = [&](uint32_t i) { return with_runs && (flags[i / 8] >> i % 8 & 1) != 0; };
  const uint8_t* const heads = r.take(4 * size_t{containers});
  const bool with_offsets = !with_runs || containers >= offsets_from;
  const uint8_t* const offsets = with_offsets ? r.take(4 * size_t{containers}) : nullptr;

  uint32_t run_containers = 0;
  uint64_t values = 0;
  for (uint32_t i = 0; i < containers; ++i) {
    if (i > 0 && u16(heads + 4 * i) <= u16(heads + 4 * i - 4))
      Reader::fail("containers are not in order");
    if (offsets != nullptr && u32(offsets + 4 * i) != r.position() - start)
      Reader::fail("a container is elsewhere");
    const uint32_t count = uint32_t{u16(heads + 4 * i + 2)} + 1;
    values += count;
    if (is_run(i))
      check_runs(r, count), ++run_containers;
    else if (count <= 4096)
      check_array(r, count);
    else
      check_bits(r, count);
  }
  if (with_runs && run_containers == 0) Reader::fail("there are no runs");
  if (with_runs && containers % 8 != 0 && flags[containers / 8] >> containers % 8 != 0)
    Reader::fail("there are marks of no container");
  return {static_cast<size_t>(r.position() - start), values};
}

}  // namespace clientele::tags
