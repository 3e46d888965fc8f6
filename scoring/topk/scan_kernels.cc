#include "scoring/topk/scan_kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <array>
#include <vector>

#include "scoring/topk/scan_variants.h"
#include "scoring/vector_lanes.h"

namespace freshet {
namespace {

constexpr int kByteCodeMax = 127;

#if defined(__x86_64__)
/// EAX bit 4 of leaf 7.1; g++ 12 does not name it.
bool has_avxvnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax >> 4 & 1U) != 0;
}

const std::array kVariants{ScanKernels{"scalar", kByteCodeMax, false, scan_scalar},
                           ScanKernels{"avx2", 64, true, scan_avx2},
                           ScanKernels{"avxvnni", kByteCodeMax, true, scan_avxvnni},
                           ScanKernels{"avx512vnni", kByteCodeMax, true, scan_avx512vnni}};

/// Sets of vector_lanes.h imply that the operating system keeps the registers.
std::array<bool, kVariants.size()> supported() {
  const std::size_t sets = supported_instruction_sets();
  return {true, sets >= 2, sets >= 2 && has_avxvnni(),
          sets >= 3 && __builtin_cpu_supports("avx512vnni")};
}
#else
constexpr std::array kVariants{ScanKernels{"scalar", kByteCodeMax, false, scan_scalar}};
std::array<bool, 1> supported() { return {true}; }
#endif

}  // namespace

std::span<const ScanKernels> supported_scan_kernels() {
  static const std::vector<ScanKernels> kernels = [] {
    std::vector<ScanKernels> found;
    const auto can_run = supported();
    for (std::size_t k = 0; k < kVariants.size(); ++k)
      if (can_run[k]) found.push_back(kVariants[k]);
    return found;
  }();
  return kernels;
}

std::span<const BuiltScanKernels> built_scan_kernels() {
  static const std::vector<BuiltScanKernels> built = [] {
    std::vector<BuiltScanKernels> all;
    const auto can_run = supported();
    for (std::size_t k = 0; k < kVariants.size(); ++k)
      all.push_back({kVariants[k].name, can_run[k]});
    return all;
  }();
  return built;
}

}  // namespace freshet
