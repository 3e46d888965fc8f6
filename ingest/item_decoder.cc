#include "ingest/item_decoder.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "ingest/bad_record.h"
#include "ingest/event.h"
#include "ingest/json_fields.h"
#include "ingest/time_reader.h"

namespace freshet {
namespace {

namespace dom = simdjson::dom;
using Checked = tl::expected<void, BadRecord>;

tl::unexpected<BadRecord> wrong_type(std::string_view name, std::string_view expected,
                                     const Scalar& found) {
  return bad(BadRecordReason::kWrongType,
             fmt::format("{}: expected {}, found {}; mend the sender of the items topic", name,
                         expected, describe(found)));
}

Checked read_text(std::string_view name, const dom::element& element, std::string& text) {
  const Scalar found = to_scalar(element);
  if (found.absent()) return {};
  auto read = as_text(found);
  if (!read) return wrong_type(name, "a text or a whole number", found);
  text = std::move(*read);
  return {};
}

// A single text stands for a list of one.
Checked read_texts(std::string_view name, const dom::element& element,
                   std::vector<std::string>& texts) {
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) {
    std::string text;
    if (auto read = read_text(name, element, text); !read) return read;
    if (!text.empty()) texts.push_back(std::move(text));
    return {};
  }
  for (const dom::element part : array) {
    std::string text;
    if (auto read = read_text(name, part, text); !read) return read;
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return {};
}

Checked read_price(const dom::element& element, double& price) {
  const Scalar found = to_scalar(element);
  if (found.absent()) return {};
  const auto read = as_number(found);
  if (!read) return wrong_type("price", "a number", found);
  if (*read < 0) {
    return bad(BadRecordReason::kBadValue,
               fmt::format("price: found {} where 0 or more is expected; mend the sender",
                           describe(found)));
  }
  price = *read;
  return {};
}

Checked read_available(const dom::element& element, bool& available) {
  const Scalar found = to_scalar(element);
  if (found.absent()) return {};
  const auto read = as_bool(found);
  if (!read) return wrong_type("available", "true or false", found);
  available = *read;
  return {};
}

Checked read_attributes(const dom::element& element, ItemUpdate& item) {
  dom::object object;
  if (element.is_null()) return {};
  if (element.get(object) != simdjson::SUCCESS) {
    return wrong_type("attributes", "an object", to_scalar(element));
  }
  for (const auto [key, value] : object) {
    const Scalar found = to_scalar(value);
    if (found.absent()) continue;
    // What is no text stays as its JSON: an attribute may be anything.
    auto text = found.kind == Scalar::Kind::kText ? std::string(found.text)
                                                  : std::string(simdjson::minify(value));
    item.attributes.emplace_back(std::string(key), std::move(text));
  }
  return {};
}

}  // namespace

class ItemDecoder::Impl {
 public:
  Impl(const IngestConfig& config, std::size_t embedding_dim)
      : record_bytes_max_(config.record_bytes_max),
        id_bytes_max_(config.id_bytes_max),
        embedding_dim_(embedding_dim) {}

  tl::expected<ItemUpdate, BadRecord> decode(const Record& record) {
    ItemUpdate item;
    item.name = std::string(record.key);
    item.removed = !record.value;
    if (record.value) {
      if (auto read = read_body(*record.value, item); !read) {
        return tl::unexpected(std::move(read).error());
      }
    }
    if (auto checked = check_id(item.name); !checked) {
      return tl::unexpected(std::move(checked).error());
    }
    item.id = item_id_of(item.name);
    return item;
  }

 private:
  Checked check_id(const std::string& name) const {
    if (name.empty()) {
      return bad(BadRecordReason::kMissingField,
                 "item_id: missing, and the record has no key; send item_id, or the id as the key");
    }
    // A key is no JSON, so nobody has looked at its bytes yet.
    if (!simdjson::validate_utf8(name.data(), name.size())) {
      return bad(BadRecordReason::kInvalidUtf8, "key: not valid UTF-8; send the item's id as text");
    }
    if (name.size() <= id_bytes_max_) return {};
    return bad(BadRecordReason::kBadValue,
               fmt::format("item_id: {} bytes where ingest.id_bytes_max allows {}; send a shorter "
                           "one, or raise the limit",
                           name.size(), id_bytes_max_));
  }

