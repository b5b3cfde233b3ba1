// SPDX-License-Identifier: PostgreSQL
// Audiences as bytes and as text from outside. Bytes that are read are the only form of their set,
// and all operations keep to the rules of sets. An input is a kind and then
//   0 to 4  the bytes of an audience
//   5, 6    a recipe for an audience, 0xff, and changes to its bytes: place (3 bytes), bits (1
//   byte) 7       text
// so that a short input reaches containers of 8,192 bytes, too.
#include "fuzz.hpp"
#include "tags/audience/audience.hpp"

using namespace clientele;
using fuzz::bytes_of;
using fuzz::must;
using tags::Audience;

namespace {

fuzz::Tally tally("past the version", "read");

using Raw = std::vector<uint8_t>;

// To combine with: sparse, dense, in runs and all three, low and high.
const std::vector<Audience>& others() {
  static const std::vector<Audience> all = [] {
    std::vector<Audience> made(8);
    for (size_t i = 1; i < 8; ++i)
      for (const uint64_t base : {uint64_t{0}, uint64_t{1} << 32, uint64_t{1} << 62}) {
        for (uint64_t k = 0; (i & 1) != 0 && k < 100; ++k) made[i].add(base + k * k * k);
        for (uint64_t k = 0; (i & 2) != 0 && k < 6000; ++k) made[i].add(base + 65536 + k * 3);
        if ((i & 4) != 0) made[i].add_range(base + 2 * 65536 + 100, base + 4 * 65536);
      }
    return made;
  }();
  return all;
}

unsigned large = 0;

void use(const Audience& a, unsigned choice) {
  const uint64_t n = a.size();
  const Audience other = n < 3000 && choice % 16 > 7 ? others()[choice % 8] ^ a.sample(n / 2, 1)
                                                     : others()[choice % 8];
  must(Audience::read(bytes_of(a)) == a, "an audience is itself again");
  must(a.includes(a) && a.empty() == (n == 0) && a.overlaps(a) == (n > 0), "a set has itself");
  must(a.first().has_value() == (n > 0) && a.last().has_value() == (n > 0), "there are ends");
  if (n > 0)
    must(a.contains(*a.first()) && a.contains(*a.last()) && *a.last() - *a.first() >= n - 1,
         "the ends belong to it");
  uint64_t in_runs = 0;
  a.each_run([&](uint64_t first, uint64_t last) { in_runs += last - first + 1; });
  must(in_runs == n, "runs have all");
  std::vector<uint64_t> some(50);
  some.resize(a.ids(0, some));
  must(some.size() == std::min<uint64_t>(n, 50), "there are as many ids as it says");
  for (const uint64_t id : some) must(a.contains(id), "listed ids belong to it");

  const Audience both = a & other, either = a | other, rest = a - other, one = a ^ other;
  const uint64_t common = Audience::and_size(a, other);
  must(both.size() == common && rest.size() == n - common, "sizes of & and -");
  must(either.size() == n + other.size() - common && one.size() == either.size() - common,
       "sizes of | and #");
  must((both | one) == either && (both | rest) == a && (either - one) == both, "sets are sets");
  must(a.includes(both) && either.includes(other) && !both.overlaps(one), "parts are parts");
  must(a.overlaps(other) == (common > 0) && a.includes(other) == (common == other.size()),
       "questions agree with sizes");
  Audience flipped = both;
  must(flipped.flip_within(a) == rest, "the others of both are the rest");
  for (const Audience* made : {&both, &either, &rest, &one})
    must(bytes_of(Audience::read(bytes_of(*made))) == bytes_of(*made), "results are canonical");
  if (n < 3000) {
    const Audience drawn = a.sample(n / 3, n);
    must(drawn.size() == n / 3 && a.includes(drawn), "a sample is a part");
    uint64_t all = 0;
    a.each([&](uint64_t) { ++all; });
    must(all == n, "each has all");
  }
  if (n < 300) must(Audience::from_text(a.text(1 << 20)) == a, "its text says all");
}

void read(std::span<const uint8_t> bytes) {
  tally.opened += !bytes.empty() && bytes[0] == 1;
  const Audience a = Audience::read(bytes);
  ++tally.accepted;
  const Raw again = bytes_of(a);
  must(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()), "bytes are canonical");
  // Large ones now and then, lest they slow all others.
  if (again.size() > 2000 && (++large % 16 != 0 || again.size() > 100'000)) return;
  use(a, bytes.back() + large);
}

// Of each 6 bytes: first id (3 bytes, the upper bits are the high half), how many (2), step.
size_t cook(std::span<const uint8_t> recipe, Audience& a) {
  size_t at = 0;
  for (int pieces = 0; pieces < 2 && at + 6 <= recipe.size() && recipe[at] != 0xff; ++pieces) {
    const uint8_t* p = recipe.data() + at;
    const uint64_t base = (uint64_t{p[0]} >> 4) << 58 >> (p[0] & 1 ? 0 : 28) |
                          uint64_t{p[0] & 6u} << 15 | uint64_t{p[1]} << 8 | p[2];
    const uint64_t n = (uint64_t{p[3]} << 8 | p[4]) % 5000, step = p[5] % 8u;
    if (base + n * 16 < tags::largest_id && n > 0) {
      if (step == 0) {
        a.add_range(base, base + n * 16);
      } else {
        std::vector<uint64_t> ids;
        for (uint64_t i = 0; i < n; ++i) ids.push_back(base + i * step);
        a.add(ids);
      }
    }
    at += 6;
  }
  return at;
}

void cook_and_read(std::span<const uint8_t> recipe) {
  Audience a;
  const size_t at = cook(recipe, a);
  Raw bytes = bytes_of(a);
  must(Audience::read(bytes) == a, "what was made is read");
  if (at < recipe.size() && recipe[at] == 0xff) fuzz::spoil(bytes, recipe.subspan(at + 1));
  read(bytes);
}

void read_text(std::string_view text) {
  const Audience a = Audience::from_text(text, 1 << 22);
  ++tally.accepted;
  must(Audience::from_text(a.text(1 << 20), 1 << 22) == a, "a text is itself again");
  if (a.size() < 5000) use(a, static_cast<unsigned>(text.size()));
}

Bytes random_input(testing::Random& random) {
  Bytes out;
  const uint64_t kind = random.below(8);
  out.push_back(static_cast<uint8_t>(kind));
  if (kind == 7) {
    std::string text = "{";
    for (auto n = random.below(6); n > 0; --n) {
      const uint64_t id = random.any_width() >> 1;
      text += std::to_string(id);
      if (random.one_in(2)) text += "-" + std::to_string(id + random.below(100));
      if (n > 1) text += ",";
    }
    text += "}";
    out.insert(out.end(), text.begin(), text.end());
    return out;
  }
  const auto recipe = [&] {
    Bytes bytes;
    for (auto n = random.below(3); n > 0; --n) {
      const uint64_t count = random.one_in(8) ? random.below(5000) : random.below(50);
      const uint64_t parts[] = {random.below(255), random.below(256), random.below(256),
                                count >> 8,        count & 255,       random.below(8)};
      for (const uint64_t part : parts) bytes.push_back(static_cast<uint8_t>(part));
    }
    return bytes;
  };
  if (kind < 5) {
    Audience a;
    for (auto n = random.below(30); n > 0; --n) a.add(random.any_width() >> 1);
    if (random.one_in(2)) {
      const uint64_t from = random.any_width() >> 2;
      a.add_range(from, from + random.below(random.one_in(8) ? 70'000 : 100));
    }
    a.write(out);
    return out;
  }
  const Bytes made = recipe();
  out.insert(out.end(), made.begin(), made.end());
  out.push_back(0xff);
  for (auto n = random.below(3); n > 0; --n) {
    const uint64_t place = random.one_in(2) ? random.below(64) : random.below(65536);
    out.push_back(static_cast<uint8_t>(place >> 16));
    out.push_back(static_cast<uint8_t>(place >> 8));
    out.push_back(static_cast<uint8_t>(place));
    out.push_back(static_cast<uint8_t>(random.one_in(3) ? random() : 1 << random.below(8)));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ++tally.runs;
  fuzz::by_kind({data, size}, read, cook_and_read, read_text);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  testing::Random random(seed);
  if (size != 0 && !random.one_in(3)) return LLVMFuzzerMutate(data, size, most);
  Bytes input = random_input(random);
  if (input[0] < 5 && input.size() > 1 && !random.one_in(4))
    input[1 + random.below(input.size() - 1)] ^= static_cast<uint8_t>(1 << random.below(8));
  return fuzz::replace(data, size, most, input);
}
