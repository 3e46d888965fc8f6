#include "ingest/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>

#include "ingest/event_decoder.h"
#include "tests/fakes/temporary_directory.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

struct Line {
  std::int64_t offset;
  std::string value;
  friend bool operator==(const Line&, const Line&) = default;
};
void PrintTo(const Line& line, std::ostream* out) { *out << line.offset << ':' << line.value; }

// Everything to the end or to the first error, polled a few records at a time.
Result<std::vector<Line>> read_all(RecordSource& source, std::size_t max = 3) {
  std::vector<Line> lines;
  while (!source.exhausted()) {
    const auto polled = source.poll(max, milliseconds{0});
    if (!polled) return tl::unexpected(polled.error());
    EXPECT_LE(polled->size(), max);
    for (const Record& record : *polled) {
      lines.push_back({record.offset.value, std::string(record.value.value_or("tombstone"))});
    }
  }
  return lines;
}

template <class Compressor>
std::string packed(const std::string& bytes) {
  std::string out;
  boost::iostreams::filtering_ostream stream;
  stream.push(Compressor());
  stream.push(boost::iostreams::back_inserter(out));
  stream << bytes;
  stream.reset();
  return out;
}

std::string pack_gzip(const std::string& bytes) {
  return packed<boost::iostreams::gzip_compressor>(bytes);
}
std::string pack_xz(const std::string& bytes) {
  return packed<boost::iostreams::lzma_compressor>(bytes);
}
std::string pack_zstd(const std::string& bytes) {
  return packed<boost::iostreams::zstd_compressor>(bytes);
}

class FileSourceTest : public testing::Test {
 protected:
  std::unique_ptr<FileSource> open(std::vector<std::string> paths, IngestConfig config = {},
                                   Offset start = Offset{0}) {
    auto source = FileSource::open(std::move(paths), config, start);
    EXPECT_TRUE(source) << source.error().text;
    return source ? std::move(*source) : nullptr;
  }

  static IngestConfig csv() {
    IngestConfig config;
    config.format = "csv";
    return config;
  }

  TemporaryDirectory folder_;
};

TEST_F(FileSourceTest, NumbersLinesAndPassesOverBlankOnes) {
  const auto source = open({folder_.write("a.jsonl", "one\r\n\ntwo\nthree")});

  const auto lines = read_all(*source);

  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre(Line{0, "one"}, Line{2, "two"}, Line{3, "three"}));
  EXPECT_EQ(source->watermarks().high, Offset{4});
}

TEST_F(FileSourceTest, ReadsFilesInTheirOrderAsOneLog) {
  const auto source =
      open({folder_.write("b", "one\n"), folder_.write("empty", ""), folder_.write("a", "two\n")});

  const auto lines = read_all(*source);

  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre(Line{0, "one"}, Line{1, "two"}));
}

TEST_F(FileSourceTest, StartsAtAnOffset) {
  const auto source = open({folder_.write("a", "0\n1\n2\n3\n")}, {}, Offset{2});

  const auto lines = read_all(*source);

  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre(Line{2, "2"}, Line{3, "3"}));
}

TEST_F(FileSourceTest, TakesTheHeadingsFromEachFile) {
  const auto source = open({folder_.write("a.csv", "\xEF\xBB\xBFuser,item\nu1,i1\n"),
                            folder_.write("b.csv", "user,item\nu2,i2\n")},
                           csv());

  const auto lines = read_all(*source);

  ASSERT_TRUE(lines);
  EXPECT_THAT(source->csv_columns(), ElementsAre("user", "item"));
  EXPECT_THAT(*lines, ElementsAre(Line{1, "u1,i1"}, Line{3, "u2,i2"}));
}

TEST_F(FileSourceTest, RefusesAFileWithOtherHeadings) {
  const auto source =
      open({folder_.write("a.csv", "user,item\n"), folder_.write("b.csv", "u,i\n")}, csv());

  const auto lines = read_all(*source);

  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(lines.error().text, HasSubstr("b.csv"));
}

