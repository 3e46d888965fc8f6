#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/time.h"

namespace freshet {

/// How far event time has come in one partition: the time that kWitnesses users have reached, so
/// that wrong clocks of fewer users move nothing. Made of the events alone, in whatever order they
/// come, and never steps back. Confined to one thread (a value).
class EventWatermark {
 public:
  static constexpr std::size_t kWitnesses = 3;

  /// One of the users who came furthest, and the time of their newest event.
  struct Witness {
    std::uint16_t user_tag = 0;  ///< Tells users apart, and is too short to know one by.
    EventTime time;

    friend bool operator==(const Witness&, const Witness&) = default;
  };

  EventWatermark() = default;
  /// The one that had these witnesses: at most kWitnesses, the furthest first, no tag twice.
  explicit EventWatermark(std::vector<Witness> witnesses) : witnesses_(std::move(witnesses)) {}

  /// An event of `user` came.
  void observe(std::string_view user, EventTime time);

  /// Empty until so many users have come.
  std::optional<EventTime> time() const;

  /// The furthest first.
  const std::vector<Witness>& witnesses() const { return witnesses_; }

  friend bool operator==(const EventWatermark&, const EventWatermark&) = default;

 private:
  std::vector<Witness> witnesses_;
};

}  // namespace freshet
