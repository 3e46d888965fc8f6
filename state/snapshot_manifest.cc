#include "state/snapshot_manifest.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace freshet {
namespace {

// manifest := body "\n" | checksum "\n"      // checksum: XXH3 of body, 16 hex digits
// body     := JSON object: format (=1), topic, partition_count, partition, next_offset, epoch,
//             newest_record {offset, hash} | null, taken_time ms, files [{name, size, checksum}]
// Hashes are 16 hex digits, for JSON numbers lose bits.

constexpr int kFormat = 1;
constexpr std::size_t kHexDigits = 16;

std::string hex(std::uint64_t value) {
  char text[kHexDigits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::string digits(std::int64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%020lld", static_cast<long long>(value));
  return text;
}

std::string checksum_of(std::string_view body) {
  return hex(XXH3_64bits(body.data(), body.size()));
}

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& out, const char* key, std::int64_t value) {
  out.Key(key);
  out.Int64(value);
}

void put(Writer& out, const char* key, const std::string& value) {
  out.Key(key);
  out.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void put_mark(Writer& out, const std::optional<LogMark>& mark) {
  out.Key("newest_record");
  if (!mark) {
    out.Null();
    return;
  }
  out.StartObject();
  put(out, "offset", mark->offset.value);
  put(out, "hash", hex(mark->hash));
  out.EndObject();
}

/// Reads members of one JSON object; the first that is missing or of another kind turns ok() false
/// for good. Confined to one thread.
class Members {
 public:
  explicit Members(const rapidjson::Value& object) : object_(object), ok_(object.IsObject()) {}

  const rapidjson::Value* get(const char* key) {
    if (!ok_) return nullptr;
    const auto it = object_.FindMember(key);
    if (it != object_.MemberEnd()) return &it->value;
    ok_ = false;
    return nullptr;
  }
  std::int64_t number(const char* key) {
    const auto* value = get(key);
    return check(value && value->IsInt64()) ? value->GetInt64() : 0;
  }
  std::string text(const char* key) {
    const auto* value = get(key);
    return check(value && value->IsString()) ? value->GetString() : "";
  }
  std::uint64_t hash(const char* key) {
    const std::string digits = text(key);
    std::uint64_t value = 0;
    const auto end = digits.data() + digits.size();
    check(digits.size() == kHexDigits && std::from_chars(digits.data(), end, value, 16).ptr == end);
    return value;
  }
  bool check(bool holds) { return ok_ = ok_ && holds; }

 private:
  const rapidjson::Value& object_;
  bool ok_;
};

bool read_mark(Members& in, std::optional<LogMark>& mark) {
  const auto* value = in.get("newest_record");
  if (!value || value->IsNull()) return value != nullptr;
  Members members(*value);
  mark = LogMark{Offset{members.number("offset")}, members.hash("hash")};
  return members.check(true);
}

bool read_files(Members& in, std::vector<SnapshotFile>& files) {
  const auto* list = in.get("files");
  if (!list || !list->IsArray()) return false;
  for (const auto& entry : list->GetArray()) {
    Members members(entry);
    files.push_back({members.text("name"), static_cast<std::uint64_t>(members.number("size")),
                     members.hash("checksum")});
    const std::string& name = files.back().name;
    if (!members.check(!name.empty() && name.find('/') == std::string::npos)) return false;
  }
  return true;
}

tl::unexpected<Error> damaged(const char* why) {
  return error(ErrorCode::kCorrupt, std::string("manifest is damaged: ") + why);
}

}  // namespace

std::uint64_t size_bytes(const SnapshotManifest& manifest) {
  std::uint64_t sum = 0;
  for (const SnapshotFile& file : manifest.files) sum += file.size_bytes;
  return sum;
}

std::string encode(const SnapshotManifest& manifest) {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  out.StartObject();
  put(out, "format", kFormat);
  put(out, "topic", manifest.of.topic);
  put(out, "partition_count", manifest.of.partition_count);
  put(out, "partition", manifest.of.partition.value);
  put(out, "next_offset", manifest.position.next_offset.value_or(Offset{0}).value);
  put(out, "epoch", manifest.position.epoch.value);
  put_mark(out, manifest.position.newest_record);
  put(out, "taken_time", manifest.taken_time.time_since_epoch().count());
  out.Key("files");
  out.StartArray();
  for (const SnapshotFile& file : manifest.files) {
    out.StartObject();
    put(out, "name", file.name);
    put(out, "size", static_cast<std::int64_t>(file.size_bytes));
    put(out, "checksum", hex(file.checksum));
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  const std::string body(buffer.GetString(), buffer.GetSize());
  return body + "\n" + checksum_of(body) + "\n";
}

Result<SnapshotManifest> decode_manifest(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return damaged("torn");
  const std::string_view body = text.substr(0, end);
  if (text.substr(end + 1) != checksum_of(body) + "\n") return damaged("wrong checksum");
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  if (document.HasParseError()) return damaged("no JSON");
  Members in(document);
  const std::int64_t format = in.number("format");
  if (format > kFormat) {
    return error(ErrorCode::kInvalidConfig, "manifest of format " + std::to_string(format) +
                                                ": written by a newer program, this one reads " +
                                                std::to_string(kFormat));
  }
  SnapshotManifest manifest;
  manifest.of = {in.text("topic"), static_cast<std::int32_t>(in.number("partition_count")),
                 PartitionId{static_cast<std::int32_t>(in.number("partition"))}};
  manifest.position.next_offset = Offset{in.number("next_offset")};
  manifest.position.epoch = Epoch{in.number("epoch")};
  manifest.taken_time = EventTime(std::chrono::milliseconds(in.number("taken_time")));
  const bool whole =
      read_mark(in, manifest.position.newest_record) && read_files(in, manifest.files);
  if (!in.check(whole)) return damaged("a field is missing");
  return manifest;
}

SnapshotNames::SnapshotNames(const TopicPartition& of)
    : root_(of.topic + "/of-" + std::to_string(of.partition_count) + "/partition-" +
            std::to_string(of.partition.value) + "/") {}

std::string SnapshotNames::of(const SnapshotManifest& manifest) const {
  return manifests() + digits(manifest.position.epoch.value) + "-" +
         digits(manifest.position.next_offset.value_or(Offset{0}).value);
}

std::string SnapshotNames::of(const SnapshotFile& file) const {
  return files() + hex(file.checksum) + "-" + std::to_string(file.size_bytes) + "-" + file.name;
}

std::string SnapshotNames::of(Epoch epoch) const { return epochs() + digits(epoch.value); }

}  // namespace freshet
