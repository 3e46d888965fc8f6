#pragma once

#include <bit>
#include <cstdint>

namespace freshet {

/// Natural logarithm of a positive normal float, relative error below 2e-6; vectorises, which
/// std::log does not. Range reduction to [sqrt(1/2), sqrt(2)), then the Cephes polynomial (logf).
inline float fast_log(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t shifted = bits - 0x3f3504f3U;
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(shifted) >> 23);
  const float m = std::bit_cast<float>((shifted & 0x007fffffU) + 0x3f3504f3U) - 1.0F;
  float p = 7.0376836292e-2F;
  p = p * m - 1.1514610310e-1F;
  p = p * m + 1.1676998740e-1F;
  p = p * m - 1.2420140846e-1F;
  p = p * m + 1.4249322787e-1F;
  p = p * m - 1.6668057665e-1F;
  p = p * m + 2.0000714765e-1F;
  p = p * m - 2.4999993993e-1F;
  p = p * m + 3.3333331174e-1F;
  const float square = m * m;
  return m + (p * m * square - 0.5F * square) + exponent * 0.69314718056F;
}

}  // namespace freshet
