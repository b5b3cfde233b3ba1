// SPDX-License-Identifier: PostgreSQL
// Tags that are kept as jsonb: an array of tags, or an object of names and values.
#include <string>

#include "pg/packed.hpp"
#include "tags/tags_pg.hpp"

namespace clientele::tags {
namespace {

using pg::ByteView;
using pg::guarded;

/// Writes the tags that a jsonb says, one behind the other.
class JsonTags {
 public:
  /// The views live until the next call. C++ regime.
  std::span<const std::string_view> read(JsonbContainer* root) {
    texts_.clear();
    ends_.clear();
    path_.clear();
    named_ = false;
    open_.clear();
    JsonbIterator* at = pg::call_pg([&] { return JsonbIteratorInit(root); });
    for (;;) {
      JsonbValue value;
      const auto token = pg::call_pg([&] { return JsonbIteratorNext(&at, &value, false); });
      if (token == WJB_DONE) break;
      step(token, value);
    }
    tags_.clear();
    size_t begin = 0;
    for (const size_t end : ends_) {
      tags_.emplace_back(texts_.data() + begin, end - begin);
      begin = end;
    }
    return tags_;
  }

 private:
  struct Open {
    size_t path;
    bool named;
  };

  void step(JsonbIteratorToken token, const JsonbValue& value) {
    switch (token) {
      case WJB_BEGIN_ARRAY:
      case WJB_BEGIN_OBJECT:
        open_.push_back({path_.size(), named_});
        break;
      case WJB_KEY:
        enclosing();
        if (named_) path_ += '.';
        named_ = true;
        path_.append(value.val.string.val, value.val.string.len);
        break;
      case WJB_END_ARRAY:
      case WJB_END_OBJECT:
        enclosing();
        open_.pop_back();
        break;
      default:
        scalar(value);
    }
    if (++steps_ % 4096 == 0) pg::poll_interrupts();
  }

  /// The path is again that of the innermost object or array.
  void enclosing() {
    path_.resize(open_.back().path);
    named_ = open_.back().named;
  }

  void scalar(const JsonbValue& value) {
    if (value.type == jbvBool) {
      if (!value.val.boolean || !named_) return;
      texts_ += path_;
    } else if (value.type == jbvString) {
      append({value.val.string.val, static_cast<size_t>(value.val.string.len)});
    } else if (value.type == jbvNumeric) {
      append(pg::call_pg([&] {
        return DatumGetCString(
            DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
      }));
    } else {
      return;  // null
    }
    ends_.push_back(texts_.size());
  }

  void append(std::string_view value) {
    if (named_) (texts_ += path_) += '=';
    texts_ += value;
  }

  std::string texts_, path_;
  std::vector<size_t> ends_;
  std::vector<Open> open_;
  std::vector<std::string_view> tags_;
  bool named_ = false;  // whether a key leads to where we are; it may be the empty one
  size_t steps_ = 0;
};

struct JsonRow {
  explicit JsonRow(std::pmr::memory_resource*) {}
  LastQuery query;
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
    return BoolGetDatum(row.query.of(bytes).matches(row.tags.read(&json->root)));
  });
}
