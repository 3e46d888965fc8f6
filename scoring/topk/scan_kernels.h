#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace freshet {

/// Rows of a tile of codes: 48 KiB at 64 dimensions. A multiple of every kernel's block of rows.
inline constexpr std::size_t kScanRows = 768;
/// Most queries that are scanned side by side.
inline constexpr std::size_t kScanLanes = 64;

/// Rows as codes: [kScanRows, width] uint8, row-major, code = round(value / scale) + 128; width is
/// a multiple of 4. Rows from `rows` on may be read and are not reported. What follows the tile is
/// prefetched.
struct ScanTile {
  const std::uint8_t* codes = nullptr;
  std::size_t rows = 0;
  std::size_t width = 0;
};

/// Queries in the lanes of vector registers, and what a row has to reach for each of them.
struct ScanQueries {
  std::size_t lanes = 0;                     ///< 16, 32 or 64.
  const std::int8_t* by_quad = nullptr;      ///< [width / 4, lanes, 4]
  const std::int8_t* by_lane = nullptr;      ///< [lanes, width]
  const std::int32_t* code_sums = nullptr;   ///< [lanes] 128 · sum of the lane's codes.
  const std::int32_t* thresholds = nullptr;  ///< [lanes] at most 2^30 in size.
};

/// A row whose dot product with a lane's codes, the 128 taken off again, is not below the lane's
/// threshold.
struct ScanHit {
  std::uint16_t row = 0;
  std::uint16_t lane = 0;
  std::int32_t dot = 0;

  friend bool operator==(const ScanHit&, const ScanHit&) = default;
};

/// Instruction-set variant of the scan over codes. Immutable; thread-safe.
struct ScanKernels {
  const char* name;
  /// Query codes lie within ± this. 64 where pairs of products are summed in 16 bits.
  int query_code_max;
  /// Whether the scan beats float32 on this processor at all.
  bool fast;
  /// Writes all hits of the tile, in no particular order, to `hits` [kScanRows · lanes]; returns
  /// how many.
  std::size_t (*scan)(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits);
};

/// The variants this processor can run, slowest first: "scalar", "avx2", "avxvnni", "avx512vnni",
/// "amx". Never empty.
std::span<const ScanKernels> supported_scan_kernels();

/// Names of all variants that were built, with whether this processor can run them.
struct BuiltScanKernels {
  const char* name;
  bool supported;
};
std::span<const BuiltScanKernels> built_scan_kernels();

}  // namespace freshet
