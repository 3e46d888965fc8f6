#include "app/evaluation/html_report.h"

#include <fmt/format.h>

#include <string_view>

#include "app/evaluation/html_sections.h"
#include "app/evaluation/html_text.h"
#include "app/evaluation/report_assets.h"

namespace freshet {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{0}</title>
<style>
{1}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<div class="brand">
<svg viewBox="0 0 32 32" aria-hidden="true"><path d="M3 12c4-5 8-5 13 0s9 5 13 0"/><path d="M3 21c4-5 8-5 13 0s9 5 13 0"/></svg>
<h1>{0}</h1>
</div>
<p class="meta">{2}</p>
</header>
<main id="main">
)";

constexpr std::string_view kGlossary = R"(<section class="card" aria-labelledby="glossary">
<h2 id="glossary">What the figures mean</h2>
<dl class="glossary">
<div><dt>Recall @k</dt><dd>Share of events whose item stood among the first k of the list made before the event. With one item per event this is the hit rate, too.</dd></div>
<div><dt>MRR @k</dt><dd>Mean of 1 / place of the item in the list; 0 when it is not there.</dd></div>
<div><dt>NDCG @k</dt><dd>As MRR, but places further down lose less: 1 / log2(1 + place).</dd></div>
<div><dt>AUC</dt><dd>Chance that a listed item that was the next got a higher probability than one that was not.</dd></div>
<div><dt>Log loss</dt><dd>Mean of -ln of the probability that the next item was given. Lower is better.</dd></div>
<div><dt>ECE</dt><dd>Mean gap between promised probability and share of hits. Lower is better.</dd></div>
<div><dt>Coverage @20</dt><dd>Share of the catalogue that stood in any list.</dd></div>
<div><dt>Gini</dt><dd>How unevenly items are shown: 0 = all alike, 1 = one item takes all.</dd></div>
<div><dt>Novelty</dt><dd>Mean surprise of listed items in bits: 10 = one event in 1,024 is on such an item.</dd></div>
<div><dt>Diversity</dt><dd>Mean distance, 1 - cosine, between two items of a list.</dd></div>
<div><dt>Serendipity</dt><dd>Hits, weighted by how much higher the list had them than popularity.</dd></div>
<div><dt>Surprise</dt><dd>Hits outside popularity's list, weighted by their distance to the user's items.</dd></div>
<div><dt>Category drift</dt><dd>KL divergence of the list's categories from the user's. 0 = the same mix.</dd></div>
</dl>
</section>
)";

std::string meta_text(const EvaluationReport& report) {
  std::string text;
  for (const std::string& part :
       {report.version.empty() ? "" : "Freshet " + report.version,
        count_text(report.events) + " events", duration_text(report.seconds)}) {
    if (part.empty()) continue;
    text += (text.empty() ? "" : " \u00B7 ") + escaped(part);
  }
  return text;
}

}  // namespace

std::string encode_html_report(const EvaluationReport& report) {
  const std::string title = report.title.empty() ? "Evaluation" : report.title;
  std::string html = fmt::format(kHead, escaped(title), report_css(), meta_text(report));
  html += lede_section(report);
  html += tiles_section(report);
  html += time_section(report);
  html += rows_section(report);
  html += freshness_section(report);
  const std::string pair = diversity_section(report) + ablation_section(report);
  if (!pair.empty()) html += "<div class=\"plots\">" + pair + "</div>\n";
  html += slices_section(report);
  html += experts_section(report);
  html += periods_section(report);
  html += run_section(report);
  if (!report.rows.empty()) html += kGlossary;
  html += "</main>\n<div id=\"tip\" role=\"presentation\" hidden></div>\n<script>\n";
  html += report_js();
  return html + "</script>\n</body>\n</html>\n";
}

}  // namespace freshet
