// SPDX-License-Identifier: PostgreSQL
#include "sources/ingest/ledger.hpp"

#include <algorithm>
#include <bit>

#include "base/poll.hpp"

namespace clientele::sources {
namespace {

enum Form : uint8_t { as_runs, as_bits };

/// Differences are taken modulo 2^64, as two numbers may be that far apart.
uint64_t distance(int64_t from, int64_t to) {
  return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
}
int64_t after(int64_t from, uint64_t distance) {
  return static_cast<int64_t>(static_cast<uint64_t>(from) + distance);
}

size_t varint_size(uint64_t v) { return (static_cast<size_t>(std::bit_width(v | 1)) + 6) / 7; }

[[noreturn]] void corrupt() { throw Error(sqlstate::corrupted, "a chunk of a ledger is damaged"); }

/// Adds a run that begins at or after the last one.
void append(Runs& runs, Run next) {
  if (!runs.empty() && (next.first <= runs.back().last || next.first - 1 == runs.back().last))
    runs.back().last = std::max(runs.back().last, next.last);
  else
    runs.push_back(next);
}

void write_runs(int64_t base, std::span<const Run> runs, Bytes& out) {
  Writer w(out);
  w.u8(as_runs);
  for (const Run& run : runs) {
    w.varint(distance(base, run.first));
    w.varint(distance(run.first, run.last));
    base = run.last;
  }
}

void write_bits(int64_t base, std::span<const Run> runs, Bytes& out) {
  Writer w(out);
  w.u8(as_bits);
  const int64_t first = runs.front().first;
  w.varint(distance(base, first));
  const size_t begin = out.size();
  out.resize(begin + distance(first, runs.back().last) / 8 + 1);
  for (const Run& run : runs)
    for (uint64_t i = distance(first, run.first); i <= distance(first, run.last); ++i)
      out[begin + i / 8] |= static_cast<uint8_t>(1U << i % 8);
}

}  // namespace

Runs with_numbers(const Runs& runs, std::span<const int64_t> ascending) {
  Runs all;
  all.reserve(runs.size() + 1);
  Work work;
  auto next = ascending.begin();
  for (const Run& run : runs) {
    for (; next != ascending.end() && *next < run.first; ++next) append(all, {*next, *next});
    append(all, run);
    while (next != ascending.end() && *next <= run.last) ++next;
    work.done(1);
  }
  for (; next != ascending.end(); ++next) {
    append(all, {*next, *next});
    work.done(1);
  }
  return all;
}

bool has(const Runs& runs, int64_t number) {
  const auto found = std::upper_bound(runs.begin(), runs.end(), number,
                                      [](int64_t n, const Run& run) { return n < run.first; });
  return found != runs.begin() && number <= std::prev(found)->last;
}

std::pmr::vector<Chunk> write_chunks(int64_t first_id, const Runs& runs) {
  std::pmr::vector<Chunk> chunks;
  int64_t base = first_id;
  for (size_t begin = 0; begin < runs.size();) {
    poll();
    const int64_t first = runs[begin].first;
    const size_t head = 1 + varint_size(distance(base, first));
    size_t runs_size = 1, bits_size = 0, end = begin;
    for (int64_t before = base; end < runs.size(); ++end) {
      const Run& run = runs[end];
      const size_t with_run = runs_size + varint_size(distance(before, run.first)) +
                              varint_size(distance(run.first, run.last));
      const uint64_t span = distance(first, run.last) / 8 + 1;
      const size_t with_bits = span < chunk_bytes ? head + span : chunk_bytes + 1;
      if (std::min(with_run, with_bits) > chunk_bytes) break;
      runs_size = with_run;
      bits_size = with_bits;
      before = run.last;
    }
    const std::span<const Run> part(&runs[begin], end - begin);
    chunks.push_back({base, {}});
    if (runs_size <= bits_size)
      write_runs(base, part, chunks.back().bytes);
    else
      write_bits(base, part, chunks.back().bytes);
    begin = end;
    if (begin < runs.size()) base = runs[begin].first;
  }
  return chunks;
}

Runs read_chunk(int64_t first_id, std::span<const uint8_t> bytes) {
  Runs runs;
  Reader r(bytes);
  const uint8_t form = r.u8();
  int64_t at = first_id;
  if (form == as_runs) {
    for (bool begun = false; !r.done(); begun = true) {
      const uint64_t gap = r.varint(), more = r.varint();
      const int64_t first = after(at, gap), last = after(first, more);
      if (first < at || last < first || (begun && gap < 2)) corrupt();
      runs.push_back({first, last});
      at = last;
    }
    return runs;
  }
  if (form != as_bits) corrupt();
  const int64_t first = after(at, r.varint());
  const uint64_t bits = 8 * uint64_t{r.left()};
  if (first < at || bits == 0 || bits > 8 * chunk_bytes) corrupt();
  const std::span<const uint8_t> map(r.position(), r.left());
  for (uint64_t i = 0; i < bits; ++i) {
    if ((map[i / 8] >> i % 8 & 1) == 0) continue;
    const int64_t number = after(first, i);
    if (number < first) corrupt();
    append(runs, {number, number});
  }
  return runs;
}

void OpenLedger::add_chunk(int64_t first_id, std::span<const uint8_t> bytes) {
  firsts_.push_back(first_id);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  ends_.push_back(bytes_.size());
}

std::span<const uint8_t> OpenLedger::bytes_of(size_t chunk) const {
  const size_t begin = chunk == 0 ? 0 : ends_[chunk - 1];
  return {bytes_.data() + begin, ends_[chunk] - begin};
}

const Runs& OpenLedger::decoded(size_t chunk) {
  Decoded& place = decoded_[chunk % decoded_.size()];
  if (place.chunk != chunk) {
    place.runs = read_chunk(firsts_[chunk], bytes_of(chunk));
    place.chunk = chunk;
  }
  return place.runs;
}

bool OpenLedger::contains(int64_t number) {
  if (firsts_.empty() || number < firsts_.front()) return false;
  const bool same =
      firsts_[last_] <= number && (last_ + 1 == firsts_.size() || number < firsts_[last_ + 1]);
  if (!same) {
    poll();
    last_ = static_cast<size_t>(std::upper_bound(firsts_.begin(), firsts_.end(), number) -
                                firsts_.begin() - 1);
  }
  return has(decoded(last_), number);
}

bool OpenLedger::gaps(int64_t floor, int64_t top, size_t most, Runs& out) {
  if (floor >= top) return true;
  int64_t next = floor + 1;  // the least number that may be in a gap
  const auto from = std::upper_bound(firsts_.begin(), firsts_.end(), next) - firsts_.begin();
  for (size_t i = from == 0 ? 0 : static_cast<size_t>(from - 1); i < firsts_.size(); ++i) {
    if (firsts_[i] > top) break;
    poll();
    for (const Run& run : decoded(i)) {
      if (run.last < next) continue;
      if (run.first > top) break;
      if (run.first > next) {
        if (out.size() == most) return false;
        out.push_back({next, run.first - 1});
      }
      if (run.last >= top) return true;
      next = run.last + 1;
    }
  }
  if (out.size() == most) return false;
  out.push_back({next, top});
  return true;
}

}  // namespace clientele::sources