  Checked read_body(std::string_view bytes, ItemUpdate& item) {
    if (bytes.size() > record_bytes_max_) {
      return bad(BadRecordReason::kTooLarge,
                 fmt::format("record: {} bytes where ingest.record_bytes_max allows {}; send less, "
                             "or raise the limit",
                             bytes.size(), record_bytes_max_));
    }
    const auto root = parser_.parse(bytes);
    if (!root) return tl::unexpected(root.error());
    const dom::object object = root->get_object().value_unsafe();
    for (const auto [key, value] : object) {
      if (auto read = read_field(key, value, item); !read) return read;
    }
    return {};
  }

  Checked read_field(std::string_view key, const dom::element& value, ItemUpdate& item) {
    if (key == "item_id") return read_text(key, value, item.name);
    if (key == "title") return read_text(key, value, item.title);
    if (key == "category") return read_texts(key, value, item.category);
    if (key == "brand") return read_text(key, value, item.brand);
    if (key == "price") return read_price(value, item.price);
    if (key == "tags") return read_texts(key, value, item.tags);
    if (key == "available") return read_available(value, item.available);
    if (key == "embedding") return read_embedding(value, item.embedding);
    if (key == "attributes") return read_attributes(value, item);
    if (key == "updated_time") return read_updated_time(value, item.updated_time);
    return {};
  }

  Checked read_embedding(const dom::element& element, std::vector<float>& embedding) const {
    if (element.is_null()) return {};
    dom::array array;
    if (element.get(array) != simdjson::SUCCESS) {
      return wrong_type("embedding", "an array of numbers", to_scalar(element));
    }
    for (const dom::element part : array) {
      const Scalar found = to_scalar(part);
      const auto number = found.kind == Scalar::Kind::kText ? std::nullopt : as_number(found);
      if (!number || !std::isfinite(static_cast<float>(*number))) {
        return bad(
            BadRecordReason::kBadEmbedding,
            fmt::format("embedding: {} is no 32-bit number; send finite numbers", describe(found)));
      }
      embedding.push_back(static_cast<float>(*number));
    }
    if (embedding.size() == embedding_dim_) return {};
    return bad(
        BadRecordReason::kBadEmbedding,
        fmt::format("embedding: {} numbers where {} are expected; send the model's own size, "
                    "or set scoring.catalogue.embedding_dim",
                    embedding.size(), embedding_dim_));
  }

  Checked read_updated_time(const dom::element& element, EventTime& time) const {
    const Scalar found = to_scalar(element);
    if (found.absent()) return {};
    const auto read = time_reader_.read(found);
    if (!read) {
      return bad(BadRecordReason::kBadTime,
                 fmt::format("updated_time: {} {}", describe(found), read.error()));
    }
    time = *read;
    return {};
  }

  const std::size_t record_bytes_max_;
  const std::size_t id_bytes_max_;
  const std::size_t embedding_dim_;
  const TimeReader time_reader_{"auto"};
  JsonParser parser_;
};

ItemDecoder::ItemDecoder(const IngestConfig& config, std::size_t embedding_dim)
    : impl_(std::make_unique<Impl>(config, embedding_dim)) {}
ItemDecoder::~ItemDecoder() = default;
ItemDecoder::ItemDecoder(ItemDecoder&&) noexcept = default;
ItemDecoder& ItemDecoder::operator=(ItemDecoder&&) noexcept = default;

tl::expected<ItemUpdate, BadRecord> ItemDecoder::decode(const Record& record) {
  return impl_->decode(record);
}

}  // namespace freshet
