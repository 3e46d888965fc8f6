#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "app/evaluation/html_report.h"
#include "app/evaluation/html_text.h"
#include "app/evaluation/report.h"
#include "app/evaluation/svg_plot.h"
#include "tests/app/sample_evaluation.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string schema_text() {
  std::ifstream file(FRESHET_EVALUATION_SCHEMA);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Returns where `json` breaks docs/schemas/evaluation.json; empty = it does not.
std::string schema_fault(const std::string& json) {
  rapidjson::Document schema_json;
  if (schema_json.Parse(schema_text().c_str()).HasParseError()) return "the schema is no JSON";
  const rapidjson::SchemaDocument schema(schema_json);
  rapidjson::Document document;
  if (document.Parse(json.c_str()).HasParseError()) return "the report is no JSON";
  rapidjson::SchemaValidator validator(schema);
  if (document.Accept(validator)) return {};
  rapidjson::StringBuffer place;
  validator.GetInvalidDocumentPointer().StringifyUriFragment(place);
  return std::string(place.GetString()) + " breaks " + validator.GetInvalidSchemaKeyword();
}

/// Returns the first tag that is closed wrongly or never; empty = all are well.
std::string nesting_fault(const std::string& html) {
  const std::vector<std::string> without_end = {"meta", "link", "br", "!doctype"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "unfinished tag";
    const bool closes = html[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = html.substr(begin, html.find_first_of(" >/\n", begin) - begin);
    if (closes) {
      if (open.empty() || open.back() != name) return "</" + name + ">";
      open.pop_back();
    } else if (html[end - 1] != '/' &&
               std::find(without_end.begin(), without_end.end(), name) == without_end.end()) {
      open.push_back(name);
      // What is inside is no markup.
      if (name == "style" || name == "script") at = html.find("</" + name, end) - 1;
    }
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

TEST(ReportJson, FollowsItsSchema) {
  EXPECT_EQ(schema_fault(encode_report(sample_evaluation())), "");
  EXPECT_EQ(schema_fault(encode_report({})), "");
}

TEST(ReportJson, IsJudgedByASchemaThatCanFail) {
  std::string json = encode_report(sample_evaluation());
  json.replace(json.find("\"mrr\":"), 6, "\"mr\":");

  EXPECT_NE(schema_fault(json), "");
}

TEST(ReportJson, HasNullForWhatIsNotDefined) {
  EvaluatedQuality figures;

  EXPECT_THAT(encode_figures(figures), HasSubstr("\"auc\":null"));
}

TEST(ReportJson, KeepsItsKeysInOrder) {
  const std::string json = encode_report(sample_evaluation());

  std::size_t last = 0;
  for (const char* key : {"title", "command_line", "streams", "config", "rows", "quality_over_time",
                          "periods", "freshness", "diversity", "ablation"}) {
    const std::size_t at = json.find("\"" + std::string(key) + "\":");
    ASSERT_NE(at, std::string::npos) << key;
    EXPECT_GT(at, last == 0 ? 0 : last) << key;
    last = at;
  }
}

TEST(HtmlReport, ClosesEveryElement) {
  EXPECT_EQ(nesting_fault(encode_html_report(sample_evaluation())), "");
  EXPECT_EQ(nesting_fault(encode_html_report({})), "");
  EXPECT_EQ(nesting_fault("<p><b></p>"), "</p>");
}

TEST(HtmlReport, NeedsNothingFromOutside) {
  const std::string html = encode_html_report(sample_evaluation());

  for (const char* outside : {"http:", "https:", "src=", "@import", "url(", "<link"})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
}

TEST(HtmlReport, ShowsTextAsText) {
  EvaluationReport report = sample_evaluation();
  const std::string attack = "</title><script>alert(\"1\")</script>&'\xFF\x01";
  report.title = report.command_line = report.protocol = report.config = report.machine = attack;
  report.streams = {attack};
  report.version = attack;
  for (ReportRow& row : report.rows) row.name = attack;
  for (QualityLine& line : report.quality_over_time) line.name = attack;
  for (PeriodFigures& period : report.periods) period.period = period.row = attack;
  for (FreshnessPoint& point : report.freshness) point.name = attack;
  for (AblationBar& bar : report.ablation) bar.name = attack;

  const std::string html = encode_html_report(report);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"));
  EXPECT_EQ(nesting_fault(html), "");
}

TEST(HtmlReport, LeavesOutSectionsWithoutData) {
  EvaluationReport report = sample_evaluation();
  report.freshness.clear();
  report.ablation.clear();
  report.periods.clear();

  const std::string html = encode_html_report(report);
  EXPECT_THAT(html, Not(HasSubstr("learning delay")));
  EXPECT_THAT(html, Not(HasSubstr("What each part brings")));
  EXPECT_THAT(html, Not(HasSubstr("Period by period")));
  EXPECT_THAT(html, HasSubstr("Relevance against diversity"));
}

TEST(HtmlReport, ComparesTheFirstRowWithTheBaseline) {
  const std::string html = encode_html_report(sample_evaluation());

  EXPECT_THAT(html, HasSubstr("<b>57.1</b> stood in the list of 20"));
  EXPECT_THAT(html, HasSubstr("popularity alone has 1.5"));
}

TEST(HtmlReport, NamesAndDescribesEveryPlot) {
  const std::string html = encode_html_report(sample_evaluation());

  for (const char* id :
       {"time-recall", "time-mrr", "freshness-recall", "freshness-mrr", "diversity"}) {
    EXPECT_THAT(html, HasSubstr("<title id=\"" + std::string(id) + "-t\">"));
    EXPECT_THAT(html, HasSubstr("<desc id=\"" + std::string(id) + "-d\">"));
  }
}

TEST(HtmlReport, BearsFiguresThatAreNotDefined) {
  EvaluationReport report;
  report.rows.push_back({"empty", {}, true});
  report.quality_over_time.push_back({"empty", {{1, {}}}});
  report.freshness.push_back({});
  report.diversity.push_back(
      {0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()});
  report.ablation.push_back({"nothing", 0, 0});

  const std::string html = encode_html_report(report);
  EXPECT_EQ(nesting_fault(html), "");
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  EXPECT_THAT(html, Not(HasSubstr("\"inf")));
}

TEST(SvgPlot, HasRoundSteps) {
  EXPECT_THAT(round_steps(0, .57, 6), ElementsAre(0, .2, .4, testing::DoubleNear(.6, 1e-9)));
  EXPECT_EQ(round_steps(5, 5, 6).size(), 1u);
}

TEST(SvgPlot, IsEmptyWithoutPoints) { EXPECT_EQ(svg_plot({}), ""); }

TEST(HtmlText, WritesNumbersForPeople) {
  EXPECT_EQ(percent_text(.57118), "57.12 %");
  EXPECT_EQ(percent_text(NAN), "\u2013");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(12), "12");
  EXPECT_EQ(short_count_text(20'000), "20 k");
  EXPECT_EQ(short_count_text(1'250'000), "1.25 M");
  EXPECT_EQ(short_count_text(999'999), "1 M");
  EXPECT_EQ(duration_text(93.4), "1 min 33 s");
}

}  // namespace
}  // namespace freshet
