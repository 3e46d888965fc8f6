// evaluation_preview OUT.html: the report with made-up figures, to look at.
#include <fstream>
#include <iostream>

#include "app/evaluation/html_report.h"
#include "tests/app/sample_evaluation.h"

int main(int count, char** words) {
  if (count != 2) {
    std::cerr << "usage: evaluation_preview OUT.html\n";
    return 2;
  }
  std::ofstream(words[1]) << freshet::encode_html_report(freshet::sample_evaluation());
  return 0;
}
