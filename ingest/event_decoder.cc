#include "ingest/event_decoder.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmath>
#include <utility>
#include <vector>

#include "config/assert.h"
#include "ingest/bad_record.h"
#include "ingest/csv_fields.h"
#include "ingest/json_fields.h"
#include "ingest/time_reader.h"

namespace freshet {
namespace {

// Indexes into FieldTable::fields; context key i stands at kContextBegin + i.
enum FieldIndex : std::size_t {
  kEventId,
  kType,
  kUserId,
  kSessionId,
  kEventTime,
  kValue,
  kQuantity,
  kPrice,
  kItemId,
  kAnonymousId,
  kContextBegin,
};

// Indexes into FieldTable::item_fields.
enum ItemFieldIndex : std::size_t { kItemsItemId, kItemsQuantity, kItemsPrice };

using Checked = tl::expected<void, BadRecord>;

// What a `type` on the wire means; empty = "ignore".
using Meaning = std::optional<Action>;

std::optional<Action> action_of(std::string_view name) {
  for (std::size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    if (to_string(action) == name) return action;
  }
  return std::nullopt;
}

std::vector<std::string> context_paths(const IngestConfig& config, const std::string& key) {
  const std::string& prefix = config.mapping.context;
  if (prefix.empty()) return {key};
  // A heading is never nested, so in CSV the bare key is meant too.
  if (config.format == "csv") return {prefix + "." + key, key};
  return {prefix + "." + key};
}

FieldTable field_table(const IngestConfig& config) {
  const EventMapping& m = config.mapping;
  FieldTable table;
  table.fields = {m.event_id, m.type,     m.user_id, m.session_id, m.event_time,
                  m.value,    m.quantity, m.price,   m.item_id,    m.anonymous_id};
  for (const std::string& key : config.context) {
    table.fields.push_back(context_paths(config, key));
  }
  table.items = m.items;
  table.item_fields = {m.items_item_id, m.items_quantity, m.items_price};
  return table;
}

std::unique_ptr<FieldReader> make_reader(const IngestConfig& config) {
  if (config.format == "csv") {
    return std::make_unique<CsvFields>(field_table(config), config.csv_columns,
                                       config.csv_delimiter);
  }
  return std::make_unique<JsonFields>(field_table(config));
}

}  // namespace

class EventDecoder::Impl {
 public:
  explicit Impl(const IngestConfig& config)
      : config_(config), time_reader_(config.mapping.time_format), reader_(make_reader(config)) {
    for (std::size_t i = 0; i < kActionCount; ++i) {
      const auto action = static_cast<Action>(i);
      meanings_.emplace(std::string(to_string(action)), action);
    }
    for (const auto& [wire, meaning] : config.mapping.types) {
      const auto action = action_of(meaning);
      FRESHET_ASSERT(action || meaning == "ignore", "validate() lets no other meaning pass");
      meanings_.insert_or_assign(wire, action);
    }
    if (const auto any = meanings_.find("*"); any != meanings_.end()) other_types_ = any->second;
  }

  tl::expected<std::optional<Event>, BadRecord> decode(const Record& record) {
    if (!record.value) return std::nullopt;
    Event event;
    if (auto read = open(*record.value); !read) return tl::unexpected(std::move(read).error());
    const auto meaning = read_meaning();
    if (!meaning) return tl::unexpected(meaning.error());
    if (!*meaning) return std::nullopt;
    event.action = **meaning;
    if (auto read = read_all(event, record); !read) return tl::unexpected(std::move(read).error());
    return std::optional<Event>(std::move(event));
  }

 private:
  Checked open(std::string_view bytes) {
    if (bytes.size() <= config_.record_bytes_max) return reader_->open(bytes);
    return bad(BadRecordReason::kTooLarge,
               fmt::format("record: {} bytes where ingest.record_bytes_max allows {}; send less, "
                           "or raise the limit",
                           bytes.size(), config_.record_bytes_max));
  }

  Checked read_all(Event& event, const Record& record) {
    if (auto read = read_user(event); !read) return read;
    if (auto read = read_time(event, record); !read) return read;
    if (auto read = read_text(kSessionId, "session_id", event.session); !read) return read;
    if (auto read = read_event_id(event); !read) return read;
    if (auto read = read_items(event); !read) return read;
    if (auto read = read_value(event); !read) return read;
    return read_context(event);
  }

