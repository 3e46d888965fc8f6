#include "ingest/rule_decoder.h"

#include <fmt/format.h>

#include <utility>

#include "ingest/bad_record.h"
#include "ingest/json_fields.h"

namespace freshet {
namespace {

namespace dom = simdjson::dom;

/// The same value as a node of the configuration, where numbers are texts until a field reads them.
YamlNode node_of(const dom::element& element) {
  YamlNode node;
  dom::array array;
  dom::object object;
  std::string_view text;
  if (element.is_null()) return node;
  if (element.get(array) == simdjson::SUCCESS) {
    node.kind = YamlNode::Kind::kList;
    for (const dom::element item : array) node.items.push_back(node_of(item));
  } else if (element.get(object) == simdjson::SUCCESS) {
    node.kind = YamlNode::Kind::kMap;
    for (const auto [key, value] : object)
      node.entries.push_back({std::string(key), node_of(value)});
  } else {
    node.kind = YamlNode::Kind::kText;
    const bool is_text = element.get(text) == simdjson::SUCCESS;
    node.text = is_text ? std::string(text) : std::string(simdjson::minify(element));
  }
  return node;
}

}  // namespace

class RuleDecoder::Impl {
 public:
  Impl(const IngestConfig& config, RuleScope scope)
      : record_bytes_max_(config.record_bytes_max), scope_(std::move(scope)) {}

  tl::expected<RuleUpdate, BadRecord> decode(const Record& record) {
    RuleUpdate update{.name = std::string(record.key), .rule = std::nullopt};
    if (update.name.empty())
      return bad(BadRecordReason::kMissingField, "key: missing; send the rule's name as the key");
    if (!simdjson::validate_utf8(update.name.data(), update.name.size()))
      return bad(BadRecordReason::kInvalidUtf8,
                 "key: not valid UTF-8; send the rule's name as text");
    if (!record.value) return update;
    if (record.value->size() > record_bytes_max_)
      return bad(BadRecordReason::kTooLarge,
                 fmt::format("record: {} bytes where ingest.record_bytes_max allows {}; name fewer "
                             "items, by a tag for example, or raise the limit",
                             record.value->size(), record_bytes_max_));
    const auto root = parser_.parse(*record.value);
    if (!root) return tl::unexpected(root.error());
    auto rule = read_rule(update.name, node_of(*root), scope_);
    if (!rule)
      return bad(BadRecordReason::kBadValue, "rule " + update.name + ": " + rule.error().text);
    update.rule = std::move(*rule);
    return update;
  }

 private:
  const std::size_t record_bytes_max_;
  const RuleScope scope_;
  JsonParser parser_;
};

RuleDecoder::RuleDecoder(const IngestConfig& config, RuleScope scope)
    : impl_(std::make_unique<Impl>(config, std::move(scope))) {}
RuleDecoder::~RuleDecoder() = default;
RuleDecoder::RuleDecoder(RuleDecoder&&) noexcept = default;

tl::expected<RuleUpdate, BadRecord> RuleDecoder::decode(const Record& record) {
  return impl_->decode(record);
}

}  // namespace freshet
