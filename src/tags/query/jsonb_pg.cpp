// SPDX-License-Identifier: PostgreSQL
// Tags that are kept as jsonb: an array of tags, or an object of names and values.
#include <string>

#include "base/poll.hpp"
#include "pg/packed.hpp"
#include "tags/query/leaf_hits.hpp"
#include "tags/query/query_pg.hpp"

namespace clientele::tags {
namespace {

using pg::ByteView;
using pg::guarded;

/// Goes through the tags in a jsonb. A tag is the path of keys that leads to a value, followed by
/// the value; only its end is rewritten for the next tag, as paths may be long.
class JsonTags {
 public:
  /// Calls use(tag) for each tag, which lives until `use` returns. C++ regime.
  template <class Use>
  void each(JsonbContainer* root, Use use) {
    path_.clear();
    named_ = false;
    open_.clear();
    JsonbIterator* at = pg::call_pg([&] { return JsonbIteratorInit(root); });
    for (;;) {
      JsonbValue value;
      const auto token = pg::call_pg([&] { return JsonbIteratorNext(&at, &value, false); });
      work_.done(16);
      switch (token) {
        case WJB_DONE:
          return;
        case WJB_BEGIN_ARRAY:
        case WJB_BEGIN_OBJECT:
          open_.push_back({path_.size(), named_});
          break;
        case WJB_KEY:
          enclosing();
          if (named_) path_ += '.';
          named_ = true;
          append({value.val.string.val, static_cast<size_t>(value.val.string.len)});
          break;
        case WJB_END_ARRAY:
        case WJB_END_OBJECT:
          enclosing();
          open_.pop_back();
          break;
        default:
          scalar(value, use);
      }
    }
  }

 private:
  struct Open {
    size_t path;
    bool named;
  };

  /// The path is again that of the innermost object or array.
  void enclosing() {
    path_.resize(open_.back().path);
    named_ = open_.back().named;
  }

  template <class Use>
  void scalar(const JsonbValue& value, Use use) {
    const size_t path = path_.size();
    if (value.type == jbvBool) {
      if (value.val.boolean && named_) use(std::string_view(path_));
      return;
    }
    if (value.type != jbvString && value.type != jbvNumeric) return;  // null
    if (named_) path_ += '=';
    if (value.type == jbvString) {
      append({value.val.string.val, static_cast<size_t>(value.val.string.len)});
    } else {
      // A few bytes may be a number of a hundred thousand digits.
      char* const digits = pg::call_pg([&] {
        return DatumGetCString(
            DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
      });
      append(digits);
      pfree(digits);
    }
    use(std::string_view(path_));
    path_.resize(path);
  }

  void append(std::string_view text) {
    work_.done(text.size());
    path_ += text;
  }

  std::string path_;
  std::vector<Open> open_;
  bool named_ = false;  // whether there is a key on the path; it may be the empty one
  Work work_{1 << 20};
};

struct JsonRow {
  explicit JsonRow(std::pmr::memory_resource*) {}
  LastQuery query;
  LeafHits hits;
  JsonTags tags;
};

}  // namespace
}  // namespace clientele::tags

using namespace clientele;
using namespace clientele::tags;

CLIENTELE_FUNCTION(clientele_tag_match_jsonb) {
  Jsonb* const json = PG_GETARG_JSONB_P(0);
  const pg::ByteView bytes = pg::detoast(PG_GETARG_DATUM(1));
  return pg::guarded([&] {
    auto& row = pg::kept<JsonRow>(fcinfo);
    row.hits.start(row.query.of(bytes));
    row.tags.each(&json->root, [&](std::string_view tag) { row.hits.offer(tag); });
    return BoolGetDatum(row.hits.answer());
  });
}
