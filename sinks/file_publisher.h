#pragma once

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "config/result.h"
#include "config/time.h"
#include "sinks/list_publisher.h"

namespace freshet {

/// Writes lists as JSON lines to a file or to stdout and acknowledges each at once; for replays.
///
/// Dead letters go to a file of their own, or to stderr when none is named, as JSON lines with
/// reason, text, topic, partition, offset, key and value. Handlers run on the publishing thread.
/// Thread-safe.
class FilePublisher final : public ListPublisher {
 public:
  struct Options {
    std::string lists_path = "-";         ///< "-" = stdout.
    std::string dead_letters_path = "-";  ///< "-" = stderr.
  };

  /// Creates (or empties) the files. `clock` must outlive the publisher. Errors: kUnavailable.
  static Result<std::unique_ptr<FilePublisher>> open(const Options& options,
                                                     DeliveryHandlers handlers, const Clock& clock);

  /// A removal is a line {"user_id": ..., "forgotten": true, ...}: a file cannot take one back.
  /// Errors: kUnavailable when the file cannot take it (a full disk); the handler then says so too.
  Status publish(const RankedList& list) override;
  Status publish(const DeadLetter& letter) override;
  /// Hands everything to the operating system. Errors: kUnavailable.
  Status flush(std::chrono::milliseconds wait) override;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const;
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;

  FilePublisher(File lists, File dead_letters, DeliveryHandlers handlers, const Clock& clock);

  bool write_line(std::FILE* file, std::string line);

  std::mutex mutex_;
  File lists_;
  File dead_letters_;
  const DeliveryHandlers handlers_;
  const Clock& clock_;
};

}  // namespace freshet