TEST_F(FileSourceTest, ReadsAFirstLineAsARecordWhenTheConfigurationHasTheHeadings) {
  IngestConfig config = csv();
  config.csv_columns = {"user", "item"};
  const auto source = open({folder_.write("a.csv", "u1,i1\n")}, config);

  const auto lines = read_all(*source);

  ASSERT_TRUE(lines);
  EXPECT_THAT(*lines, ElementsAre(Line{0, "u1,i1"}));
}

TEST_F(FileSourceTest, CutsALineThatIsTooLongSoThatTheDecoderRefusesIt) {
  IngestConfig config;
  config.record_bytes_max = 1000;
  const auto source =
      open({folder_.write("a", "one\n" + std::string(5'000'000, 'x') + "\ntwo\n")}, config);

  const auto lines = read_all(*source);

  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ((*lines)[1].value.size(), 1001u);
  EXPECT_EQ((*lines)[2], (Line{2, "two"}));
  Record record;
  record.value = (*lines)[1].value;
  const auto decoded = EventDecoder{config}.decode(record);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().reason, BadRecordReason::kTooLarge);
}

TEST_F(FileSourceTest, SaysHowFarItIs) {
  const auto source = open({folder_.write("a", "12345\n"), folder_.write("b", "123\n")});
  EXPECT_EQ(source->progress().bytes_total, 10u);

  ASSERT_TRUE(read_all(*source));

  EXPECT_EQ(source->progress().bytes_read, 10u);
}

TEST_F(FileSourceTest, NamesAFileThatIsMissing) {
  const auto source = FileSource::open({folder_.write("a", "x\n"), "/nowhere/b.jsonl"}, {});

  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(source.error().text, HasSubstr("/nowhere/b.jsonl"));
}

struct Packing {
  const char* name;
  std::string (*pack)(const std::string&);
};
void PrintTo(const Packing& packing, std::ostream* out) { *out << packing.name; }

class PackedFileTest : public FileSourceTest, public testing::WithParamInterface<Packing> {
 protected:
  static std::string lines(int first, int count) {
    std::string bytes;
    for (int i = first; i < first + count; ++i) {
      // Not too regular, so that the packed file has some size.
      bytes += "line " + std::to_string(i * 7919 % 10007) + " of " + std::to_string(i) + "\n";
    }
    return bytes;
  }
};

TEST_P(PackedFileTest, IsKnownByItsContent) {
  const auto source = open({folder_.write("no-ending", GetParam().pack(lines(0, 20'000)))});

  const auto read = read_all(*source, 500);

  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->size(), 20'000u);
  EXPECT_EQ(read->back().value, "line 1299 of 19999");
  EXPECT_EQ(source->progress().bytes_read, source->progress().bytes_total);
}

TEST_P(PackedFileTest, MayBeSeveralGluedTogether) {
  const auto source = open(
      {folder_.write("glued", GetParam().pack(lines(0, 100)) + GetParam().pack(lines(100, 50)))});

  const auto read = read_all(*source, 500);

  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->size(), 150u);
}

TEST_P(PackedFileTest, SaysThatItIsCutOff) {
  const std::string whole = GetParam().pack(lines(0, 200'000));
  const auto source = open({folder_.write("cut", whole.substr(0, whole.size() / 2))});

  const auto read = read_all(*source, 500);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().text, HasSubstr("cut"));
  EXPECT_THAT(read.error().text, HasSubstr("after line"));
}

TEST_P(PackedFileTest, SaysThatItIsBroken) {
  std::string bytes = GetParam().pack(lines(0, 200'000));
  for (std::size_t i = 0; i < 64; ++i) bytes[bytes.size() / 2 + i] ^= 0x55;
  const auto source = open({folder_.write("broken", bytes)});

  const auto read = read_all(*source, 500);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  // It stays broken: a caller that polls again does not get what follows.
  EXPECT_FALSE(source->poll(1, milliseconds{0}));
}

INSTANTIATE_TEST_SUITE_P(All, PackedFileTest,
                         testing::Values(Packing{"Gzip", &pack_gzip}, Packing{"Xz", &pack_xz},
                                         Packing{"Zstd", &pack_zstd}),
                         [](const testing::TestParamInfo<Packing>& test) {
                           return test.param.name;
                         });

}  // namespace
}  // namespace freshet
