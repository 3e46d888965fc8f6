#include "sinks/file_publisher.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "sinks/json_text.h"
#include "sinks/list_codec.h"

namespace freshet {

namespace {

Result<std::FILE*> open_for_writing(const std::string& path, std::FILE* standard) {
  if (path == "-") return standard;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return error(ErrorCode::kUnavailable,
                 "cannot write " + path + ": " + std::strerror(errno) +
                     "; check that the directory exists and may be written to");
  }
  return file;
}

std::string encode_dead_letter(const DeadLetter& letter) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "reason");
  put_text(writer, to_string(letter.why.reason));
  put_key(writer, "text");
  put_text(writer, letter.why.text);
  put_key(writer, "topic");
  put_text(writer, letter.topic);
  put_key(writer, "partition");
  writer.Int(letter.partition.value);
  put_key(writer, "offset");
  writer.Int64(letter.offset.value);
  put_key(writer, "key");
  put_text(writer, letter.key);
  put_key(writer, "value");
  put_text(writer, letter.value);
  writer.EndObject();
  return text_of(buffer);
}

std::string encode_removal(const RankedList& list) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_key(writer, "user_id");
  put_text(writer, list.user);
  put_key(writer, "forgotten");
  writer.Bool(true);
  put_key(writer, "partition");
  writer.Int(list.position.partition.value);
  put_key(writer, "offset");
  writer.Int64(list.position.offset.value);
  put_key(writer, "epoch");
  writer.Int64(list.position.epoch.value);
  writer.EndObject();
  return text_of(buffer);
}

tl::unexpected<Error> write_failed(const char* what) {
  return error(ErrorCode::kUnavailable,
               std::string("cannot write ") + what + ": " + std::strerror(errno));
}

}  // namespace

void FilePublisher::CloseFile::operator()(std::FILE* file) const {
  if (file == stdout || file == stderr) {
    std::fflush(file);
  } else {
    std::fclose(file);
  }
}

FilePublisher::FilePublisher(File lists, File dead_letters, DeliveryHandlers handlers,
                             const Clock& clock)
    : lists_(std::move(lists)),
      dead_letters_(std::move(dead_letters)),
      handlers_(std::move(handlers)),
      clock_(clock) {}

Result<std::unique_ptr<FilePublisher>> FilePublisher::open(const Options& options,
                                                           DeliveryHandlers handlers,
                                                           const Clock& clock) {
  auto lists = open_for_writing(options.lists_path, stdout);
  if (!lists) return tl::unexpected(std::move(lists).error());
  File lists_file(*lists);
  auto dead_letters = open_for_writing(options.dead_letters_path, stderr);
  if (!dead_letters) return tl::unexpected(std::move(dead_letters).error());
  return std::unique_ptr<FilePublisher>(
      new FilePublisher(std::move(lists_file), File(*dead_letters), std::move(handlers), clock));
}

bool FilePublisher::write_line(std::FILE* file, std::string line) {
  line += '\n';
  std::lock_guard lock(mutex_);
  return std::fwrite(line.data(), 1, line.size(), file) == line.size();
}

Status FilePublisher::publish(const RankedList& list) {
  const bool delivered = write_line(
      lists_.get(), list.forgets ? encode_removal(list) : encode_list(list, clock_.now()));
  if (handlers_.on_list) {
    handlers_.on_list({list.user, list.position, delivered, list.times, list.forgets});
  }
  if (!delivered) return write_failed("the lists");
  return {};
}

Status FilePublisher::publish(const DeadLetter& letter) {
  const bool delivered = write_line(dead_letters_.get(), encode_dead_letter(letter));
  if (handlers_.on_dead_letter) {
    handlers_.on_dead_letter({letter.partition, letter.offset, delivered});
  }
  if (!delivered) return write_failed("the dead letters");
  return {};
}

Status FilePublisher::flush(std::chrono::milliseconds /*wait: a file answers at once*/) {
  std::lock_guard lock(mutex_);
  if (std::fflush(lists_.get()) != 0) return write_failed("the lists");
  if (std::fflush(dead_letters_.get()) != 0) return write_failed("the dead letters");
  return {};
}

}  // namespace freshet
