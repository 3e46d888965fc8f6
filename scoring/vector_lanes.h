#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>

// What kernels share that are written once and compiled per instruction set: vectors of the
// compiler (GCC vector extension) keep them free of intrinsics, `target` attributes on the
// outermost function choose the instructions, and everything below is inlined into it.
#define FRESHET_INLINE [[gnu::always_inline]] inline
#if defined(__x86_64__)
#define FRESHET_AVX2 [[gnu::target("avx2,fma")]]
#define FRESHET_AVX512 [[gnu::target("avx512f,avx512dq,avx512vl,avx512bw,fma")]]
#endif

namespace freshet {

/// Vector types of `kWidth` lanes, at any address a float may have.
template <int kWidth>
struct Lanes {
  typedef float Float __attribute__((vector_size(kWidth * 4), aligned(4), may_alias));
  typedef std::int32_t Int __attribute__((vector_size(kWidth * 4), aligned(4), may_alias));
};

template <int kWidth>
FRESHET_INLINE typename Lanes<kWidth>::Float& lanes_at(float* values) {
  return *reinterpret_cast<typename Lanes<kWidth>::Float*>(values);
}
template <int kWidth>
FRESHET_INLINE const typename Lanes<kWidth>::Float& lanes_at(const float* values) {
  return *reinterpret_cast<const typename Lanes<kWidth>::Float*>(values);
}

/// Sets `result` to exp(x) for x <= 0: 2^n · e^r with n = round(x / ln 2), |r| <= ln(2)/2, and the
/// polynomial of Cephes' expf for e^r; relative error below 1e-6. Below -87 it is 0; NaN stays NaN.
template <int kWidth>
FRESHET_INLINE void exp_of_negative(const typename Lanes<kWidth>::Float& argument,
                                    typename Lanes<kWidth>::Float& result) {
  using Float = typename Lanes<kWidth>::Float;
  using Int = typename Lanes<kWidth>::Int;
  const Float lowest = Float{} - 87.0F;
  const Float x = argument < lowest ? lowest : argument;
  constexpr float kRound =
      12582912.0F;  // 1.5 · 2^23: adding it leaves the integer in the low bits.
  const Float shifted = x * 1.44269504088896341F + kRound;
  const Float n = shifted - kRound;
  const Float r = x - n * 0.693359375F - n * -2.12194440e-4F;
  Float p = Float{} + 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  // Unsigned: NaN's bits may overflow here, and its product is NaN whatever they become.
  typedef std::uint32_t Bits __attribute__((vector_size(kWidth * 4), aligned(4), may_alias));
  const Bits exponent = (reinterpret_cast<Bits>(shifted) << 23) + 0x3f800000U;
  const Float value = p * reinterpret_cast<Float>(exponent);
  const Int is_tiny = argument < lowest;
  result = is_tiny ? Float{} : value;
}

/// Sets `result` to 1/√x for normal x > 0: the processor's estimate and one step of Newton's,
/// relative error below 1e-6. A square root and a division would take five times as long.
template <int kWidth>
FRESHET_INLINE void inverse_sqrt(const typename Lanes<kWidth>::Float& x,
                                 typename Lanes<kWidth>::Float& result) {
  using Float = typename Lanes<kWidth>::Float;
  Float y;
#if defined(__x86_64__)
  if constexpr (kWidth == 16) y = __builtin_ia32_rsqrt14ps512_mask(x, Float{}, 0xffff);
  if constexpr (kWidth == 8) y = __builtin_ia32_rsqrtps256(x);
  if constexpr (kWidth == 4) y = __builtin_ia32_rsqrtps(x);
  result = y * (1.5F - 0.5F * x * y * y);
#else
  for (int i = 0; i < kWidth; ++i) y[i] = 1 / __builtin_sqrtf(x[i]);
  result = y;
#endif
}

/// How many of the instruction sets a kernel is compiled for (baseline, AVX2, AVX-512) run here.
inline std::size_t supported_instruction_sets() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 1;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  return avx512 ? 3 : 2;
#else
  return 1;
#endif
}

}  // namespace freshet