  tl::expected<Meaning, BadRecord> read_meaning() {
    const Scalar found = reader_->field(kType);
    const auto text = found.absent() ? config_.mapping.default_type : as_text(found).value_or("");
    if (found.absent() && text.empty()) return missing("type", config_.mapping.type);
    if (text.empty()) return wrong_type("type", "a text", found);
    if (const auto meaning = meanings_.find(text); meaning != meanings_.end()) {
      return meaning->second;
    }
    if (other_types_) return *other_types_;
    return bad(
        BadRecordReason::kUnknownAction,
        fmt::format("type: unknown action \"{}\"; name it in ingest.mapping.types (impression, "
                    "click, cart, purchase, like, dislike, or ignore)",
                    shortened(text)));
  }

  Checked read_user(Event& event) {
    if (auto read = read_text(kUserId, "user_id", event.user); !read) return read;
    if (!event.user.empty()) return {};
    if (auto read = read_text(kAnonymousId, "anonymous_id", event.user); !read) return read;
    if (event.user.empty()) return missing("user_id", config_.mapping.user_id);
    event.user.insert(0, config_.mapping.anonymous_prefix);
    return {};
  }

  Checked read_time(Event& event, const Record& record) {
    if (config_.mapping.event_time.empty() && record.timestamp) {
      event.event_time = *record.timestamp;
      return {};
    }
    const Scalar found = reader_->field(kEventTime);
    if (found.absent()) return missing("event_time", config_.mapping.event_time);
    const auto time = time_reader_.read(found);
    if (!time) {
      return bad(BadRecordReason::kBadTime,
                 fmt::format("event_time: {} {}", describe(found), time.error()));
    }
    event.event_time = *time;
    if (!record.timestamp || *time - *record.timestamp <= config_.future_max) return {};
    return bad(BadRecordReason::kBadTime,
               fmt::format("event_time: {} lies in the future, {} after the record's log time {}; "
                           "mend the sender's clock or time zone, or raise ingest.future_max",
                           to_rfc3339(*time),
                           fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(
                                                   *time - *record.timestamp)
                                                   .count()),
                           to_rfc3339(*record.timestamp)));
  }

  Checked read_event_id(Event& event) {
    std::string text;
    if (auto read = read_text(kEventId, "event_id", text); !read) return read;
    if (!text.empty()) {
      const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
      event.event_id = hash == 0 ? 1 : hash;
    }
    const std::string& prefix = config_.mapping.cancel_prefix;
    event.cancels = event.action == Action::kPurchase && !prefix.empty() &&
                    (text.starts_with(prefix) || event.session.starts_with(prefix));
    return {};
  }

  Checked read_items(Event& event) {
    const auto count = reader_->find_items();
    if (!count) return tl::unexpected(count.error());
    if (*count > config_.items_per_event_max) {
      return bad(BadRecordReason::kBadValue,
                 fmt::format("items: {} items where ingest.items_per_event_max allows {}; split "
                             "the event, or raise the limit",
                             *count, config_.items_per_event_max));
    }
    std::size_t negative_count = 0;
    if (*count == 0) {
      const ItemFields fields{reader_->field(kItemId), reader_->field(kQuantity),
                              reader_->field(kPrice)};
      if (fields.id.absent()) return missing("item_id", config_.mapping.item_id);
      if (auto read = add_item(event, fields, negative_count); !read) return read;
    }
    for (std::size_t i = 0; i < *count; ++i) {
      const ItemFields fields{reader_->item_field(i, kItemsItemId),
                              reader_->item_field(i, kItemsQuantity),
                              reader_->item_field(i, kItemsPrice)};
      if (fields.id.absent()) return missing("items_item_id", config_.mapping.items_item_id);
      if (auto read = add_item(event, fields, negative_count); !read) return read;
    }
    if (negative_count == 0 || event.cancels) return {};
    if (negative_count == event.items.size()) {
      event.cancels = true;
      return {};
    }
    return bad(BadRecordReason::kBadQuantity,
               "items: bought and returned items in one event; send the returned ones as an event "
               "of their own");
  }

  struct ItemFields {
    Scalar id;
    Scalar quantity;
    Scalar price;
  };

