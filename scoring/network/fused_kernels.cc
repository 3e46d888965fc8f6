#include "scoring/network/fused_kernels.h"

#include <array>

#include "scoring/network/attention_loops.h"
#include "scoring/network/lane_loops.h"
#include "scoring/network/matrix_loops.h"
#include "scoring/network/softmax_loops.h"
#include "scoring/vector_lanes.h"

// One variant: each loop inlined into a function with the instruction set's attribute. The
// register block is kVectors · kWidth columns by kRows rows.
#define FRESHET_FUSED_KERNELS(variant, name, target, kWidth, kVectors, kRows)                     \
  namespace variant {                                                                             \
  target void multiply(const Product& product) {                                                  \
    freshet::multiply<kWidth, kVectors, kRows>(product);                                          \
  }                                                                                               \
  target void transpose(const float* from, std::size_t rows, std::size_t columns,                 \
                        std::size_t from_row, float* to, std::size_t to_row) {                    \
    freshet::transpose<kWidth>(from, rows, columns, from_row, to, to_row);                        \
  }                                                                                               \
  target void attend(const AttentionArrays& arrays) { freshet::attend<kWidth>(arrays); }          \
  target void attend_backward(const AttentionArrays& arrays) {                                    \
    freshet::attend_backward<kWidth>(arrays);                                                     \
  }                                                                                               \
  target void step_gradients(const AttentionArrays& arrays, const float* newest, float* out) {    \
    freshet::step_gradients<kWidth>(arrays, newest, out);                                         \
  }                                                                                               \
  target double softmax(const SoftmaxArrays& arrays) { return freshet::softmax<kWidth>(arrays); } \
  target void gather_steps(std::span<const StepRows> steps, const float* items,                   \
                           const float* context, std::size_t dim, float* out) {                   \
    freshet::gather_steps(steps, items, context, dim, out);                                       \
  }                                                                                               \
  target void add(const float* from, std::size_t count, float* to) {                              \
    freshet::add_values(from, count, to);                                                         \
  }                                                                                               \
  target float squared_norm(const float* values, std::size_t count) {                             \
    return freshet::squared_norm<kWidth>(values, count);                                          \
  }                                                                                               \
  target void update_rows(const RowUpdate& update) { freshet::update_rows<kWidth>(update); }      \
  target void update_dense(const float* gradient, std::size_t count, float learning_rate,         \
                           float* values, float* squares) {                                       \
    freshet::adagrad<kWidth>(gradient, 1, count, learning_rate, 0, values, squares);              \
  }                                                                                               \
  constexpr FusedKernels kKernels{                                                                \
      name,    multiply,     transpose, attend,       attend_backward, step_gradients,            \
      softmax, gather_steps, add,       squared_norm, update_rows,     update_dense};             \
  }

namespace freshet {
namespace {

FRESHET_FUSED_KERNELS(baseline, "default", , 4, 2, 4)

#if defined(__x86_64__)
FRESHET_FUSED_KERNELS(avx2, "avx2", FRESHET_AVX2, 8, 2, 6)
FRESHET_FUSED_KERNELS(avx512, "avx512", FRESHET_AVX512, 16, 2, 8)
constexpr std::array kVariants{baseline::kKernels, avx2::kKernels, avx512::kKernels};
#else
constexpr std::array kVariants{baseline::kKernels};
#endif

}  // namespace

std::span<const FusedKernels> supported_fused_kernels() {
  static const std::size_t count = supported_instruction_sets();
  return std::span(kVariants).first(count);
}

}  // namespace freshet
