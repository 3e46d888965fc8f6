#include "scoring/network/safetensors.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "config/assert.h"

namespace freshet {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie");

using Json = rapidjson::Value;
using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::size_t kLengthBytes = 8;

void write_text(const std::string& text, JsonWriter& json) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

std::string text_of(const Json& value) { return {value.GetString(), value.GetStringLength()}; }

tl::unexpected<Error> corrupt(const std::string& what) {
  return error(ErrorCode::kCorrupt, "network: the model's bytes are not as written: " + what);
}

/// Returns the numbers of a JSON array of whole numbers.
std::optional<std::vector<std::size_t>> numbers_of(const Json& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsArray()) return std::nullopt;
  std::vector<std::size_t> numbers;
  for (const Json& number : member->value.GetArray()) {
    if (!number.IsUint64()) return std::nullopt;
    numbers.push_back(number.GetUint64());
  }
  return numbers;
}

/// Bytes of float32 of this shape, or nothing when they are more than a size can say.
std::optional<std::size_t> bytes_of(const std::vector<std::size_t>& shape) {
  std::size_t bytes = sizeof(float);
  for (const std::size_t size : shape) {
    if (size != 0 && bytes > std::numeric_limits<std::size_t>::max() / size) return std::nullopt;
    bytes *= size;
  }
  return bytes;
}

Result<TensorView> tensor_of(const std::string& name, const Json& entry, std::string_view data) {
  if (!entry.IsObject()) return corrupt(name + " is no tensor");
  const auto type = entry.FindMember("dtype");
  if (type == entry.MemberEnd() || !type->value.IsString() || text_of(type->value) != "F32") {
    return corrupt(name + " is not of type F32");
  }
  auto shape = numbers_of(entry, "shape");
  const auto place = numbers_of(entry, "data_offsets");
  if (!shape || !place || place->size() != 2) return corrupt(name + " has no shape or place");
  const std::size_t begin = place->front(), end = place->back();
  if (begin > end || end > data.size() || bytes_of(*shape) != end - begin) {
    return corrupt("the place of " + name + " does not fit its shape or the bytes");
  }
  return TensorView{.shape = std::move(*shape), .bytes = data.substr(begin, end - begin)};
}

Status read_metadata(const Json& entry, std::map<std::string, std::string>& metadata) {
  if (!entry.IsObject()) return corrupt("the metadata is no object");
  for (const auto& [name, value] : entry.GetObject()) {
    if (!value.IsString()) return corrupt("a value of the metadata is no text");
    metadata[text_of(name)] = text_of(value);
  }
  return {};
}

}  // namespace

void SafetensorsWriter::add(std::string name, std::vector<std::size_t> shape,
                            std::vector<std::span<const float>> pieces) {
  std::size_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece.size_bytes();
  FRESHET_ASSERT(bytes_of(shape) == bytes, "a tensor's values are as many as its shape says");
  tensors_.push_back({std::move(name), std::move(shape), std::move(pieces), bytes});
}

std::string SafetensorsWriter::header() const {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  json.Key("__metadata__");
  json.StartObject();
  for (const auto& [name, value] : metadata_) {
    write_text(name, json);
    write_text(value, json);
  }
  json.EndObject();
  std::size_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    write_text(tensor.name, json);
    json.StartObject();
    json.Key("dtype");
    json.String("F32");
    json.Key("shape");
    json.StartArray();
    for (const std::size_t size : tensor.shape) json.Uint64(size);
    json.EndArray();
    json.Key("data_offsets");
    json.StartArray();
    json.Uint64(offset);
    json.Uint64(offset += tensor.size);
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  std::string text(buffer.GetString(), buffer.GetSize());
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  return text;
}

std::string SafetensorsWriter::bytes() const {
  const std::string head = header();
  const std::uint64_t length = head.size();
  std::size_t total = kLengthBytes + head.size();
  for (const Tensor& tensor : tensors_) total += tensor.size;
  std::string bytes;
  bytes.reserve(total);
  bytes.append(reinterpret_cast<const char*>(&length), kLengthBytes).append(head);
  for (const Tensor& tensor : tensors_) {
    for (const auto& piece : tensor.pieces) {
      bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size_bytes());
    }
  }
  return bytes;
}

void TensorView::read(std::size_t from, std::span<float> to) const {
  FRESHET_ASSERT(from <= size() && to.size() <= size() - from, "values within the tensor are read");
  if (!to.empty()) std::memcpy(to.data(), bytes.data() + from * sizeof(float), to.size_bytes());
}

Result<Safetensors> read_safetensors(std::string_view bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return corrupt("they are too short");
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes) return corrupt("the header is cut off");
  const std::string_view data = bytes.substr(kLengthBytes + length);
  rapidjson::Document header;
  // Iterative: nesting costs heap, not stack.
  header.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      bytes.data() + kLengthBytes, length);
  if (header.HasParseError() || !header.IsObject()) return corrupt("the header is no JSON object");
  Safetensors result;
  for (const auto& [key, value] : header.GetObject()) {
    const std::string name = text_of(key);
    if (name == "__metadata__") {
      FRESHET_RETURN_IF_ERROR(read_metadata(value, result.metadata));
      continue;
    }
    auto tensor = tensor_of(name, value, data);
    if (!tensor) return tl::unexpected(tensor.error());
    if (!result.tensors.emplace(name, std::move(*tensor)).second)
      return corrupt(name + " is there twice");
  }
  return result;
}

}  // namespace freshet