  // Counts a negative quantity, which is kept as its size.
  Checked add_item(Event& event, const ItemFields& fields, std::size_t& negative_count) {
    EventItem& item = event.items.emplace_back();
    if (auto read = check_text(fields.id, "item_id", item.name); !read) return read;
    item.id = item_id_of(item.name);
    if (auto read =
            read_number(fields.quantity, "quantity", BadRecordReason::kBadQuantity, item.quantity);
        !read) {
      return read;
    }
    const bool may_be_negative = event.action == Action::kPurchase &&
                                 (event.cancels || config_.mapping.negative_quantity_cancels);
    if (item.quantity == 0 || (item.quantity < 0 && !may_be_negative)) {
      return bad(BadRecordReason::kBadQuantity,
                 fmt::format("quantity: found {} where more than 0 is expected; mend it, or set "
                             "ingest.mapping.negative_quantity_cancels if it takes a purchase back",
                             describe(fields.quantity)));
    }
    if (item.quantity < 0) ++negative_count;
    item.quantity = std::abs(item.quantity);
    if (auto read = read_number(fields.price, "price", BadRecordReason::kBadValue, item.price);
        !read) {
      return read;
    }
    if (item.price >= 0) return {};
    return bad(BadRecordReason::kBadValue,
               fmt::format("price: found {} where 0 or more is expected; mend the sender",
                           describe(fields.price)));
  }

  Checked read_value(Event& event) {
    const Scalar found = reader_->field(kValue);
    if (auto read = read_number(found, "value", BadRecordReason::kBadValue, event.value); !read) {
      return read;
    }
    if (event.cancels) event.value = std::abs(event.value);
    if (event.value >= 0) return {};
    return bad(BadRecordReason::kBadValue,
               fmt::format("value: found {} where 0 or more is expected; mend the sender, or mark "
                           "cancellations by ingest.mapping.cancel_prefix",
                           describe(found)));
  }

  Checked read_context(Event& event) {
    event.context.resize(config_.context.size());
    for (std::size_t i = 0; i < event.context.size(); ++i) {
      const Scalar found = reader_->field(kContextBegin + i);
      if (found.kind == Scalar::Kind::kReal) {
        event.context[i] = describe(found);
      } else if (auto read = check_text(found, config_.context[i], event.context[i]); !read) {
        return read;
      }
    }
    return {};
  }

  Checked read_text(FieldIndex index, std::string_view name, std::string& text) {
    return check_text(reader_->field(index), name, text);
  }

  // Leaves `text` empty when the field is absent.
  Checked check_text(const Scalar& found, std::string_view name, std::string& text) {
    if (found.absent()) return {};
    auto read = as_text(found);
    if (!read) return wrong_type(name, "a text or a whole number", found);
    if (read->size() > config_.id_bytes_max) {
      return bad(BadRecordReason::kBadValue,
                 fmt::format("{}: {} bytes where ingest.id_bytes_max allows {}, found {}; send a "
                             "shorter one, or raise the limit",
                             name, read->size(), config_.id_bytes_max, describe(found)));
    }
    text = std::move(*read);
    return {};
  }

  // Leaves `number` alone when the field is absent. A text that is no number is a bad value of the
  // field; another type is a wrong type.
  Checked read_number(const Scalar& found, std::string_view name, BadRecordReason reason,
                      double& number) {
    if (found.absent()) return {};
    if (const auto read = as_number(found)) {
      number = *read;
      return {};
    }
    if (found.kind != Scalar::Kind::kText) return wrong_type(name, "a number", found);
    return bad(reason, fmt::format("{}: {} is no number; send a number such as 1 or 9.99", name,
                                   describe(found)));
  }

  static tl::unexpected<BadRecord> missing(std::string_view name,
                                           const std::vector<std::string>& paths) {
    return bad(BadRecordReason::kMissingField,
               fmt::format("{}: missing (looked for \"{}\"); send it, or name its place in "
                           "ingest.mapping.{}",
                           name, fmt::join(paths, "\", \""), name));
  }

  static tl::unexpected<BadRecord> wrong_type(std::string_view name, std::string_view expected,
                                              const Scalar& found) {
    return bad(BadRecordReason::kWrongType,
               fmt::format("{}: expected {}, found {}; mend the sender, "
                           "or ingest.mapping if it points elsewhere",
                           name, expected, describe(found)));
  }

  const IngestConfig config_;
  const TimeReader time_reader_;
  std::unique_ptr<FieldReader> reader_;
  absl::flat_hash_map<std::string, Meaning> meanings_;
  std::optional<Meaning> other_types_;
};

EventDecoder::EventDecoder(const IngestConfig& config) : impl_(std::make_unique<Impl>(config)) {}
EventDecoder::~EventDecoder() = default;
EventDecoder::EventDecoder(EventDecoder&&) noexcept = default;
EventDecoder& EventDecoder::operator=(EventDecoder&&) noexcept = default;

tl::expected<std::optional<Event>, BadRecord> EventDecoder::decode(const Record& record) {
  return impl_->decode(record);
}

}  // namespace freshet
