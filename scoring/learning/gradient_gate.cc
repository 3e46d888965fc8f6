#include "scoring/learning/gradient_gate.h"

#include <cmath>

namespace freshet {

float GradientGate::admit(std::span<float> gradient, float scale) {
  if (fault_) fault_(gradient);
  // In single precision on purpose: what overflows here would overflow in the optimizer, too.
  float square = 0;
  for (const float g : gradient) square += g * scale * g * scale;
  if (!std::isfinite(square)) {
    ++refused_;
    return 0;
  }
  const double norm = std::sqrt(static_cast<double>(square));
  if (norm_max_ <= 0 || norm <= norm_max_) return 1;
  ++clipped_;
  return static_cast<float>(norm_max_ / norm);
}

}  // namespace freshet
