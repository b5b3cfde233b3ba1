// SPDX-License-Identifier: PostgreSQL
// audience_of and audience_size: tag queries over the tags of the store.
#include <initializer_list>
#include <optional>

#include "pg/nearest.hpp"
#include "pg/query.hpp"
#include "tags/defined/evaluate.hpp"
#include "tags/defined/stored_pg.hpp"
#include "tags/scores/scores.hpp"

namespace clientele {
namespace {

using pg::ByteView;
using pg::guarded;
using pg::PlannedQuery;
using pg::Query;
using tags::Audience;
using tags::Leaf;
using tags::Scores;
using tags::Test;

constexpr char subject[] = "tags";

PlannedQuery tag_named = {
    "SELECT coalesce(s.holds, 'flag'), a.customers FROM clientele_data.tags t"
    " LEFT JOIN clientele_data.tag_status s ON s.tag OPERATOR(pg_catalog.=) t.name"
    " LEFT JOIN clientele_data.tag_audiences a"
    " ON a.tag OPERATOR(pg_catalog.=) t.name AND a.value OPERATOR(pg_catalog.=) ''"
    " WHERE t.name OPERATOR(pg_catalog.=) $1",
    subject};
PlannedQuery one_value = {
    "SELECT a.value, a.customers FROM clientele_data.tag_audiences a"
    " WHERE a.tag OPERATOR(pg_catalog.=) $1 AND a.value OPERATOR(pg_catalog.=) $2",
    subject};
PlannedQuery all_values = {
    "SELECT a.value, a.customers FROM clientele_data.tag_audiences a"
    " WHERE a.tag OPERATOR(pg_catalog.=) $1 AND a.value OPERATOR(pg_catalog.<>) ''",
    subject};
// The character after a dot is a slash.
PlannedQuery tags_below = {
    "SELECT a.value, a.customers FROM clientele_data.tag_audiences a"
    " WHERE a.tag OPERATOR(pg_catalog.>=) ($1 OPERATOR(pg_catalog.||) '.')"
    " AND a.tag OPERATOR(pg_catalog.<) ($1 OPERATOR(pg_catalog.||) '/')"
    " AND a.value OPERATOR(pg_catalog.=) ''",
    subject};
PlannedQuery numbers_of = {
    "SELECT NULL::pg_catalog.text, n.scores FROM clientele_data.tag_numbers n"
    " WHERE n.tag OPERATOR(pg_catalog.=) $1",
    subject};
constexpr Query all_names = {"SELECT t.name FROM clientele_data.tags t ORDER BY t.name LIMIT 10000",
                             subject};

/// One row: a text and a packed value, of which either may be NULL.
struct Row {
  const char* text;
  ByteView bytes;
};

/// Calls use(row) for each row of a query with these texts as parameters. C++ regime.
template <class Use>
void each_tag(PlannedQuery& query, std::initializer_list<std::string_view> texts, Use use) {
  pg::each_row(
      query,
      [&](pg::Parameters& p) {
        for (const std::string_view text : texts) p.text(text);
      },
      [](const pg::QueryRow& row) {
        return Row{row.text(1), row.bytes(2)};
      },
      use);
}

class StoredTags : public tags::TagSource {
 public:
  StoredTags() { require_stored_tags(); }

  Audience answer(const Leaf& leaf) override {
    if (leaf.test == Test::below) return united(tags_below, {leaf.name});
    std::optional<std::string> holds;
    std::optional<Audience> customers;
    const bool present = leaf.test == Test::present;
    each_tag(tag_named, {leaf.name}, [&](const Row& row) {
      holds = row.text;
      if (row.bytes.data() == nullptr) return;
      customers = present ? Audience::read(row.bytes) : Audience();
    });
    if (!holds) unknown(leaf.name);
    if (!customers)
      throw Error(sqlstate::not_in_prerequisite_state,
                  "tag \"" + leaf.name + "\" has not been refreshed yet",
                  "SELECT * FROM clientele.refresh_tags() computes which customers have it, and "
                  "shows the error if its rule fails.");
    if (present) return std::move(*customers);
    if (*holds == "number") return numbered(leaf);
    if (leaf.test == Test::equal) return united(one_value, {leaf.name, leaf.text});
    Audience all;
    each_tag(all_values, {leaf.name}, [&](const Row& row) {
      if (leaf.accepts(row.text)) all |= Audience::read(row.bytes);
    });
    return all;
  }

  Audience everyone() override { return united(one_value, {"", ""}); }

 private:
  static Audience united(PlannedQuery& query, std::initializer_list<std::string_view> texts) {
    Audience all;
    each_tag(query, texts, [&](const Row& row) {
      Audience some = Audience::read(row.bytes);
      if (all.empty())
        all = std::move(some);
      else
        all |= some;
    });
    return all;
  }

  static Audience numbered(const Leaf& leaf) {
    Audience found;
    each_tag(numbers_of, {leaf.name},
             [&](const Row& row) { found = tags::audience_where(Scores::read(row.bytes), leaf); });
    return found;
  }

  [[noreturn]] static void unknown(const std::string& name) {
    pg::NearestNames nearest(name);
    pg::each_row(all_names, pg::no_parameters, [&](const pg::QueryRow& row) {
      const char* const known = row.text(1);
      nearest.offer(known, known);
    });
    throw Error(sqlstate::undefined_object, "tag \"" + name + "\" does not exist",
                nearest.hint() + "clientele_data.tags lists them all; define_tag() adds one.");
  }
};

}  // namespace

CLIENTELE_FUNCTION(clientele_audience_of) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const tags::TagQuery query = tags::TagQuery::read(bytes);
    StoredTags source;
    Bytes out;
    tags::audience_of(query, source).write(out);
    return pg::make_varlena(out);
  });
}

CLIENTELE_FUNCTION(clientele_audience_size) {
  const ByteView bytes = pg::detoast(PG_GETARG_DATUM(0));
  return guarded([&] {
    const tags::TagQuery query = tags::TagQuery::read(bytes);
    StoredTags source;
    const uint64_t size = tags::audience_size(query, source);
    return Int64GetDatum(static_cast<int64_t>(size));
  });
}

}  // namespace clientele
