#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace freshet {

/// Changes a gradient before it is used: a fault planted by a test.
using GradientFault = std::function<void(std::span<float> gradient)>;

/// Lets a gradient through, clips it by its norm (Pascanu et al., ICML 2013), or refuses it because
/// it is not finite. Confined to one thread.
class GradientGate {
 public:
  /// `norm_max`: longest gradient that passes as it is; 0 = any.
  explicit GradientGate(double norm_max) : norm_max_(norm_max) {}

  /// Returns what to multiply `gradient` by, at most 1; 0 = do not use it. `scale` is what the
  /// caller multiplies it by anyway.
  float admit(std::span<float> gradient, float scale);

  std::uint64_t clipped() const { return clipped_; }
  std::uint64_t refused() const { return refused_; }

  /// For tests and evaluation alone; an empty function takes the fault away.
  void plant(GradientFault fault) { fault_ = std::move(fault); }

 private:
  double norm_max_;
  std::uint64_t clipped_ = 0;
  std::uint64_t refused_ = 0;
  GradientFault fault_;
};

}  // namespace freshet
