#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/demo/clickstream_catalogue.h"
#include "config/time.h"
#include "ingest/event.h"

namespace freshet {

/// One event of the generated shop before it is written as JSON.
struct GeneratedEvent {
  struct Line {
    std::string_view item;
    double price;
    int quantity;
  };

  std::string_view event_id;
  Action action;
  std::string_view user;
  std::string_view session;
  std::span<const Line> lines;  ///< One, or several for purchases and impressions.
  EventTime event_time;
  std::string_view device;
  std::string_view country;
  std::string_view page;
};

/// Returns the event in the default wire format.
std::string event_json(const GeneratedEvent& event);

/// Returns the product as an item update in the default wire format.
std::string item_json(const GeneratedProduct& product, EventTime updated_time);

/// Ways in which a generated record can be wrong: one for each reason a decoder may give.
enum class BrokenKind {
  kTruncated,
  kNotJson,
  kUnknownAction,
  kNoUser,
  kTimeInSeconds,
  kFarFuture,
  kInvalidUtf8,
  kNegativeQuantity,
  kWrongType,
  kTooLongId,
};
inline constexpr std::size_t kBrokenKindCount = 10;

/// Returns the event written in such a wrong way that a decoder must refuse it.
std::string broken_json(const GeneratedEvent& event, BrokenKind kind);

}  // namespace freshet
