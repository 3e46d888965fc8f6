#include "scoring/network/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <random>

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<float> kValues{1, -2, 3.5F, 0, 5, 6};

std::string sample() {
  SafetensorsWriter writer({{"dim", "3"}, {"note", "a \"quoted\" word"}});
  const std::span values(kValues);
  writer.add("matrix", {2, 3}, {values.first(3), values.last(3)});
  writer.add("empty", {0, 3}, {});
  writer.add("vector", {2}, {values.first(2)});
  return writer.bytes();
}

/// A file of this header and 8 bytes of values.
std::string with_header(const std::string& header) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(i < 4 ? header.size() >> (8 * i) & 0xff : 0);
  }
  return bytes + header + "12345678";
}

TEST(Safetensors, GivesBackWhatWasWritten) {
  const std::string bytes = sample();

  const auto file = read_safetensors(bytes);

  ASSERT_TRUE(file) << file.error().text;
  EXPECT_EQ(file->metadata.at("note"), "a \"quoted\" word");
  EXPECT_EQ(file->tensors.size(), 3U);
  EXPECT_THAT(file->tensors.at("matrix").shape, ElementsAre(2, 3));
  EXPECT_EQ(file->tensors.at("empty").size(), 0U);
  std::vector<float> all(6), last(2);
  file->tensors.at("matrix").read(0, all);
  file->tensors.at("matrix").read(4, last);
  EXPECT_EQ(all, kValues);
  EXPECT_THAT(last, ElementsAre(5, 6));
}

TEST(Safetensors, BeginsAsTheFormatSays) {
  const std::string bytes = sample();
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) +
                      256 * static_cast<std::size_t>(static_cast<unsigned char>(bytes[1]));
  EXPECT_EQ(length % 8, 0U);
  EXPECT_EQ(bytes.substr(2, 6), std::string(6, '\0'));
  EXPECT_THAT(bytes.substr(8, length),
              HasSubstr(R"("matrix":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]})"));
  EXPECT_EQ(bytes.size(), 8 + length + 8 * sizeof(float));
}

TEST(Safetensors, RefusesWhatIsNoSuchFile) {
  ASSERT_TRUE(
      read_safetensors(with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})")));
  for (
      const char* header :
      {"", "nonsense", "[]", "{", R"({"a":3})", R"({"a":{}})",
       R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})",
       R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})",
       R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})",
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})",
       R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
       R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})",
       R"({"a":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,0]}})",
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0]}})",
       R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
       R"({"__metadata__":{"a":1}})", R"({"__metadata__":[]})"}) {
    const auto file = read_safetensors(with_header(header));
    ASSERT_FALSE(file) << header;
    EXPECT_EQ(file.error().code, ErrorCode::kCorrupt) << header;
  }
  EXPECT_FALSE(read_safetensors(with_header(std::string(200'000, '['))));
}

TEST(Safetensors, SurvivesCutsAndDamage) {
  const std::string whole = sample();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(read_safetensors(whole.substr(0, length))) << length;
  }
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto file = read_safetensors(bytes);
    if (!file) continue;
    for (const auto& [name, tensor] : file->tensors) {
      std::vector<float> values(tensor.size());
      tensor.read(0, values);
    }
  }
}

}  // namespace
}  // namespace freshet
