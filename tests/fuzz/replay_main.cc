// Runs a fuzz target without libFuzzer: every file of its corpus, then seeded mutations of them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

constexpr int kMutations = 5'000;
constexpr std::size_t kBytesMax = 4096;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Breaks an input as the world does: bytes flipped, dropped, doubled, swapped for another's.
std::string mutate(std::string bytes, const std::vector<std::string>& corpus,
                   std::mt19937_64& random) {
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random() % end); };
  for (std::size_t times = 1 + below(4); times > 0 && !bytes.empty(); --times) {
    const std::size_t at = below(bytes.size());
    const std::size_t length = std::min(1 + below(12), bytes.size() - at);
    const std::string& other = corpus[below(corpus.size())];
    switch (below(5)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 3:
        bytes.resize(at);
        break;
      default:
        if (!other.empty()) bytes.replace(at, length, other.substr(below(other.size()), 20));
    }
  }
  if (bytes.size() > kBytesMax) bytes.resize(kBytesMax);
  return bytes;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

/// Arguments: the corpus' folder, and a seed to repeat a run by.
int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [SEED]\n", arguments[0]);
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1]))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) corpus.push_back(read(path));
  freshet::require(!corpus.empty(), "the corpus has files");
  const std::uint64_t seed = count > 2 ? std::stoull(arguments[2]) : std::random_device{}();
  std::printf("%zu inputs, then %d mutations with seed %llu\n", corpus.size(), kMutations,
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::mt19937_64 random(seed);
  for (const std::string& input : corpus) run(input);
  run("");
  for (int i = 0; i < kMutations; ++i)
    run(mutate(corpus[random() % corpus.size()], corpus, random));
}
