#pragma once

#include <cstddef>
#include <cstdint>

namespace freshet {

/// What a list is made for, the most urgent first.
enum class ListCause : std::uint8_t {
  kEvent = 0,        ///< The user did something.
  kUnavailable = 1,  ///< An item of the list before became unavailable.
  kRule = 2,         ///< A rule came, changed or went.
  kCampaign = 3,     ///< A rule began or ceased to hold by its dates.
  kAge = 4,          ///< The list before was too old.
};
inline constexpr std::size_t kListCauseCount = 5;

}  // namespace freshet
